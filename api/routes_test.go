package api_test

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
)

// route is one route with a request to it that names nothing that exists.
type route struct {
	method, path, body string
	roles              string // who may use it
	found              int    // status if what it names need not exist; 0 if it must
}

// routes are all that there are. A route that is missing here is not tested.
func routes() []route {
	return []route{
		{"GET", "/v1/audiences", "", "org", 200},
		{"POST", "/v1/audiences", `{"name":"More"}`, "org", 201},
		{"GET", "/v1/audiences/aud_none", "", "org", 0},
		{"GET", "/v1/audiences/aud_none/lists", "", "org", 0},
		{"POST", "/v1/audiences/aud_none/lists", "email,ad_user_data,ad_personalization\n", "org", 0},
		{"GET", "/v1/audiences/aud_none/lists/lst_none", "", "org", 0},
		{"GET", "/v1/audiences/aud_none/lists/lst_none/rows", "", "org", 0},
		{"POST", "/v1/audiences/aud_none/members:add", `{"members":[{"emails":["a@example.com"],"ad_user_data":"granted","ad_personalization":"granted"}]}`, "org", 0},
		{"POST", "/v1/audiences/aud_none/members:remove", `{"members":[{"external_id":"7"}]}`, "org", 0},
		{"POST", "/v1/audiences/aud_none/members:replace", `{"members":[]}`, "org", 0},
		{"POST", "/v1/audiences/aud_none/versions:seal", "", "org", 0},
		{"GET", "/v1/audiences/aud_none/versions", "", "org", 0},
		{"POST", "/v1/uploads", "", "org", 201},
		{"GET", "/v1/uploads/upl_none", "", "org", 0},
		{"PATCH", "/v1/uploads/upl_none", "x", "org", 0},
		{"DELETE", "/v1/uploads/upl_none", "", "org", 0},
		{"GET", "/v1/accounts/nobody/contact-points", "", "platform", 0},
		{"POST", "/v1/accounts/nobody:erase", "", "platform", 0},
		{"POST", "/v1/accounts/nobody/links", "", "platform", 201},
		{"GET", "/v1/me", "", "person", 0},
		{"GET", "/v1/me/export", "", "person", 0},
		{"POST", "/v1/me:withdraw", `{"address":"adr_aaaaaaaaaaaaaaaaaaaaaaaaae","purposes":["ads.suppress"]}`, "person", 0},
		{"POST", "/v1/me:object", `{"scope":"all"}`, "person", 0},
		{"POST", "/v1/me:lift", `{"scope":"all"}`, "person", 0},
		{"POST", "/v1/me:erase", "", "person", 0},
		{"POST", "/v1/contact-points:withdraw", `{"account":"nobody","kind":"email","value":"a@example.com","purposes":["ads.suppress"]}`, "platform", 0},
		{"POST", "/v1/objections", `{"account":"nobody"}`, "platform", 0},
		{"POST", "/v1/objections:lift", `{"account":"nobody"}`, "platform", 0},
		{"POST", "/v1/events", `{"events":[{"type":"account_deactivated","account":"nobody","at":"2026-03-01T00:00:00Z"}]}`, "platform operator", 200},
		{"GET", "/v1/alerts", "", "operator", 200},
		{"GET", "/v1/prompts", "", "platform operator", 200},
		{"POST", "/v1/prompts", newsPrompt, "operator", 200},
		{"POST", "/v1/prompts/none/versions/1:approve", `{"grants":"ads"}`, "operator", 0},
		{"POST", "/v1/imports", `{"type":"account","account":"zoe","age_class":"adult","state":"active"}`, "platform operator", 200},
		{"GET", "/v1/imports", "", "platform operator", 200},
		{"GET", "/v1/imports/99", "", "platform operator", 0},
		{"POST", "/v1/imports/99:abandon", "", "operator", 0},
		{"GET", "/v1/jobs", "", "operator", 200},
		{"GET", "/v1/jobs/99", "", "operator", 0},
		{"POST", "/v1/jobs/99:cancel", "", "operator", 0},
		{"POST", "/v1/keys:rotate", "", "operator", 202},
		{"GET", "/v1/orgs", "", "operator", 200},
		{"POST", "/v1/orgs", `{"name":"Cord","legal_entity":"Cord Ltd","kind":"partner"}`, "operator", 201},
		{"GET", "/v1/orgs/org_none", "", "operator", 0},
		{"POST", "/v1/orgs/org_none:approve", "", "operator", 0},
		{"POST", "/v1/orgs/org_none:suspend", "", "operator", 0},
		{"POST", "/v1/orgs/org_none:reactivate", "", "operator", 0},
		{"GET", "/v1/orgs/org_none/audiences/aud_none/people", "", "operator", 0},
		{"GET", "/v1/orgs/org_none/keys", "", "operator", 0},
		{"POST", "/v1/orgs/org_none/keys", `{"name":"Next","scopes":["audiences:read"]}`, "operator", 0},
		{"POST", "/v1/orgs/org_none/keys/none:revoke", "", "operator", 0},
		{"GET", "/v1/mandates", "", "org", 200},
		{"POST", "/v1/mandates", `{"agency":"org_aaaaaaaaaaaaaaaaaaaaaaaa","scopes":["audiences:read"],"expires_at":"2026-06-01T00:00:00Z"}`, "org", 201},
		{"POST", "/v1/mandates/mdt_none:end", "", "org", 0},
		{"GET", "/v1/orgs/org_none/mandates", "", "operator", 0},
		{"POST", "/v1/orgs/org_none/mandates/mdt_none:end", "", "operator", 0},
		{"GET", "/v1/keys", "", "org", 200},
		{"POST", "/v1/keys", `{"name":"Next","scopes":["audiences:read"]}`, "org", 201},
		{"POST", "/v1/keys/none:revoke", "", "org", 0},
		{"GET", "/v1/terms", "", "org platform operator", 200},
		{"POST", "/v1/terms:accept", `{"version":1}`, "org", 200},
		{"POST", "/v1/terms", `{"text":"Other terms"}`, "operator", 201},
		{"POST", "/v1/audiences/aud_none:label", `{"label":"Garden lovers"}`, "org", 0},
		{"GET", "/v1/audiences/aud_none/labels", "", "org", 0},
		{"GET", "/v1/labels", "", "operator", 200},
		{"POST", "/v1/labels/lbl_none:approve", "", "operator", 0},
		{"POST", "/v1/labels/lbl_none:reject", "", "operator", 0},
	}
}

