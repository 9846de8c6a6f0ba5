package list

import (
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/internal/delimited"
	"github.com/selvedge/selvedge/token"
)

// chunk is some rows of a list. Any goroutine may read it, once.
type chunk interface {
	// read hands the rows to w in order. It returns an error of the last of them
	// if nothing can come after it.
	read(w *worker) error
}

// worker reads chunks. It belongs to one goroutine.
type worker struct {
	picker
	keys   *token.Keys
	layout *layout
	region string           // of the row
	only   identifier.Class // of a list that may be nothing but hashes, or 0

	scanner delimited.Scanner
	digest  identifier.Digest
	cells   []string // of one row, a cell for each wanted column
	named   map[string]Role

	country string // the last cell of a country column that was read, and what it means
	meant   string
	unknown bool // the row's country is not known

	said    Consents // by the row
	garbled bool     // it has a word for a consent that is none

	sampler *sampler // nil unless this is for a Preview
	seen    int64    // of a Preview: rows of the chunks before
}

func newWorker(p picker, keys *token.Keys, l *layout) *worker {
	w := &worker{picker: p, keys: keys, layout: l, cells: make([]string, len(l.want)), named: map[string]Role{}}
	w.scanner.Dialect = l.dialect
	w.only = w.onlyHashes()
	return w
}

// harvestOf reads a chunk.
func (w *worker) harvestOf(c chunk, h *harvest) *harvest {
	h.reset()
	w.harvest = h
	h.fault = c.read(w)
	h.mint(w.keys)
	return h
}

// blank counts n rows with nothing in them.
func (w *worker) blank(n int64) { w.rows += n }

// bad counts a row that cannot be read.
func (w *worker) bad(reason identifier.Reason) {
	w.rows++
	w.refuse(reason, w.rows, 0, 1)
	w.showRow(reason)
}

// take reads a row that has a cell for each wanted column.
func (w *worker) take(cells []string) {
	w.rows++
	l := w.layout
	w.begin()
	filled := false
	for i, c := range l.wanted {
		if c.kind == 0 {
			w.beside(c.role, cells[i])
		} else {
			filled = filled || cells[i] != ""
		}
	}
	if w.mayCount(filled) {
		for i, c := range l.wanted {
			if c.kind != 0 {
				w.at(c.index)
				w.cell(c.kind, cells[i])
			}
		}
	}
	w.endRow()
}

// at says which column comes, from 0.
func (w *worker) at(column int) {
	if w.sampler != nil {
		w.sampler.column = column + 1
	}
}

// begin begins a row that has said nothing of itself.
func (w *worker) begin() {
	w.region, w.unknown, w.said, w.garbled = w.layout.region, false, Consents{}, false
}

// beside reads a cell that says something of the row.
func (w *worker) beside(r Role, text string) {
	switch r {
	case RoleCountry:
		w.in(text)
	case RoleAdUserData:
		w.consent(&w.said.AdUserData, text)
	case RoleAdPersonalization:
		w.consent(&w.said.AdPersonalization, text)
	}
}

func (w *worker) consent(to *Consent, text string) {
	c, ok := ParseConsent(text)
	*to = c
	w.garbled = w.garbled || !ok
}

// mayCount says whether the row's identifiers are looked at, after all that it
// says of itself. If not, it counts the row as refused, unless nothing is in it.
func (w *worker) mayCount(filled bool) bool {
	reason := w.layout.consent.refuses(w.said, w.region)
	if w.garbled {
		reason = ReasonBadConsent
	}
	if reason == identifier.Accepted {
		return true
	}
	if filled {
		w.refuse(reason, w.rows, 0, 1)
		w.showRow(reason)
	}
	return false
}

// in reads the row's country. One that is not known is nobody's: to take the
// list's instead would be a guess.
func (w *worker) in(text string) {
	if text == "" {
		return
	}
	if text != w.country {
		w.country, w.meant = text, countryOf(text)
	}
	switch w.meant {
	case "":
	case noCountry:
		w.region, w.unknown = "", true
	default:
		w.region = w.meant
	}
}

