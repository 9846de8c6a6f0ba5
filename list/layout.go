package list

import (
	"cmp"
	"slices"
	"strings"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/internal/delimited"
)

// MaxColumns is how many identifier columns a list may have. Without a cap, a
// header of thousands of columns would make every short row cost as much as
// thousands of cells.
const MaxColumns = 64

// column is a column that is read: its place in a row, from 0, what it holds, and
// of identifiers their kind, 0 for others.
type column struct {
	index int
	role  Role
	kind  identifier.Kind
}

// layout is how the rows of a list are read. It does not change once the rows
// begin, and is read by many goroutines.
type layout struct {
	dialect delimited.Dialect
	region  string
	// Of a text in Windows-1252. Where that is a guess, only what is not UTF-8 is
	// decoded: files are put together from files.
	declared1252, guessed1252 bool

	wanted []column // in the order of their places
	want   []int    // their places
	// Places in wanted of the columns that say something of the row, -1 where
	// there is none.
	country, userData, personalization int

	consent consentRule

	choices []Choice // of lists whose rows have names of their own
}

// choose makes columns the ones that are read. Of two that say the same thing of
// a row, such as its country, the first one counts.
func (l *layout) choose(columns []column) {
	slices.SortFunc(columns, func(a, b column) int { return cmp.Compare(a.index, b.index) })
	l.wanted, l.want = nil, nil
	l.country, l.userData, l.personalization = -1, -1, -1
	for _, c := range columns {
		if at := l.beside(c.role); at != nil {
			if *at >= 0 {
				continue
			}
			*at = len(l.wanted)
		}
		l.wanted = append(l.wanted, c)
		l.want = append(l.want, c.index)
	}
}

// beside returns where the place of a column is kept that is no identifier's, nil
// for identifiers.
func (l *layout) beside(r Role) *int {
	switch r {
	case RoleCountry:
		return &l.country
	case RoleAdUserData:
		return &l.userData
	case RoleAdPersonalization:
		return &l.personalization
	default:
		return nil
	}
}

// identifiers returns how many columns of identifiers there are.
func (l *layout) identifiers() (n int) {
	for _, c := range l.wanted {
		if c.kind != 0 {
			n++
		}
	}
	return n
}

// kind returns the identifier.Kind of a role, 0 for one that is no identifier's.
func (r Role) kind() identifier.Kind {
	k, _ := identifier.ParseKind(string(r))
	return k
}

// findColumns returns the columns of a header that are named as ours. Every
// occurrence of a repeated name is one. Without a column of identifiers there is
// nothing to read.
func findColumns(header []string) []column {
	var out []column
	found := false
	for i, name := range header {
		if r := roleOf(name); r != "" {
			out = append(out, column{i, r, r.kind()})
			found = found || r.kind() != 0
		}
	}
	if !found {
		return nil
	}
	return out
}

// mapColumns decides which columns are read, and whether the first row is their
// header. More rows may be looked at, as many as were at hand.
func (u *upload) mapColumns(l *layout, first []string, more [][]string, row int64) (header bool, err error) {
	columns := findColumns(first)
	header = columns != nil
	switch {
	case u.Columns != nil:
		named := slices.ContainsFunc(u.Columns, func(c Choice) bool { return c.Name != "" })
		header = header || named || !holdsIdentifier(first, u.Columns)
		if u.Header != "" {
			header = u.Header == HasHeader
		}
		if columns, err = chosen(u.Columns, first, header, row); err != nil {
			return false, err
		}
	case u.Header == HasHeader && !header:
		return false, noKnownColumn(row)
	case u.Header == NoHeader || !header:
		header = false
		if columns, err = u.guess(append([][]string{first}, more...), row); err != nil {
			return false, err
		}
	}
	l.choose(columns)
	if n := l.identifiers(); n > MaxColumns {
		return false, headerFault(row, "too_many_columns", "it names more than %d columns of e-mail addresses and phone numbers", MaxColumns)
	} else if n == 0 {
		return false, noKnownColumn(row)
	}
	u.report.Header = header
	if header {
		u.header = first
	}
	u.report.Dropped = max(0, len(first)-len(l.wanted))
	for _, c := range l.wanted {
		u.report.found(c.role, c.index+1)
	}
	return header, l.consent.missing(u.report.rowsSay())
}

// chosen returns the columns that the sender names.
func chosen(choices []Choice, first []string, header bool, row int64) ([]column, error) {
	var out []column
	for _, c := range choices {
		at := c.Number - 1
		if c.Name != "" {
			at = -1
			if header {
				at = slices.IndexFunc(first, func(name string) bool { return plainName(name) == plainName(c.Name) })
			}
		}
		if at < 0 || slices.ContainsFunc(out, func(o column) bool { return o.index == at }) {
			return nil, badColumns(row)
		}
		out = append(out, column{at, c.Role, c.Role.kind()})
	}
	return out, nil
}

func badColumns(row int64) *selvedge.Error {
	return selvedge.Errorf(selvedge.CodeInvalid, "a column is not there, or is named twice").
		At("columns").AtRow(row).Because("unknown_column")
}

// holdsIdentifier says that a chosen cell of a row is an identifier: then the row
// is no header.
func holdsIdentifier(row []string, choices []Choice) bool {
	for _, c := range choices {
		if k := c.Role.kind(); k != 0 && c.Number > 0 && c.Number <= len(row) {
			if _, reason := identifier.Read(k, row[c.Number-1], ""); reason == identifier.Accepted || reason == identifier.ReasonNoCountry {
				return true
			}
		}
	}
	return false
}

// guess finds the columns of a list without a header, by the first cell in each
// that is not empty. Only what cannot be anything else counts: an e-mail address
// in the clear, or a number in international form; in a list of one column any
// phone number.
func (u *upload) guess(rows [][]string, row int64) ([]column, error) {
	width := 0
	for _, r := range rows {
		width = max(width, len(r))
	}
	var out []column
	hashed := false
	for i := range width {
		for _, r := range rows {
			if i >= len(r) || strings.TrimSpace(r[i]) == "" {
				continue
			}
			email, notEmail := identifier.Read(identifier.Email, r[i], "")
			_, notPhone := identifier.Read(identifier.Phone, r[i], u.DefaultRegion)
			switch {
			case notEmail == identifier.Accepted && email.Hashed:
				hashed = true
			case notEmail == identifier.Accepted:
				out = append(out, column{i, RoleEmail, identifier.Email})
			case notPhone == identifier.Accepted && (width == 1 || strings.Contains(r[i], "+")):
				out = append(out, column{i, RolePhone, identifier.Phone})
			}
			break
		}
	}
	if hashed {
		return nil, headerFault(row, "hash_without_header",
			"the list begins with a hash, which does not say what was hashed; add a header such as email or phone")
	}
	if out == nil {
		return nil, noKnownColumn(row)
	}
	return out, nil
}

func noKnownColumn(row int64) *selvedge.Error {
	return headerFault(row, "no_known_column",
		"no column is named as one of e-mail addresses or phone numbers; name them, for example email and phone")
}

func headerFault(row int64, reason, format string, args ...any) *selvedge.Error {
	return selvedge.Errorf(selvedge.CodeInvalid, format, args...).At("header").AtRow(row).Because(reason)
}