// TestEveryRoute asks every route without a key, with keys that are none, with
// one of the wrong role, and for what does not exist.
func TestEveryRoute(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	for _, r := range routes() {
		t.Run(r.method+" "+r.path, func(t *testing.T) {
			var right string
			var wrong []string
			for role, key := range p.keys(t) {
				if strings.Contains(r.roles, role) {
					right = key
				} else {
					wrong = append(wrong, key)
				}
			}
			ask := func(headers ...string) answer {
				return p.ask(t, "", r.method, r.path, r.body, append([]string{"Content-Type", "application/octet-stream", "Upload-Length", "5"}, headers...)...)
			}
			problem(t, ask(), 401, selvedge.CodeUnauthenticated)
			for _, credential := range []string{
				"", "Bearer", "Bearer ", "Bearer hello", "Bearer " + right[:len(right)-1], "Bearer  " + right,
				"Basic " + right, right, "Bearer slv_0123456789abcdef_" + strings.Repeat("A", 43),
			} {
				problem(t, ask("Authorization", credential), 401, selvedge.CodeUnauthenticated)
			}
			for _, key := range wrong {
				problem(t, ask("Authorization", "Bearer "+key), 403, selvedge.CodeForbidden)
				// The role comes first: nothing that is sent is looked at.
				problem(t, p.ask(t, key, r.method, r.path, "{", "Content-Digest", "x"), 403, selvedge.CodeForbidden)
			}
			for role, key := range p.keys(t) {
				if !strings.Contains(r.roles, role) {
					continue
				}
				a := ask("Authorization", "Bearer "+key)
				if r.found == 0 {
					problem(t, a, 404, selvedge.CodeNotFound)
				} else if a.status != r.found || a.header.Get("Content-Type") != "application/json" {
					t.Errorf("status %d: %s", a.status, a.body)
				}
			}
		})
	}
}

