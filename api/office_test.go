package api_test

import (
	"encoding/json"
	"testing"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/api"
	"github.com/selvedge/selvedge/server/servertest"
)

// TestCountAudience: whom an audience ever had is counted exactly, also who was
// taken out of it and who was erased; the latter cannot be told.
func TestCountAudience(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	acme, err := p.Orgs.Authenticate(t.Context(), p.acme)
	must(t, err)
	org, _ := acme.Org()
	path := "/v1/orgs/" + string(org) + "/audiences/" + string(p.audience) + "/people"
	want := func(when string, want api.AudiencePeople) {
		t.Helper()
		var got api.AudiencePeople
		a := p.ask(t, p.anna, "GET", path, "")
		must(t, json.Unmarshal([]byte(a.body), &got))
		if a.status != 200 || got != want {
			t.Errorf("%s: %d %+v, want %+v", when, a.status, got, want)
		}
	}
	members := func(verb, email string) {
		t.Helper()
		for _, act := range []struct{ path, body string }{{"members:" + verb, `{"members":[{"emails":["` + email + `"]}],"ad_user_data":"granted","ad_personalization":"granted"}`}, {"versions:seal", ""}} {
			if a := p.ask(t, p.acme, "POST", "/v1/audiences/"+string(p.audience)+"/"+act.path, act.body, "Content-Type", "application/json"); a.status/100 != 2 {
				t.Fatalf("%s: %+v", act.path, a)
			}
		}
		servertest.Drain(t, p.Server, p.clock)
	}
	want("before any version", api.AudiencePeople{})
	members("add", "ada@example.com")
	want("one member", api.AudiencePeople{ContactPoints: 1, People: 1, Notifiable: 1})
	members("remove", "ada@example.com")
	want("removed", api.AudiencePeople{ContactPoints: 1, People: 1, Notifiable: 1})
	if a := p.ask(t, p.key, "POST", "/v1/accounts/ada:erase", ""); a.status != 200 {
		t.Fatalf("erase: %+v", a)
	}
	want("erased", api.AudiencePeople{ContactPoints: 1, People: 1, Erased: 1})
	problem(t, p.ask(t, p.anna, "GET", "/v1/orgs/org_none/audiences/"+string(p.audience)+"/people", ""), 404, selvedge.CodeNotFound)
	for _, key := range []string{p.acme, p.key} {
		problem(t, p.ask(t, key, "GET", path, ""), 403, selvedge.CodeForbidden)
	}
}
