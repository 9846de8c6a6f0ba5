package api_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/api"
)

// decode reads an answer that must have a status.
func decode[T any](t *testing.T, a answer, status int) (v T) {
	t.Helper()
	if a.status != status {
		t.Fatalf("status %d, want %d: %s", a.status, status, a.body)
	}
	must(t, json.Unmarshal([]byte(a.body), &v))
	return v
}

// refused checks that an answer is a problem of a code, and why.
func refused(t *testing.T, what string, a answer, status int, code selvedge.Code, reason string) {
	t.Helper()
	if got := problem(t, a, status, code); got.Reason != reason {
		t.Errorf("%s: reason %q, want %q", what, got.Reason, reason)
	}
}

// TestOrgFromPendingToSuspended: an org is made by one operator and approved by
// another, is given a key, accepts the terms, uploads, is suspended, and comes
// back.
func TestOrgFromPendingToSuspended(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	o := decode[api.Org](t, p.ask(t, p.anna, "POST", "/v1/orgs", `{"name":"Cord","legal_entity":"Cord Ltd","kind":"advertiser"}`), 201)
	if o.State != "pending" || o.CreatedBy != "anna" || o.LegalEntity != "Cord Ltd" {
		t.Errorf("made %+v", o)
	}
	path := "/v1/orgs/" + string(o.ID)
	issued := decode[api.IssuedKey](t, p.ask(t, p.anna, "POST", path+"/keys", `{"name":"first","scopes":["audiences:read","audiences:write","keys:manage","terms:accept"]}`), 201)
	problem(t, p.ask(t, issued.Secret, "GET", "/v1/audiences", ""), 401, selvedge.CodeUnauthenticated)
	refused(t, "by who made it", p.ask(t, p.anna, "POST", path+":approve", ""), 403, selvedge.CodeForbidden, "same_operator")
	refused(t, "suspended before", p.ask(t, p.ben, "POST", path+":suspend", ""), 409, selvedge.CodeConflict, "not_active")
	if o = decode[api.Org](t, p.ask(t, p.ben, "POST", path+":approve", ""), 200); o.State != "active" {
		t.Errorf("approved %+v", o)
	}
	refused(t, "approved again", p.ask(t, p.ben, "POST", path+":approve", ""), 409, selvedge.CodeConflict, "not_pending")

	aud := decode[api.Audience](t, p.ask(t, issued.Secret, "POST", "/v1/audiences", `{"name":"Customers"}`), 201)
	lists := "/v1/audiences/" + string(aud.ID) + "/lists"
	upload := func() answer {
		return p.ask(t, issued.Secret, "POST", lists+agreed, "email\nada@example.com\n", "Content-Type", "text/csv")
	}
	refused(t, "before the terms", upload(), 409, selvedge.CodeConflict, "terms_not_accepted")
	terms := decode[api.Terms](t, p.ask(t, issued.Secret, "GET", "/v1/terms", ""), 200)
	if terms.Version != 1 || terms.Accepted != nil || !strings.Contains(terms.Text, "joint controllers") {
		t.Errorf("terms %+v", terms)
	}
	refused(t, "other terms", p.ask(t, issued.Secret, "POST", "/v1/terms:accept", `{"version":2}`), 409, selvedge.CodeConflict, "not_current")
	accepted := decode[api.Acceptance](t, p.ask(t, issued.Secret, "POST", "/v1/terms:accept", `{"version":1}`), 200)
	if accepted.By != issued.ID || accepted.SHA256 != terms.SHA256 || !accepted.At.Equal(start) {
		t.Errorf("accepted %+v", accepted)
	}
	if a := upload(); a.status != 201 {
		t.Fatalf("upload: %+v", a)
	}

	decode[api.Org](t, p.ask(t, p.anna, "POST", path+":suspend", ""), 200)
	unknown := p.ask(t, "slv_0123456789abcdef_"+strings.Repeat("A", 43), "GET", "/v1/audiences", "")
	for _, a := range []answer{p.ask(t, issued.Secret, "GET", "/v1/audiences", ""), p.ask(t, issued.Secret, "GET", "/v1/terms", "")} {
		if a.text() != unknown.text() || a.status != 401 {
			t.Errorf("a suspended org is answered %s", a.text())
		}
	}
	decode[api.Org](t, p.ask(t, p.anna, "POST", path+":reactivate", ""), 200)
	if a := p.ask(t, issued.Secret, "GET", lists, ""); a.status != 200 {
		t.Errorf("active again: %+v", a)
	}
	refused(t, "reactivated again", p.ask(t, p.anna, "POST", path+":reactivate", ""), 409, selvedge.CodeConflict, "not_suspended")
	if n := len(decode[api.Items[api.Org]](t, p.ask(t, p.anna, "GET", "/v1/orgs", ""), 200).Items); n != 3 {
		t.Errorf("%d orgs", n)
	}
}

