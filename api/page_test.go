package api_test

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/list/listtest"
	"github.com/selvedge/selvedge/org"
	"github.com/selvedge/selvedge/server/servertest"
)

// page is what every list answers, whatever is in it.
type page struct {
	Items []json.RawMessage
	Next  string
}

// pageAt asks for a page of a list, and checks that its header names the same
// next page as its body.
func (p *platform) pageAt(t *testing.T, key, path string, q url.Values) page {
	t.Helper()
	a := p.ask(t, key, "GET", path+"?"+q.Encode(), "")
	var got page
	if must(t, json.Unmarshal([]byte(a.body), &got)); a.status != http.StatusOK {
		t.Fatalf("GET %s: %s", path, a.body)
	}
	link := a.header.Get("Link")
	target, isNext := strings.CutSuffix(strings.TrimPrefix(link, "<"), `>; rel="next"`)
	u, err := url.Parse(target)
	if must(t, err); (link != "") != (got.Next != "") || link != "" && (!isNext || u.EscapedPath() != path || u.Query().Get("cursor") != got.Next) {
		t.Errorf("GET %s: next %q and Link %q", path, got.Next, link)
	}
	return got
}

// walk returns what the pages of a list hold, one thing to a page. Between gets
// to do something before each page.
func (p *platform) walk(t *testing.T, key, path string, between func(n int)) (things []string) {
	t.Helper()
	q := url.Values{"limit": {"1"}}
	for n := 0; ; n++ {
		if n > 60 {
			t.Fatalf("GET %s: no end", path)
		}
		got := p.pageAt(t, key, path, q)
		if len(got.Items) > 1 {
			t.Fatalf("GET %s: %d things on a page of one", path, len(got.Items))
		}
		for _, thing := range got.Items {
			things = append(things, string(thing))
		}
		if got.Next == "" {
			return things
		}
		between(n)
		q.Set("cursor", got.Next)
	}
}

// shelf is a list with who may read it, and how another thing comes into it.
type shelf struct {
	key  string
	path string
	add  func(n int)
}

