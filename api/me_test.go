package api_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/api"
	"github.com/selvedge/selvedge/person"
	"github.com/selvedge/selvedge/server/servertest"
)

// link returns the token of a link for an account, as the platform gets it.
func (p *platform) link(t *testing.T, account string) string {
	t.Helper()
	var l api.Link
	a := p.ask(t, p.key, "POST", "/v1/accounts/"+account+"/links", "")
	must(t, json.Unmarshal([]byte(a.body), &l))
	if a.status != 201 || !l.ExpiresAt.Equal(p.clock.Now().Add(person.LinkLife)) {
		t.Fatalf("link: %+v", a)
	}
	return l.Token
}

func (p *platform) me(t *testing.T, token string, headers ...string) api.Me {
	t.Helper()
	a := p.ask(t, token, "GET", "/v1/me", "", headers...)
	if a.status != 200 {
		t.Fatalf("me: %+v", a)
	}
	var me api.Me
	must(t, json.Unmarshal([]byte(a.body), &me))
	return me
}

// TestMe: Ada sees her two addresses, who holds her through which, and what she
// takes away is gone at once.
func TestMe(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	sealed := p.clock.Now()
	p.upload(t, "email,phone\nada@example.com,+447700900123\n")
	servertest.Drain(t, p.Server, p.clock)
	ada := p.link(t, "ada")
	me := p.me(t, ada)
	if len(me.Addresses) != 2 || me.Addresses[0].Mask != "a•••@e•••.com" || me.Addresses[1].Kind != "phone" || me.SignalSince != nil {
		t.Fatalf("%+v", me)
	}
	mail := me.Addresses[0].Address
	acme, err := p.Orgs.Authenticate(t.Context(), p.acme)
	must(t, err)
	org, _ := acme.Org()
	want := []person.HeldBy{{Org: "Acme", OrgID: string(org), Kind: "advertiser", Since: sealed, Through: []string{mail}}}
	if diff := cmp.Diff(want, me.HeldBy); diff != "" {
		t.Errorf("held by (-want +got):\n%s", diff)
	}
	object := func(route, body string) {
		t.Helper()
		if a := p.ask(t, ada, "POST", "/v1/me:"+route, body); a.status != 200 {
			t.Fatalf("%s %s: %+v", route, body, a)
		}
	}
	for _, body := range []string{`{"scope":"org","org":"` + string(org) + `"}`, `{"scope":"address","address":"` + mail + `"}`, `{"scope":"all"}`} {
		object("object", body)
		if me := p.me(t, ada); len(me.HeldBy) != 0 {
			t.Errorf("after objecting %s: %+v", body, me.HeldBy)
		}
		object("lift", body)
		if me := p.me(t, ada); len(me.HeldBy) != 1 {
			t.Errorf("after lifting %s: %+v", body, me.HeldBy)
		}
	}
	object("object", `{"scope":"partners"}`)
	if me := p.me(t, ada); len(me.HeldBy) != 1 || len(me.Objections) != 4 {
		t.Errorf("after objecting to partners: %+v", me)
	}
	a := p.ask(t, ada, "POST", "/v1/me:withdraw", `{"address":"`+mail+`","purposes":["ads.match.advertiser"]}`)
	if a.status != 200 || !strings.Contains(a.body, `"grants_ended":1`) {
		t.Errorf("withdraw: %+v", a)
	}
	me = p.me(t, ada)
	if len(me.HeldBy) != 0 || !cmp.Equal(me.Addresses[0].Points[0].Ended, []string{"ads.match.advertiser"}) {
		t.Errorf("after a withdrawal: %+v", me)
	}
	if a := p.ask(t, ada, "POST", "/v1/me:erase", ""); a.status != 200 || !strings.Contains(a.body, `"contact_points":2`) {
		t.Errorf("erase: %+v", a)
	}
	problem(t, p.ask(t, ada, "GET", "/v1/me", ""), 404, selvedge.CodeNotFound)
}

// TestSignal: an opt-out signal is honoured, and shown as honoured; only the value
// 1 is one.
func TestSignal(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	ada := p.link(t, "ada")
	for _, no := range []string{"0", "", "true", "1 "} {
		if me := p.me(t, ada, "Sec-GPC", no); me.SignalSince != nil && strings.TrimSpace(no) != "1" {
			t.Errorf("%q is honoured", no)
		}
	}
	since := p.clock.Now()
	if me := p.me(t, ada, "Sec-GPC", "1"); me.SignalSince == nil || !me.SignalSince.Equal(since) || len(me.Addresses[0].Points[0].MatchableFor) != 0 {
		t.Errorf("%+v", me)
	}
	p.clock.Add(time.Minute)
	if me := p.me(t, ada, "Sec-GPC", "1"); !me.SignalSince.Equal(since) || len(me.Objections) != 1 {
		t.Errorf("a minute later: %+v", me)
	}
	if me := p.me(t, ada); me.SignalSince == nil {
		t.Error("without the signal it is forgotten")
	}
}

