package identifier

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/selvedge/selvedge"
)

// maxLine is the longest line that Identify reads, in bytes without its end.
const maxLine = 64 << 10

// question is a line that Identify reads. Other members are not looked at.
type question struct {
	Kind          string `json:"kind"`
	Value         string `json:"value"`
	DefaultRegion string `json:"default_region"`
}

// answer is a line that Identify writes.
type answer struct {
	Forms   []answerForm `json:"forms"` // never null
	Refused string       `json:"refused"`
}

type answerForm struct {
	Class  string `json:"class"`
	SHA256 string `json:"sha256"`
}

// badJSON is what Identify answers to a line that is no question.
const badJSON = "bad_json"

// Identify lets another program check its own forms against these. It reads one
// JSON object a line,
//
//	{"kind":"email","value":"Jane@Example.com","default_region":""}
//
// and writes one line for each, in the same order: every form under which a
// contact point with that value is indexed, in Contact's order, or the one form
// of a value that is already hashed, or none and the Reason.
//
//	{"forms":[{"class":"email","sha256":"..."}],"refused":""}
//
// A line that is no JSON object of this shape, or not UTF-8, is answered with
// "bad_json", and an unknown kind with "no_kind". Lines end in LF or CRLF.
//
// A line over 64 KiB ends the work with a CodeTooLarge error that names the
// line's number, after the lines before it have been answered. Errors of r and w
// are returned with the number of the line. None of them holds a value.
func Identify(r io.Reader, w io.Writer) error {
	in := bufio.NewScanner(r)
	in.Buffer(nil, maxLine+len("\r\n"))
	out := bufio.NewWriter(w)
	enc := json.NewEncoder(out)
	line := int64(1)
	for ; in.Scan(); line++ {
		if len(in.Bytes()) > maxLine {
			break
		}
		if err := enc.Encode(identify(in.Bytes())); err != nil {
			return fmt.Errorf("answer line %d: %w", line, err)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("answer line %d: %w", line, err)
	}
	err := in.Err()
	if len(in.Bytes()) > maxLine || errors.Is(err, bufio.ErrTooLong) {
		return selvedge.Errorf(selvedge.CodeTooLarge, "the line is over %d KiB", maxLine>>10).AtRow(line)
	}
	if err != nil {
		return fmt.Errorf("read line %d: %w", line, err)
	}
	return nil
}

// identify answers one line.
func identify(line []byte) answer {
	refused := func(word string) answer { return answer{Forms: []answerForm{}, Refused: word} }
	var q question
	// Decoding would put U+FFFD for broken UTF-8, and another value's forms
	// would come out.
	if !utf8.Valid(line) || json.Unmarshal(line, &q) != nil {
		return refused(badJSON)
	}
	k, _ := ParseKind(q.Kind)
	var forms []Form
	var reason Reason
	if looksHashed(q.Value) {
		forms = make([]Form, 1)
		forms[0], reason = Hash(k, q.Value)
	} else {
		var known Address
		known, reason = Contact(k, q.Value, q.DefaultRegion)
		forms = known.Forms
	}
	if reason != Accepted {
		return refused(string(reason))
	}
	a := answer{Forms: make([]answerForm, len(forms))}
	for i, f := range forms {
		a.Forms[i] = answerForm{Class: f.Class.String(), SHA256: f.Digest.Hex()}
	}
	return a
}
