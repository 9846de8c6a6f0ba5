package list

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"unicode/utf8"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/identifier"
)

var byteOrderMark = []byte("\xEF\xBB\xBF")

// readHeader reads up to the header, and the header if there is one, and
// decides which columns are read and how they are separated.
func (u *upload) readHeader() error {
	sep, err := u.skipPreamble()
	if err != nil {
		return err
	}
	line, err := u.in.peek()
	u.row += u.in.blank
	if err == io.EOF {
		return headerFault(0, "empty_file", "the file has no header and no rows")
	}
	if err != nil {
		u.row++
		return u.fault(err)
	}
	if err := checkText(line, u.row+1); err != nil {
		return err
	}
	if sep == 0 {
		sep = sniff(string(line))
	}
	u.csv = csv.NewReader(u.in)
	u.csv.Comma, u.csv.FieldsPerRecord, u.csv.ReuseRecord = sep, -1, true
	return u.readColumns()
}

// skipPreamble skips a byte order mark, a line that declares the separator, and
// the lines that Google's template has before its header, which begin with "#".
// It returns the separator that was declared, 0 if none was. The declaration is
// no row: Excel, which writes it, does not show it.
func (u *upload) skipPreamble() (sep rune, err error) {
	if b, _ := u.in.src.Peek(len(byteOrderMark)); bytes.Equal(b, byteOrderMark) {
		_, _ = u.in.src.Discard(len(b)) // they are in the buffer
	}
	for first := true; ; first = false {
		line, err := u.in.peek()
		if err != nil {
			return sep, nil // readHeader finds the same
		}
		s, declares := declared(string(line))
		switch {
		case first && declares && s == 0:
			return 0, headerFault(1, "bad_separator", "sep= must declare a comma, a semicolon or a tab")
		case first && declares:
			sep = s
		case line[0] == '#':
			u.row++
		default:
			return sep, nil
		}
		u.in.drop()
	}
}

// checkText returns an error for the first row's text if it is not UTF-8.
func checkText(text []byte, row int64) error {
	if bytes.IndexByte(text, 0) >= 0 {
		return headerFault(row, "nul_bytes", "it has NUL bytes, as UTF-16 files have; save the file as CSV UTF-8")
	}
	if !utf8.Valid(text) {
		return headerFault(row, "not_utf8", "it is not valid UTF-8; save the file as CSV UTF-8")
	}
	return nil
}

// readColumns reads the first row: a header, or the first identifier of a list
// of one column.
func (u *upload) readColumns() error {
	record, err := u.csv.Read() // the row that was peeked: next would begin another
	u.row++
	if e := u.in.err; e != nil && e != io.EOF {
		return u.fault(e)
	}
	if _, bad := errors.AsType[*csv.ParseError](err); bad {
		return headerFault(u.row, string(ReasonBadQuotes), "its quotes cannot be read")
	}
	if err != nil {
		return err
	}
	for _, name := range record {
		// Only a name with a line break in it was not seen by readHeader.
		if err := checkText([]byte(name), u.row); err != nil {
			return err
		}
	}
	u.cols = findColumns(record)
	if u.report.Header = len(u.cols) > 0; !u.report.Header {
		return u.withoutHeader(record)
	}
	if len(u.cols) > MaxColumns {
		return headerFault(u.row, "too_many_columns", "it names more than %d columns of e-mail addresses and phone numbers", MaxColumns)
	}
	u.width = uint64(len(u.cols))
	u.report.Dropped = len(record) - len(u.cols)
	u.reportColumns()
	return nil
}

// withoutHeader takes the first row as the first identifier of one column. Its
// kind is the column's.
func (u *upload) withoutHeader(first []string) error {
	kind := identifier.Kind(0)
	if len(first) == 1 {
		email, notEmail := identifier.Read(identifier.Email, first[0], u.region)
		_, notPhone := identifier.Read(identifier.Phone, first[0], u.region)
		switch {
		case notEmail == identifier.Accepted && email.Hashed:
			return headerFault(u.row, "hash_without_header",
				"the list begins with a hash, which does not say what was hashed; add a header such as email or phone")
		case notEmail == identifier.Accepted:
			kind = identifier.Email
		case notPhone == identifier.Accepted:
			kind = identifier.Phone
		}
	}
	if kind == 0 {
		return headerFault(u.row, "no_known_column",
			"no column is named as one of e-mail addresses or phone numbers; name them, for example email and phone")
	}
	u.cols, u.width = []column{{0, kind}}, 1
	u.reportColumns()
	return u.take(first)
}

func (u *upload) reportColumns() {
	for _, c := range u.cols {
		u.report.Columns = append(u.report.Columns, Column{c.index + 1, c.kind.String()})
	}
}

func headerFault(row int64, reason, format string, args ...any) *selvedge.Error {
	return selvedge.Errorf(selvedge.CodeInvalid, format, args...).At("header").AtRow(row).Because(reason)
}
