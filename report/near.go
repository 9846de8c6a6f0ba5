package report

import "github.com/RoaringBitmap/roaring/v2"

// Two sets are told apart only if they differ in NearStep contact points or more,
// and in one of NearShare or more of what is in either. Whoever asks about two
// sets that differ in less gets one answer, so that one person more or less, or a
// few hundred, cannot be read from two answers. The share is wider than the two in
// a hundred that rules for this propose: of two lists that each have one in a
// hundred swapped against a third, four in a hundred differ.
const (
	NearStep  = 1000
	NearShare = 20
)

// Near says whether two sets are too much alike to be told apart. It is exact.
func Near(a, b *roaring.Bitmap) bool {
	na, nb := a.GetCardinality(), b.GetCardinality()
	most := farFrom(na, nb)
	if max(na, nb)-min(na, nb) >= most {
		return false
	}
	// Sets that have little in common show it soon.
	if apart, whole := differences(a, b, most, 4*most); whole || apart >= most {
		return apart < most
	}
	return na+nb-2*a.AndCardinality(b) < most
}

// farFrom returns in how many contact points sets of two sizes must differ to be
// told apart: the least d with d >= NearStep and NearShare*d >= union, where the
// union is half of the sizes and d together.
func farFrom(na, nb uint64) uint64 {
	const per = 2*NearShare - 1
	return max(NearStep, (na+nb+per-1)/per)
}

// between returns the sizes that a set can have which is near to one of n.
func between(n uint64) (least, most uint64) {
	// From (m - n) < (m + n) / per, and the same the other way round.
	const per = 2*NearShare - 1
	least = min(n-min(n, NearStep), n*(per-1)/(per+1))
	most = max(n+NearStep, n*(per+1)/(per-1)+1)
	return least, most
}

// differences counts what is in one of two sets only, up to most of it, among the
// first so many that are in either, and says whether these were all.
func differences(a, b *roaring.Bitmap, most, first uint64) (n uint64, whole bool) {
	var of [2]reader
	of[0].open(a)
	of[1].open(b)
	for ; first > 0 && n < most; first-- {
		x, okX := of[0].peek()
		y, okY := of[1].peek()
		switch {
		case !okX && !okY:
			return n, true
		case okX && okY && x == y:
			of[0].skip()
			of[1].skip()
		case okX && (!okY || x < y):
			of[0].skip()
			n++
		default:
			of[1].skip()
			n++
		}
	}
	return n, false
}

// reader reads a set in order, a few hundred at a time.
type reader struct {
	from roaring.ManyIntIterable
	buf  [256]uint32
	have []uint32
}

func (r *reader) open(b *roaring.Bitmap) { r.from = b.ManyIterator() }

// peek returns the next one, and false at the end.
func (r *reader) peek() (uint32, bool) {
	if len(r.have) == 0 {
		if r.have = r.buf[:r.from.NextMany(r.buf[:])]; len(r.have) == 0 {
			return 0, false
		}
	}
	return r.have[0], true
}

func (r *reader) skip() { r.have = r.have[1:] }
