package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/purpose"
)

func objectionCases() map[string]func(*testing.T, *site) {
	return map[string]func(*testing.T, *site){
		"ComeBackInOrder":     objectionsComeBack,
		"OneStandsAtATime":    objectionOnce,
		"LiftedOnce":          objectionLiftedOnce,
		"OfOneAccount":        objectionOfOne,
		"WrongWords":          objectionWrongWords,
		"WhatTheIndexIsTold":  objectionsIndexed,
		"LiftedIsNotToldAnew": objectionLiftedIndexed,
	}
}

var (
	all     = contact.Objection{Scope: contact.ScopeAll, MadeAt: start}
	address = contact.Objection{Scope: contact.ScopeAddress, Handle: contact.Handle{1}, MadeAt: start}
	harrow  = contact.Objection{Scope: contact.ScopeOrg, Org: "org_harrow", MadeAt: start}
)

func (s *site) object(t *testing.T, id selvedge.AccountID, o contact.Objection) (made bool) {
	t.Helper()
	s.update(t, func(ctx context.Context, tx selvedge.Tx) (err error) {
		made, err = s.Contacts.Object(ctx, tx, id, o)
		return err
	})
	return made
}

func (s *site) lift(t *testing.T, id selvedge.AccountID, o contact.Objection) (lifted bool) {
	t.Helper()
	s.update(t, func(ctx context.Context, tx selvedge.Tx) (err error) {
		lifted, err = s.Contacts.LiftObjection(ctx, tx, id, o)
		return err
	})
	return lifted
}

func (s *site) objections(t *testing.T, id selvedge.AccountID) []contact.Objection {
	t.Helper()
	return read(t, s, func(ctx context.Context, tx selvedge.Tx) ([]contact.Objection, error) {
		return s.Contacts.Objections(ctx, tx, id)
	})
}

func objectionsComeBack(t *testing.T, s *site) {
	a := s.newAccount(t, "u")
	var want []contact.Objection
	for i, o := range []contact.Objection{
		harrow, all,
		{Scope: contact.ScopeSignal},
		address,
		{Scope: contact.ScopePartners},
		{Scope: contact.ScopeOrg, Org: "ORG_HARROW"},
		{Scope: contact.ScopeAddress, Handle: contact.Handle{2}},
	} {
		o.MadeAt = times[i%len(times)]
		if !s.object(t, a.ID, o) {
			t.Errorf("objection %d was there", i)
		}
		want = append(want, o)
	}
	same(t, "objections", want, s.objections(t, a.ID))
}

func objectionOnce(t *testing.T, s *site) {
	a := s.newAccount(t, "u")
	for _, o := range []contact.Objection{all, address, harrow} {
		again := o
		again.MadeAt = start.Add(time.Hour)
		if !s.object(t, a.ID, o) || s.object(t, a.ID, again) {
			t.Errorf("%s: the second is new too, or the first is not", o.Scope)
		}
	}
	same(t, "objections", []contact.Objection{all, address, harrow}, s.objections(t, a.ID))
}

func objectionLiftedOnce(t *testing.T, s *site) {
	a := s.newAccount(t, "u")
	for _, o := range []contact.Objection{all, address, harrow} {
		o.LiftedAt = start.Add(time.Hour)
		if s.lift(t, a.ID, o) {
			t.Errorf("%s: one that nobody made was lifted", o.Scope)
		}
		s.object(t, a.ID, o)
		if got := s.objections(t, a.ID); !got[len(got)-1].LiftedAt.IsZero() {
			t.Errorf("%s: made and lifted at once", o.Scope)
		}
		later := o
		later.LiftedAt = start.Add(2 * time.Hour)
		if !s.lift(t, a.ID, o) || s.lift(t, a.ID, later) {
			t.Errorf("%s: lifted twice, or never", o.Scope)
		}
		got := s.objections(t, a.ID)
		same(t, "lifted", o, got[len(got)-1])
		if again := o; !s.object(t, a.ID, again) {
			t.Errorf("%s: not made again", o.Scope)
		}
	}
	if n := len(s.objections(t, a.ID)); n != 6 {
		t.Errorf("%d objections, of which three were lifted", n)
	}
}