// TestScopes: a key does what its scopes say, of every operation that orgs may
// use, and cannot give what it lacks.
func TestScopes(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	k := decode[api.IssuedKey](t, p.ask(t, p.acme, "POST", "/v1/keys", `{"name":"reader","scopes":["audiences:read","keys:manage"]}`), 201)
	refused(t, "a third key", p.ask(t, p.acme, "POST", "/v1/keys", `{"name":"third","scopes":["audiences:read"]}`), 409, selvedge.CodeConflict, "two_keys")
	refused(t, "no scope", p.ask(t, p.acme, "POST", "/v1/keys", `{"name":"third","scopes":[]}`), 400, selvedge.CodeInvalid, "bad_scopes")
	refused(t, "no such scope", p.ask(t, p.acme, "POST", "/v1/keys", `{"name":"third","scopes":["audiences:read","*"]}`), 400, selvedge.CodeInvalid, "bad_scopes")
	refused(t, "more than it has", p.ask(t, k.Secret, "POST", "/v1/keys", `{"name":"third","scopes":["audiences:write"]}`), 403, selvedge.CodeForbidden, "scope")
	for _, c := range []struct {
		method, path, body string
		may                bool
	}{
		{"GET", "/v1/audiences", "", true},
		{"GET", "/v1/audiences/" + string(p.audience) + "/labels", "", true},
		{"GET", "/v1/terms", "", true},
		{"GET", "/v1/keys", "", true},
		{"POST", "/v1/audiences", `{"name":"More"}`, false},
		{"POST", "/v1/audiences/" + string(p.audience) + "/lists" + agreed, "email\n", false},
		{"POST", "/v1/audiences/" + string(p.audience) + ":label", `{"label":"x"}`, false},
		{"POST", "/v1/terms:accept", `{"version":1}`, false},
	} {
		a := p.ask(t, k.Secret, c.method, c.path, c.body, "Content-Type", "text/csv")
		if c.may && a.status != 200 {
			t.Errorf("%s %s: %d", c.method, c.path, a.status)
		} else if !c.may {
			refused(t, c.path, a, 403, selvedge.CodeForbidden, "scope")
		}
	}
	// The one that is left cannot take itself back.
	decode[api.Key](t, p.ask(t, k.Secret, "POST", "/v1/keys/"+p.acme[4:20]+":revoke", ""), 200)
	problem(t, p.ask(t, p.acme, "GET", "/v1/audiences", ""), 401, selvedge.CodeUnauthenticated)
	refused(t, "the last key", p.ask(t, k.Secret, "POST", "/v1/keys/"+k.ID+":revoke", ""), 409, selvedge.CodeConflict, "last_key")
}

// TestIssuedKeyIsNotKept: the secret stands in no file, under an idempotency key
// neither.
func TestIssuedKeyIsNotKept(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	k := decode[api.IssuedKey](t, p.ask(t, p.acme, "POST", "/v1/keys", `{"name":"next","scopes":["audiences:read"]}`, key, "k1"), 201)
	secret := k.Secret[21:]
	must(t, filepath.WalkDir(p.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if strings.Contains(string(b), secret) {
			t.Errorf("%s holds the secret", filepath.Base(path))
		}
		return err
	}))
	if strings.Contains(p.log.String(), secret) {
		t.Error("the log holds the secret")
	}
}

// TestLabelOverHTTP: proposed, screened, approved by an operator; a refusal names
// the category and never the words.
func TestLabelOverHTTP(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	path := "/v1/audiences/" + string(p.audience)
	a := p.ask(t, p.acme, "POST", path+":label", `{"label":"Diabetics of Kent"}`)
	refused(t, "health", a, 400, selvedge.CodeInvalid, "special_category_health")
	if strings.Contains(a.text(), "Kent") || strings.Contains(strings.ToLower(a.text()), "diabet") {
		t.Errorf("it repeats the words: %s", a.text())
	}
	l := decode[api.Label](t, p.ask(t, p.acme, "POST", path+":label", `{"label":"Garden lovers"}`), 201)
	decode[api.OrgLabel](t, p.ask(t, p.anna, "POST", "/v1/labels/"+string(l.ID)+":approve", ""), 200)
	refused(t, "decided", p.ask(t, p.anna, "POST", "/v1/labels/"+string(l.ID)+":reject", ""), 409, selvedge.CodeConflict, "not_pending")
	got := decode[api.Items[api.Label]](t, p.ask(t, p.acme, "GET", path+"/labels", ""), 200).Items
	if len(got) != 1 || got[0].State != "approved" || got[0].DecidedAt == nil {
		t.Errorf("%+v", got)
	}
}
