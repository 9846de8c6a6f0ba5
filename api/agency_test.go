package api_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/org"
)

const actsFor = "Selvedge-Org"

// idOfOrg returns whose a key is.
func (p *platform) idOfOrg(t *testing.T, key string) string {
	t.Helper()
	actor, err := p.Orgs.Authenticate(t.Context(), key)
	must(t, err)
	id, _ := actor.Org()
	return string(id)
}

// mandate has the org of one key let that of another one act for it.
func (p *platform) mandate(t *testing.T, from, to, scopes string, until time.Time) string {
	t.Helper()
	a := p.ask(t, from, "POST", "/v1/mandates", `{"agency":"`+p.idOfOrg(t, to)+`","scopes":[`+scopes+`],"expires_at":"`+until.Format(time.RFC3339)+`"}`)
	var m struct{ ID string }
	if must(t, json.Unmarshal([]byte(a.body), &m)); a.status != http.StatusCreated {
		t.Fatalf("no mandate: %s", a.body)
	}
	return m.ID
}

const both = `"audiences:read","audiences:write"`

// TestAgency: bolt acts for acme under a mandate, with what it allows and as long
// as it does, and the ledger names both.
func TestAgency(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	acme, bolt := p.idOfOrg(t, p.acme), p.idOfOrg(t, p.bolt)
	own := "/v1/audiences/" + string(p.audience)
	act := func(method, path, body string) answer {
		return p.ask(t, p.bolt, method, path, body, actsFor, acme, "Content-Type", "text/csv")
	}
	problem(t, act("GET", own, ""), 404, selvedge.CodeNotFound)
	id := p.mandate(t, p.acme, p.bolt, both, start.Add(48*time.Hour))
	if a := act("GET", own, ""); a.status != 200 || a.body != p.ask(t, p.acme, "GET", own, "").body {
		t.Errorf("the agency sees %s", a.body)
	}
	if a := act("POST", own+"/lists"+agreed, "email\nada@example.com\n"); a.status != 201 {
		t.Errorf("the agency uploads: %s", a.body)
	}
	made := act("POST", "/v1/audiences", `{"name":"By the agency"}`)
	if all := p.ask(t, p.acme, "GET", "/v1/audiences", ""); made.status != 201 || !strings.Contains(all.body, "By the agency") {
		t.Errorf("the org has %s", all.body)
	}
	if all := p.ask(t, p.bolt, "GET", "/v1/audiences", ""); strings.Contains(all.body, "By the agency") {
		t.Errorf("the agency has it too: %s", all.body)
	}
	var name, body string
	must(t, p.database(t).QueryRowContext(t.Context(),
		`SELECT actor, body FROM ledger_entry WHERE kind = 'audience.created' ORDER BY seq DESC LIMIT 1`).Scan(&name, &body))
	if !strings.HasSuffix(name, " of "+bolt+" for "+acme) || !strings.Contains(body, acme) {
		t.Errorf("the ledger says %q did %s", name, body)
	}
	// Nothing else: no keys, no terms, no mandates, and not for a third.
	for _, r := range []route{
		{method: "GET", path: "/v1/keys"},
		{method: "POST", path: "/v1/keys", body: `{"name":"x","scopes":["audiences:read"]}`},
		{method: "POST", path: "/v1/terms:accept", body: `{"version":1}`},
		{method: "GET", path: "/v1/mandates"},
		{method: "POST", path: "/v1/mandates", body: `{"agency":"org_aaaaaaaaaaaaaaaaaaaaaaaa","scopes":["audiences:read"],"expires_at":"2026-06-01T00:00:00Z"}`},
		{method: "POST", path: "/v1/mandates/" + id + ":end"},
	} {
		if got := problem(t, act(r.method, r.path, r.body), 403, selvedge.CodeForbidden); got.Reason != "scope" {
			t.Errorf("%s %s: %+v", r.method, r.path, got)
		}
	}
	for _, key := range []string{p.key, p.anna} {
		problem(t, p.ask(t, key, "GET", "/v1/orgs", "", actsFor, acme), 403, selvedge.CodeForbidden)
	}
	// Its end is its end; both see it.
	if a := p.ask(t, p.acme, "POST", "/v1/mandates/"+id+":end", ""); a.status != 200 || !strings.Contains(a.body, `"ended_at":"2026`) {
		t.Errorf("ended: %s", a.body)
	}
	problem(t, act("GET", own, ""), 404, selvedge.CodeNotFound)
	for _, key := range []string{p.acme, p.bolt} {
		if a := p.ask(t, key, "GET", "/v1/mandates", ""); strings.Count(a.body, `"id"`) != 1 {
			t.Errorf("mandates: %s", a.body)
		}
	}
	if n := strings.Count(p.ask(t, p.anna, "GET", "/v1/orgs/"+acme+"/mandates", "").body, `"id"`); n != 1 {
		t.Errorf("an operator sees %d mandates", n)
	}
}

