package api

import (
	"encoding/json"
	"net/http"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/danielgtaylor/huma/v2"

	"github.com/selvedge/selvedge"
)

// document describes the operations in OpenAPI 3.1. It is made once; the
// schemas of bodies and answers come from the types that they are read into and
// encoded from.
func document(ops []operation, version string) *huma.OpenAPI {
	schemas := huma.NewMapRegistry("#/components/schemas/", schemaName)
	doc := &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info: &huma.Info{
			Title: "Selvedge", Version: version,
			Description: "Audiences from lists that advertisers and data partners bring, matched to what people gave for advertising and to nothing else.",
			License:     &huma.License{Name: "Apache 2.0", Identifier: "Apache-2.0"},
		},
		Components: &huma.Components{
			Schemas: schemas,
			SecuritySchemes: map[string]*huma.SecurityScheme{
				"key": {Type: "http", Scheme: "bearer", Description: "A key, slv_…, of an org, of the platform's systems or of an operator."},
			},
		},
		Security: []map[string][]string{{"key": {}}},
		Paths:    map[string]*huma.PathItem{},
	}
	for _, o := range ops {
		doc.AddOperation(describe(o, schemas))
	}
	for _, s := range schemas.Map() {
		present(s)
	}
	return doc
}

// describe returns the description of one operation.
func describe(o operation, schemas huma.Registry) *huma.Operation {
	var roles []string
	for _, r := range o.roles {
		roles = append(roles, r.String())
	}
	callers := "For: " + strings.Join(roles, ", ") + "."
	if words := o.scope.Words(); len(words) > 0 {
		callers += " Scope of an org's key: " + strings.Join(words, " or ") + "."
	}
	out := &huma.Operation{
		OperationID: o.id, Method: o.method(), Path: o.path(), Summary: o.summary,
		Description: strings.TrimSpace(o.about + "\n\n" + callers),
		Tags:        roles[:1],
		Parameters:  parameters(o),
		Responses:   map[string]*huma.Response{},
	}
	if o.in != nil {
		out.RequestBody = &huma.RequestBody{Required: true, Content: jsonOf(o.in, schemas)}
	}
	if o.file != "" {
		out.RequestBody = &huma.RequestBody{Required: !o.spare, Content: map[string]*huma.MediaType{o.file: {Schema: &huma.Schema{Type: huma.TypeString}}}}
	}
	out.Responses[strconv.Itoa(o.status)] = &huma.Response{
		Description: http.StatusText(o.status), Content: jsonOf(o.out, schemas), Headers: map[string]*huma.Param{
			"X-Request-Id": {Schema: &huma.Schema{Type: huma.TypeString}, Description: "stands in the server's log too"},
		},
	}
	if o.dry != nil {
		out.Responses[strconv.Itoa(http.StatusOK)] = &huma.Response{Description: "of a dry run", Content: jsonOf(o.dry, schemas)}
	}
	if o.also != "" {
		out.Responses[strconv.Itoa(o.status)].Content[o.also] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
	}
	if slices.Contains(o.roles, selvedge.OrgRole) {
		text := &huma.Schema{Type: huma.TypeString}
		out.Responses[strconv.Itoa(o.status)].Headers["RateLimit-Policy"] = &huma.Param{Schema: text, Description: "to an org: how many requests it may send at once, and in how many seconds that is made up for"}
		out.Responses[strconv.Itoa(o.status)].Headers["RateLimit"] = &huma.Param{Schema: text, Description: "to an org: how many are left, and after how many seconds all are again"}
	}
	if o.resumes {
		describeResumes(out.Responses[strconv.Itoa(o.status)].Headers)
	}
	for _, c := range o.codes() {
		k := kindOf[c]
		status := strconv.Itoa(k.Status)
		if have := out.Responses[status]; have != nil {
			have.Description += " Or `" + string(c) + "`: " + k.Title + "."
			continue
		}
		out.Responses[status] = &huma.Response{
			Description: "`" + string(c) + "`: " + k.Title + ".",
			Content:     map[string]*huma.MediaType{"application/problem+json": {Schema: schemas.Schema(reflect.TypeFor[Problem](), true, "")}},
		}
	}
	return out
}

var wildcard = regexp.MustCompile(`\{([a-z]+)\}`)

func parameters(o operation) []*huma.Param {
	var out []*huma.Param
	for _, m := range wildcard.FindAllStringSubmatch(o.path(), -1) {
		out = append(out, &huma.Param{Name: m[1], In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}})
	}
	params := o.params
	if o.paged {
		params = append(slices.Clone(params), query("cursor", "next of the page before"),
			param{in: "query", name: "limit", about: "how many things the page has at most, 1 to 100; 100 if it is missing", integer: true})
	}
	if o.personal() {
		params = append(slices.Clone(params), header(gpc, "1: an opt-out signal, honoured from then on as an objection to all matching"))
	}
	if o.agents() {
		params = append(slices.Clone(params), header(actsFor, "an agency names here the org that it acts for, which has given it a mandate"))
	}
	for _, p := range params {
		s := &huma.Schema{Type: huma.TypeString}
		if p.integer {
			s.Type = huma.TypeInteger
		}
		out = append(out, &huma.Param{Name: p.name, In: p.in, Description: p.about, Schema: s})
	}
	if o.once() {
		out = append(out, &huma.Param{
			Name: idempotencyKey, In: "header", Schema: &huma.Schema{Type: huma.TypeString},
			Description: "a key of the sender's own, for 24 hours: the same request under it is done once and answered alike",
		})
	}
	return out
}

func jsonOf(v any, schemas huma.Registry) map[string]*huma.MediaType {
	if v == nil {
		return nil // no body
	}
	return map[string]*huma.MediaType{"application/json": {Schema: schemas.Schema(reflect.TypeOf(v), true, "")}}
}

// schemaName names a type's schema: those of this package by their names alone,
// others by their packages too, and what lists things by what it lists.
func schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	name := t.Name()
	if name == "" {
		return hint
	}
	if outer, inner, ok := strings.Cut(name, "["); ok {
		inner = strings.TrimSuffix(inner, "]")
		return inner[strings.LastIndex(inner, ".")+1:] + outer
	}
	if p := path.Base(t.PkgPath()); p != "api" {
		return string(unicode.ToUpper(rune(p[0]))) + p[1:] + name
	}
	return name
}

// present takes out of a schema that its lists may be null: they never are.
func present(s *huma.Schema) {
	if s.Type == huma.TypeArray {
		s.Nullable = false
		present(s.Items)
	}
	for _, p := range s.Properties {
		present(p)
	}
}

// serveDocument serves the document, the page that shows it and the pages of the
// problems. All of it is public: it says what the API is, not what is in it.
func (d *door) serveDocument(doc *huma.OpenAPI) {
	body, err := json.Marshal(doc)
	d.mux.HandleFunc("GET /openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		if err != nil {
			writeProblem(w, err)
			return
		}
		write(w, http.StatusOK, body)
	})
	d.mux.HandleFunc("GET /docs", explore)
	d.mux.HandleFunc("GET /docs/{file...}", explore)
	for _, k := range kinds() {
		d.mux.HandleFunc("GET "+typeOf(k.Code), func(w http.ResponseWriter, _ *http.Request) { explain(w, k) })
	}
}
