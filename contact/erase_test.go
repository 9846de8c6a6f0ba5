package contact_test

import (
	"strings"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/purpose"
)

// TestErase: nothing of the person is left in any table, nobody else loses
// anything, and no list reaches what there was.
func TestErase(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.load(t, adults("u1", "u2"), given("u1", jane, "offers", 9)+given("u1", joe, "two-factor", 8)+given("u2", jane, "offers", 7))
	p.withdraw(t, "u1", email(jane), purpose.Of(purpose.AdsSuppress))
	must(t, p.people.Object(t.Context(), office, "u1", everything))
	must(t, p.people.LiftObjection(t.Context(), office, "u1", everything))
	p.settle(t)
	p.wantReach(t, "before", jane, "u1", "u2")
	before := len(p.log(t))
	p.clock.Add(time.Hour)
	res, err := p.people.Erase(t.Context(), selvedge.Self("u1"), "u1")
	must(t, err)
	if res.Points != 2 || res.Entries != 3 {
		t.Errorf("%+v", res)
	}
	p.wantReach(t, "after", jane, "u2")
	if log := p.log(t); len(log) != before+1 || !strings.Contains(log[before], "grant_off ads.match.advertiser [1]") {
		t.Errorf("changes %q", log[before:])
	}
	for table, rows := range p.content(t) {
		for _, r := range rows {
			if strings.Contains(r, "u1") {
				t.Errorf("%s still has %s", table, r)
			}
		}
	}
	if n := len(p.look(t, "u2")); n != 1 {
		t.Errorf("the other person has %d contact points", n)
	}
	_, err = p.people.Erase(t.Context(), office, "u1")
	wantError(t, "again", err, selvedge.CodeNotFound, "", "")
}

func TestEraseRefuses(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.load(t, adults("u1", "u2"), given("u1", jane, "offers", 9))
	before := p.content(t)
	for _, a := range []selvedge.Actor{{}, selvedge.OrgActor("o", "k"), selvedge.System("x"), selvedge.Self("u2"), selvedge.Self("")} {
		_, err := p.people.Erase(t.Context(), a, "u1")
		wantError(t, a.Role().String(), err, selvedge.CodeForbidden, "", "")
	}
	_, err := p.people.Erase(t.Context(), office, "u3")
	wantError(t, "nobody", err, selvedge.CodeNotFound, "", "")
	for table, rows := range p.content(t) {
		if strings.Join(rows, "\n") != strings.Join(before[table], "\n") {
			t.Errorf("%s changed", table)
		}
	}
}

// TestEraseWhileContained: a person's no is taken whatever the ledger's state.
func TestEraseWhileContained(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.load(t, adults("u1"), given("u1", jane, "offers", 9))
	p.gate.Contain(contained)
	if _, err := p.people.Erase(t.Context(), office, "u1"); err != nil {
		t.Error(err)
	}
}

// TestEraseOfNobodyForAds: who has no ordinal moves nothing in the ads space.
func TestEraseOfNobodyForAds(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.load(t, adults("u1"), given("u1", joe, "two-factor", 8))
	before := p.log(t)
	_, err := p.people.Erase(t.Context(), office, "u1")
	must(t, err)
	p.wantLog(t, before...)
	for _, e := range p.entries(t) {
		if strings.HasPrefix(e, "ads ") {
			t.Errorf("the ads ledger has %s", e)
		}
	}
}
