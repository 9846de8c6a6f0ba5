package index

import (
	"errors"
	"fmt"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/purpose"
	"github.com/selvedge/selvedge/token"
)

// Ads is an immutable snapshot that a match runs against: a segment for each
// form class, and for each ads purpose the ordinals that were eligible at one
// position. It is safe for concurrent use. The zero Ads has no segment and no
// eligible ordinal, so it can be matched with nothing.
type Ads struct {
	position selvedge.Position
	header   token.Header // what all segments have in common: family, epoch, rule set
	segments map[identifier.Class]*Segment
	eligible map[purpose.Purpose]*roaring.Bitmap
	union    *roaring.Bitmap // of all of eligible
	objected map[selvedge.OrgID]*roaring.Bitmap
}

// classes are the form classes that an index must have.
var classes = []identifier.Class{identifier.ClassEmail, identifier.ClassPhone}

// NewAds returns the snapshot of the segments, with the ordinals that were
// eligible for each purpose at the position, grants and masks applied. A
// purpose that is not in the map has no eligible ordinal. objected are the
// ordinals whose people object to one org's lists, by org. The bitmaps are
// copied; the segments' bytes must stay for as long as the Ads is used.
//
// It is the only constructor, and returns an error for a segment whose header's
// family is not token.Ads; for segments that differ in key epoch or rule set;
// for two segments of one class and for a class without one; and for
// eligibility under a purpose that is not matchable, of no bitmap, or of
// ordinal 0, which is nobody's.
func NewAds(position selvedge.Position, segments []*Segment, eligible map[purpose.Purpose]*roaring.Bitmap,
	objected map[selvedge.OrgID]*roaring.Bitmap,
) (*Ads, error) {
	a := &Ads{
		position: position,
		segments: make(map[identifier.Class]*Segment),
		eligible: make(map[purpose.Purpose]*roaring.Bitmap),
		objected: make(map[selvedge.OrgID]*roaring.Bitmap),
	}
	for org, b := range objected {
		a.objected[org] = b.Clone()
	}
	if err := errors.Join(a.addSegments(segments), a.addEligible(eligible)); err != nil {
		return nil, fmt.Errorf("make ads index: %w", err)
	}
	return a, nil
}

func (a *Ads) addSegments(segments []*Segment) error {
	for i, s := range segments {
		if s == nil {
			return errors.New("no segment where one should be")
		}
		h := s.Header()
		if h.Family != token.Ads {
			return errors.New("a segment's token family is not ads")
		}
		if a.segments[h.Class] != nil {
			return fmt.Errorf("two segments of form class %s", h.Class)
		}
		a.segments[h.Class] = s
		h.Class, h.Count = 0, 0
		if i == 0 {
			a.header = h
		}
		if err := agree(h, a.header); err != nil {
			return fmt.Errorf("between segments: %w", err)
		}
	}
	for _, c := range classes {
		if a.segments[c] == nil {
			return fmt.Errorf("no segment of form class %s", c)
		}
	}
	return nil
}

func (a *Ads) addEligible(eligible map[purpose.Purpose]*roaring.Bitmap) error {
	a.union = roaring.New()
	for p, b := range eligible {
		switch {
		case !p.Matchable():
			return fmt.Errorf("purpose %s is not matchable", p)
		case b == nil:
			return fmt.Errorf("purpose %s has no bitmap", p)
		case b.Contains(0):
			return fmt.Errorf("purpose %s has ordinal 0", p)
		}
		a.eligible[p] = b.Clone()
		a.union.Or(b)
	}
	return nil
}

// Position returns the position that eligibility is valid at.
func (a *Ads) Position() selvedge.Position { return a.position }

// Epoch returns the epoch of the keys that the tokens were made with; 0 for the
// zero Ads.
func (a *Ads) Epoch() token.Epoch { return a.header.Epoch }

// RuleSet returns the identifier.RuleSet that the forms were made under; 0 for
// the zero Ads.
func (a *Ads) RuleSet() uint32 { return a.header.RuleSet }

// Eligible returns the ordinals eligible for the purpose in what an org brings:
// without those whose people object to it. It is empty for a purpose that is not
// matchable. It must not be changed: take And, not bitmap.And.
func (a *Ads) Eligible(org selvedge.OrgID, p purpose.Purpose) *roaring.Bitmap {
	b := orEmpty(a.eligible[p])
	if p == purpose.AdsSuppress || a.objected[org] == nil {
		return b
	}
	return roaring.AndNot(b, a.objected[org])
}

// EligibleAny returns the ordinals eligible for any purpose. It must not be
// changed.
func (a *Ads) EligibleAny() *roaring.Bitmap { return orEmpty(a.union) }

func orEmpty(b *roaring.Bitmap) *roaring.Bitmap {
	if b == nil {
		return roaring.New()
	}
	return b
}