// TestLinks: a link opens its own account, for an hour, and nothing of it can be
// read or changed.
func TestLinks(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	ada, odd := p.link(t, "ada"), p.link(t, "a%2Fb%3Fc%23d%252F~e")
	if strings.Contains(ada, "ada") || len(p.me(t, odd).Addresses) != 1 {
		t.Error("it shows whose it is, or is another's")
	}
	for _, token := range []string{"slm_", "slm_x", ada[:len(ada)-1], ada[:len(ada)-2] + "AA", ada + "A", strings.ToUpper(ada), "slm_" + ada} {
		problem(t, p.ask(t, token, "GET", "/v1/me", ""), 401, selvedge.CodeUnauthenticated)
	}
	p.clock.Add(person.LinkLife - time.Microsecond)
	p.me(t, ada)
	p.clock.Add(time.Microsecond)
	problem(t, p.ask(t, ada, "GET", "/v1/me", ""), 401, selvedge.CodeUnauthenticated)
	if strings.Contains(p.log.String(), "slm_") {
		t.Error("a token is in the log")
	}
}

// TestMeFaults: what is wrong with each body.
func TestMeFaults(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	ada := p.link(t, "ada")
	other := p.me(t, p.link(t, "a%2Fb%3Fc%23d%252F~e")).Addresses[0].Address
	for _, c := range []struct {
		name, route, body, field, reason string
		status                           int
	}{
		{"no address", "withdraw", `{"purposes":["ads.suppress"]}`, "address", "bad_address", 400},
		{"another's address", "withdraw", `{"address":"` + other + `","purposes":["ads.suppress"]}`, "", "", 404},
		{"no purpose", "withdraw", `{"address":"` + other + `"}`, "purposes", "no_purpose", 400},
		{"an unknown purpose", "withdraw", `{"address":"` + other + `","purposes":["x"]}`, "purposes", "unknown_purpose", 400},
		{"another scope", "object", `{"scope":"some"}`, "scope", "bad_scope", 400},
		{"an org missing", "object", `{"scope":"org"}`, "org", "bad_scope", 400},
		{"another's address", "object", `{"scope":"address","address":"` + other + `"}`, "", "", 404},
	} {
		code := selvedge.CodeInvalid
		if c.status == 404 {
			code = selvedge.CodeNotFound
		}
		got := problem(t, p.ask(t, ada, "POST", "/v1/me:"+c.route, c.body), c.status, code)
		if got.Field != c.field || got.Reason != c.reason {
			t.Errorf("%s %s: %+v", c.route, c.name, got)
		}
	}
}

// TestExport: everything that is held, with purposes in the words of the Data
// Privacy Vocabulary, and no address in the clear.
func TestExport(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	ada := p.link(t, "ada")
	mail := p.me(t, ada).Addresses[0].Address
	var before, got person.Export
	must(t, json.Unmarshal([]byte(p.ask(t, ada, "GET", "/v1/me/export", "").body), &before))
	p.ask(t, ada, "POST", "/v1/me:withdraw", `{"address":"`+mail+`","purposes":["ads.match.advertiser"]}`)
	p.ask(t, ada, "POST", "/v1/me:object", `{"scope":"partners"}`)
	a := p.ask(t, ada, "GET", "/v1/me/export", "")
	must(t, json.Unmarshal([]byte(a.body), &got))
	if strings.Contains(a.body, "ada@") || strings.Contains(a.body, "7700900") || a.status != 200 {
		t.Errorf("%+v", a)
	}
	given := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	if len(got.Receipts) != 2 || len(got.Objections) != 1 || got.Account.Country != "GB" {
		t.Fatalf("%+v", got)
	}
	until := before.Receipts[0].Processing.Purposes[0].Until
	if until == nil || !until.Equal(given.AddDate(0, 13, 0)) {
		t.Errorf("it stands until %v", until)
	}
	r := got.Receipts[0]
	if r.Header.RecordID != before.Receipts[0].Header.RecordID || r.Header.RecordID == got.Receipts[1].Header.RecordID {
		t.Errorf("receipts are named %s and %s, and %s before", r.Header.RecordID, got.Receipts[1].Header.RecordID, before.Receipts[0].Header.RecordID)
	}
	want := []person.Event{{Type: "given", At: given}, {Type: "verified", At: given}, {Type: "withdrawn", At: start, Purpose: "ads.match.advertiser"}}
	if diff := cmp.Diff(want, r.Events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	purposes := []person.PurposeState{{Name: "ads.match.advertiser", DPV: "https://w3id.org/dpv#TargetedAdvertising", State: "withdrawn"}}
	if diff := cmp.Diff(purposes, r.Processing.Purposes); diff != "" || len(r.Processing.Notices) != 1 || r.Processing.Notices[0].Text != "offers" {
		t.Errorf("processing %+v (-want +got):\n%s", r.Processing, diff)
	}
}
