package selvedge

import (
	"errors"
	"fmt"
)

// Code says what kind of failure an error is. The doors (api, web) translate a
// code into their own status, once; nothing else looks at an error's text.
type Code string

// The codes. A failure that carries none is CodeInternal, and its text never
// leaves the server.
const (
	CodeInvalid         Code = "invalid"         // the input is at fault; Field, Row and Reason say where
	CodeUnauthenticated Code = "unauthenticated" // no credential, or one that is not known
	CodeForbidden       Code = "forbidden"       // known, and not allowed
	CodePurposeDenied   Code = "purpose_denied"  // no grant covers the purpose asked for
	CodeNotFound        Code = "not_found"       // does not exist, or is not the asker's: never told apart
	CodeConflict        Code = "conflict"        // contradicts what stands
	CodeTooLarge        Code = "too_large"       // above a stated cap
	CodeKeyReused       Code = "key_reused"      // the idempotency key stands for another request
	CodeTooMany         Code = "too_many"        // too many requests in too short a time: wait
	CodeUnavailable     Code = "unavailable"     // cannot be done now and may be tried again
	CodePrecondition    Code = "precondition"    // the version of a protocol is not one that is spoken
	CodeContained       Code = "contained"       // refused until a person has looked: the ledger does not agree
	CodeInternal        Code = "internal"        // ours
)

// Error is the one error type of the domain: a code for machines and a message
// for people. Field, Row and Reason point into the input. None of them ever
// holds a value from the input: a contact point's value must not reach a log,
// an answer or a file name through an error.
type Error struct {
	Code    Code
	Message string // what is wrong, and what to do about it
	Field   string // the field, column or flag at fault; empty if none
	Row     int64  // the row of the input at fault, header included, from 1; 0 if none
	Reason  string // a stable word for the reason, such as "bad_length"; empty if none
	Err     error  // the cause, for the log; never shown
}

// Error implements the error interface.
func (e *Error) Error() string {
	s := e.Message
	if e.Field != "" {
		s = e.Field + ": " + s
	}
	if e.Row > 0 {
		s = fmt.Sprintf("row %d: %s", e.Row, s)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an Error with a code and a message. The arguments must not hold
// values from the input.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// At returns e pointing at a field of the input.
func (e *Error) At(field string) *Error { e.Field = field; return e }

// AtRow returns e pointing at a row of the input, counted from 1 with the
// header.
func (e *Error) AtRow(row int64) *Error { e.Row = row; return e }

// Because returns e with a stable reason word.
func (e *Error) Because(reason string) *Error { e.Reason = reason; return e }

// CodeOf returns the code that err carries: "" for nil, CodeInternal for an
// error that carries none.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return CodeInternal
}
