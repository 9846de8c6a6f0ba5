package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/index"
	"github.com/selvedge/selvedge/purpose"
	"github.com/selvedge/selvedge/report"
)

func indexCases() map[string]func(*testing.T, *site) {
	return map[string]func(*testing.T, *site){
		"States":       indexStates,
		"StatesFar":    indexStatesFar,
		"Segments":     indexSegments,
		"EmptyIsEmpty": indexEmpty,
	}
}

// sizes compares sizes by what they say.
var sizes = cmp.Comparer(func(a, b report.Size) bool { return a.Step() == b.Step() })

func jsonOf(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (s *site) states(t *testing.T, ordinals *roaring.Bitmap) []index.State {
	t.Helper()
	return read(t, s, func(ctx context.Context, tx selvedge.Tx) (out []index.State, err error) {
		err = s.Index.States(ctx, tx, ordinals, func(st index.State) error {
			out = append(out, st)
			return nil
		})
		return out, err
	})
}

func indexStates(t *testing.T, s *site) {
	minor := &contact.Account{PlatformID: "minor", Age: contact.Minor, State: contact.Deactivated}
	s.putAccounts(t, minor)
	objector := s.newAccount(t, "objector")
	s.grant(t, minor, "offers", start)
	part := s.grant(t, objector, "offers", start)
	gone := s.grant(t, objector, "partners", start)
	s.end(t, contact.End{Contact: part.Contact, Purpose: purpose.AdsSuppress, At: start, Reason: contact.Withdrawn})
	for _, p := range twoAds.List() {
		s.end(t, contact.End{Contact: gone.Contact, Purpose: p, At: start, Reason: contact.Expired})
	}
	young := contact.Account{Age: contact.Minor, State: contact.Deactivated}
	objecting := contact.Account{Age: contact.Adult, State: contact.Active}
	all := []index.State{
		{Ordinal: 1, Live: twoAds, Account: young},
		{Ordinal: 2, Live: purpose.Of(purpose.AdsMatchAdvertiser), Account: objecting},
		{Ordinal: 3, Live: 0, Account: objecting},
	}
	same(t, "all", all, s.states(t, roaring.BitmapOf(3, 2, 1)))
	same(t, "those asked for alone", []index.State{all[0], all[2]}, s.states(t, roaring.BitmapOf(1, 3, 4, 1<<32-1)))
	same(t, "none", []index.State(nil), s.states(t, roaring.New()))

	mine, calls := errors.New("mine"), 0
	err := s.Tx.View(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		return s.Index.States(ctx, tx, roaring.BitmapOf(1, 2, 3), func(index.State) error { calls++; return mine })
	})
	if err != mine || calls != 1 {
		t.Errorf("error %v after %d calls, want fn's own after 1", err, calls)
	}
}

// indexStatesFar asks for ordinals at every distance: each once, in order.
func indexStatesFar(t *testing.T, s *site) {
	a := s.newAccount(t, "u")
	s.update(t, func(ctx context.Context, tx selvedge.Tx) error {
		for n := range 700 {
			g := contact.AdsGrant{Contact: selvedge.ContactID(n + 1), Account: a.ID, Person: a.Person, Purposes: twoAds, Live: twoAds, ExpiresAt: start, Import: 1}
			if err := s.Contacts.InsertAdsGrants(ctx, tx, []*contact.AdsGrant{&g}); err != nil {
				return err
			}
			a.Person = g.Person
		}
		return nil
	})
	for _, step := range []uint32{1, 2, 63, 64, 65, 66, 200} {
		want := roaring.New()
		for o := uint32(1); o <= 700; o += step {
			want.Add(o)
		}
		var got []uint32
		for _, st := range s.states(t, want) {
			got = append(got, uint32(st.Ordinal))
		}
		same(t, "ordinals", want.ToArray(), got)
	}
}

func indexSegments(t *testing.T, s *site) {
	type kept struct {
		Ref    blob.Ref
		Source [32]byte
		OK     bool
	}
	segment := func(c identifier.Class) kept {
		return read(t, s, func(ctx context.Context, tx selvedge.Tx) (k kept, err error) {
			k.Ref, k.Source, k.OK, err = s.Index.Segment(ctx, tx, c)
			return k, err
		})
	}
	put := func(c identifier.Class, k kept) {
		s.update(t, func(ctx context.Context, tx selvedge.Tx) error {
			return s.Index.PutSegment(ctx, tx, c, k.Ref, k.Source)
		})
	}
	of := func(n byte) kept {
		return kept{blob.Ref{Kind: blob.KindSegment, Sum: [32]byte{0: n, 31: 0xff}, Size: 1 << 40}, [32]byte{0: 0xff, 31: n}, true}
	}
	same(t, "none", kept{}, segment(identifier.ClassEmail))
	put(identifier.ClassEmail, of(1))
	put(identifier.ClassPhone, of(2))
	same(t, "e-mail", of(1), segment(identifier.ClassEmail))
	put(identifier.ClassEmail, of(3))
	same(t, "e-mail, kept again", of(3), segment(identifier.ClassEmail))
	same(t, "phone", of(2), segment(identifier.ClassPhone))
	for range 2 { // forgetting what is not kept is no error
		s.update(t, func(ctx context.Context, tx selvedge.Tx) error {
			return s.Index.DropSegment(ctx, tx, identifier.ClassEmail)
		})
		same(t, "dropped", kept{}, segment(identifier.ClassEmail))
	}
	same(t, "phone", of(2), segment(identifier.ClassPhone))
}

func indexEmpty(t *testing.T, s *site) {
	if n := len(read(t, s, s.Index.Chunks)); n != 0 {
		t.Errorf("%d chunks, want none", n)
	}
	if n := len(s.states(t, roaring.BitmapOf(1, 2))); n != 0 {
		t.Errorf("%d states, want none", n)
	}
}