func objectionOfOne(t *testing.T, s *site) {
	a, b := s.newAccount(t, "u"), s.newAccount(t, "v")
	s.object(t, a.ID, all)
	if s.lift(t, b.ID, all) {
		t.Error("another account's was lifted")
	}
	same(t, "the other's", []contact.Objection(nil), s.objections(t, b.ID))
	same(t, "its own", []contact.Objection{all}, s.objections(t, a.ID))
}

func objectionWrongWords(t *testing.T, s *site) {
	a := s.newAccount(t, "u")
	for what, o := range map[string]contact.Objection{
		"no scope":               {},
		"another scope":          {Scope: "everybody"},
		"an org without a name":  {Scope: contact.ScopeOrg},
		"an org beside":          {Scope: contact.ScopeAll, Org: "org_harrow"},
		"an org with an address": {Scope: contact.ScopeAddress, Handle: contact.Handle{1}, Org: "org_harrow"},
	} {
		o.MadeAt = start
		s.refused(t, what, func(ctx context.Context, tx selvedge.Tx) error {
			_, err := s.Contacts.Object(ctx, tx, a.ID, o)
			return err
		})
	}
	same(t, "objections", []contact.Objection(nil), s.objections(t, a.ID))
}

// taken is one line of what the index is told.
type taken struct {
	Ordinal  selvedge.Ordinal
	Purposes purpose.Set
	Org      selvedge.OrgID
}

func (s *site) taken(t *testing.T, ordinals ...uint32) []taken {
	t.Helper()
	return read(t, s, func(ctx context.Context, tx selvedge.Tx) (out []taken, err error) {
		err = s.Index.Objections(ctx, tx, roaring.BitmapOf(ordinals...), func(o selvedge.Ordinal, ps purpose.Set, org selvedge.OrgID) error {
			out = append(out, taken{o, ps, org})
			return nil
		})
		return out, err
	})
}

// objectionsIndexed: an objection to an address is about that address alone, the
// others about every ordinal of the account, and none about another account's.
func objectionsIndexed(t *testing.T, s *site) {
	const both = 1<<purpose.AdsMatchAdvertiser | 1<<purpose.AdsMatchPartner
	a, b := s.newAccount(t, "u"), s.newAccount(t, "v")
	s.grant(t, a, "offers", start)
	p := point(a.ID, 1)
	p.Handle, p.Prompt, p.GivenAt = contact.Handle{9, 9}, 7, start.Add(time.Hour)
	s.insertPoint(t, p)
	s.insertGrant(t, &contact.AdsGrant{Contact: p.ID, Account: a.ID, Person: a.Person, Purposes: twoAds, Live: twoAds, ExpiresAt: start, Import: 1})
	s.grant(t, b, "offers", start)
	same(t, "nobody objects", []taken(nil), s.taken(t, 1, 2, 3))
	s.object(t, a.ID, contact.Objection{Scope: contact.ScopeAddress, Handle: p.Handle, MadeAt: start})
	same(t, "to an address", []taken{{2, both, ""}}, s.taken(t, 1, 2, 3))
	s.object(t, a.ID, harrow)
	s.object(t, b.ID, contact.Objection{Scope: contact.ScopePartners, MadeAt: start})
	want := []taken{{1, both, "org_harrow"}, {2, both, ""}, {2, both, "org_harrow"}, {3, 1 << purpose.AdsMatchPartner, ""}}
	same(t, "to an org too", want, s.taken(t, 1, 2, 3))
	same(t, "of one ordinal", want[1:3], s.taken(t, 2))
	same(t, "of two around it", []taken{want[0], want[3]}, s.taken(t, 1, 3))
}

func objectionLiftedIndexed(t *testing.T, s *site) {
	a := s.newAccount(t, "u")
	s.grant(t, a, "offers", start)
	o := all
	o.LiftedAt = start.Add(time.Hour)
	s.object(t, a.ID, o)
	if len(s.taken(t, 1)) != 1 {
		t.Error("it does not stand")
	}
	s.lift(t, a.ID, o)
	same(t, "lifted", []taken(nil), s.taken(t, 1))
}
