package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/prompt"
	"github.com/selvedge/selvedge/purpose"
)

func grantCases() map[string]func(*testing.T, *site) {
	return map[string]func(*testing.T, *site){
		"ComeBackAsTheyWere":      grantsComeBack,
		"OrdinalsFromOne":         grantOrdinals,
		"OfContactPoints":         grantsOfPoints,
		"EndedOfContactPoints":    grantsEndedOf,
		"ManyAtOnce":              grantsManyAtOnce,
		"PersonOfAnAccount":       grantPerson,
		"OthersLeaveNoTrace":      grantOthersLeaveNoTrace,
		"NumbersOfARolledBack":    grantRolledBack,
		"EndIsFinal":              grantEnd,
		"EndOfOtherPurposes":      grantEndOther,
		"Owners":                  grantOwners,
		"LiveOutsidePurposes":     grantLiveOutside,
		"OnlyAdsPurposes":         grantOnlyAds,
		"OneForEachContactPoint":  grantOnce,
		"EndReasonsAreTheTwo":     grantEndReasons,
		"EndsOfWhatHasNoOrdinals": grantEndWithoutOrdinal,
	}
}

var (
	everyAds = purpose.Matchable
	twoAds   = purpose.Of(purpose.AdsMatchAdvertiser, purpose.AdsSuppress)
)

// grant gives an account a verified contact point from a prompt that grants two
// ads purposes, with its ordinal.
func (s *site) grant(t *testing.T, a *contact.Account, id string, givenAt time.Time) contact.AdsGrant {
	t.Helper()
	p := point(a.ID, 1)
	p.Prompt, p.GivenAt = s.ref(t, prompt.Name{ID: id, Version: 1}), givenAt
	p.Purposes, p.VerifiedAt, p.VerifiedBy = twoAds, givenAt, "code"
	if !s.insertPoint(t, p) {
		t.Fatal("the contact point is there already")
	}
	g := contact.AdsGrant{
		Contact: p.ID, Account: a.ID, Person: a.Person, Purposes: twoAds, Live: twoAds, ExpiresAt: givenAt.AddDate(0, 13, 0), Import: 1,
	}
	s.insertGrant(t, &g)
	a.Person = g.Person
	return g
}

func (s *site) insertGrant(t *testing.T, g *contact.AdsGrant) {
	t.Helper()
	s.update(t, func(ctx context.Context, tx selvedge.Tx) error {
		return s.Contacts.InsertAdsGrants(ctx, tx, []*contact.AdsGrant{g})
	})
}

func (s *site) grants(t *testing.T, id selvedge.AccountID) []contact.AdsGrant {
	t.Helper()
	return read(t, s, func(ctx context.Context, tx selvedge.Tx) ([]contact.AdsGrant, error) {
		return s.Contacts.AdsGrants(ctx, tx, id)
	})
}

func (s *site) ends(t *testing.T, id selvedge.AccountID) []contact.End {
	t.Helper()
	return read(t, s, func(ctx context.Context, tx selvedge.Tx) ([]contact.End, error) { return s.Contacts.Ends(ctx, tx, id) })
}

func (s *site) end(t *testing.T, ends ...contact.End) {
	t.Helper()
	s.update(t, func(ctx context.Context, tx selvedge.Tx) error { return s.Contacts.EndGrants(ctx, tx, ends) })
}

func (s *site) newAccount(t *testing.T, platformID string) *contact.Account {
	t.Helper()
	a := adult(platformID)
	s.putAccounts(t, a)
	return a
}

func grantsComeBack(t *testing.T, s *site) {
	a := s.newAccount(t, "u")
	var want []contact.AdsGrant
	for i, at := range times {
		g := contact.AdsGrant{
			Contact: selvedge.ContactID(100 - i), Account: a.ID, Person: a.Person, Purposes: everyAds, Live: twoAds, ExpiresAt: at, Import: contact.ImportID(i),
		}
		s.insertGrant(t, &g)
		a.Person = g.Person
		want = append(want, g)
	}
	same(t, "grants", want, s.grants(t, a.ID))
	if n := len(s.grants(t, a.ID+1)); n != 0 {
		t.Errorf("another account has %d", n)
	}
}

func grantsOfPoints(t *testing.T, s *site) {
	of := func(ids ...selvedge.ContactID) map[selvedge.ContactID]contact.AdsGrant {
		return read(t, s, func(ctx context.Context, tx selvedge.Tx) (map[selvedge.ContactID]contact.AdsGrant, error) {
			return s.Contacts.AdsGrantsOf(ctx, tx, ids)
		})
	}
	a, b := s.newAccount(t, "u"), s.newAccount(t, "v")
	g, h, other := s.grant(t, a, "offers", start), s.grant(t, b, "offers", start), s.grant(t, a, "letters", start)
	s.end(t, contact.End{Contact: g.Contact, Purpose: purpose.AdsSuppress, At: start, Reason: contact.Withdrawn})
	g.Live = purpose.Of(purpose.AdsMatchAdvertiser)
	same(t, "grants of two", map[selvedge.ContactID]contact.AdsGrant{g.Contact: g, h.Contact: h}, of(h.Contact, g.Contact, g.Contact, other.Contact+1))
	same(t, "grants of none", map[selvedge.ContactID]contact.AdsGrant{}, of())
}