// TestMandateStops: time, its scopes, the suspension of either side, and an
// operator stop what an agency does, at once.
func TestMandateStops(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		scopes, method string
		stop           func(t *testing.T, p *platform, id string)
		status         int
	}{
		"nothing":              {both, "GET", func(*testing.T, *platform, string) {}, 200},
		"time":                 {both, "GET", func(_ *testing.T, p *platform, _ string) { p.clock.Add(time.Hour) }, 404},
		"the org is suspended": {both, "GET", func(t *testing.T, p *platform, _ string) { p.suspend(t, p.acme) }, 404},
		"the agency is":        {both, "GET", func(t *testing.T, p *platform, _ string) { p.suspend(t, p.bolt) }, 401},
		"the agency ends it":   {both, "GET", func(t *testing.T, p *platform, id string) { p.ask(t, p.bolt, "POST", "/v1/mandates/"+id+":end", "") }, 404},
		"an operator ends it": {both, "GET", func(t *testing.T, p *platform, id string) {
			p.ask(t, p.anna, "POST", "/v1/orgs/"+p.idOfOrg(t, p.bolt)+"/mandates/"+id+":end", "")
		}, 404},
		"another org's end": {both, "GET", func(t *testing.T, p *platform, id string) {
			key, _ := p.org(t, "Cord")
			p.ask(t, key, "POST", "/v1/mandates/"+id+":end", "")
		}, 200},
		"reading is not enough": {`"audiences:read"`, "POST", func(*testing.T, *platform, string) {}, 403},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlatform(t)
			acme := p.idOfOrg(t, p.acme)
			id := p.mandate(t, p.acme, p.bolt, c.scopes, start.Add(time.Hour))
			c.stop(t, p, id)
			if a := p.ask(t, p.bolt, c.method, "/v1/audiences", `{"name":"x"}`, actsFor, acme); a.status != c.status {
				t.Errorf("%d %s", a.status, a.body)
			}
		})
	}
}

func (p *platform) suspend(t *testing.T, key string) {
	t.Helper()
	_, err := p.Orgs.Suspend(t.Context(), anna, selvedge.OrgID(p.idOfOrg(t, key)))
	must(t, err)
}

// TestMandateEndsUnderAnUpload: a list that began to come in under a mandate is
// not taken when that has ended before it is whole.
func TestMandateEndsUnderAnUpload(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	acme := selvedge.OrgID(p.idOfOrg(t, p.acme))
	id := p.mandate(t, p.acme, p.bolt, both, start.Add(time.Hour))
	r, w := io.Pipe()
	req, err := http.NewRequestWithContext(t.Context(), "POST", p.http.URL+"/v1/audiences/"+string(p.audience)+"/lists"+agreed, r)
	must(t, err)
	for name, value := range map[string]string{"Authorization": "Bearer " + p.bolt, actsFor: string(acme), "Content-Type": "text/csv"} {
		req.Header.Set(name, value)
	}
	go func() {
		_, err := w.Write(append([]byte("email\n"), bytes.Repeat([]byte("ada@example.com\n"), 1<<16)...)) // it is being read
		if err == nil {
			_, err = p.Orgs.EndMandate(req.Context(), anna, acme, org.MandateID(id))
		}
		w.CloseWithError(err) // nil is the end of the file
	}()
	res, err := http.DefaultClient.Do(req)
	must(t, err)
	must(t, res.Body.Close())
	if lists := p.ask(t, p.acme, "GET", "/v1/audiences/"+string(p.audience)+"/lists", ""); res.StatusCode != 404 || lists.body != "{\"items\":[]}\n" {
		t.Errorf("answered %d, and there is %s", res.StatusCode, lists.body)
	}
}

