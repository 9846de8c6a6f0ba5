package contact

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/selvedge/selvedge"
)

const (
	linesFile = "people.ndjson"
	// maxLine is the longest line, in bytes: some hundred times what a contact
	// point takes.
	maxLine = 64 << 10
)

// The words by which a line says what it is.
const (
	typeField   = "type"
	accountType = "account"
	pointType   = "contact_point"
)

// lineContent is one file of NDJSON: each line an account or a contact point,
// told apart by the field type, with the columns of the CSV files as fields. Rows
// are lines; accounts are applied first, wherever in the file they stand.
type lineContent struct {
	source   Source
	accounts int64 // rows of the first part; known once it was checked
}

func (c *lineContent) name(part) string { return linesFile }

func (c *lineContent) check(ctx context.Context) (out checked, err error) {
	c.accounts = 0
	out.sums.accounts, err = c.lines(ctx, func(p part, at place, _ []string) error {
		if p == accountPart {
			c.accounts++
		}
		out.bytes = at.bytes
		out.rows++
		return nil
	})
	out.sums.points = out.sums.accounts
	return out, err
}

func (c *lineContent) rows(ctx context.Context, wanted part, fn func(at place, fields []string) error) (sum [sha256.Size]byte, err error) {
	var done int64
	if wanted == pointPart {
		done = c.accounts
	}
	return c.lines(ctx, func(p part, at place, fields []string) error {
		if p != wanted {
			return nil
		}
		done++
		at.done = done
		if wanted == accountPart {
			at.bytes = 0 // they are dealt with when the contact points between them are
		}
		return fn(at, fields)
	})
}

// lines calls fn with every line.
func (c *lineContent) lines(ctx context.Context, fn func(p part, at place, fields []string) error) (sum [sha256.Size]byte, err error) {
	rc, err := c.source()
	if err != nil {
		return sum, fmt.Errorf("open %s: %w", linesFile, err)
	}
	defer rc.Close()
	h := sha256.New()
	in := bufio.NewReaderSize(io.TeeReader(rc, h), maxLine)
	var at place
	var l line
	for {
		text, err := in.ReadSlice('\n')
		at.row++
		at.bytes += int64(len(text))
		switch {
		case err == bufio.ErrBufferFull:
			return sum, errLine(at.row, "line_too_long", "the line is longer than %d bytes", maxLine)
		case err != nil && err != io.EOF:
			return sum, unreadable(linesFile, at.row, err)
		}
		end := err == io.EOF
		if at.row == 1 {
			text = bytes.TrimPrefix(text, []byte("\ufeff"))
		}
		if text = trimBlanks(text); len(text) > 0 {
			p, fields, err := l.parse(text)
			if err != nil {
				return sum, err.at(at.row)
			}
			if err := fn(p, at, fields); err != nil {
				return sum, err
			}
		}
		if end {
			if at.bytes == 0 {
				return sum, errLine(1, "empty_file", "the file is empty")
			}
			return [sha256.Size]byte(h.Sum(nil)), nil
		}
		if at.row%lookRows == 0 {
			if err := ctx.Err(); err != nil {
				return sum, err
			}
		}
	}
}

func errLine(row int64, reason, format string, args ...any) error {
	return selvedge.Errorf(selvedge.CodeInvalid, format, args...).At(linesFile).AtRow(row).Because(reason)
}

// lineFields are the fields that a line may have: type, then those of accounts,
// then those that only contact points have.
var lineFields = append(append([]string{typeField}, accountColumns...), pointColumns[1:]...)

// lineParts are, for each part, the places of its columns in lineFields.
var lineParts = func() (of [pointPart + 1][]int) {
	for p, columns := range map[part][]string{accountPart: accountColumns, pointPart: pointColumns} {
		for _, c := range columns {
			of[p] = append(of[p], slices.Index(lineFields, c))
		}
	}
	return of
}()

// line takes lines apart, one after the other.
type line struct {
	rest   []byte
	values [14]string
	set    [14]bool
	fields []string
}