// keys returns a credential of each role. The person's is of an account that is
// not there.
func (p *platform) keys(t *testing.T) map[string]string {
	t.Helper()
	link, err := p.Links.Make(selvedge.Platform("key"), "nobody")
	must(t, err)
	return map[string]string{"org": p.acme, "platform": p.key, "operator": p.anna, "person": link.Token}
}

// TestDocumented: docs/api.md has every route, by the pattern that the log gives
// it, and a heading for every code that a problem's type can name.
func TestDocumented(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	b, err := os.ReadFile("../docs/api.md")
	must(t, err)
	page := string(b)
	for _, r := range routes() {
		p.ask(t, "", r.method, r.path, r.body)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(p.log.String()) {
		var l struct{ Route string }
		must(t, json.Unmarshal([]byte(line), &l))
		seen[l.Route] = true
		if !strings.Contains(page, "`"+l.Route+"`](#") {
			t.Errorf("docs/api.md has no %s", l.Route)
		}
	}
	if len(seen) != len(routes()) {
		t.Errorf("%d routes were asked, %d are known", len(seen), len(routes()))
	}
	for _, c := range []selvedge.Code{
		selvedge.CodeInvalid, selvedge.CodeUnauthenticated, selvedge.CodeForbidden, selvedge.CodePurposeDenied, selvedge.CodeNotFound,
		selvedge.CodeConflict, selvedge.CodePrecondition, selvedge.CodeTooLarge, selvedge.CodeKeyReused, selvedge.CodeTooMany, selvedge.CodeUnavailable,
		selvedge.CodeContained, selvedge.CodeInternal,
	} {
		if !strings.Contains(page, "\n### "+string(c)+"\n") {
			t.Errorf("docs/api.md has no heading for %s", c)
		}
	}
}

// TestNothingElse: what is no route, or one with another method, is a problem
// like any other.
func TestNothingElse(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	for _, c := range []struct{ method, path string }{
		{"GET", "/"},
		{"GET", "/v1"},
		{"GET", "/v1/"},
		{"GET", "/v2/audiences"},
		{"GET", "/v1/audiences/"},
		{"GET", "/v1//audiences"},
		{"GET", "/v1/./audiences"},
		{"GET", "/v1/x/../audiences"},
		{"GET", "/v1/Audiences"},
		{"GET", "/v1/audiences/" + string(p.audience) + "/lists/"},
		{"GET", "/v1/audiences/" + string(p.audience) + "/versions/1"},
		{"GET", "/v1/accounts//contact-points"},
		{"GET", "/v1/contact-points:withdraw"},
		{"GET", "/v1/objections"},
		{"GET", "/v1/prompts/offers"},
		{"GET", "/v1/prompts/offers/versions/1"},
		{"POST", "/v1/prompts/offers/versions/1"},
		{"POST", "/v1/prompts/offers/versions/1:refuse"},
		{"POST", "/v1/prompts/offers/versions/1:approve/"},
		{"POST", "/v1/prompts/offers/versions/1:approve:approved"},
		{"GET", "/v1/prompts/offers/versions/1:approve"},
		{"DELETE", "/v1/prompts"},
		{"DELETE", "/v1/audiences"},
		{"PUT", "/v1/audiences/" + string(p.audience)},
		{"PATCH", "/v1/audiences/" + string(p.audience)},
		{"POST", "/v1/accounts/ada/contact-points"},
		{"POST", "/healthz"},
		{"OPTIONS", "/v1/audiences"},
	} {
		t.Run(c.method+" "+c.path, func(t *testing.T) {
			a := p.ask(t, p.acme, c.method, c.path, "")
			problem(t, a, 404, selvedge.CodeNotFound)
			if a.header.Get("Location") != "" {
				t.Error("sends elsewhere")
			}
		})
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	if a := p.ask(t, "", "GET", "/healthz", ""); a.status != 200 || a.body != "{\"status\":\"ok\"}\n" || a.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%+v", a)
	}
}

// TestOthersDoNotExist: what belongs to another org is answered byte for byte
// like what does not exist.
func TestOthersDoNotExist(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	list := func(key string, id selvedge.AudienceID) string {
		a := p.ask(t, key, "POST", "/v1/audiences/"+string(id)+"/lists"+agreed, "email\nada@example.com\n", "Content-Type", "text/csv")
		_, rest, _ := strings.Cut(a.body, `"id":"`)
		l, _, ok := strings.Cut(rest, `"`)
		if !ok || a.status != http.StatusCreated {
			t.Fatalf("upload: %+v", a)
		}
		return l
	}
	theirs, own := list(p.bolt, p.elsewhere), list(p.acme, p.audience)
	if a := p.ask(t, p.acme, "GET", "/v1/audiences/"+string(p.audience)+"/lists/"+own, ""); a.status != 200 {
		t.Fatalf("own list: %+v", a)
	}
	opaque := cmp.AllowUnexported(answer{})
	for _, c := range []struct{ name, method, path, like string }{
		{"audience", "GET", "/v1/audiences/" + string(p.elsewhere), "/v1/audiences/aud_none"},
		{"lists", "GET", "/v1/audiences/" + string(p.elsewhere) + "/lists", "/v1/audiences/aud_none/lists"},
		{"list", "GET", "/v1/audiences/" + string(p.elsewhere) + "/lists/" + theirs, "/v1/audiences/aud_none/lists/lst_none"},
		{"rows", "GET", "/v1/audiences/" + string(p.elsewhere) + "/lists/" + theirs + "/rows", "/v1/audiences/aud_none/lists/lst_none/rows"},
		{"list in an audience of one's own", "GET", "/v1/audiences/" + string(p.audience) + "/lists/" + theirs, "/v1/audiences/" + string(p.audience) + "/lists/lst_none"},
		{"own list elsewhere", "GET", "/v1/audiences/" + string(p.elsewhere) + "/lists/" + own, "/v1/audiences/aud_none/lists/lst_none"},
		{"upload", "POST", "/v1/audiences/" + string(p.elsewhere) + "/lists", "/v1/audiences/aud_none/lists"},
	} {
		got := p.ask(t, p.acme, c.method, c.path, "email\n", "Content-Type", "text/csv")
		want := p.ask(t, p.acme, c.method, c.like, "email\n", "Content-Type", "text/csv")
		problem(t, got, 404, selvedge.CodeNotFound)
		if diff := cmp.Diff(want, got, opaque); diff != "" {
			t.Errorf("%s: what does not exist (-), and another org's (+):\n%s", c.name, diff)
		}
	}
}

// TestJSONFaults: a body is one object of the described shape, and what is said
// of a fault names the field at most.
func TestJSONFaults(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	big := `{"name":"` + strings.Repeat("x", 1<<20) + `"}`
	for _, c := range []struct {
		name, body    string
		field, reason string
		status        int
	}{
		{"nothing", "", "", "bad_json", 400},
		{"no JSON", "name=x", "", "bad_json", 400},
		{"no object", `"x"`, "", "bad_json", 400},
		{"an array", `[{"name":"x"}]`, "", "bad_json", 400},
		{"cut off", `{"name":"x"`, "", "bad_json", 400},
		{"an unknown field", `{"name":"x","size":1}`, "", "bad_json", 400},
		{"a wrong type", `{"name":7}`, "name", "bad_json", 400},
		{"two values", `{"name":"x"}{"name":"y"}`, "", "bad_json", 400},
		{"a stray brace", `{"name":"x"}}`, "", "bad_json", 400},
		{"a stray bracket", `{"name":"x"}]`, "", "bad_json", 400},
		{"text behind it", `{"name":"x"} x`, "", "bad_json", 400},
		{"more than 1 MiB", big, "", "body_too_large", 413},
		{"more than 1 MiB behind it", `{"name":"x"}` + strings.Repeat(" ", 1<<20), "", "body_too_large", 413},
		{"null", "null", "name", "bad_name", 400},
		{"an empty name", `{"name":""}`, "name", "bad_name", 400},
		{"a long name", `{"name":"` + strings.Repeat("x", 201) + `"}`, "name", "bad_name", 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			code := selvedge.CodeInvalid
			if c.status == 413 {
				code = selvedge.CodeTooLarge
			}
			got := problem(t, p.ask(t, p.acme, "POST", "/v1/audiences", c.body), c.status, code)
			if got.Field != c.field || got.Reason != c.reason {
				t.Errorf("field %q, reason %q; want %q, %q", got.Field, got.Reason, c.field, c.reason)
			}
		})
	}
	if a := p.ask(t, p.acme, "GET", "/v1/audiences", ""); strings.Count(a.body, `"id"`) != 1 {
		t.Errorf("a faulty body made an audience: %s", a.body)
	}
	if a := p.ask(t, p.acme, "POST", "/v1/audiences", " {\"name\":\"x\"} \n"); a.status != 201 {
		t.Errorf("blanks around a body: %+v", a)
	}
}

