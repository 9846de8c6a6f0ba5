package contact

import (
	"bufio"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/selvedge/selvedge"
)

// table reads one of the import's CSV files. The header must hold exactly the
// columns, in any order: the platform writes this file itself, so a column that
// is not known is a mistake and not a curiosity.
type table struct {
	file string
	in   *lastByte
	r    *csv.Reader
	at   []int // of each column, its place in a row
	row  int64 // the row read last, header included
	out  []string
}

func openTable(file string, r io.Reader, columns []string) (*table, error) {
	in := &lastByte{r: r}
	br := bufio.NewReaderSize(in, 1<<20)
	if b, err := br.Peek(3); err == nil && string(b) == "\ufeff" {
		_, _ = br.Discard(3)
	}
	t := &table{file: file, in: in, r: csv.NewReader(br), out: make([]string, len(columns))}
	t.r.ReuseRecord = true
	header, err := t.r.Read()
	if err != nil {
		return nil, t.fault(err)
	}
	t.row = 1
	for _, c := range columns {
		i := slices.Index(header, c)
		if i < 0 {
			return nil, selvedge.Errorf(selvedge.CodeInvalid, "the header has no column %s; it must have %s", c, strings.Join(columns, ",")).
				At(file).AtRow(1).Because("missing_column")
		}
		t.at = append(t.at, i)
	}
	if len(header) != len(columns) {
		return nil, selvedge.Errorf(selvedge.CodeInvalid, "the header must have the columns %s and no other", strings.Join(columns, ",")).
			At(file).AtRow(1).Because("unknown_column")
	}
	t.r.FieldsPerRecord = len(columns)
	return t, nil
}

// next returns the next row in the order of the columns, valid until the next
// call, or io.EOF. A row that is no CSV, or has another number of fields, is an
// error for the whole file: what follows it cannot be trusted.
func (t *table) next() ([]string, error) {
	t.in.row = 0
	rec, err := t.r.Read()
	if err == io.EOF {
		if t.in.last != '\n' {
			// Half an address may be an address, and somebody else's.
			return nil, selvedge.Errorf(selvedge.CodeInvalid, "the last line has no line end; perhaps the file ends early").
				At(t.file).AtRow(t.row).Because("no_line_end")
		}
		return nil, io.EOF
	}
	t.row++
	if err != nil {
		return nil, t.fault(err)
	}
	for i, at := range t.at {
		t.out[i] = rec[at]
	}
	return t.out, nil
}

// maxRecord is how much may be read for one row, in bytes, beside what is read
// ahead: behind a quote that is never closed, all of the file is one row.
const maxRecord = 2 << 20

// lastByte remembers the last byte that was read, and ends a row that does not.
type lastByte struct {
	r    io.Reader
	last byte
	row  int // bytes read since the row began that is being read
}

// Read implements io.Reader.
func (l *lastByte) Read(p []byte) (int, error) {
	if l.row > maxRecord {
		return 0, errLong
	}
	n, err := l.r.Read(p)
	if n > 0 {
		l.last = p[n-1]
		l.row += n
	}
	return n, err
}

// errLong is a row that does not end.
var errLong = errors.New("the row does not end")

func (t *table) fault(err error) error {
	e := selvedge.Errorf(selvedge.CodeInvalid, "not a CSV file with a header").At(t.file).AtRow(t.row + 1).Because("bad_csv")
	switch _, said := errors.AsType[*selvedge.Error](err); {
	case said:
		return unreadable(t.file, t.row+1, err)
	case errors.Is(err, errLong):
		e.Message, e.Reason = "the row is longer than any can be; perhaps a quote is open", "line_too_long"
	case err == io.EOF:
		e.Message, e.Reason = "the file is empty", "empty_file"
	case errors.Is(err, csv.ErrFieldCount):
		e.Message, e.Row, e.Reason = "the row has another number of fields than the header", t.row, "bad_field_count"
	case errors.Is(err, csv.ErrQuote), errors.Is(err, csv.ErrBareQuote):
		e.Message, e.Row, e.Reason = "a quote is open or misplaced; perhaps the file ends early", t.row, "bad_quotes"
	default:
		e.Message, e.Err = "the file cannot be read to its end", err
	}
	return e
}
