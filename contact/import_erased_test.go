package contact_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge/contact"
)

// TestNightlyImportRevivesNobody: a file that still holds an erased person brings
// nothing back, and says so.
func TestNightlyImportRevivesNobody(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	accounts := adults("u1", "u2")
	points := given("u1", jane, "offers", 9) + given("u2", jane, "offers", 8) + given("u1", joe, "two-factor", 7)
	p.load(t, accounts, points)
	_, err := p.people.Erase(t.Context(), office, "u1")
	must(t, err)
	before := p.content(t, "import", "segment", "ledger_entry", "ledger_head")
	r := p.load(t, accounts, points)
	wantA := contact.AccountsReport{Read: 2, Unchanged: 1, Refused: 1, Refusals: []contact.Refusal{{Reason: "erased", Count: 1, Rows: []int64{2}}}}
	wantP := contact.PointsReport{Read: 3, Present: 1, Refused: 2, Refusals: []contact.Refusal{{Reason: "erased", Count: 2, Rows: []int64{2, 4}}}}
	if diff := cmp.Diff(wantA, r.Accounts); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(wantP, r.Points); diff != "" {
		t.Errorf("contact points (-want +got):\n%s", diff)
	}
	p.wantReach(t, "after the import", jane, "u2")
	if diff := cmp.Diff(before, p.content(t, "import", "segment", "ledger_entry", "ledger_head")); diff != "" {
		t.Errorf("the import changed something:\n%s", diff)
	}
}

// TestErasedPersonComesBack: what is given after the erasure is a new beginning,
// and leads to nothing of before.
func TestErasedPersonComesBack(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	old := given("u1", jane, "offers", 9)
	p.load(t, adults("u1"), old)
	p.clock.Add(24 * time.Hour)
	_, err := p.people.Erase(t.Context(), office, "u1")
	must(t, err)
	p.clock.Add(24 * time.Hour)
	r := p.load(t, adults("u2", "u1"), old+given("u1", joe, "offers", -36)+given("u1", jane, "offers", -37))
	if r.Accounts.Created != 2 || r.Accounts.Refused != 0 || len(r.Accounts.Refusals) != 0 || r.Points.Created != 2 || r.Points.Refused != 1 {
		t.Errorf("%+v", r)
	}
	p.wantReach(t, "the new yes", joe, "u1")
	p.wantReach(t, "the address of before, given again", jane, "u1")
	held, err := p.people.Look(t.Context(), office, "u1")
	must(t, err)
	if len(held.Points) != 2 || held.Points[0].Ordinal != 2 || held.Account.Person != 2 {
		t.Errorf("%+v", held)
	}
	// The old rows stay refused, and the account stays.
	r = p.load(t, adults("u1"), old)
	if r.Accounts.Unchanged != 1 || r.Points.Refused != 1 {
		t.Errorf("%+v", r)
	}
	_, err = p.people.Erase(t.Context(), office, "u1")
	must(t, err)
	p.wantReach(t, "erased again", jane)
}

// TestEraseDuringAnImport: an import that was cut off does not bring back whom it
// had brought.
func TestEraseDuringAnImport(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	complete := p.cutOpen(t, adults("u1", "u2"), given("u1", jane, "offers", 9)+given("u2", jane, "offers", 9))
	_, err := p.people.Erase(t.Context(), office, "u1")
	must(t, err)
	complete()
	p.wantReach(t, "when it is complete", jane, "u2")
	_, err = p.people.Look(t.Context(), office, "u1")
	wantError(t, "the account", err, "not_found", "", "")
}
