package index

import (
	"encoding/binary"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/token"
)

// ahead is how many tokens are looked up side by side: enough that the
// processor waits for the memory of all of them at once.
const ahead = 32

// appendHits appends the ordinals that carry one of the tokens,
// first those of the segment's bytes and then those that With added.
func (s *Segment) appendHits(hits []selvedge.Ordinal, tokens []token.Token) []selvedge.Ordinal {
	var (
		key   [ahead]uint64
		first [ahead]uint32 // of the slot's keys
		end   [ahead]uint32
		in    [ahead]*partition
	)
	for rest := tokens; len(rest) > 0; {
		n := min(ahead, len(rest))
		for i := range n {
			hi, lo := binary.BigEndian.Uint64(rest[i][:8]), binary.BigEndian.Uint64(rest[i][8:])
			p := &s.partitions[hi>>(64-s.shape.partitionBits)]
			slot, k := s.shape.key(hi, lo)
			key[i], in[i], first[i], end[i] = k, p, p.directory[slot], p.directory[slot+1]
		}
		for i := range n {
			hits = in[i].appendSlot(hits, key[i], first[i], end[i])
		}
		rest = rest[n:]
	}
	if s.more != nil {
		return s.more.appendHits(hits, tokens)
	}
	return hits
}

// appendSlotPlain appends the ordinals of a key among those of a slot.
func (p *partition) appendSlotPlain(hits []selvedge.Ordinal, key uint64, first, end uint32) []selvedge.Ordinal {
	for i, k := range p.keys[first:end] {
		if k < key {
			continue
		}
		if k > key {
			break
		}
		hits = append(hits, selvedge.Ordinal(p.ordinals[int(first)+i]))
	}
	return hits
}
