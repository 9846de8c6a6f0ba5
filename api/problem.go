package api

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/selvedge/selvedge"
)

// Problem is an error as it is shown (RFC 9457). It holds no value from the
// request.
type Problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`
	Field  string `json:"field,omitempty"`
	Row    int64  `json:"row,omitempty"`
	Reason string `json:"reason,omitempty"`
}

var statuses = map[selvedge.Code]struct {
	status int
	title  string
}{
	selvedge.CodeInvalid:         {http.StatusBadRequest, "The request is not valid"},
	selvedge.CodeUnauthenticated: {http.StatusUnauthorized, "The key is missing or not known"},
	selvedge.CodeForbidden:       {http.StatusForbidden, "The key may not do this"},
	selvedge.CodePurposeDenied:   {http.StatusForbidden, "No grant covers this purpose"},
	selvedge.CodeNotFound:        {http.StatusNotFound, "There is no such thing"},
	selvedge.CodeConflict:        {http.StatusConflict, "The request contradicts what stands"},
	selvedge.CodeTooLarge:        {http.StatusRequestEntityTooLarge, "The request is too large"},
	selvedge.CodeUnavailable:     {http.StatusServiceUnavailable, "This cannot be done now"},
	selvedge.CodeContained:       {http.StatusServiceUnavailable, "The server is contained"},
}

// problemOf translates an error. One without a code is ours: nothing of its
// text is shown.
func problemOf(err error) Problem {
	e, ok := errors.AsType[*selvedge.Error](err)
	if ok {
		if s, known := statuses[e.Code]; known {
			return Problem{
				Type: "/problems/" + string(e.Code), Title: s.title, Status: s.status,
				Detail: e.Message, Field: e.Field, Row: e.Row, Reason: e.Reason,
			}
		}
	}
	return Problem{
		Type: "/problems/" + string(selvedge.CodeInternal), Title: "Something went wrong here", Status: http.StatusInternalServerError,
		Detail: "The fault is ours and is in the log.",
	}
}

// writeProblem writes the problem of an error and returns its status.
func writeProblem(w http.ResponseWriter, err error) int {
	p := problemOf(err)
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p)
	return p.Status
}
