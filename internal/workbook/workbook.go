// Package workbook reads the rows of an Office Open XML workbook (ECMA-376), as
// spreadsheets save it, one after the other.
//
// The promise: memory is bounded by the table of shared strings, which is needed
// whole and has a cap, whatever the workbook says of itself; formulas, macros,
// links and everything else but the values of cells are not looked at; and cells
// that nobody asks for are not kept. Errors are *selvedge.Error of CodeInvalid,
// Field "file", with the Reasons of this package or of unpack.
package workbook

import (
	"archive/zip"
	"errors"
	"io"
	"path"
	"strings"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/unpack"
)

// The reasons of errors.
const (
	ReasonNotOne  = "bad_workbook"     // it is damaged, or is no workbook
	ReasonNoSheet = "no_sheet"         // it has no sheet with rows
	ReasonStrings = "too_many_strings" // the shared strings are over their cap
	ReasonRow     = "row_too_long"     // a row holds more text than MaxRow
)

// Limits bound what a workbook may cost.
type Limits struct {
	Unpack  unpack.Limits // of each part
	Strings int           // bytes of shared strings
	Row     int           // bytes of text in one row
}

func fault(reason, text string) *selvedge.Error {
	return selvedge.Errorf(selvedge.CodeInvalid, "%s", text).At("file").Because(reason)
}

// explain names what is wrong with a part.
func explain(err error) error {
	if _, ok := errors.AsType[*selvedge.Error](err); ok {
		return err
	}
	return fault(ReasonNotOne, "the workbook is damaged; save it again, or as CSV UTF-8")
}

// Open opens the first sheet that is not hidden, to be closed, and returns how
// many there are.
func Open(z *unpack.Archive, l Limits) (s *Sheet, sheets int, err error) {
	parts := map[string]*zip.File{}
	for _, f := range z.File {
		parts[strings.TrimPrefix(f.Name, "/")] = f
	}
	targets := map[string]string{} // by the ids that relations have
	stringsPart := "xl/sharedStrings.xml"
	err = each(z, parts["xl/_rels/workbook.xml.rels"], l, func(m *markup) {
		if m.name == "Relationship" && !m.end {
			target := part(string(m.attr("Target")))
			targets[string(m.attr("Id"))] = target
			if strings.HasSuffix(string(m.attr("Type")), "/sharedStrings") {
				stringsPart = target
			}
		}
	})
	if err != nil {
		return nil, 0, err
	}
	var first *zip.File
	err = each(z, parts["xl/workbook.xml"], l, func(m *markup) {
		if m.name != "sheet" || m.end || string(m.attr("state")) == "hidden" || string(m.attr("state")) == "veryHidden" {
			return
		}
		// A chart sheet has no rows.
		if f := parts[targets[string(m.attr("id"))]]; f != nil && strings.HasPrefix(f.Name, "xl/worksheets/") {
			if sheets++; first == nil {
				first = f
			}
		}
	})
	if err != nil {
		return nil, 0, err
	}
	if first == nil {
		return nil, 0, fault(ReasonNoSheet, "the workbook has no sheet with rows")
	}
	s = &Sheet{limit: l.Row}
	if f := parts[stringsPart]; f != nil {
		if s.shared, err = readShared(z, f, l); err != nil {
			return nil, 0, err
		}
	}
	if s.part, err = z.Open(first, l.Unpack); err != nil {
		return nil, 0, err
	}
	s.in = newMarkup(s.part)
	return s, sheets, nil
}

// part returns the name of the part that a relation of the workbook points to.
func part(target string) string {
	if rest, ok := strings.CutPrefix(target, "/"); ok {
		return rest
	}
	return path.Join("xl", target)
}

// each reads all tags of a small part.
func each(z *unpack.Archive, f *zip.File, l Limits, tag func(*markup)) error {
	if f == nil {
		return fault(ReasonNotOne, "the workbook lacks a part; save it again, or as CSV UTF-8")
	}
	r, err := z.Open(f, l.Unpack)
	if err != nil {
		return err
	}
	defer r.Close()
	m := newMarkup(r)
	for {
		switch err := m.next(false); err {
		case nil:
			tag(m)
		case io.EOF:
			return nil
		default:
			return explain(err)
		}
	}
}

// shared is the table of strings that cells share, one after the other in one
// stretch of memory.
type shared struct {
	text []byte
	ends []uint32
}

func (s *shared) at(i int) string {
	if i < 0 || i >= len(s.ends) {
		return ""
	}
	from := uint32(0)
	if i > 0 {
		from = s.ends[i-1]
	}
	return string(s.text[from:s.ends[i]])
}

// readShared reads the shared strings. Each is the text of its runs; how it is
// pronounced (rPh) is left out.
func readShared(z *unpack.Archive, f *zip.File, l Limits) (shared, error) {
	r, err := z.Open(f, l.Unpack)
	if err != nil {
		return shared{}, err
	}
	defer r.Close()
	m := newMarkup(r)
	var s shared
	aside := false
	for keep := false; ; {
		err := m.next(keep)
		switch {
		case err == io.EOF:
			return s, nil
		case err != nil:
			return shared{}, explain(err)
		}
		if keep && !aside {
			s.text = append(s.text, m.text...)
		}
		keep = m.name == "t" && !m.end && !m.empty
		switch {
		case m.name == "rPh":
			aside = !m.end && !m.empty
		case m.name == "si" && (m.end || m.empty):
			s.ends = append(s.ends, uint32(len(s.text)))
		}
		// The ends count: a table of nothing but empty strings is large too.
		if len(s.text)+4*len(s.ends) > l.Strings {
			return shared{}, fault(ReasonStrings, "the workbook has too much text for a workbook; save it as CSV UTF-8")
		}
	}
}