func (p *platform) shelves(t *testing.T) map[string]shelf {
	t.Helper()
	acme, err := p.Orgs.Authenticate(t.Context(), p.acme)
	must(t, err)
	id := acme.Key() // a key of the org
	own, _ := acme.Org()
	post := func(key, path, body string, contentType ...string) {
		if a := p.ask(t, key, "POST", path, body, "Content-Type", append(contentType, "text/csv")[0]); a.status >= 300 {
			t.Fatalf("POST %s: %s", path, a.body)
		}
	}
	aud := "/v1/audiences/" + string(p.audience)
	newKey := func(int) { // two at a time: the last but one goes
		keys, err := p.Orgs.OrgKeys(t.Context(), acme, own)
		must(t, err)
		if last := keys[len(keys)-1]; last.Public != id && last.RevokedAt.IsZero() {
			_, err = p.Orgs.RevokeOrgKey(t.Context(), anna, own, last.Public)
			must(t, err)
		}
		p.clock.Add(time.Second)
		_, _, err = p.Orgs.IssueOrgKey(t.Context(), anna, own, "more", selvedge.ReadAudiences)
		must(t, err)
	}
	mandate := func(int) {
		post(p.acme, "/v1/mandates", `{"agency":"org_aaaaaaaaaaaaaaaaaaaaaaaa","scopes":["audiences:read"],"expires_at":"2026-06-01T00:00:00Z"}`)
	}
	return map[string]shelf{
		"listAudiences": {p.acme, "/v1/audiences", func(int) { post(p.acme, "/v1/audiences", `{"name":"More"}`) }},
		"listLists":     {p.acme, aud + "/lists", func(n int) { post(p.acme, aud+"/lists"+agreed, fmt.Sprintf("email\nx%d@example.com\n", n)) }},
		"listVersions": {p.acme, aud + "/versions", func(int) {
			_, err := p.Audiences.Change(t.Context(), acme, p.audience, audience.Request{Declaration: listtest.Granted(), Kind: list.Replace})
			must(t, err)
			_, err = p.Audiences.Seal(t.Context(), acme, p.audience)
			must(t, err)
			servertest.Drain(t, p.Server, p.clock)
			p.clock.Add(2 * time.Minute)
		}},
		"listAudienceLabels": {p.acme, aud + "/labels", func(n int) { post(p.acme, aud+":label", fmt.Sprintf(`{"label":"Garden %d"}`, n)) }},
		"listLabels": {p.anna, "/v1/labels", func(n int) {
			post(p.bolt, "/v1/audiences/"+string(p.elsewhere)+":label", fmt.Sprintf(`{"label":"Sport %d"}`, n))
		}},
		"listContactPoints": {p.key, "/v1/accounts/ada/contact-points", func(int) {}},
		"listPrompts": {p.key, "/v1/prompts", func(n int) {
			post(p.anna, "/v1/prompts", strings.ReplaceAll(newsPrompt, `"version":1`, fmt.Sprintf(`"version":%d`, n+2)))
		}},
		"listAlerts": {p.anna, "/v1/alerts", func(n int) {
			at := p.clock.Now().Format(time.RFC3339)
			for _, class := range []contact.AgeClass{contact.Adult, contact.Minor} {
				post(p.key, "/v1/events", fmt.Sprintf(`{"events":[{"type":"age_class_changed","account":"ada","age_class":%q,"at":%q}]}`, class, at), "application/json")
				p.clock.Add(time.Second)
			}
		}},
		"listOrgs": {p.anna, "/v1/orgs", func(n int) {
			_, err := p.Orgs.Propose(t.Context(), selvedge.OperatorByKey("anna", "k"), fmt.Sprint("Org ", n), "Ltd", org.Advertiser)
			must(t, err)
		}},
		"listMandates":    {p.acme, "/v1/mandates", mandate},
		"listOrgMandates": {p.anna, "/v1/orgs/" + string(own) + "/mandates", mandate},
		"listKeys":        {p.acme, "/v1/keys", newKey},
		"listOrgKeys":     {p.anna, "/v1/orgs/" + string(own) + "/keys", newKey},
		"listImports": {p.key, "/v1/imports", func(n int) {
			post(p.key, "/v1/imports", fmt.Sprintf(`{"type":"account","account":"acc-%d","country":"GB","age_class":"adult","state":"active"}`+"\n", n), "application/x-ndjson")
		}},
		"listJobs": {p.anna, "/v1/jobs", func(int) {
			j, err := p.operator().RotateKeys(t.Context())
			must(t, err)
			_, err = p.operator().CancelJob(t.Context(), j.ID)
			must(t, err)
		}},
	}
}

// newestFirst are the lists that grow where they begin: a walk does not meet what
// came after it had begun.
var newestFirst = []string{"listAlerts", "listVersions", "listJobs", "listImports"}

// TestEveryListHasPages walks every list of the document with pages of one, first
// while nothing happens, then while something is added between any two pages.
// Each thing that was there is met once, in the list's order.
func TestEveryListHasPages(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.described.load(t, p)
	shelves := p.shelves(t)
	for path, item := range p.described.doc.Paths.Map() {
		o := item.Get
		if o == nil {
			continue
		}
		has := o.Parameters.GetByInAndName("query", "cursor") != nil
		if answer := o.Responses.Value("200").Value.Content.Get("application/json").Schema.Value; (answer.Properties["items"] != nil) != has {
			t.Errorf("GET %s: a list without pages, or pages of what is no list", path)
		}
		if _, known := shelves[o.OperationID]; has && !known {
			t.Errorf("GET %s is not walked: give it a shelf", path)
		}
	}
	// Jobs come last: those that are added here are never done.
	order := slices.SortedFunc(maps.Keys(shelves), func(a, b string) int {
		return cmp.Or(cmp.Compare(strings.Count(a, "Jobs"), strings.Count(b, "Jobs")), cmp.Compare(a, b))
	})
	for _, id := range order {
		s := shelves[id]
		for n := range 3 {
			s.add(n)
		}
		whole := texts(p.pageAt(t, s.key, s.path, url.Values{}).Items)
		if len(whole) < 2 {
			t.Fatalf("%s: only %d things", id, len(whole))
		}
		if got := p.walk(t, s.key, s.path, func(int) {}); !slices.Equal(got, whole) {
			t.Errorf("%s: met %q, not %q", id, got, whole)
		}
		added := 0
		got := p.walk(t, s.key, s.path, func(n int) {
			if added < 3 {
				added++
				s.add(n + 10)
			}
		})
		if slices.Contains(newestFirst, id) {
			same(t, id, ids(got), ids(whole))
		} else if len(got) < len(whole) {
			t.Errorf("%s: met %d things of %d", id, len(got), len(whole))
		} else {
			same(t, id, ids(got[:len(whole)]), ids(whole))
			same(t, id, ids(got), ids(texts(p.pageAt(t, s.key, s.path, url.Values{}).Items)))
		}
	}
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: met %q, not %q", what, got, want)
	}
}

