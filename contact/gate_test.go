package contact_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/ledger"
)

var contained = selvedge.Errorf(selvedge.CodeContained, "nothing until a person has looked")

// TestLookIsEnteredFirst: nothing is shown before the look-up is in the log, and
// when it cannot be entered, nothing is shown at all.
func TestLookIsEnteredFirst(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.load(t, adults("u1"), given("u1", jane, "offers", 9))
	before := len(p.entries(t))
	p.gate.Entering = func(space ledger.Space) error {
		got := p.entries(t)[before:]
		if want := []string{`registry staff.lookup operator anna {"account":1}`}; space != ledger.Registry || !cmp.Equal(want, got) {
			t.Errorf("it waits for %s, with %q in the outbox", space, got)
		}
		return nil
	}
	if _, views, err := p.asked(t, office, "u1"); err != nil || len(views) != 1 {
		t.Errorf("%d contact points, %v", len(views), err)
	}
	full := errors.New("full")
	p.gate.Entering = func(ledger.Space) error { return full }
	if a, views, err := p.asked(t, office, "u1"); !errors.Is(err, full) || a.ID != 0 || views != nil {
		t.Errorf("%+v, %d contact points, %v", a, len(views), err)
	}
	if n := len(p.gate.Awaited()); n != 2 {
		t.Errorf("waited %d times", n)
	}
}

// TestContained: a person's no is taken whatever the ledger's state, at once;
// nothing is turned on and nobody is shown.
func TestContained(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.load(t, adults("u1", "u2"), given("u1", jane, "offers", 9)+given("u2", jane, "offers", 9))
	p.gate.Contain(contained)
	if res := p.withdraw(t, "u1", email(jane), onlyAds); res.Ended != 2 {
		t.Errorf("%+v", res)
	}
	must(t, p.people.Object(t.Context(), office, "u2", everything))
	before := p.content(t)
	if err := p.people.LiftObjection(t.Context(), office, "u2", everything); !errors.Is(err, contained) {
		t.Errorf("lifted: %v", err)
	}
	if _, views, err := p.asked(t, office, "u1"); !errors.Is(err, contained) || views != nil {
		t.Errorf("shown: %v, %v", views, err)
	}
	if diff := cmp.Diff(before, p.content(t)); diff != "" {
		t.Errorf("something was written:\n%s", diff)
	}
	if n := len(p.gate.Awaited()); n != 0 {
		t.Errorf("somebody's no waited %d times", n)
	}
	p.gate.Contain(nil)
	p.wantReach(t, "neither is reached", jane)
}