func grantsEndedOf(t *testing.T, s *site) {
	of := func(ids ...selvedge.ContactID) map[selvedge.ContactID]purpose.Set {
		return read(t, s, func(ctx context.Context, tx selvedge.Tx) (map[selvedge.ContactID]purpose.Set, error) {
			return s.Contacts.EndedOf(ctx, tx, ids)
		})
	}
	a := s.newAccount(t, "u")
	g, h, other := s.grant(t, a, "offers", start), s.grant(t, a, "letters", start), s.grant(t, a, "news", start)
	for _, id := range []selvedge.ContactID{g.Contact, other.Contact, 1000} { // one that has no ordinal ends too
		s.end(t, contact.End{Contact: id, Purpose: purpose.AdsSuppress, At: start, Reason: contact.Withdrawn},
			contact.End{Contact: id, Purpose: purpose.MktEmail, At: start, Reason: contact.Expired})
	}
	both := purpose.Of(purpose.AdsSuppress, purpose.MktEmail)
	same(t, "ended of three", map[selvedge.ContactID]purpose.Set{g.Contact: both, 1000: both}, of(g.Contact, h.Contact, 1000))
	same(t, "ended of none", map[selvedge.ContactID]purpose.Set{}, of())
}

func grantOrdinals(t *testing.T, s *site) {
	a, b := s.newAccount(t, "u"), s.newAccount(t, "v")
	for want := selvedge.Ordinal(1); want <= 6; want++ {
		who := a
		if want%2 == 0 {
			who = b
		}
		g := s.grant(t, who, "offers", start.Add(time.Duration(want)*time.Microsecond))
		if want > 3 { // what ended keeps its ordinal
			s.end(t, contact.End{Contact: g.Contact, Purpose: purpose.AdsSuppress, At: start, Reason: contact.Withdrawn},
				contact.End{Contact: g.Contact, Purpose: purpose.AdsMatchAdvertiser, At: start, Reason: contact.Withdrawn})
		}
		if g.Ordinal != want {
			t.Errorf("ordinal %d, want %d", g.Ordinal, want)
		}
		s.clock.Add(time.Second)
	}
}

// grantsManyAtOnce brings more than fit one statement, of accounts that take
// turns: ordinals in order, and one person for each account.
func grantsManyAtOnce(t *testing.T, s *site) {
	s.update(t, func(ctx context.Context, tx selvedge.Tx) error { return s.Contacts.InsertAdsGrants(ctx, tx, nil) })
	known := s.newAccount(t, "known")
	s.grant(t, known, "offers", start)
	accounts := []*contact.Account{s.newAccount(t, "u"), known, s.newAccount(t, "v")}
	var gs []*contact.AdsGrant
	want := map[selvedge.AccountID][]contact.AdsGrant{}
	for i := range 230 {
		a := accounts[i%len(accounts)]
		gs = append(gs, &contact.AdsGrant{Contact: selvedge.ContactID(1000 - i), Account: a.ID, Person: a.Person, Purposes: twoAds, Live: twoAds, ExpiresAt: start, Import: 1})
	}
	s.update(t, func(ctx context.Context, tx selvedge.Tx) error { return s.Contacts.InsertAdsGrants(ctx, tx, gs) })
	for i, g := range gs {
		if person := []selvedge.Person{2, 1, 3}[i%3]; g.Ordinal != selvedge.Ordinal(i+2) || g.Person != person {
			t.Fatalf("grant %d has ordinal %d and person %d, want %d and %d", i, g.Ordinal, g.Person, i+2, person)
		}
		want[g.Account] = append(want[g.Account], *g)
	}
	for _, a := range []*contact.Account{accounts[0], accounts[2]} {
		same(t, a.PlatformID, want[a.ID], s.grants(t, a.ID))
	}
	if got := s.accounts(t, "u", "v"); got["u"].Person != 2 || got["v"].Person != 3 {
		t.Errorf("the accounts' persons are %d and %d, want 2 and 3", got["u"].Person, got["v"].Person)
	}
}

