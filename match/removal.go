package match

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/index"
)

// Taken are the ordinals that a removal takes out, eligible or not: who is masked
// today must not be back in the audience tomorrow. Nothing can be done with them
// but taking them out of members, and keeping them for that. The zero Taken takes
// nobody out. It is not safe for concurrent use.
type Taken struct{ ordinals *roaring.Bitmap }

// Remove looks a removal's tokens up. It is the only way, besides ReadTaken, to
// make a Taken, and returns the errors that Run does.
func Remove(ctx context.Context, actor selvedge.Actor, tokens Tokens, ads *index.Ads) (Taken, error) {
	if err := may(actor, tokens, ads); err != nil {
		return Taken{}, err
	}
	var taken Taken
	err := lookUp(ctx, tokens, ads, func() sink { return &unbounded{} }, func(s sink) { taken.Join(Taken{s.(*unbounded).bitmap()}) })
	if err != nil {
		return Taken{}, err
	}
	return taken, nil
}

// From takes them out of members.
func (t Taken) From(members *roaring.Bitmap) {
	if t.ordinals != nil {
		members.AndNot(t.ordinals)
	}
}

// Join adds what another removal takes out.
func (t *Taken) Join(other Taken) {
	if other.ordinals == nil {
		return
	}
	if t.ordinals == nil {
		t.ordinals = roaring.New()
	}
	t.ordinals.Or(other.ordinals)
}

// WriteTo implements io.WriterTo: the portable roaring format, in the one form
// that run optimisation gives it.
func (t Taken) WriteTo(w io.Writer) (int64, error) {
	if t.ordinals == nil {
		return roaring.New().WriteTo(w)
	}
	t.ordinals.RunOptimize()
	return t.ordinals.WriteTo(w)
}

// ReadTaken reads what WriteTo wrote. It keeps none of the bytes.
func ReadTaken(b []byte) (Taken, error) {
	ordinals := roaring.New()
	if err := ordinals.UnmarshalBinary(b); err != nil {
		return Taken{}, fmt.Errorf("read removal: %w", err)
	}
	if err := ordinals.Validate(); err != nil {
		return Taken{}, fmt.Errorf("read removal: %w", err)
	}
	return Taken{ordinals}, nil
}

// unbounded collects ordinals of which nobody knows the greatest.
type unbounded struct {
	list []uint32
	all  *roaring.Bitmap
}

// sortAt is how many ordinals are sorted at once.
const sortAt = 1 << 20

func (u *unbounded) add(ordinals []selvedge.Ordinal) {
	for _, o := range ordinals {
		if u.list = append(u.list, uint32(o)); len(u.list) == sortAt {
			u.flush()
		}
	}
}

func (u *unbounded) flush() {
	slices.Sort(u.list)
	b := roaring.New()
	b.AddMany(u.list)
	if u.all == nil {
		u.all = b
	} else {
		u.all.Or(b)
	}
	u.list = u.list[:0]
}

func (u *unbounded) bitmap() *roaring.Bitmap {
	u.flush()
	return u.all
}
