package api_test

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/api"
	"github.com/selvedge/selvedge/ledger/ledgertest"
)

// TestContained: over HTTP, a contained server takes people's no and nothing
// else, and says so without saying why.
func TestContained(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	gate := &ledgertest.Gate{}
	p.Audiences.Ledger, p.People.Ledger = gate, gate
	p.http = httptest.NewServer(api.New(api.Config{
		Orgs: p.Orgs, Audiences: p.Audiences, People: p.People, Ledger: gate, Clock: p.clock, Log: p.logger(),
		Entropy: selvedge.NewSeededEntropy("contained"), Metrics: prometheus.NewRegistry(), Pace: api.DefaultPace(), Version: "test",
	}))
	t.Cleanup(p.http.Close)
	why := selvedge.Errorf(selvedge.CodeContained, "until a person has looked")
	why.Err = errors.New("registry: leaf 31337")
	gate.Contain(why)

	if a := p.ask(t, "", "GET", "/healthz", ""); a.status != 200 || a.body != "{\"status\":\"contained\"}\n" {
		t.Errorf("health: %d %s", a.status, a.body)
	}
	audiencePath := "/v1/audiences/" + string(p.audience)
	for what, a := range map[string]answer{
		"list audiences": p.ask(t, p.acme, "GET", "/v1/audiences", ""),
		"make audience":  p.ask(t, p.acme, "POST", "/v1/audiences", `{"name":"New"}`, "Content-Type", "application/json"),
		"read audience":  p.ask(t, p.acme, "GET", audiencePath, ""),
		"list lists":     p.ask(t, p.acme, "GET", audiencePath+"/lists", ""),
		"upload":         p.upload(t, "email\nada@example.com\n"),
		"look":           p.ask(t, p.key, "GET", "/v1/accounts/ada/contact-points", ""),
		"lift":           p.ask(t, p.key, "POST", "/v1/objections:lift", `{"account":"ada"}`),
	} {
		problem(t, a, 503, selvedge.CodeContained)
		if strings.Contains(a.text(), "31337") || strings.Contains(a.text(), "@") {
			t.Errorf("%s: %s", what, a.text())
		}
	}
	if a := p.ask(t, p.key, "POST", "/v1/objections", `{"account":"ada"}`); a.status != 204 && a.status != 200 {
		t.Errorf("an objection: %d %s", a.status, a.body)
	}
	a := p.ask(t, p.key, "POST", "/v1/contact-points:withdraw", `{"account":"ada","kind":"email","value":"ada@example.com","purposes":["ads.match.advertiser"]}`)
	if a.status != 200 || !strings.Contains(a.body, `"grants_ended":1`) {
		t.Errorf("a withdrawal: %d %s", a.status, a.body)
	}
}