func texts(raw []json.RawMessage) (out []string) {
	for _, r := range raw {
		out = append(out, string(r))
	}
	return out
}

// ids returns what tells things apart: their states may have changed meanwhile.
func ids(things []string) (out []string) {
	for _, thing := range things {
		var v struct {
			ID, Prompt, Address, GivenAt string
			Version, Number              int
		}
		_ = json.Unmarshal([]byte(thing), &v) // what cannot be read is like nothing
		out = append(out, fmt.Sprint(v))
	}
	return out
}

// TestCursorsAreSealed: a cursor is good for the list, the filters and the asker
// that it was given to, and for nothing else; no cursor can be made.
func TestCursorsAreSealed(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.ask(t, p.acme, "POST", "/v1/audiences", `{"name":"More"}`)
	p.ask(t, p.bolt, "POST", "/v1/audiences", `{"name":"More"}`)
	first := p.pageAt(t, p.acme, "/v1/audiences", url.Values{"limit": {"1"}})
	if first.Next == "" {
		t.Fatal("no second page")
	}
	good := p.ask(t, p.acme, "GET", "/v1/audiences?limit=100&cursor="+first.Next, "")
	if good.status != http.StatusOK || strings.Contains(good.body, string(p.audience)) {
		t.Errorf("the second page: %s", good.body)
	}
	b, err := base64.RawURLEncoding.DecodeString(first.Next)
	must(t, err)
	b[len(b)-1] ^= 1
	for name, ask := range map[string][3]string{
		"another org's":          {p.bolt, "/v1/audiences", first.Next},
		"of another list":        {p.acme, "/v1/keys", first.Next},
		"under another filter":   {p.acme, "/v1/audiences?x=1", first.Next},
		"of another's list":      {p.anna, "/v1/orgs", first.Next},
		"changed":                {p.acme, "/v1/audiences", base64.RawURLEncoding.EncodeToString(b)},
		"made of an id":          {p.acme, "/v1/audiences", base64.RawURLEncoding.EncodeToString([]byte(p.audience))},
		"made of an id and zero": {p.acme, "/v1/audiences", base64.RawURLEncoding.EncodeToString(append(make([]byte, 16), p.audience...))},
		"padded":                 {p.acme, "/v1/audiences", first.Next + "="},
		"short":                  {p.acme, "/v1/audiences", "AAAA"},
		"empty with a seal":      {p.acme, "/v1/audiences", base64.RawURLEncoding.EncodeToString(make([]byte, 16))},
	} {
		mark := "?"
		if strings.Contains(ask[1], "?") {
			mark = "&"
		}
		if got := problem(t, p.ask(t, ask[0], "GET", ask[1]+mark+"cursor="+url.QueryEscape(ask[2]), ""), 400, selvedge.CodeInvalid); got.Field != "cursor" || got.Reason != "bad_cursor" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	for _, limit := range []string{"0", "-1", "101", "x", "1.5", "99999999999999999999"} {
		if got := problem(t, p.ask(t, p.acme, "GET", "/v1/audiences?limit="+limit, ""), 400, selvedge.CodeInvalid); got.Field != "limit" {
			t.Errorf("limit %s: %+v", limit, got)
		}
	}
}
