package index

import (
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/selvedge/selvedge/token"
)

// segmentFormat has the layout of a chunk. It is not frozen: a segment is
// derived, so a change raises the version, older segments are refused, and the
// index is built again from chunks.
var segmentFormat = token.Format{
	Name:    "segment",
	Magic:   [8]byte{'S', 'E', 'L', 'V', 'S', 'E', 'G', 'M'},
	Version: 0,
}

// Segment is an open segment: every entry of one form class. It is safe for
// concurrent use.
type Segment struct {
	table token.Table
	// more are entries that came since, in order: few, and in memory.
	more []token.Entry
}

// OpenSegment opens a segment on b, which stays in use and must not change. It
// checks the whole of it, as token.Format.Open does; a chunk is not a segment.
func OpenSegment(b []byte) (*Segment, error) {
	t, err := segmentFormat.Open(b)
	if err != nil {
		return nil, err
	}
	return &Segment{table: *t}, nil
}

// Header returns the segment's header.
func (s *Segment) Header() token.Header { return s.table.Header() }

// Entries hands out the entries of the segment's bytes in order, without those
// that With added.
func (s *Segment) Entries() iter.Seq[token.Entry] { return s.table.Entries() }

// With returns the segment with more entries, whose header is h; the segment
// itself stays as it is. The entries must be in strictly ascending order, stay
// as they are, and be none that the segment has. It returns an error if they are
// out of order, or if h differs from the segment's header in anything but the
// count.
func (s *Segment) With(h token.Header, more []token.Entry) (*Segment, error) {
	if len(more) == 0 {
		return s, nil
	}
	if err := agree(h, s.Header()); err != nil {
		return nil, fmt.Errorf("add entries to a segment: %w", err)
	}
	for i := 1; i < len(more); i++ {
		if more[i-1].Compare(more[i]) >= 0 {
			return nil, errors.New("add entries to a segment: they are not in ascending order")
		}
	}
	return &Segment{table: s.table, more: more}, nil
}

// BuildSegment merges chunks into one segment and writes it to w, front to
// back. An entry that stands in several chunks is written once. The order of
// the chunks does not matter. No chunks make a segment of no entries, which an
// index needs too; h says what it is a segment of, and h.Count is not read. It
// returns the header with the count filled in.
//
// It returns an error if the header of a chunk differs from h in anything but
// the count, or if w fails.
func BuildSegment(w io.Writer, h token.Header, chunks []*token.Chunk) (token.Header, error) {
	for i, c := range chunks {
		if err := agree(c.Header(), h); err != nil {
			return token.Header{}, fmt.Errorf("build segment: chunk %d of %d: %w", i+1, len(chunks), err)
		}
	}
	return segmentFormat.Write(w, h, merged(chunks))
}

// agree returns an error unless a and b differ in their count alone.
func agree(a, b token.Header) error {
	switch {
	case a.Family != b.Family:
		return errors.New("token family differs")
	case a.Class != b.Class:
		return errors.New("form class differs")
	case a.Epoch != b.Epoch:
		return errors.New("key epoch differs")
	case a.RuleSet != b.RuleSet:
		return errors.New("rule set differs")
	}
	return nil
}

// merged hands out the entries of all chunks in order, each once.
func merged(chunks []*token.Chunk) iter.Seq2[token.Entry, error] {
	return func(yield func(token.Entry, error) bool) {
		heads := newHeap(chunks)
		var last token.Entry
		for len(heads) > 0 {
			e := heads[0].entry
			if e != last && !yield(e, nil) {
				return
			}
			last = e
			heads = heads.next()
		}
	}
}
