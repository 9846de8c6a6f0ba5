package selvedge_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/selvedge/selvedge"
)

func TestErrorText(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		err  *selvedge.Error
		want string
	}{
		{"message alone", selvedge.Errorf(selvedge.CodeInvalid, "at most %d", 3), "at most 3"},
		{"field", selvedge.Errorf(selvedge.CodeInvalid, "too long").At("name"), "name: too long"},
		{"row and field", selvedge.Errorf(selvedge.CodeInvalid, "too long").At("name").AtRow(7), "row 7: name: too long"},
		{"a reason is for machines", selvedge.Errorf(selvedge.CodeInvalid, "too long").Because("bad_length"), "too long"},
		{"cause", &selvedge.Error{Code: selvedge.CodeInvalid, Message: "cut short", Row: 2, Err: io.ErrUnexpectedEOF}, "row 2: cut short: unexpected EOF"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := tc.err.Error(); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestErrorPointers(t *testing.T) {
	t.Parallel()
	err := selvedge.Errorf(selvedge.CodeTooLarge, "too long").At("name").AtRow(7).Because("bad_length")
	if err.Code != selvedge.CodeTooLarge || err.Field != "name" || err.Row != 7 || err.Reason != "bad_length" {
		t.Errorf("got %+v", err)
	}
	cause := &selvedge.Error{Code: selvedge.CodeInvalid, Err: io.EOF}
	if !errors.Is(cause, io.EOF) {
		t.Error("the cause is lost")
	}
}

func TestCodeOf(t *testing.T) {
	t.Parallel()
	coded := selvedge.Errorf(selvedge.CodeNotFound, "none")
	tests := []struct {
		name string
		err  error
		want selvedge.Code
	}{
		{"nil", nil, ""},
		{"coded", coded, selvedge.CodeNotFound},
		{"wrapped", fmt.Errorf("read: %w", coded), selvedge.CodeNotFound},
		{"joined", errors.Join(io.EOF, coded), selvedge.CodeNotFound},
		{"the outer of two", &selvedge.Error{Code: selvedge.CodeConflict, Err: coded}, selvedge.CodeConflict},
		{"none", io.EOF, selvedge.CodeInternal},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := selvedge.CodeOf(tc.err); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}
