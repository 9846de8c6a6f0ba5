package workbook

import (
	"io"
	"strconv"
)

// What ECMA-376 and every spreadsheet allow at most.
const (
	maxRows    = 1 << 20
	maxColumns = 1 << 14
)

// Sheet reads the rows of a sheet. It belongs to one goroutine.
type Sheet struct {
	part   io.ReadCloser
	in     *markup
	shared shared
	limit  int // bytes of text in a row

	row  int64
	ends bool
}

// Close ends the reading.
func (s *Sheet) Close() error { return s.part.Close() }

// Next reads the next row that the sheet has, and returns its number, from 1:
// rows with nothing in them may be left out of a sheet. It calls cell with each
// cell that is not empty, in order, and its column, from 0; cell says with want
// whether it would have the text. A cell's text is its value as it is stored: of a
// number all digits, of a formula its last result, of an error none. It returns
// io.EOF after the last row.
func (s *Sheet) Next(want func(column int) bool, cell func(column int, text string)) (int64, error) {
	for !s.ends {
		if err := s.in.next(false); err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF // the sheet's data has no end
			}
			return 0, explain(err)
		}
		switch {
		case s.in.name == "sheetData" && (s.in.end || s.in.empty):
			s.ends = true
		case s.in.name == "row" && !s.in.end:
			return s.readRow(want, cell)
		}
	}
	return 0, io.EOF
}

func (s *Sheet) readRow(want func(int) bool, cell func(int, string)) (int64, error) {
	next := s.row + 1
	if r := s.in.attr("r"); r != nil {
		n, err := strconv.ParseInt(string(r), 10, 64)
		if err != nil || n < next {
			return 0, explain(errXML)
		}
		next = n
	}
	if next > maxRows {
		return 0, explain(errXML)
	}
	s.row = next
	if s.in.empty {
		return s.row, nil
	}
	column, size := -1, 0
	for {
		if err := s.in.next(false); err != nil {
			return 0, explain(early(err))
		}
		if s.in.name == "row" && s.in.end {
			return s.row, nil
		}
		if s.in.name != "c" || s.in.end {
			continue
		}
		column++
		if ref := s.in.attr("r"); ref != nil {
			at := columnOf(ref)
			if at < column {
				return 0, explain(errXML)
			}
			column = at
		}
		if column >= maxColumns {
			return 0, explain(errXML)
		}
		if s.in.empty {
			continue
		}
		text, err := s.readCell(want(column))
		if err != nil {
			return 0, explain(early(err))
		}
		if size += len(text); size > s.limit {
			return s.row, fault(ReasonRow, "a row holds too much text").AtRow(s.row)
		}
		if text != "" {
			cell(column, text)
		}
	}
}

// readCell reads up to the end of a cell. Where the text is not wanted, it returns
// none.
func (s *Sheet) readCell(wanted bool) (text string, err error) {
	var kind byte // n, s, i(nlineStr), e and so on
	if t := s.in.attr("t"); len(t) > 0 {
		kind = t[0]
		if string(t) == "str" {
			kind = 0
		}
	}
	value := false // the tag before is one of a value
	aside := false
	for {
		if err := s.in.next(value && wanted); err != nil {
			return "", err
		}
		if value && wanted && s.in.end && !aside {
			if s.in.name == "v" && kind == 's' {
				i, err := strconv.Atoi(string(s.in.text))
				if err != nil {
					return "", errXML
				}
				text = s.shared.at(i)
			} else if kind != 'e' {
				text += string(s.in.text)
			}
		}
		if s.in.name == "c" && s.in.end {
			return text, nil
		}
		if s.in.name == "rPh" {
			aside = !s.in.end && !s.in.empty
		}
		// A formula stands beside its value, and is none.
		value = (s.in.name == "v" || s.in.name == "t") && !s.in.end && !s.in.empty
	}
}

// columnOf returns the column of a reference such as AB12, from 0, and -1 for
// what is none.
func columnOf(ref []byte) int {
	n := 0
	for i, c := range ref {
		if c < 'A' || c > 'Z' {
			if i == 0 || c < '0' || c > '9' {
				return -1
			}
			break
		}
		if n = n*26 + int(c-'A') + 1; n > maxColumns {
			return maxColumns
		}
	}
	return n - 1
}