// lineFault is what is wrong with a line: a reason and a sentence.
type lineFault struct{ reason, text string }

func (f *lineFault) at(row int64) error { return errLine(row, f.reason, "%s", f.text) }

var (
	notObject    = &lineFault{"bad_json", "the line is not one JSON object whose values are texts"}
	noType       = &lineFault{"bad_type", "the field type must be account or contact_point"}
	unknownField = &lineFault{"unknown_field", "the line has a field that its type has not"}
	fieldTwice   = &lineFault{"field_twice", "the line has a field twice"}
)

// parse takes one line apart: into its part, and the values of that part's
// columns, valid until the next call. A field that is missing or null is empty.
func (l *line) parse(text []byte) (part, []string, *lineFault) {
	l.rest, l.values, l.set = text, [14]string{}, [14]bool{}
	if !l.take('{') {
		return 0, nil, notObject
	}
	for first := true; !l.take('}'); first = false {
		if !first && !l.take(',') {
			return 0, nil, notObject
		}
		key, ok := l.text()
		if !ok || !l.take(':') {
			return 0, nil, notObject
		}
		value, ok := l.value()
		if !ok {
			return 0, nil, notObject
		}
		i := slices.Index(lineFields, key)
		switch {
		case i < 0:
			return 0, nil, unknownField
		case l.set[i]:
			return 0, nil, fieldTwice
		}
		l.values[i], l.set[i] = value, true
	}
	if len(trimBlanks(l.rest)) > 0 {
		return 0, nil, notObject
	}
	return l.sorted()
}

// sorted returns the part that the line is of, and the values of its columns.
func (l *line) sorted() (p part, fields []string, fault *lineFault) {
	switch l.values[0] {
	case accountType:
		p = accountPart
	case pointType:
		p = pointPart
	default:
		return 0, nil, noType
	}
	l.fields, l.set[0] = l.fields[:0], false
	for _, i := range lineParts[p] {
		l.fields, l.set[i] = append(l.fields, l.values[i]), false
	}
	if slices.Contains(l.set[:], true) {
		return 0, nil, unknownField
	}
	return p, l.fields, nil
}

// trimBlanks takes away what JSON calls whitespace at the ends.
func trimBlanks(b []byte) []byte { return bytes.Trim(b, " \t\r\n") }

// take takes a mark, and blanks before it.
func (l *line) take(mark byte) bool {
	l.rest = bytes.TrimLeft(l.rest, " \t\r\n")
	if len(l.rest) == 0 || l.rest[0] != mark {
		return false
	}
	l.rest = l.rest[1:]
	return true
}

// value takes a text, or null, which is the empty one.
func (l *line) value() (string, bool) {
	l.rest = bytes.TrimLeft(l.rest, " \t\r\n")
	if rest, ok := bytes.CutPrefix(l.rest, []byte("null")); ok {
		l.rest = rest
		return "", true
	}
	return l.text()
}

// text takes a text. encoding/json reads those that are not plain.
func (l *line) text() (string, bool) {
	if !l.take('"') {
		return "", false
	}
	plain := true
	for i, c := range l.rest {
		switch {
		case c == '"' && (plain || !escaped(l.rest[:i])):
			inner := l.rest[:i]
			l.rest = l.rest[i+1:]
			if plain {
				return string(inner), true
			}
			return unquoted(inner)
		case c < ' ':
			return "", false
		case c == '\\' || c >= utf8.RuneSelf:
			plain = false
		}
	}
	return "", false
}

// escaped says whether a quote behind b belongs to the text.
func escaped(b []byte) bool {
	return (len(b)-len(bytes.TrimRight(b, `\`)))%2 == 1
}

// unquoted returns a text that has escapes or other than ASCII in it.
func unquoted(inner []byte) (s string, ok bool) {
	if !utf8.Valid(inner) {
		return "", false
	}
	err := json.Unmarshal(slices.Concat([]byte{'"'}, inner, []byte{'"'}), &s)
	return s, err == nil
}
