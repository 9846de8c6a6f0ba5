package job

import (
	"bytes"
	"encoding/json"
	"regexp"

	"github.com/selvedge/selvedge"
)

// Bounds of a Spec, in bytes.
const (
	MaxKind = 40
	MaxKey  = 200
	MaxArgs = 4096
)

var (
	kindForm = regexp.MustCompile(`^[a-z]+(\.[a-z]+)+$`)
	keyForm  = regexp.MustCompile(`^[0-9A-Za-z._:-]*$`)
)

// Encode returns the JSON of s.Args. It returns a CodeInvalid error if the kind
// is not two or more lower-case words with dots between them, the key has a character that
// no id has, the arguments cannot be kept as JSON on every engine, or any of
// them is too long: faults in the program, met before the transaction commits.
func (s Spec) Encode() (json.RawMessage, error) {
	if len(s.Kind) > MaxKind || !kindForm.MatchString(string(s.Kind)) {
		return nil, selvedge.Errorf(selvedge.CodeInvalid, "must be lower-case words with dots between, such as list.match, at most %d bytes", MaxKind).At("kind")
	}
	if len(s.Key) > MaxKey || !keyForm.MatchString(s.Key) {
		return nil, selvedge.Errorf(selvedge.CodeInvalid, "must be made of ids, at most %d bytes", MaxKey).At("key")
	}
	b, err := json.Marshal(s.Args)
	// PostgreSQL has no NUL in a text, not even an escaped one.
	if err != nil || len(b) > MaxArgs || bytes.Contains(b, []byte(`\u0000`)) {
		return nil, selvedge.Errorf(selvedge.CodeInvalid, "must be JSON without NUL, at most %d bytes", MaxArgs).At("args")
	}
	return b, nil
}