// cell reads a cell, which may hold several identifiers.
func (w *worker) cell(k identifier.Kind, text string) {
	if text == "" {
		return
	}
	if w.sampler == nil && identifier.PlainHash(&w.digest, text) && w.taken < MaxIdentifiers && !probes().may(&w.digest) {
		w.addHash(k.Class(), &w.digest)
		return
	}
	text, ok := w.layout.decode(text)
	if !ok {
		w.drop(ReasonBadText, w.rows, 1)
		w.showRow(ReasonBadText)
		return
	}
	var reason identifier.Reason
	w.picker.cell, reason = identifier.Read(k, text, w.region)
	if reason != identifier.ReasonSeveral {
		w.identifier(k, text, reason)
		return
	}
	parts := identifier.Split(k, text)
	if parts == nil {
		w.identifier(k, text, reason)
		return
	}
	w.split += int64(len(parts) - 1)
	for _, part := range parts {
		w.picker.cell, reason = identifier.Read(k, part, w.region)
		w.identifier(k, part, reason)
	}
}

// several reads a cell that is a list of values by itself.
func (w *worker) several(k identifier.Kind, values []string) {
	if len(values) > 1 {
		w.split += int64(len(values) - 1)
	}
	for _, text := range values {
		w.cell(k, text)
	}
}

// identifier counts what was read, and takes what was understood.
func (w *worker) identifier(k identifier.Kind, text string, reason identifier.Reason) {
	switch {
	case reason == identifier.ReasonNoCountry && w.unknown:
		reason = ReasonUnknownCountry
	case reason == identifier.Accepted && w.taken == MaxIdentifiers:
		reason = ReasonTooMany
	case reason == identifier.Accepted && w.probe():
		reason = ReasonProbe
	}
	if w.sampler != nil {
		w.show(k, text, w.picker.cell.Hashed, reason)
	}
	switch reason {
	case identifier.ReasonEmpty:
	case identifier.Accepted:
		w.add()
	default:
		w.drop(reason, w.rows, 1)
	}
}

// decode returns a cell as UTF-8, and false if it is none.
func (l *layout) decode(text string) (string, bool) {
	if l.declared1252 {
		return fromWindows(text), true
	}
	if utf8.ValidString(text) {
		return text, true
	}
	if l.guessed1252 {
		return fromWindows(text), true
	}
	return "", false
}

// fromWindows decodes Windows-1252. The few bytes that it does not have become
// U+FFFD, which no identifier holds.
func fromWindows(text string) string {
	out, _ := charmap.Windows1252.NewDecoder().String(text) // it replaces, and never fails
	return out
}

// csvChunk is rows of separated text.
type csvChunk string

func (c csvChunk) read(w *worker) error {
	s := &w.scanner
	s.Reset(string(c))
	for !w.full() {
		if w.only != 0 && w.sampler == nil {
			s.Skip(w.hashes(s.Rest()))
		}
		switch s.Next(w.layout.want, w.cells) {
		case delimited.End:
			return nil
		case delimited.Blank:
			w.blank(1)
		case delimited.Row:
			w.take(w.cells)
		case delimited.Bad:
			w.bad(ReasonBadQuotes)
		case delimited.TooLong:
			w.rows++
			return rowTooLong(w.rows)
		default:
			w.rows++
			return endsInQuotes().AtRow(w.rows)
		}
	}
	return nil
}

func rowTooLong(row int64) *selvedge.Error {
	return selvedge.Errorf(selvedge.CodeTooLarge,
		"a row has more than %d bytes; is a closing quote missing?", MaxLine).AtRow(row)
}

func endsInQuotes() *selvedge.Error {
	return selvedge.Errorf(selvedge.CodeInvalid, "the list ends inside a quoted cell: "+
		"a closing quote is missing, or the upload was cut short; nothing of it was taken").Because(reasonEndedEarly)
}