func grantPerson(t *testing.T, s *site) {
	a, b := s.newAccount(t, "u"), s.newAccount(t, "v")
	if p := s.accounts(t, "u")["u"].Person; p != 0 {
		t.Errorf("person %d before the first ordinal", p)
	}
	first := s.grant(t, b, "offers", start)
	second := s.grant(t, a, "offers", start)
	third := s.grant(t, b, "partners", start)
	if first.Person != 1 || second.Person != 2 || third.Person != 1 {
		t.Errorf("persons %d, %d, %d, want 1, 2, 1", first.Person, second.Person, third.Person)
	}
	got := s.accounts(t, "u", "v")
	if got["u"].Person != 2 || got["v"].Person != 1 {
		t.Errorf("the accounts' persons are %d and %d, want 2 and 1", got["u"].Person, got["v"].Person)
	}
	// A caller that has forgotten that the account has one must not give it
	// another: two numbers would count one person twice.
	s.refused(t, "a second person", func(ctx context.Context, tx selvedge.Tx) error {
		return s.Contacts.InsertAdsGrants(ctx, tx, []*contact.AdsGrant{{Contact: 99, Account: a.ID, Purposes: twoAds, Live: twoAds, ExpiresAt: start, Import: 1}})
	})
}

// grantOthersLeaveNoTrace adds accounts and contact points without ads grants
// between the others: ordinals and person numbers are as if they were not there.
func grantOthersLeaveNoTrace(t *testing.T, s *site) {
	for i := range 5 {
		for j := range i {
			other := s.newAccount(t, string(rune('A'+i))+string(rune('a'+j)))
			p := point(other.ID, 1)
			p.Purposes = purpose.Of(purpose.Sec2FA)
			s.insertPoint(t, p)
			s.end(t, contact.End{Contact: p.ID, Purpose: purpose.Sec2FA, At: start, Reason: contact.Withdrawn})
		}
		g := s.grant(t, s.newAccount(t, string(rune('a'+i))), "offers", start)
		if g.Ordinal != selvedge.Ordinal(i+1) || g.Person != selvedge.Person(i+1) {
			t.Errorf("ordinal %d and person %d, want %d of both", g.Ordinal, g.Person, i+1)
		}
	}
	if head := read(t, s, s.Changes.Head); head != 0 {
		t.Errorf("the change log is at %d", head)
	}
}

func grantRolledBack(t *testing.T, s *site) {
	a := s.newAccount(t, "u")
	undo := errors.New("undo")
	g := contact.AdsGrant{Contact: 1, Account: a.ID, Purposes: twoAds, Live: twoAds, ExpiresAt: start, Import: 1}
	err := s.refused(t, "undone", func(ctx context.Context, tx selvedge.Tx) error {
		if err := s.Contacts.InsertAdsGrants(ctx, tx, []*contact.AdsGrant{&g}); err != nil {
			return err
		}
		return undo
	})
	if err != undo {
		t.Fatal(err)
	}
	if p := s.accounts(t, "u")["u"].Person; p != 0 {
		t.Errorf("the account has person %d", p)
	}
	if g := s.grant(t, a, "offers", start); g.Ordinal != 1 || g.Person != 1 {
		t.Errorf("ordinal %d and person %d, want 1 of both: nothing was given", g.Ordinal, g.Person)
	}
}

// grantEnd ends one purpose of one contact point. Ending it again, for another
// reason at another time, leaves it as it ended.
func grantEnd(t *testing.T, s *site) {
	a := s.newAccount(t, "u")
	g := s.grant(t, a, "offers", start)
	other := s.grant(t, a, "partners", start)
	first := contact.End{Contact: g.Contact, Purpose: purpose.AdsSuppress, At: start.Add(time.Microsecond), Reason: contact.Withdrawn}
	s.end(t, first)
	g.Live = purpose.Of(purpose.AdsMatchAdvertiser)
	same(t, "grants", []contact.AdsGrant{g, other}, s.grants(t, a.ID))
	same(t, "ends", []contact.End{first}, s.ends(t, a.ID))

	second := contact.End{Contact: g.Contact, Purpose: purpose.AdsMatchAdvertiser, At: start, Reason: contact.Expired}
	s.end(t, contact.End{Contact: g.Contact, Purpose: purpose.AdsSuppress, At: start.Add(time.Hour), Reason: contact.Expired}, second)
	g.Live = 0
	same(t, "grants", []contact.AdsGrant{g, other}, s.grants(t, a.ID))
	same(t, "ends", []contact.End{second, first}, s.ends(t, a.ID))
	if n := len(s.ends(t, a.ID+1)); n != 0 {
		t.Errorf("another account has %d ends", n)
	}
}

