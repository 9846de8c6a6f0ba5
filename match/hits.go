package match

import (
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/selvedge/selvedge"
)

// hits collects ordinals, which come in the order of tokens and so at random.
// Adding at random to a roaring bitmap costs fifty times what adding in order
// does. Few hits are kept in a list and sorted, many in one bit for each
// ordinal up to the greatest eligible one; the list never takes more memory
// than the bits would.
type hits struct {
	greatest uint32 // eligible ordinal; what is above it cannot be a member
	list     []uint32
	limit    int      // of list
	bits     []uint64 // nil while list does
}

func newHits(eligible *roaring.Bitmap) *hits {
	if eligible.IsEmpty() {
		return &hits{} // ordinal 0 is nobody's, so nothing is kept
	}
	greatest := eligible.Maximum()
	return &hits{greatest: greatest, limit: int(greatest / 32)} // 32 bits each against one
}

// add takes ordinals, eligible or not.
func (h *hits) add(ordinals []selvedge.Ordinal) {
	if h.bits == nil && len(h.list)+len(ordinals) > h.limit {
		h.spread()
	}
	for _, ordinal := range ordinals {
		switch o := uint32(ordinal); {
		case o > h.greatest:
		case h.bits != nil:
			h.bits[o/64] |= 1 << (o % 64)
		default:
			h.list = append(h.list, o)
		}
	}
}

// spread goes over from the list to bits.
func (h *hits) spread() {
	h.bits = make([]uint64, h.greatest/64+1)
	for _, o := range h.list {
		h.bits[o/64] |= 1 << (o % 64)
	}
	h.list = nil
}

// join adds what another has, of the same eligible ordinals, and takes it away
// from there.
func (h *hits) join(other *hits) {
	switch {
	case h.greatest == 0:
		*h = *other
	case other.bits == nil && h.bits == nil && len(h.list)+len(other.list) <= h.limit:
		h.list = append(h.list, other.list...)
	default:
		if h.bits == nil {
			h.spread()
		}
		if other.bits == nil {
			other.spread()
		}
		for i, b := range other.bits {
			h.bits[i] |= b
		}
	}
	*other = hits{}
}

// bitmap returns what was added, and empties h.
func (h *hits) bitmap() *roaring.Bitmap {
	var b *roaring.Bitmap
	if h.bits != nil {
		b = roaring.FromDense(h.bits, true) // a copy: a bitmap over the bits would keep all of them
	} else {
		slices.Sort(h.list)
		b = roaring.New()
		b.AddMany(h.list)
	}
	*h = hits{}
	return b
}