// TestAgencyWithoutMandate tries every operation that an agency may use for
// another org, with that org's own things: without a mandate, to name the org is
// answered byte for byte as to name none.
func TestAgencyWithoutMandate(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	acme, theirs := p.idOfOrg(t, p.acme), p.objects(t, p.acme, p.audience)
	p.mandate(t, p.bolt, p.acme, both, start.Add(time.Hour)) // the other way round
	p.described.load(t, p)
	tried := 0
	for path, item := range p.described.doc.Paths.Map() {
		for method, o := range item.Operations() {
			if o.Parameters.GetByInAndName("header", actsFor) == nil {
				continue
			}
			body := bodyOf(t, method, path)
			ask := func(of map[string]string, org string) answer {
				return p.ask(t, p.bolt, method, fill(path, of), body, actsFor, org, "Content-Type", "text/csv")
			}
			nowhere := maps.Clone(theirs)
			for n, v := range nowhere {
				nowhere[n] = nothing(v)
			}
			want := ask(nowhere, nothing(acme))
			problem(t, want, 404, selvedge.CodeNotFound)
			for _, got := range []answer{ask(theirs, acme), ask(nowhere, acme), ask(theirs, nothing(acme)), ask(theirs, "x")} {
				if diff := cmp.Diff(want, got, cmp.AllowUnexported(answer{})); diff != "" {
					t.Errorf("%s %s tells orgs apart:\n%s", method, path, diff)
				}
			}
			tried++
		}
	}
	if tried < 12 {
		t.Errorf("%d operations were tried", tried)
	}
}

// TestMandateRefused is what nobody can be given.
func TestMandateRefused(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	const good = "org_aaaaaaaaaaaaaaaaaaaaaaaa"
	for _, c := range []struct{ agency, scopes, until, field string }{
		{p.idOfOrg(t, p.acme), both, "2026-06-01T00:00:00Z", "agency"},
		{"", both, "2026-06-01T00:00:00Z", "agency"},
		{"ada@example.com", both, "2026-06-01T00:00:00Z", "agency"},
		{good + "a", both, "2026-06-01T00:00:00Z", "agency"},
		{good, `"keys:manage"`, "2026-06-01T00:00:00Z", "scopes"},
		{good, both + `,"terms:accept"`, "2026-06-01T00:00:00Z", "scopes"},
		{good, ``, "2026-06-01T00:00:00Z", "scopes"},
		{good, both, start.Format(time.RFC3339), "expires_at"},
		{good, both, start.Add(366*24*time.Hour + time.Second).Format(time.RFC3339), "expires_at"},
	} {
		a := p.ask(t, p.acme, "POST", "/v1/mandates", `{"agency":"`+c.agency+`","scopes":[`+c.scopes+`],"expires_at":"`+c.until+`"}`)
		if got := problem(t, a, 400, selvedge.CodeInvalid); got.Field != c.field {
			t.Errorf("%+v: %+v", c, got)
		}
	}
	// That there is an org of the id does not show.
	there := p.ask(t, p.acme, "POST", "/v1/mandates", `{"agency":"`+p.idOfOrg(t, p.bolt)+`","scopes":["audiences:read"],"expires_at":"2026-06-01T00:00:00Z"}`)
	absent := p.ask(t, p.acme, "POST", "/v1/mandates", `{"agency":"`+good+`","scopes":["audiences:read"],"expires_at":"2026-06-01T00:00:00Z"}`)
	if there.status != absent.status || !slices.Equal(slices.Sorted(maps.Keys(there.header)), slices.Sorted(maps.Keys(absent.header))) {
		t.Errorf("there: %+v\nabsent: %+v", there, absent)
	}
}
