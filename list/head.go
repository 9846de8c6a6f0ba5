package list

import (
	"bufio"
	"bytes"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/selvedge/selvedge/internal/delimited"
)

// MaxLine is the longest row in bytes, its line ends included. A quoted cell
// with line breaks in it is part of one row.
const MaxLine = 64 << 10

const (
	// window is how much of a text is looked at before it is read: more than any
	// row.
	window = 2 * MaxLine
	// samples is how many rows of it are.
	samples = 100
)

const byteOrderMark = "\ufeff"

// text is the beginning of a list that is written as text.
type text struct {
	in    *bufio.Reader
	seen  string // what is looked at
	ended error  // io.EOF or another error if nothing comes after seen; nil if more may
}

func newText(r io.Reader) *text {
	t := &text{in: bufio.NewReaderSize(r, window)}
	t.look()
	return t
}

// look looks at what comes next.
func (t *text) look() {
	b, err := t.in.Peek(window)
	t.seen, t.ended = string(b), err
}

// skip passes over n bytes that were seen. A line of the right length is always
// seen whole.
func (t *text) skip(n int) {
	_, _ = t.in.Discard(n) // they are in the buffer
	t.seen = t.seen[n:]
	if t.ended == nil && len(t.seen) <= MaxLine {
		t.look()
	}
}

// skipMarks passes over byte order marks: files that were put together have some.
func (t *text) skipMarks() {
	for strings.HasPrefix(t.seen, byteOrderMark) {
		t.skip(len(byteOrderMark))
	}
}

// line returns the first line, without its end, and its length with it. It is not
// ok if the line has no end yet and the input has failed.
func (t *text) line() (line string, n int, ok bool) {
	at := strings.IndexAny(t.seen, "\r\n")
	switch {
	case at < 0:
		return t.seen, len(t.seen), t.ended == nil || t.ended == io.EOF
	case strings.HasPrefix(t.seen[at:], "\r\n"):
		return t.seen[:at], at + 2, true
	default:
		return t.seen[:at], at + 1, true
	}
}

// openCSV reads up to the header, and the header if there is one, and decides
// which columns are read and how they are separated.
func (u *upload) openCSV(t *text, l *layout) (container, error) {
	sep, err := u.skipPreamble(t)
	if err != nil {
		return nil, err
	}
	line, n, whole := t.line()
	switch {
	case t.seen == "" && t.ended == io.EOF:
		return nil, headerFault(0, "empty_file", "the file has no header and no rows")
	case !whole:
		return nil, atRow(t.ended, u.row+1)
	case n > MaxLine:
		return nil, rowTooLong(u.row + 1)
	}
	if u.Separator != "" {
		sep = u.Separator
	}
	l.dialect = delimited.Dialect{Quotes: true, MaxRow: MaxLine}
	if sep == "" {
		sep = sniff(line, t.seen[n:])
	}
	if sep != NoSeparator {
		l.dialect.Separator = sep[0]
	}
	u.report.Separator = sep
	if err := u.readHead(t, l); err != nil {
		return nil, err
	}
	return &csvList{delimited.NewSplitter(t.in, l.dialect)}, nil
}

// csvList is the rows of a text, after its header.
type csvList struct{ *delimited.Splitter }

func (c *csvList) next() (chunk, error) {
	s, err := c.Next()
	return csvChunk(s), err
}

// skipPreamble skips a byte order mark, a line that declares the separator, blank
// lines, and the lines that Google's template has before its header, which begin
// with "#". It returns the separator that was declared, "" if none was. The
// declaration is no row: Excel, which writes it, does not show it.
func (u *upload) skipPreamble(t *text) (sep string, err error) {
	t.skipMarks()
	for first := true; ; {
		line, n, whole := t.line()
		if t.seen == "" || !whole {
			return sep, nil // openCSV finds the same
		}
		declared, declares := declared(line)
		switch {
		case line == "":
			u.row++
		case first && declares && declared == "":
			return "", headerFault(1, "bad_separator", "sep= must declare a comma, a semicolon, a tab or a pipe")
		case first && declares:
			sep, first = declared, false
		case line[0] == '#':
			u.row++
			first = false
			if n > MaxLine {
				return "", rowTooLong(u.row)
			}
		default:
			return sep, nil
		}
		t.skip(n)
	}
}