// grantEndOther ends purposes that are not ads: the ordinal is as it was.
func grantEndOther(t *testing.T, s *site) {
	a := s.newAccount(t, "u")
	g := s.grant(t, a, "offers", start)
	var want []contact.End
	for _, p := range purpose.All() {
		if !p.Matchable() {
			want = append(want, contact.End{Contact: g.Contact, Purpose: p, At: start, Reason: contact.Withdrawn})
		}
	}
	s.end(t, want...)
	same(t, "grants", []contact.AdsGrant{g}, s.grants(t, a.ID))
	same(t, "ends", want, s.ends(t, a.ID))
}

func grantOwners(t *testing.T, s *site) {
	a, b := s.newAccount(t, "u"), s.newAccount(t, "v")
	var all []contact.Owner
	for i := range 6 {
		who := a
		if i%2 == 1 {
			who = b
		}
		given := start.Add(time.Duration(i) * time.Microsecond)
		g := s.grant(t, who, "offers", given)
		all = append(all, contact.Owner{Ordinal: g.Ordinal, Contact: g.Contact, PlatformID: who.PlatformID, GivenAt: given})
	}
	owners := func(ordinals ...uint32) []contact.Owner {
		return read(t, s, func(ctx context.Context, tx selvedge.Tx) (out []contact.Owner, err error) {
			err = s.Contacts.Owners(ctx, tx, roaring.BitmapOf(ordinals...), func(o contact.Owner) error {
				out = append(out, o)
				return nil
			})
			return out, err
		})
	}
	same(t, "some, and some that were not given", []contact.Owner{all[1], all[2], all[5]}, owners(6, 2, 3, 7, 1_000_000, 1<<32-1, 0))
	same(t, "none", []contact.Owner(nil), owners())
	mine, calls := errors.New("mine"), 0
	err := s.Tx.View(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		return s.Contacts.Owners(ctx, tx, roaring.BitmapOf(1, 2, 3), func(contact.Owner) error { calls++; return mine })
	})
	if err != mine || calls != 1 {
		t.Errorf("error %v after %d calls, want fn's own after 1", err, calls)
	}
}

func (s *site) refuseGrant(t *testing.T, what string, purposes, live purpose.Set) {
	t.Helper()
	a := s.newAccount(t, what)
	s.refused(t, what, func(ctx context.Context, tx selvedge.Tx) error {
		return s.Contacts.InsertAdsGrants(ctx, tx, []*contact.AdsGrant{{Contact: 1, Account: a.ID, Purposes: purposes, Live: live, ExpiresAt: start, Import: 1}})
	})
	if n := len(s.grants(t, a.ID)); n != 0 {
		t.Errorf("%s: kept", what)
	}
}

func grantLiveOutside(t *testing.T, s *site) {
	s.refuseGrant(t, "live beyond what was granted", purpose.Of(purpose.AdsSuppress), twoAds)
	s.refuseGrant(t, "live for security", twoAds, twoAds|purpose.Of(purpose.Sec2FA))
}

func grantOnlyAds(t *testing.T, s *site) {
	s.refuseGrant(t, "nothing granted", 0, 0)
	for _, p := range purpose.All() {
		if !p.Matchable() {
			s.refuseGrant(t, p.String()+" alone", purpose.Of(p), 0)
			s.refuseGrant(t, p.String()+" beside ads", purpose.Of(p)|twoAds, twoAds)
		}
	}
}

func grantOnce(t *testing.T, s *site) {
	a := s.newAccount(t, "u")
	g := s.grant(t, a, "offers", start)
	s.refused(t, "a second ordinal of one contact point", func(ctx context.Context, tx selvedge.Tx) error {
		again := g
		return s.Contacts.InsertAdsGrants(ctx, tx, []*contact.AdsGrant{&again})
	})
	same(t, "grants", []contact.AdsGrant{g}, s.grants(t, a.ID))
}

func grantEndReasons(t *testing.T, s *site) {
	a := s.newAccount(t, "u")
	g := s.grant(t, a, "offers", start)
	s.refused(t, "no reason", func(ctx context.Context, tx selvedge.Tx) error {
		return s.Contacts.EndGrants(ctx, tx, []contact.End{{Contact: g.Contact, Purpose: purpose.AdsSuppress, At: start, Reason: "lost"}})
	})
	same(t, "grants", []contact.AdsGrant{g}, s.grants(t, a.ID))
}

// grantEndWithoutOrdinal ends what an unverified contact point was given for:
// the end is kept, for when it is verified.
func grantEndWithoutOrdinal(t *testing.T, s *site) {
	a := s.newAccount(t, "u")
	p := point(a.ID, 1)
	s.insertPoint(t, p)
	e := contact.End{Contact: p.ID, Purpose: purpose.AdsSuppress, At: start, Reason: contact.Withdrawn}
	s.end(t, e)
	same(t, "ends", []contact.End{e}, s.ends(t, a.ID))
	if n := len(s.grants(t, a.ID)); n != 0 {
		t.Errorf("%d grants", n)
	}
}
