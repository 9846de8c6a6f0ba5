package api_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/selvedge/selvedge/api"
)

// limits asks for the org's terms and returns what the answer says of the pace.
func (p *platform) limits(t *testing.T, key, path string) (status int, policy, limit string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", p.http.URL+path, nil)
	must(t, err)
	req.Header.Set("Authorization", "Bearer "+key)
	res, err := http.DefaultClient.Do(req)
	must(t, err)
	must(t, res.Body.Close())
	return res.StatusCode, res.Header.Get("RateLimit-Policy"), res.Header.Get("RateLimit")
}

// TestRateLimitHeaders: an org is told on every answer, whatever it is, how it
// stands; nobody else is told anything, and what others do does not show.
func TestRateLimitHeaders(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	if api.DefaultPace() != (api.Pace{PerSecond: 20, Burst: 200}) {
		t.Fatal("the figures below are those of another pace")
	}
	const terms, policy = "/v1/terms", `"org";q=200;w=10`
	check := func(what, key, path string, status int, wantPolicy, wantLimit string) {
		t.Helper()
		if s, got, limit := p.limits(t, key, path); s != status || got != wantPolicy || limit != wantLimit {
			t.Errorf("%s: %d, policy %q, limit %q; want %d, %q, %q", what, s, got, limit, status, wantPolicy, wantLimit)
		}
	}
	check("the first", p.acme, terms, 200, policy, `"org";r=199;t=1`)
	check("what is not there", p.acme, "/v1/audiences/aud_none", 404, policy, `"org";r=198;t=1`)
	check("another org", p.bolt, terms, 200, policy, `"org";r=199;t=1`)
	check("the platform", p.key, terms, 200, "", "")
	check("an operator", p.anna, terms, 200, "", "")
	check("nobody", "slv_x", terms, 401, "", "")
	check("who may not", p.acme, "/v1/orgs", 403, "", "")
	for range 198 {
		p.limits(t, p.acme, terms)
	}
	check("too many", p.acme, terms, 429, policy, `"org";r=0;t=10`)
	p.clock.Add(5 * time.Second)
	check("half of them again", p.acme, terms, 200, policy, `"org";r=99;t=6`)
	p.clock.Add(time.Hour)
	check("all of them again", p.acme, terms, 200, policy, `"org";r=199;t=1`)
}
