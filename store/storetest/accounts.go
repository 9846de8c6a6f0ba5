package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
)

func accountCases() map[string]func(*testing.T, *site) {
	return map[string]func(*testing.T, *site){
		"ComeBackAsTheyWere": accountsComeBack,
		"IDsByteForByte":     accountIDs,
		"OneOfEachID":        accountOnce,
		"ManyAtOnce":         accountsManyAtOnce,
		"Holders":            accountHolders,
		"NewFacts":           accountFacts,
		"WrongWords":         accountWrongWords,
	}
}

func adult(platformID string) *contact.Account {
	return &contact.Account{PlatformID: platformID, Country: "IT", Age: contact.Adult, State: contact.Active}
}

func (s *site) putAccounts(t *testing.T, as ...*contact.Account) {
	t.Helper()
	s.update(t, func(ctx context.Context, tx selvedge.Tx) error {
		return s.Contacts.PutAccounts(ctx, tx, as, s.clock.Now())
	})
}

func (s *site) accounts(t *testing.T, ids ...string) map[string]contact.Account {
	t.Helper()
	return read(t, s, func(ctx context.Context, tx selvedge.Tx) (map[string]contact.Account, error) {
		return s.Contacts.Accounts(ctx, tx, ids)
	})
}

func accountsComeBack(t *testing.T, s *site) {
	var as []*contact.Account
	var ids []string
	want := map[string]contact.Account{}
	for i, active := range append([]time.Time{{}}, times...) {
		for j, age := range []contact.AgeClass{contact.Adult, contact.Minor, contact.AgeUnknown} {
			a := &contact.Account{
				PlatformID: fmt.Sprintf("%d-%d", i, j), Country: []string{"", "IT", "GB"}[j], Age: age,
				ActiveOn: active, State: []contact.State{contact.Active, contact.Deactivated}[j%2],
			}
			as, ids = append(as, a), append(ids, a.PlatformID)
		}
	}
	s.putAccounts(t, as...)
	seen := map[selvedge.AccountID]bool{}
	for _, a := range as {
		if a.ID == 0 || seen[a.ID] {
			t.Fatalf("account %s got the ID %d", a.PlatformID, a.ID)
		}
		seen[a.ID] = true
		want[a.PlatformID] = *a
	}
	same(t, "accounts, some asked twice, some unknown", want, s.accounts(t, append(append(ids, ids[0]), "nobody", "")...))
	same(t, "no account", map[string]contact.Account{}, s.accounts(t))
}

// accountsManyAtOnce brings more than fit one statement, known and new ones by
// turns.
func accountsManyAtOnce(t *testing.T, s *site) {
	var as []*contact.Account
	var ids []string
	for i := range 230 {
		a := adult(fmt.Sprint(i))
		if i%3 == 0 {
			s.putAccounts(t, a)
			a.Age = contact.Minor
		}
		as, ids = append(as, a), append(ids, a.PlatformID)
	}
	s.clock.Add(time.Hour)
	s.putAccounts(t, as...)
	s.putAccounts(t)
	want := map[string]contact.Account{}
	for i, a := range as {
		want[a.PlatformID] = *a
		if n := len(s.History(t, a.ID)); n != 1+(3-i%3)/3 {
			t.Errorf("account %d has a history of %d", i, n)
		}
	}
	same(t, "accounts", want, s.accounts(t, ids...))
}

// accountHolders asks for accounts with and without an ordinal, some twice.
func accountHolders(t *testing.T, s *site) {
	of := func(ids ...string) map[string]contact.Holder {
		return read(t, s, func(ctx context.Context, tx selvedge.Tx) (map[string]contact.Holder, error) {
			return s.Contacts.Holders(ctx, tx, ids)
		})
	}
	want := map[string]contact.Holder{}
	for i, id := range texts {
		a := s.newAccount(t, id)
		if i%2 == 0 {
			s.grant(t, a, "offers", start)
		}
		want[id] = contact.Holder{Account: a.ID, Person: a.Person}
	}
	same(t, "holders", want, of(append(append([]string{"nobody"}, texts...), texts...)...))
	same(t, "holders of none", map[string]contact.Holder{}, of())
}

func accountIDs(t *testing.T, s *site) {
	for i, id := range texts {
		a := adult(id)
		a.Country = fmt.Sprint(i)
		s.putAccounts(t, a)
	}
	got := s.accounts(t, texts...)
	for i, id := range texts {
		if a := got[id]; a.PlatformID != id || a.Country != fmt.Sprint(i) {
			t.Errorf("asked for %q, got %q", id, a.PlatformID)
		}
	}
}

func accountOnce(t *testing.T, s *site) {
	s.putAccounts(t, adult("u"))
	before := s.accounts(t, "u")
	s.refused(t, "a second account of one platform id", func(ctx context.Context, tx selvedge.Tx) error {
		return s.Contacts.PutAccounts(ctx, tx, []*contact.Account{adult("v"), adult("u")}, start)
	})
	same(t, "after a batch that failed", before, s.accounts(t, "u", "v"))
}

// accountFacts changes what is known of an account. What an import does not
// tell (person, platform id) stays, whatever stands in the argument.
func accountFacts(t *testing.T, s *site) {
	a := adult("u")
	s.putAccounts(t, a)
	g := s.grant(t, a, "offers", start)
	s.clock.Add(time.Hour)
	changed := contact.Account{
		ID: a.ID, PlatformID: "other", Country: "", Age: contact.AgeUnknown, State: contact.Deactivated, ActiveOn: start.Add(time.Hour),
		Person: 77,
	}
	s.putAccounts(t, &changed)
	want := changed
	want.PlatformID, want.Person = "u", g.Person
	same(t, "the account", map[string]contact.Account{"u": want}, s.accounts(t, "u", "other"))
	same(t, "its history", []Moment{
		{start, "IT", contact.Adult, contact.Active},
		{start.Add(time.Hour), "", contact.AgeUnknown, contact.Deactivated},
	}, s.History(t, a.ID))
}

func accountWrongWords(t *testing.T, s *site) {
	known := adult("known")
	s.putAccounts(t, known)
	for what, spoil := range map[string]func(*contact.Account){
		"age":      func(a *contact.Account) { a.Age = "old" },
		"zero age": func(a *contact.Account) { a.Age = "" },
		"state":    func(a *contact.Account) { a.State = "suspended" },
		"no state": func(a *contact.Account) { a.State = "" },
	} {
		for _, a := range []*contact.Account{adult("new"), adult("known")} {
			if a.PlatformID == "known" {
				a.ID = known.ID
			}
			spoil(a)
			s.refused(t, what, func(ctx context.Context, tx selvedge.Tx) error {
				return s.Contacts.PutAccounts(ctx, tx, []*contact.Account{a}, start)
			})
		}
	}
	same(t, "accounts", map[string]contact.Account{"known": *known}, s.accounts(t, "known", "new"))
}
