package delimited

import "strings"

// Dialect is how rows and cells are told apart.
type Dialect struct {
	// Separator stands between cells. It is an ASCII character; 0 means that a
	// row is one cell.
	Separator byte
	// Quotes says that a cell may stand in double quotes, and hold separators,
	// line ends and doubled quotes there.
	Quotes bool
	// MaxRow is the most bytes that a row may have, line end included.
	MaxRow int
}

// Kind is what a Scanner has met.
type Kind uint8

// The kinds.
const (
	End     Kind = iota // of the text
	Blank               // a line with nothing in it
	Row                 // a row
	Bad                 // a row whose quotes cannot be read, up to the end of the line where that shows
	Open                // the text ends inside quotes; nothing comes after it
	TooLong             // a row of more than MaxRow bytes; nothing comes after it
)

// Scanner reads the rows of one text. It belongs to one goroutine.
type Scanner struct {
	Dialect
	text string
	pos  int
	// Where the next one of each stands, at pos or after it; the length of the
	// text if there is none. Most texts have no quotes and one kind of line end:
	// the others would be searched for in vain on each line.
	lf, cr, quote int
	cols          int // cells that the last row was seen to have
}

// Reset begins to read a text. The cells that Next gives are parts of it.
func (s *Scanner) Reset(text string) { s.text, s.pos = text, 0; s.lf, s.cr, s.quote = -1, -1, -1 }

// Pos returns how many bytes of the text were read.
func (s *Scanner) Pos() int { return s.pos }

// Rest returns what was not read yet.
func (s *Scanner) Rest() string { return s.text[s.pos:] }

// Skip leaves out the first n bytes of the rest, which are whole rows.
func (s *Scanner) Skip(n int) { s.pos += n }

// Next reads a row. For a Row it sets out[i] to the cell in column want[i], "" if
// the row ends before; want is strictly ascending. Other kinds leave anything in
// out.
func (s *Scanner) Next(want []int, out []string) Kind {
	if s.pos == len(s.text) {
		return End
	}
	from := s.pos
	end := s.lineEnd(from)
	line := s.text[from:end]
	if s.Quotes && s.next(&s.quote, '"', from) < end {
		kind := s.quoted(want, out)
		if s.pos-from > s.MaxRow {
			return TooLong // even if it is a bad one as well
		}
		return kind
	}
	s.pos = s.skipEnd(end)
	switch {
	case s.pos-from > s.MaxRow:
		return TooLong
	case line == "":
		return Blank
	}
	s.plain(line, want, out)
	return Row
}

// Cells reads a row and appends all its cells to out.
func (s *Scanner) Cells(out []string) ([]string, Kind) {
	probe := *s
	kind := probe.Next(nil, nil)
	row := s.text[s.pos:probe.pos]
	if kind != Row {
		*s = probe
		return out, kind
	}
	most := 1 // no row has more cells than separators and one
	if s.Separator != 0 {
		most += strings.Count(row, string(rune(s.Separator)))
	}
	want := make([]int, most)
	for i := range want {
		want[i] = i
	}
	n := len(out)
	out = append(out, make([]string, most)...)
	s.Next(want, out[n:])
	return out[:n+s.cols], Row
}

// plain takes the cells of a line without quotes.
func (s *Scanner) plain(line string, want []int, out []string) {
	col := 0
	for i, w := range want {
		for ; col < w; col++ {
			at := s.cut(line)
			if at < 0 {
				clear(out[i:])
				return
			}
			line = line[at+1:]
		}
		at := s.cut(line)
		if at < 0 {
			out[i], s.cols = line, col+1
			clear(out[i+1:])
			return
		}
		out[i], line = line[:at], line[at+1:]
		col++
	}
}

// quoted takes the cells of a row with quotes in it.
func (s *Scanner) quoted(want []int, out []string) Kind {
	next := 0 // of want
	p := s.pos
	for col := 0; ; col++ {
		cell, after, kind := s.cell(p)
		if kind == Open {
			s.pos = len(s.text)
			return Open
		}
		if kind == Bad {
			s.pos = s.skipEnd(s.lineEnd(after))
			return Bad
		}
		if next < len(want) && want[next] == col {
			out[next] = cell
			next++
		}
		if after < len(s.text) && s.Separator != 0 && s.text[after] == s.Separator {
			p = after + 1
			continue
		}
		clear(out[next:])
		s.cols = col + 1
		s.pos = s.skipEnd(after)
		return Row
	}
}

// cell reads the cell that begins at p, and returns where it ends: at a separator
// or at a line end. For a Bad one it returns where that shows.
func (s *Scanner) cell(p int) (cell string, after int, kind Kind) {
	if p == len(s.text) || s.text[p] != '"' {
		end := s.lineEnd(p)
		if at := s.cut(s.text[p:end]); at >= 0 {
			end = p + at
		}
		if strings.IndexByte(s.text[p:end], '"') >= 0 {
			return "", p, Bad
		}
		return s.text[p:end], end, Row
	}
	from, doubled := p+1, false
	for p = from; ; p++ {
		at := strings.IndexByte(s.text[p:], '"')
		if at < 0 {
			return "", 0, Open
		}
		p += at + 1
		if p == len(s.text) || s.text[p] != '"' {
			break
		}
		doubled = true
	}
	cell = s.text[from : p-1]
	if doubled {
		cell = strings.ReplaceAll(cell, `""`, `"`)
	}
	if p < len(s.text) && s.text[p] != '\n' && s.text[p] != '\r' && (s.Separator == 0 || s.text[p] != s.Separator) {
		return "", p, Bad
	}
	return cell, p, Row
}

// cut returns where the first separator stands, -1 if nowhere.
func (s *Scanner) cut(line string) int {
	if s.Separator == 0 {
		return -1
	}
	return strings.IndexByte(line, s.Separator)
}

// lineEnd returns where the line that p is in ends, before its line end.
func (s *Scanner) lineEnd(p int) int {
	return min(s.next(&s.lf, '\n', p), s.next(&s.cr, '\r', p))
}

// next returns where the next c stands, at p or after it. It is kept in at.
func (s *Scanner) next(at *int, c byte, p int) int {
	if *at < p {
		*at = len(s.text)
		if i := strings.IndexByte(s.text[p:], c); i >= 0 {
			*at = p + i
		}
	}
	return *at
}

// skipEnd returns where the line begins that comes after the line end at p.
func (s *Scanner) skipEnd(p int) int {
	switch rest := s.text[p:]; {
	case rest == "":
		return p
	case rest[0] == '\r' && len(rest) > 1 && rest[1] == '\n':
		return p + 2
	default:
		return p + 1
	}
}
