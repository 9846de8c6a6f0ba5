package api

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/selvedge/selvedge"
)

// handler answers one request of an authenticated actor: with a value that is
// encoded as JSON, or with an error.
type handler func(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error)

// operation is one thing that the API does, and all that is said of it. Routes,
// who may use them and the OpenAPI document are made from operations and from
// nothing else, so that none can be served and not described.
type operation struct {
	id      string // operationId: a verb and a noun
	route   string // method and path; the path may end in {name}:verb
	summary string
	about   string // what else there is to know; Markdown
	roles   []selvedge.Role
	// scope is of which scopes an org's key must have one. Without any, no org
	// may use the operation.
	scope  selvedge.Scopes
	params []param
	paged  bool   // the answer is an Items, a page of a list
	in     any    // zero value of the JSON body; nil if there is none
	file   string // media type of a body that is a file; "" if it is none
	status int    // of success
	out    any    // zero value of the answer
	also   string // media type of an answer that is a file, if there may be one
	secret bool   // the answer holds a secret, and must not be kept
	spare  bool   // the body, a file, may be missing
	// resumes says that the operation is part of the protocol for uploads, whose
	// clients read headers: those that headers makes of an answer.
	resumes bool
	headers func(h http.Header, answer []byte)
	// problems are the codes that this operation can answer beside those that
	// every one can: unauthenticated, forbidden, contained and internal, and
	// invalid and too_large where there is a body.
	problems []selvedge.Code
	handle   handler
	// dry is the answer to a request that asks for a dry run, nil if none can. A dry
	// run changes nothing, is answered with 200, and its answer is kept nowhere.
	dry any
	// answer makes the answer from what the act comes to, of an operation that may
	// carry an idempotency key.
	answer func(any) any
}

// param is a parameter in the query or a header. Those in the path are known
// from the route.
type param struct {
	in, name string
	about    string
	integer  bool
}

func query(name, about string) param  { return param{in: "query", name: name, about: about} }
func header(name, about string) param { return param{in: "header", name: name, about: about} }

func (o operation) method() string { m, _, _ := strings.Cut(o.route, " "); return m }
func (o operation) path() string   { _, p, _ := strings.Cut(o.route, " "); return p }

// codes are all that the operation can answer, in the order of their statuses.
func (o operation) codes() []selvedge.Code {
	can := map[selvedge.Code]bool{
		selvedge.CodeUnauthenticated: true, selvedge.CodeForbidden: true, selvedge.CodeTooMany: true,
		selvedge.CodeContained: true, selvedge.CodeInternal: true,
	}
	if o.in != nil || o.file != "" {
		can[selvedge.CodeInvalid], can[selvedge.CodeTooLarge] = true, true
	}
	if o.paged {
		can[selvedge.CodeInvalid] = true
	}
	if o.resumes {
		can[selvedge.CodePrecondition] = true
	}
	if o.agents() {
		can[selvedge.CodeNotFound] = true
	}
	if o.once() {
		can[selvedge.CodeConflict], can[selvedge.CodeKeyReused], can[selvedge.CodeInvalid] = true, true, true
	}
	for _, c := range o.problems {
		can[c] = true
	}
	var out []selvedge.Code
	for _, k := range kinds() {
		if can[k.Code] {
			out = append(out, k.Code)
		}
	}
	return out
}

// operations are all that the API does, by whom they are for.
func (d *door) operations() []operation {
	var all []operation
	for _, some := range [][]operation{
		d.audienceOperations(), d.listOperations(), d.uploadOperations(), d.memberOperations(), d.peopleOperations(), d.meOperations(),
		d.promptOperations(), d.jobOperations(), d.eventOperations(), d.importOperations(),
		d.orgOperations(), d.officeOperations(), d.termsOperations(), d.keyOperations(), d.mandateOperations(), d.labelOperations(),
	} {
		all = append(all, some...)
	}
	return all
}

// allows returns a CodeForbidden error unless the operation is for the actor. A
// person's operations are about the person's own account, whichever it is.
func (o operation) allows(actor selvedge.Actor) error {
	if _, person := actor.Account(); person && slices.Contains(o.roles, selvedge.PersonRole) {
		return nil
	}
	return actor.Must(o.roles...)
}

// verbOf takes a route that ends in {name}:verb apart, which the mux does not
// know: to it, a wildcard is a whole segment.
func verbOf(route string) (shape, name, verb string) {
	i := strings.LastIndex(route, "}:")
	if i < 0 {
		return route, "", ""
	}
	return route[:i+1], route[strings.LastIndex(route, "{")+1 : i], route[i+1:]
}

// byShape sorts operations by what the mux knows them by: several may differ in
// their verbs alone.
func byShape(ops []operation) map[string][]operation {
	out := map[string][]operation{}
	for _, o := range ops {
		shape, _, _ := verbOf(o.route)
		out[shape] = append(out[shape], o)
	}
	return out
}