// TestWithdrawFaults names what is wrong with each field.
func TestWithdrawFaults(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	for _, c := range []struct{ name, body, field, reason string }{
		{"an address that is none", `{"account":"ada","address":"adr_x","purposes":["ads.suppress"]}`, "address", "bad_address"},
		{"an address beside a value", `{"account":"ada","kind":"email","value":"a@b.de","address":"adr_x","purposes":["ads.suppress"]}`, "value", "value_or_sha256"},
		{"no kind", `{"account":"ada","value":"ada@example.com","purposes":["ads.suppress"]}`, "kind", "bad_kind"},
		{"another kind", `{"account":"ada","kind":"fax","value":"1","purposes":["ads.suppress"]}`, "kind", "bad_kind"},
		{"neither value nor hash", `{"account":"ada","kind":"email","purposes":["ads.suppress"]}`, "value", "value_or_sha256"},
		{"both value and hash", `{"account":"ada","kind":"email","value":"a@b.de","sha256":"00","purposes":["ads.suppress"]}`, "value", "value_or_sha256"},
		{"a value that is none", `{"account":"ada","kind":"email","value":"ada","purposes":["ads.suppress"]}`, "value", "not_an_email"},
		{"a hash that is none", `{"account":"ada","kind":"email","sha256":"00","purposes":["ads.suppress"]}`, "sha256", "bad_length"},
		{"a number without its country", `{"account":"ada","kind":"phone","value":"07700 900123","purposes":["ads.suppress"]}`, "value", "no_country_code"},
		{"no purpose", `{"account":"ada","kind":"email","value":"ada@example.com"}`, "purposes", "no_purpose"},
		{"unknown alone", `{"account":"ada","kind":"email","value":"ada@example.com","purposes":["unknown"]}`, "purposes", "no_purpose"},
		{"no such purpose", `{"account":"ada","kind":"email","value":"ada@example.com","purposes":["ads.suppress","ads"]}`, "purposes", "unknown_purpose"},
		{"purposes as a text", `{"account":"ada","kind":"email","value":"ada@example.com","purposes":"ads.suppress"}`, "purposes", "bad_json"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := problem(t, p.ask(t, p.key, "POST", "/v1/contact-points:withdraw", c.body), 400, selvedge.CodeInvalid)
			if got.Field != c.field || got.Reason != c.reason {
				t.Errorf("field %q, reason %q; want %q, %q", got.Field, got.Reason, c.field, c.reason)
			}
		})
	}
}
