package tally

import "slices"

// settler finds the distinct keys of one part at a time, in memory that it uses
// again.
type settler struct {
	keys  []Key
	table []uint32 // places in keys, and 1; 0 is free
	mask  uint64
	bytes []byte // of a run
}

// settleAll returns the distinct keys of the parts of a span, one part after the
// other. They are valid until the next call.
func (s *settler) settleAll(t *Tally, of span) ([]Key, error) {
	s.keys = s.keys[:0]
	for i := of.from; i < of.to; i++ {
		if err := s.settle(t, i); err != nil {
			return nil, err
		}
	}
	return s.keys, nil
}

// settle adds the distinct keys of a part.
func (s *settler) settle(t *Tally, i int) error {
	p, l := &t.part[i], t.tail[i]
	s.begin(t.records(i))
	for _, r := range p.runs {
		if err := s.read(t.file, r, uint8(i>>partBits)); err != nil {
			return err
		}
	}
	for _, b := range p.full {
		s.addAll(b[:])
	}
	if l.block != nil {
		s.addAll(l.block[:l.n])
	}
	return nil
}

// begin makes room for n keys of one part.
func (s *settler) begin(n int) {
	size := 16
	for size < 2*n {
		size *= 2
	}
	s.keys = slices.Grow(s.keys, n)
	if cap(s.table) < size {
		s.table = make([]uint32, size)
	}
	s.table = s.table[:size]
	clear(s.table)
	s.mask = uint64(size - 1)
}

func (s *settler) addAll(records []Record) {
	for _, r := range records {
		k := Key{Group: uint8(r.at >> groupAt), Hi: r.Hi, Lo: r.Lo, Count: 1, First: r.at & MaxPlace}
		if r.at&further != 0 {
			k.Count = 0
		}
		s.add(k)
	}
}

// add puts two keys that are the same together. Keys are random, so their bits
// are as good as any hash of them.
func (s *settler) add(k Key) {
	for at := k.Lo & s.mask; ; at = (at + 1) & s.mask {
		i := s.table[at]
		if i == 0 {
			s.keys = append(s.keys, k)
			s.table[at] = uint32(len(s.keys))
			return
		}
		have := &s.keys[i-1]
		if have.Hi != k.Hi || have.Lo != k.Lo {
			continue
		}
		switch {
		case have.Count == 0 && k.Count > 0, (have.Count == 0) == (k.Count == 0) && k.First < have.First:
			have.First = k.First
		}
		have.Count += k.Count
		return
	}
}
