package api_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"github.com/selvedge/selvedge"
)

// described holds what a server says of itself, to compare its answers with.
type described struct {
	once   sync.Once
	doc    *openapi3.T
	router routers.Router
}

// load reads and checks the document that a platform serves.
func (d *described) load(t *testing.T, p *platform) {
	t.Helper()
	d.once.Do(func() {
		res, err := http.Get(p.http.URL + "/openapi.json")
		must(t, err)
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		must(t, err)
		d.doc, err = openapi3.NewLoader().LoadFromData(b)
		must(t, err)
		must(t, d.doc.Validate(t.Context()))
		d.router, err = gorillamux.NewRouter(d.doc)
		must(t, err)
	})
}

// check compares an answer with what the document says that the operation
// answers. Every request of this package's tests goes through it.
func (d *described) check(t *testing.T, p *platform, req *http.Request, a answer) {
	t.Helper()
	d.load(t, p)
	// The router knows paths, not servers.
	bare := req.Clone(t.Context())
	bare.URL.Host, bare.URL.Scheme, bare.Host = "", "", ""
	route, params, err := d.router.FindRoute(bare)
	if err != nil {
		return // no operation: tests of their own look at those answers
	}
	in := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: bare, PathParams: params, Route: route},
		Status:                 a.status, Header: a.header, Body: io.NopCloser(strings.NewReader(a.body)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true, ExcludeReadOnlyValidations: true},
	}
	if err := openapi3filter.ValidateResponse(t.Context(), in); err != nil {
		t.Errorf("%s %s answers what is not described: %v\n%s", req.Method, route.Path, err, a.body)
	}
}

// TestDocumentIsWhole: the document is valid, has every route that there is, and
// no operation without a summary, an id of its own and its problems.
func TestDocumentIsWhole(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.described.load(t, p)
	var got, ids []string
	for path, item := range p.described.doc.Paths.Map() {
		for method, o := range item.Operations() {
			got, ids = append(got, method+" "+path), append(ids, o.OperationID)
			if o.Summary == "" || o.OperationID == "" || o.Responses.Value("401") == nil || o.Responses.Value("500") == nil {
				t.Errorf("%s %s is described in part", method, path)
			}
			announced := o.Parameters.GetByInAndName("header", "Upload-Length") != nil // and what comes later has the cap
			if (o.RequestBody != nil || announced) != (o.Responses.Value("413") != nil) {
				t.Errorf("%s %s: a body and no cap, or the other way round", method, path)
			}
		}
	}
	if slices.Sort(ids); len(slices.Compact(slices.Clone(ids))) != len(ids) {
		t.Errorf("two operations of one id: %v", ids)
	}
	var asked []string
	for _, r := range routes() {
		for _, have := range got {
			if method, path, _ := strings.Cut(have, " "); method == r.method && matches(path, r.path) {
				asked = append(asked, have)
			}
		}
	}
	slices.Sort(got)
	slices.Sort(asked)
	if !slices.Equal(got, slices.Compact(asked)) {
		t.Errorf("described: %v\nasked by TestEveryRoute: %v", got, asked)
	}
}

// matches says whether a path is one of a template.
func matches(template, path string) bool {
	text := regexp.MustCompile(`\\\{[a-z]+\\\}`).ReplaceAllString(regexp.QuoteMeta(template), `[^/]+`)
	return regexp.MustCompile("^" + text + "$").MatchString(path)
}

// TestDocumentNamesNothingElse: the explorer and everything that it loads come
// from this server, and a page of a problem is there for every code.
func TestPagesLoadNothingFromOutside(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	page := p.ask(t, "", "GET", "/docs", "")
	if page.status != 200 || !strings.Contains(page.header.Get("Content-Security-Policy"), "default-src 'none'; script-src 'self';") {
		t.Fatalf("the explorer: %d %v", page.status, page.header)
	}
	for _, m := range regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllStringSubmatch(page.body, -1) {
		if !strings.HasPrefix(m[1], "/") || strings.HasPrefix(m[1], "//") {
			t.Errorf("it loads %s", m[1])
		} else if a := p.ask(t, "", "GET", m[1], ""); a.status != 200 || a.body == "" {
			t.Errorf("%s: status %d", m[1], a.status)
		}
	}
	for _, name := range []string{"/docs/nothing", "/docs/..%2Fexplorer.go", "/docs/", "/problems/none"} {
		problem(t, p.ask(t, "", "GET", name, ""), 404, selvedge.CodeNotFound)
	}
}

func TestProblemPages(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	for code := range p.codes(t) {
		a := p.ask(t, "", "GET", "/problems/"+code, "")
		if a.status != 200 || !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") || !strings.Contains(a.body, "/problems/"+code+"<") {
			t.Errorf("%s: %d %s", code, a.status, a.body)
		}
	}
}

// codes returns the codes that the document names.
func (p *platform) codes(t *testing.T) map[string]bool {
	t.Helper()
	a := p.ask(t, "", "GET", "/openapi.json", "")
	out := map[string]bool{}
	for _, m := range regexp.MustCompile("`([a-z_]+)`: ").FindAllStringSubmatch(a.body, -1) {
		out[m[1]] = true
	}
	if len(out) < 9 || !out["invalid"] || !out["contained"] {
		t.Fatalf("the document names %v", out)
	}
	return out
}

// TestDocumentIsTheSameTwice: nothing in it depends on when it was made.
func TestDocumentIsTheSameTwice(t *testing.T) {
	t.Parallel()
	a, b := newPlatform(t), newPlatform(t)
	one, two := a.ask(t, "", "GET", "/openapi.json", ""), b.ask(t, "", "GET", "/openapi.json", "")
	var doc struct{ OpenAPI string }
	must(t, json.Unmarshal([]byte(one.body), &doc))
	if !bytes.Equal([]byte(one.body), []byte(two.body)) || doc.OpenAPI != "3.1.0" {
		t.Errorf("version %s, or two documents", doc.OpenAPI)
	}
}
