package index

import (
	"math"
	"slices"
	"sort"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/token"
)

// FalseHits returns what the expected number of false hits among so many tokens
// of a class stays below: hits of an ordinal whose own token agrees with one of
// the list in all bits that the segment keeps, and differs in one that it does
// not. Tokens are AES outputs, so that any one bit of two of them agrees with a
// chance of a half. The segment keeps the bits of its directory and 64 more.
func (a *Ads) FalseHits(class identifier.Class, tokens int) float64 {
	s := a.segments[class]
	if s == nil {
		return 0
	}
	var sum float64
	for ; s != nil; s = s.more {
		kept := int(s.shape.partitionBits) + int(s.shape.slotBits) + 64
		sum += math.Ldexp(float64(tokens)*float64(s.header.Count), -kept)
	}
	return sum
}

// Confirm returns those of the ordinals that carry one of the tokens in full, as
// the sources have them: those that the segment was built from, and those that
// With added. The tokens must be in ascending order.
func Confirm(sources []Entries, tokens []token.Token, ordinals *roaring.Bitmap) *roaring.Bitmap {
	var sure []uint32
	for _, c := range sources {
		at := 0
		for _, t := range tokens {
			at += sort.Search(c.Len()-at, func(i int) bool { return c.At(at+i).Token.Compare(t) >= 0 })
			for ; at < c.Len() && c.At(at).Token == t; at++ {
				if o := c.At(at).Ordinal; ordinals.Contains(uint32(o)) {
					sure = append(sure, uint32(o))
				}
			}
		}
	}
	slices.Sort(sure)
	return roaring.BitmapOf(sure...)
}
