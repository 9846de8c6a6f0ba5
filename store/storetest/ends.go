package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/purpose"
)

func endCases() map[string]func(*testing.T, *site) {
	return map[string]func(*testing.T, *site){
		"AddressEnds":       addressEnds,
		"AddressEndsErased": addressEndsErased,
		"FactsHaveTimes":    accountTimes,
	}
}

func (s *site) endAddress(t *testing.T, e contact.AddressEnd) (news bool) {
	t.Helper()
	s.update(t, func(ctx context.Context, tx selvedge.Tx) (err error) {
		news, err = s.Contacts.EndAddress(ctx, tx, e)
		return err
	})
	return news
}

func (s *site) addressEnds(t *testing.T, ids ...selvedge.AccountID) []contact.AddressEnd {
	t.Helper()
	return read(t, s, func(ctx context.Context, tx selvedge.Tx) ([]contact.AddressEnd, error) {
		return s.Contacts.AddressEnds(ctx, tx, ids)
	})
}

var anyOrder = cmpopts.SortSlices(func(a, b contact.AddressEnd) bool {
	if a.Account != b.Account {
		return a.Account < b.Account
	}
	return string(a.Handle[:])+string(a.Reason)+a.Purposes.String() < string(b.Handle[:])+string(b.Reason)+b.Purposes.String()
})

func addressEnds(t *testing.T, s *site) {
	same(t, "at first", false, read(t, s, s.Contacts.AnyAddressEnd))
	same(t, "of none", 0, len(s.addressEnds(t)))
	e := contact.AddressEnd{Account: 1, Handle: contact.Handle{0: 0xff, 15: 1}, Purposes: twoAds, At: start, Reason: contact.Withdrawn}
	other, part, lost, theirs := e, e, e, e
	other.Handle[1] = 1
	part.Purposes = purpose.Of(purpose.AdsSuppress)
	lost.Reason, lost.At = contact.Lost, times[4]
	theirs.Account = 2
	for _, n := range []contact.AddressEnd{e, other, part, lost, theirs} {
		same(t, "news", true, s.endAddress(t, n))
		same(t, "the same again", false, s.endAddress(t, n))
	}
	same(t, "any", true, read(t, s, s.Contacts.AnyAddressEnd))
	earlier, later := e, e
	earlier.At, later.At = start.Add(-time.Microsecond), start.Add(time.Microsecond)
	same(t, "earlier", false, s.endAddress(t, earlier))
	same(t, "one", []contact.AddressEnd{theirs}, s.addressEnds(t, 2, 9))
	same(t, "all of an account", []contact.AddressEnd{e, other, part, lost}, s.addressEnds(t, 1), anyOrder)
	same(t, "later", true, s.endAddress(t, later))
	same(t, "the latest", []contact.AddressEnd{later, other, part, lost, theirs}, s.addressEnds(t, 1, 2), anyOrder)
	bad := e
	bad.Reason = contact.Expired
	s.refused(t, "no such reason", func(ctx context.Context, tx selvedge.Tx) error {
		_, err := s.Contacts.EndAddress(ctx, tx, bad)
		return err
	})
}

func addressEndsErased(t *testing.T, s *site) {
	a, b := s.newAccount(t, "u"), s.newAccount(t, "v")
	for _, of := range []*contact.Account{a, b} {
		s.endAddress(t, contact.AddressEnd{Account: of.ID, Handle: contact.Handle{1}, Purposes: twoAds, At: start, Reason: contact.Lost})
	}
	s.erase(t, a.ID, contact.Mark{1}, start)
	if left := s.addressEnds(t, a.ID, b.ID); len(left) != 1 || left[0].Account != b.ID {
		t.Errorf("left: %+v", left)
	}
}

// accountTimes keeps since when facts are so, by the platform's clock.
func accountTimes(t *testing.T, s *site) {
	a := adult("u")
	s.putAccounts(t, a)
	same(t, "of a new one", [2]time.Time{start, start}, [2]time.Time{a.AgeAt, a.StateAt})
	s.clock.Add(time.Hour)
	later := *a
	later.Age, later.AgeAt = contact.Minor, start.Add(-time.Minute)
	s.putAccounts(t, &later)
	got := s.accounts(t, "u")["u"]
	same(t, "as it was given", later, got)
	later.AgeAt, later.StateAt = time.Time{}, time.Time{}
	s.clock.Add(time.Hour)
	s.putAccounts(t, &later)
	got = s.accounts(t, "u")["u"]
	now := start.Add(2 * time.Hour)
	same(t, "without a time", [2]time.Time{now, now}, [2]time.Time{got.AgeAt, got.StateAt})
	same(t, "filled in", got, later)
	same(t, "its history", 2, len(s.History(t, a.ID)))
}
