package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/index"
	"github.com/selvedge/selvedge/ledger"
)

func erasureCases() map[string]func(*testing.T, *site) {
	return map[string]func(*testing.T, *site){
		"NothingIsLeft":          eraseLeavesNothing,
		"OthersStay":             eraseLeavesOthers,
		"NumbersNeverComeBack":   eraseKeepsNumbers,
		"PeopleAreStillCounted":  eraseKeepsCounts,
		"Tombstones":             tombstones,
		"LastErasureCounts":      tombstoneAgain,
		"LedgerEntries":          eraseEntries,
		"LedgerEntriesOfOthers":  eraseEntriesOfOthers,
		"LedgerEntryAboutTwo":    eraseEntryAboutTwo,
		"ErasedAreNotInTheIndex": eraseFromIndex,
	}
}

func (s *site) erase(t *testing.T, id selvedge.AccountID, m contact.Mark, at time.Time) {
	t.Helper()
	s.update(t, func(ctx context.Context, tx selvedge.Tx) error { return s.Contacts.EraseAccount(ctx, tx, id, m, at) })
}

func (s *site) erased(t *testing.T, ms ...contact.Mark) map[contact.Mark]time.Time {
	t.Helper()
	return read(t, s, func(ctx context.Context, tx selvedge.Tx) (map[contact.Mark]time.Time, error) {
		return s.Contacts.Erased(ctx, tx, ms)
	})
}

// known makes an account with a contact point, a grant, an end, an objection and
// a past.
func (s *site) known(t *testing.T, platformID string) (*contact.Account, contact.AdsGrant) {
	t.Helper()
	a := s.newAccount(t, platformID)
	g := s.grant(t, a, "offers", start)
	s.end(t, contact.End{Contact: g.Contact, Purpose: twoAds.List()[0], At: start, Reason: contact.Withdrawn})
	s.object(t, a.ID, all)
	s.clock.Add(time.Hour)
	changed := *a
	changed.State = contact.Deactivated
	s.putAccounts(t, &changed)
	return a, g
}

func eraseLeavesNothing(t *testing.T, s *site) {
	a, _ := s.known(t, "u")
	s.erase(t, a.ID, contact.Mark{1}, start)
	same(t, "account", map[string]contact.Account{}, s.accounts(t, "u"))
	same(t, "points", []contact.Point(nil), s.points(t, a.ID))
	same(t, "grants", []contact.AdsGrant(nil), s.grants(t, a.ID))
	same(t, "ends", []contact.End(nil), s.ends(t, a.ID))
	same(t, "objections", []contact.Objection(nil), s.objections(t, a.ID))
	same(t, "history", []Moment(nil), s.History(t, a.ID))
	same(t, "owners", []contact.Owner(nil), read(t, s, func(ctx context.Context, tx selvedge.Tx) (out []contact.Owner, err error) {
		err = s.Contacts.Owners(ctx, tx, roaring.BitmapOf(1), func(o contact.Owner) error { out = append(out, o); return nil })
		return out, err
	}))
}

func eraseLeavesOthers(t *testing.T, s *site) {
	a, _ := s.known(t, "u")
	b, g := s.known(t, "v")
	points, ends, past := s.points(t, b.ID), s.ends(t, b.ID), s.History(t, b.ID)
	s.erase(t, a.ID, contact.Mark{1}, start)
	if len(points) != 1 || len(ends) != 1 || len(past) != 2 {
		t.Fatalf("%d points, %d ends, %d moments", len(points), len(ends), len(past))
	}
	same(t, "points", points, s.points(t, b.ID))
	same(t, "ends", ends, s.ends(t, b.ID))
	same(t, "history", past, s.History(t, b.ID))
	same(t, "objections", []contact.Objection{all}, s.objections(t, b.ID))
	if got := s.grants(t, b.ID); len(got) != 1 || got[0].Ordinal != g.Ordinal {
		t.Errorf("grants: %+v", got)
	}
}

// eraseKeepsNumbers: the numbers of the one that came last are not given again.
func eraseKeepsNumbers(t *testing.T, s *site) {
	a, g := s.known(t, "u")
	s.erase(t, a.ID, contact.Mark{1}, start)
	b, h := s.known(t, "v")
	if b.ID <= a.ID || h.Contact <= g.Contact || h.Ordinal != g.Ordinal+1 || h.Person != g.Person+1 {
		t.Errorf("account %d after %d, contact point %d after %d, ordinal %d after %d, person %d after %d",
			b.ID, a.ID, h.Contact, g.Contact, h.Ordinal, g.Ordinal, h.Person, g.Person)
	}
}

func eraseKeepsCounts(t *testing.T, s *site) {
	a, b := s.newAccount(t, "u"), s.newAccount(t, "v")
	s.grant(t, a, "offers", start)
	s.grant(t, a, "partners", start)
	s.grant(t, b, "offers", start)
	count := func(ordinals ...uint32) [2]int64 {
		return read(t, s, func(ctx context.Context, tx selvedge.Tx) (out [2]int64, err error) {
			out[0], out[1], err = s.Contacts.CountPeople(ctx, tx, roaring.BitmapOf(ordinals...))
			return out, err
		})
	}
	same(t, "before", [2]int64{2, 0}, count(1, 2, 3, 4))
	s.erase(t, a.ID, contact.Mark{1}, start)
	same(t, "after", [2]int64{2, 1}, count(1, 2, 3, 4))
	same(t, "one of the erased", [2]int64{1, 1}, count(2))
	same(t, "the one that is there", [2]int64{1, 0}, count(3))
	same(t, "nobody", [2]int64{0, 0}, count(4, 5))
}