// readHead reads the first row: a header, or the first identifiers.
func (u *upload) readHead(t *text, l *layout) error {
	t.look()
	var s delimited.Scanner
	s.Dialect = l.dialect
	s.Reset(t.seen)
	row := u.row + 1
	first, kind := s.Cells(nil)
	switch {
	case kind == delimited.TooLong:
		return rowTooLong(row)
	case kind == delimited.Open && t.ended != nil && t.ended != io.EOF:
		return atRow(t.ended, row)
	case kind == delimited.Open:
		return endsInQuotes().AtRow(row)
	case kind == delimited.Bad:
		return headerFault(row, string(ReasonBadQuotes), "its quotes cannot be read")
	}
	n := s.Pos()
	if err := l.checkText(t.seen[:n], row); err != nil {
		return err
	}
	var more [][]string
	for len(more) < samples {
		cells, kind := s.Cells(nil)
		if kind != delimited.Row && kind != delimited.Blank && kind != delimited.Bad || s.Pos() == len(t.seen) && t.ended == nil {
			break // the last one may go on
		}
		if kind == delimited.Row {
			more = append(more, cells)
		}
	}
	header, err := u.mapColumns(l, first, more, row)
	if header {
		u.row++
		_, _ = t.in.Discard(n)
	}
	return err
}

// checkText returns an error for the first row's text if it cannot be read.
func (l *layout) checkText(text string, row int64) error {
	if strings.IndexByte(text, 0) >= 0 {
		return headerFault(row, "nul_bytes", "it has NUL bytes; save the file as CSV UTF-8")
	}
	if !utf8.ValidString(text) && !l.declared1252 && !l.guessed1252 {
		return headerFault(row, "not_utf8", "it is not valid UTF-8; save the file as CSV UTF-8, or say what its encoding is")
	}
	return nil
}

// sniff returns the separator that stands most often outside quotes in a header
// line. If none does, it is the one that stands equally often in all the lines
// after it; and if there is none, each line is one value.
func sniff(header, after string) string {
	count := separatorsIn(header)
	if most := slices.Max(count); most > 0 {
		return string(rune(separators[slices.Index(count, most)]))
	}
	var all []int
	lines := 0
	for line := range strings.FieldsFuncSeq(after, func(r rune) bool { return r == '\n' || r == '\r' }) {
		if lines++; lines > samples {
			break
		}
		c := separatorsIn(line)
		if all == nil {
			all = c
		}
		for i := range all {
			if all[i] != c[i] {
				all[i] = 0
			}
		}
	}
	if all != nil && slices.Max(all) > 0 {
		return string(rune(separators[slices.Index(all, slices.Max(all))]))
	}
	return NoSeparator
}

func separatorsIn(line string) []int {
	count := make([]int, len(separators))
	quoted := false
	for i := range len(line) {
		if line[i] == '"' {
			quoted = !quoted
		} else if at := bytes.IndexByte(separators, line[i]); at >= 0 && !quoted {
			count[at]++
		}
	}
	return count
}

// declared returns the separator that a first line "sep=;" declares. Excel
// writes and hides such a line. The second result says whether the line is one;
// if the separator is none of ours, it is "".
func declared(line string) (string, bool) {
	if len(line) < 4 || !strings.EqualFold(line[:4], "sep=") {
		return "", false
	}
	if rest := line[4:]; len(rest) == 1 && bytes.IndexByte(separators, rest[0]) >= 0 {
		return rest, true
	}
	return "", true
}
