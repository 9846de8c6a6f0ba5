package api_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
)

// objects are things of one org, by the name that a path gives them.
func (p *platform) objects(t *testing.T, key string, audience selvedge.AudienceID) map[string]string {
	t.Helper()
	get := func(what, body string) string {
		_, rest, _ := strings.Cut(body, `"id":"`)
		id, _, ok := strings.Cut(rest, `"`)
		if !ok {
			t.Fatalf("%s: %s", what, body)
		}
		return id
	}
	path := "/v1/audiences/" + string(audience)
	return map[string]string{
		"audience": string(audience),
		"list":     get("upload", p.ask(t, key, "POST", path+"/lists"+agreed, "email\nada@example.com\n", "Content-Type", "text/csv").body),
		"key":      get("key", p.ask(t, key, "POST", "/v1/keys", `{"name":"Next","scopes":["audiences:read"]}`).body),
		"mandate": get("mandate", p.ask(t, key, "POST", "/v1/mandates",
			`{"agency":"org_aaaaaaaaaaaaaaaaaaaaaaaa","scopes":["audiences:read"],"expires_at":"2026-06-01T00:00:00Z"}`).body),
		"upload": get("upload", p.ask(t, key, "POST", "/v1/uploads", "", "Upload-Length", "5").body),
		"label":  get("label", p.ask(t, key, "POST", path+":label", `{"label":"Garden lovers"}`).body),
	}
}

// TestNoOperationTellsOrgsApart tries every operation of the document that an
// org may use. Whatever of its path names a thing of another org, in whichever
// combination with one's own, the answer is byte for byte that to names of
// nothing.
func TestNoOperationTellsOrgsApart(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	own, theirs := p.objects(t, p.acme, p.audience), p.objects(t, p.bolt, p.elsewhere)
	p.described.load(t, p)
	tried := 0
	for path, item := range p.described.doc.Paths.Map() {
		for method, o := range item.Operations() {
			_, callers, _ := strings.Cut(o.Description, "For: ")
			callers, _, _ = strings.Cut(callers, ".")
			names := wildcards(path)
			if !slices.Contains(strings.Split(callers, ", "), "org") || len(names) == 0 {
				continue
			}
			body := bodyOf(t, method, path)
			for _, mine := range subsets(names) {
				got, none := map[string]string{}, map[string]string{}
				for _, n := range names {
					if own[n] == "" {
						t.Fatalf("%s %s names a %s: give each org one, in objects", method, path, n)
					}
					got[n], none[n] = theirs[n], nothing(theirs[n])
					if slices.Contains(mine, n) {
						got[n], none[n] = own[n], own[n]
					}
				}
				if maps.Equal(got, none) {
					continue // all one's own
				}
				for _, idempotency := range [][]string{nil, {key, "k" + strings.Join(mine, "")}} {
					ask := func(of map[string]string) answer {
						a := p.ask(t, p.acme, method, fill(path, of), body, append([]string{"Content-Type", "text/csv"}, idempotency...)...)
						return a
					}
					want, a := ask(none), ask(got)
					problem(t, a, http.StatusNotFound, selvedge.CodeNotFound)
					if diff := cmp.Diff(want, a, cmp.AllowUnexported(answer{})); diff != "" {
						t.Errorf("%s %s, own %v: what does not exist (-), and another org's (+):\n%s", method, path, mine, diff)
					}
					tried++
				}
			}
		}
	}
	if tried < 14 {
		t.Errorf("%d requests were tried: the document is not read as it was meant", tried)
	}
	// Nothing of the other org was touched by any of it.
	after := p.ask(t, p.bolt, "GET", "/v1/keys", "")
	if strings.Contains(after.body, `"revoked_at":"`) {
		t.Errorf("a key of another org was revoked: %s", after.body)
	}
	var labels struct{ Items []struct{ State string } }
	must(t, json.Unmarshal([]byte(p.ask(t, p.bolt, "GET", "/v1/audiences/"+string(p.elsewhere)+"/labels", "").body), &labels))
	if len(labels.Items) != 1 || labels.Items[0].State != "pending" {
		t.Errorf("labels of the other org: %+v", labels.Items)
	}
}

// bodyOf returns a body with which an operation does what it does.
func bodyOf(t *testing.T, method, path string) string {
	t.Helper()
	for _, r := range routes() {
		if r.method == method && matches(path, r.path) {
			return r.body
		}
	}
	t.Fatalf("%s %s is not among the routes", method, path)
	return ""
}

// nothing returns an id that looks like another one and names nothing.
func nothing(id string) string {
	last := byte('a')
	if id[len(id)-1] == last {
		last = 'b'
	}
	return id[:len(id)-1] + string(last)
}

var wildcardNames = regexp.MustCompile(`\{([a-z]+)\}`)

func wildcards(path string) (names []string) {
	for _, m := range wildcardNames.FindAllStringSubmatch(path, -1) {
		names = append(names, m[1])
	}
	return names
}

func fill(path string, values map[string]string) string {
	return wildcardNames.ReplaceAllStringFunc(path, func(w string) string { return values[strings.Trim(w, "{}")] })
}

// subsets returns every choice of some of the names.
func subsets(names []string) [][]string {
	out := [][]string{nil}
	for _, n := range names {
		for _, s := range slices.Clone(out) {
			out = append(out, append(slices.Clone(s), n))
		}
	}
	return out
}