func tombstones(t *testing.T, s *site) {
	a, b := s.newAccount(t, "u"), s.newAccount(t, "v")
	marks := []contact.Mark{{1}, {2}, {0, 1}}
	any := func() bool { return read(t, s, s.Contacts.AnyErased) }
	if any() {
		t.Error("somebody was erased before anybody was")
	}
	same(t, "before", map[contact.Mark]time.Time{}, s.erased(t, marks...))
	s.erase(t, a.ID, marks[0], times[0])
	s.erase(t, b.ID, marks[1], times[1])
	same(t, "after", map[contact.Mark]time.Time{marks[0]: times[0], marks[1]: times[1]}, s.erased(t, marks...))
	if !any() {
		t.Error("nobody was erased")
	}
	same(t, "asked for one", map[contact.Mark]time.Time{marks[1]: times[1]}, s.erased(t, marks[1]))
	same(t, "asked for none", map[contact.Mark]time.Time{}, s.erased(t))
	var many []contact.Mark
	for i := range 3000 {
		many = append(many, contact.Mark{9, byte(i), byte(i >> 8)})
	}
	same(t, "among many", map[contact.Mark]time.Time{marks[0]: times[0]}, s.erased(t, append(many, marks[0])...))
}

// tombstoneAgain: an account that came back, and was erased again.
func tombstoneAgain(t *testing.T, s *site) {
	s.erase(t, s.newAccount(t, "u").ID, contact.Mark{1}, start)
	later := start.Add(time.Hour)
	s.erase(t, s.newAccount(t, "u").ID, contact.Mark{1}, later)
	same(t, "erased at", map[contact.Mark]time.Time{{1}: later}, s.erased(t, contact.Mark{1}))
}

func (s *site) enter(t *testing.T, space ledger.Space, about ...selvedge.AccountID) {
	t.Helper()
	s.update(t, func(ctx context.Context, tx selvedge.Tx) error {
		return s.Outbox.Append(ctx, tx, ledger.Entry{
			Space: space, Kind: ledger.StaffLookup, Actor: selvedge.Operator("anna"), About: about, Body: map[string]any{"about": about},
		})
	})
}

func (s *site) eraseEntries(t *testing.T, id selvedge.AccountID) (refs []ledger.Ref) {
	t.Helper()
	s.update(t, func(ctx context.Context, tx selvedge.Tx) (err error) {
		refs, err = s.Eraser.Erase(ctx, tx, id)
		return err
	})
	return refs
}

// gone returns which entries of a space have no salt and no body.
func (s *site) gone(t *testing.T, space ledger.Space) (out []int64) {
	t.Helper()
	records := read(t, s, func(ctx context.Context, tx selvedge.Tx) ([]ledger.Record, error) {
		return s.Records.Records(ctx, tx, space, 0, 100)
	})
	for _, r := range records {
		if (r.Body == nil) != r.IsErased() {
			t.Errorf("entry %d is erased in part", r.Seq)
		}
		if r.IsErased() {
			out = append(out, r.Seq)
		}
		if r.Commitment == ([32]byte{}) {
			t.Errorf("entry %d has no commitment", r.Seq)
		}
	}
	return out
}

func eraseEntries(t *testing.T, s *site) {
	s.enter(t, ledger.Registry, 7)
	s.enter(t, ledger.Registry)
	s.enter(t, ledger.Ads, 7)
	s.enter(t, ledger.Registry, 7)
	same(t, "named", []ledger.Ref{{Space: ledger.Ads, Seq: 1}, {Space: ledger.Registry, Seq: 1}, {Space: ledger.Registry, Seq: 3}}, s.eraseEntries(t, 7))
	same(t, "registry", []int64{1, 3}, s.gone(t, ledger.Registry))
	same(t, "ads", []int64{1}, s.gone(t, ledger.Ads))
	same(t, "named again", []ledger.Ref(nil), s.eraseEntries(t, 7))
}

func eraseEntriesOfOthers(t *testing.T, s *site) {
	s.enter(t, ledger.Registry, 7)
	s.enter(t, ledger.Registry, 8)
	same(t, "named", []ledger.Ref{{Space: ledger.Registry, Seq: 2}}, s.eraseEntries(t, 8))
	same(t, "gone", []int64{2}, s.gone(t, ledger.Registry))
}

func eraseEntryAboutTwo(t *testing.T, s *site) {
	s.enter(t, ledger.Registry, 7, 8)
	ref := []ledger.Ref{{Space: ledger.Registry, Seq: 1}}
	same(t, "by the first", ref, s.eraseEntries(t, 7))
	same(t, "by the second", ref, s.eraseEntries(t, 8))
	same(t, "gone", []int64{1}, s.gone(t, ledger.Registry))
}

func eraseFromIndex(t *testing.T, s *site) {
	a, _ := s.known(t, "u")
	s.erase(t, a.ID, contact.Mark{1}, start)
	same(t, "states", []index.State(nil), s.states(t, roaring.BitmapOf(1)))
	same(t, "objections", []taken(nil), s.taken(t, 1))
}
