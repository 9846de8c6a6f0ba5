package index

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"iter"
	"runtime"
	"slices"
	"sort"

	"github.com/selvedge/selvedge/token"
)

// Entries are entries in strictly ascending order. A *token.Chunk is some.
type Entries interface {
	Len() int
	At(i int) token.Entry
}

// inMemory are Entries that are no chunk's.
type inMemory []token.Entry

func (e inMemory) Len() int             { return len(e) }
func (e inMemory) At(i int) token.Entry { return e[i] }

// BuildSegment merges chunks into one segment and writes it to w, front to
// back. An entry that stands in several chunks is written once. The order of
// the chunks does not matter. No chunks make a segment of no entries, which an
// index needs too; h says what it is a segment of, and h.Count is not read. It
// returns the header with the count filled in. Beside the chunks it needs a few
// partitions' memory for each processor.
//
// It returns an error if the header of a chunk differs from h in anything but
// the count, or if w fails.
func BuildSegment(w io.Writer, h token.Header, chunks []*token.Chunk) (token.Header, error) {
	if err := h.Validate(); err != nil {
		return token.Header{}, fmt.Errorf("build segment: %w", err)
	}
	var n uint64
	sources := make([]Entries, 0, len(chunks))
	for i, c := range chunks {
		if err := agree(c.Header(), h); err != nil {
			return token.Header{}, fmt.Errorf("build segment: chunk %d of %d: %w", i+1, len(chunks), err)
		}
		n += c.Header().Count
		sources = append(sources, c)
	}
	h, err := writeSegment(w, h, shapeFor(n), sources)
	if err != nil {
		return token.Header{}, fmt.Errorf("write segment: %w", err)
	}
	return h, nil
}

func writeSegment(w io.Writer, h token.Header, s shape, sources []Entries) (token.Header, error) {
	head := appendHeader(nil, h, s)
	if _, err := w.Write(head); err != nil {
		return h, err
	}
	table := make([]byte, 0, s.partitions()*rowSize+endSize)
	h.Count = 0
	for p := range makePartitions(s, sources) {
		if _, err := w.Write(p.bytes); err != nil {
			return h, err
		}
		table = binary.LittleEndian.AppendUint32(table, uint32(p.count))
		table = binary.LittleEndian.AppendUint32(table, p.sum)
		h.Count += p.count
	}
	table = binary.LittleEndian.AppendUint64(table, h.Count)
	table = binary.LittleEndian.AppendUint32(table, 0)
	sum := crc32.Update(crc32.Checksum(head[headerSize-sumSize:], castagnoli), castagnoli, table)
	_, err := w.Write(binary.LittleEndian.AppendUint32(table, sum))
	return h, err
}

// made is a partition as it is written.
type made struct {
	bytes []byte
	sum   uint32
	count uint64
}

// makePartitions makes the partitions on all processors and hands them out in
// order. What it hands out is valid until it is asked for the next.
func makePartitions(s shape, sources []Entries) iter.Seq[made] {
	return func(yield func(made) bool) {
		workers := min(runtime.GOMAXPROCS(0), s.partitions())
		done := make(chan struct{})
		defer close(done)
		results := make([]chan made, workers)
		for w := range workers {
			results[w] = make(chan made)
			go func() {
				// While one of its partitions is written, a worker makes its next in
				// the other maker's memory.
				var makers [2]maker
				for n, p := 0, w; p < s.partitions(); n, p = n+1, p+workers {
					select {
					case results[w] <- makers[n%2].make(s, sources, p):
					case <-done:
						return
					}
				}
			}()
		}
		for p := range s.partitions() {
			if !yield(<-results[p%workers]) {
				return
			}
		}
	}
}

// maker makes one partition at a time, in memory that it uses again.
type maker struct {
	entries, spare []entry
	bytes          []byte
}

// entry is a token.Entry as it is compared.
type entry struct {
	hi, lo  uint64 // of the token, big-endian
	ordinal uint32
}

func (e entry) compare(f entry) int {
	switch {
	case e.hi != f.hi:
		return cmp.Compare(e.hi, f.hi)
	case e.lo != f.lo:
		return cmp.Compare(e.lo, f.lo)
	default:
		return cmp.Compare(e.ordinal, f.ordinal)
	}
}

func (m *maker) make(s shape, sources []Entries, p int) made {
	m.gather(s, sources, p)
	n := uint64(len(m.entries))
	size := int(s.partitionSize(n))
	m.bytes = slices.Grow(m.bytes[:0], size)[:size]
	clear(m.bytes)
	keys := m.bytes[s.directorySize():]
	ordinals := keys[keysSize(n):]
	next := 0 // slot whose beginning is not written
	for i, e := range m.entries {
		slot, key := s.key(e.hi, e.lo)
		for ; next <= slot; next++ {
			binary.LittleEndian.PutUint32(m.bytes[4*next:], uint32(i))
		}
		binary.LittleEndian.PutUint64(keys[8*i:], key)
		binary.LittleEndian.PutUint32(ordinals[4*i:], e.ordinal)
	}
	for ; next <= s.slots(); next++ {
		binary.LittleEndian.PutUint32(m.bytes[4*next:], uint32(n))
	}
	return made{m.bytes, crc32.Checksum(m.bytes, castagnoli), n}
}

// gather makes m.entries the partition's entries in all sources, in order, each
// once.
func (m *maker) gather(s shape, sources []Entries, p int) {
	m.entries = m.entries[:0]
	runs := []int{0} // where each source's entries begin, and the end
	for _, c := range sources {
		from, to := s.first(c, p), s.first(c, p+1)
		for i := from; i < to; i++ {
			e := c.At(i)
			m.entries = append(m.entries, entry{
				binary.BigEndian.Uint64(e.Token[:8]), binary.BigEndian.Uint64(e.Token[8:]), uint32(e.Ordinal),
			})
		}
		if from < to {
			runs = append(runs, len(m.entries))
		}
	}
	// Two neighbours at a time, until one run is left.
	for len(runs) > 2 {
		m.spare = slices.Grow(m.spare[:0], len(m.entries))
		next := []int{0}
		for r := 0; r+1 < len(runs); r += 2 {
			a := m.entries[runs[r]:runs[r+1]]
			var b []entry
			if r+2 < len(runs) {
				b = m.entries[runs[r+1]:runs[r+2]]
			}
			m.spare = merge(m.spare, a, b)
			next = append(next, len(m.spare))
		}
		m.entries, m.spare, runs = m.spare, m.entries, next
	}
	m.entries = slices.Compact(m.entries)
}

// merge appends the entries of a and b, both in order, in order.
func merge(to, a, b []entry) []entry {
	for len(a) > 0 && len(b) > 0 {
		if a[0].compare(b[0]) <= 0 {
			to, a = append(to, a[0]), a[1:]
		} else {
			to, b = append(to, b[0]), b[1:]
		}
	}
	return append(append(to, a...), b...)
}

// first returns the place of the source's first entry that belongs to partition p
// or after it.
func (s shape) first(c Entries, p int) int {
	return sort.Search(c.Len(), func(i int) bool {
		t := c.At(i).Token
		return int(binary.BigEndian.Uint64(t[:8])>>(64-s.partitionBits)) >= p
	})
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
