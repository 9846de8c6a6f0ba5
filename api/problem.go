package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/selvedge/selvedge"
)

// Problem is an error as it is shown (RFC 9457). It holds no value from the
// request.
type Problem struct {
	Type   string `json:"type" doc:"/problems/ and the code: the address of a page about it"`
	Title  string `json:"title" doc:"the code in words"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty" doc:"what is wrong and what to do about it; for people, and it may change"`
	Field  string `json:"field,omitempty" doc:"the field, header or parameter at fault"`
	Row    int64  `json:"row,omitempty" doc:"the row of the list at fault, as a spreadsheet numbers it"`
	Reason string `json:"reason,omitempty" doc:"a stable word for the reason"`
}

// Kind is a kind of problem: what the page at its type says.
type Kind struct {
	Code    selvedge.Code
	Status  int
	Title   string
	Meaning string
}

// kinds are all kinds of problems, in the order of their statuses.
func kinds() []Kind {
	return []Kind{
		{
			selvedge.CodeInvalid, http.StatusBadRequest, "The request is not valid",
			"The same request will be refused again. The members field, row and reason say where and why; the value itself is not repeated.",
		},
		{
			selvedge.CodeUnauthenticated, http.StatusUnauthorized, "The key is missing or not known",
			"Send a key in the header Authorization: Bearer slv_… . A key that is unknown, mistyped, expired or of a suspended org gets one and the same answer.",
		},
		{
			selvedge.CodeForbidden, http.StatusForbidden, "The key may not do this",
			"The key is one for another kind of caller, or an org's key without the scope (scope). It is said before anything that the request names is looked at.",
		},
		{
			selvedge.CodePurposeDenied, http.StatusForbidden, "No grant covers this purpose",
			"Nobody granted the purpose that was asked for.",
		},
		{
			selvedge.CodeNotFound, http.StatusNotFound, "There is no such thing",
			"It does not exist, or it belongs to somebody else: the two are answered alike, byte for byte.",
		},
		{
			selvedge.CodeConflict, http.StatusConflict, "The request contradicts what stands",
			"Look at what stands and decide again; the member reason says what is in the way.",
		},
		{
			selvedge.CodePrecondition, http.StatusPreconditionFailed, "The protocol's version is another",
			"The header Tus-Resumable names a version of the upload protocol that is not spoken here; Tus-Version says which are.",
		},
		{
			selvedge.CodeTooLarge, http.StatusRequestEntityTooLarge, "The request is too large",
			"The member reason says which cap was met. Send less at a time.",
		},
		{
			selvedge.CodeKeyReused, http.StatusUnprocessableEntity, "The idempotency key stands for another request",
			"The header Idempotency-Key repeats a key of the last 24 hours, and the request is not the one that it came with. Send a new key.",
		},
		{
			selvedge.CodeTooMany, http.StatusTooManyRequests, "Too many requests",
			"Wait for as many seconds as the header Retry-After says, then send the same request again.",
		},
		{
			selvedge.CodeInternal, http.StatusInternalServerError, "Something went wrong here",
			"What it was is in the server's log, under the request's id, and not in the answer.",
		},
		{
			selvedge.CodeUnavailable, http.StatusServiceUnavailable, "This cannot be done now",
			"Try the same request again a little later.",
		},
		{
			selvedge.CodeContained, http.StatusServiceUnavailable, "The server is contained",
			"The server's ledger and its database contradict each other. Until a person has looked, nothing is matched, taken from orgs or shown; " +
				"withdrawals and objections are taken as ever. Nothing needs to be done on your side.",
		},
	}
}

var kindOf = func() map[selvedge.Code]Kind {
	m := map[selvedge.Code]Kind{}
	for _, k := range kinds() {
		m[k.Code] = k
	}
	return m
}()

// problemOf translates an error. One without a code is ours: nothing of its
// text is shown.
func problemOf(err error) Problem {
	e, ok := errors.AsType[*selvedge.Error](err)
	if ok {
		if k, known := kindOf[e.Code]; known && k.Code != selvedge.CodeInternal {
			return Problem{
				Type: typeOf(k.Code), Title: k.Title, Status: k.Status,
				Detail: e.Message, Field: e.Field, Row: e.Row, Reason: e.Reason,
			}
		}
	}
	k := kindOf[selvedge.CodeInternal]
	return Problem{Type: typeOf(k.Code), Title: k.Title, Status: k.Status, Detail: "The fault is ours and is in the log."}
}

func typeOf(c selvedge.Code) string { return "/problems/" + string(c) }

// writeProblem writes the problem of an error and returns its status.
func writeProblem(w http.ResponseWriter, err error) int {
	p := problemOf(err)
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	if wait, ok := errors.AsType[*waitError](err); ok {
		// Rounded up: a client that comes a moment early is sent away again.
		w.Header().Set("Retry-After", strconv.FormatInt(int64((wait.wait+time.Second-1)/time.Second), 10))
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p)
	return p.Status
}

// waitError is an error that passes by itself.
type waitError struct {
	error
	wait time.Duration
}

// Unwrap returns the error.
func (e *waitError) Unwrap() error { return e.error }
