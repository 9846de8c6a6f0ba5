package contact_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/purpose"
)

// books are what an import writes of itself, whatever it brings.
var books = []string{"import", "ledger_entry", "ledger_head"}

// Addresses that people give.
const (
	jane = "jane@example.com"
	joe  = "joe@example.org"
	tel  = "+44 7700 900123"
)

func twoPeople() (accounts, points string) {
	return adults("u1", "u2"), given("u1", jane, "offers", 100) + given("u1", jane, "two-factor", 90) + given("u1", tel, "two-factor", 80) +
		unproven(given("u2", joe, "offers", 70)) + given("u2", tel, "legacy", 60) + hashed(given("u2", jane, "partners", 50), jane) +
		given("u2", "old@example.com", "partners", 24*40)
}

// TestSameFilesAgain brings the same two files three times: nothing changes but
// the books, no ordinal, token or change is added, and the reports say so.
func TestSameFilesAgain(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	accounts, points := twoPeople()
	first := p.load(t, accounts, points)
	before := p.content(t, books...)
	for range 2 {
		p.clock.Add(time.Minute)
		again := p.load(t, accounts, points)
		want := contact.Report{
			Import:   again.Import,
			Accounts: contact.AccountsReport{Read: 2, Unchanged: 2, Refusals: []contact.Refusal{}},
			Points:   contact.PointsReport{Read: first.Points.Read, Present: first.Points.Created, Refusals: []contact.Refusal{}},
		}
		if diff := cmp.Diff(want, again); diff != "" {
			t.Errorf("report (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(before, p.content(t, books...)); diff != "" {
			t.Errorf("the content changed:\n%s", diff)
		}
	}
	p.wantReach(t, "the address", jane, "u1")
}

// TestNewFactsOfAccounts changes one account again and again: masks come and go,
// the change log says which ordinals to look at, and nothing else moves it.
func TestNewFactsOfAccounts(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.load(t, adults("u1", "u2"), given("u1", jane, "offers", 9)+given("u1", jane, "partners", 8)+given("u2", joe, "sign-up", 9))
	p.wantReach(t, "an adult", jane, "u1")
	on := p.log(t)
	for _, c := range []struct {
		row, why string
		log      []string
	}{
		{"u1,IT,minor,,active", "age", []string{"3-4 mask age [1 2]"}},
		{"u1,GB,minor,,active", "age", nil}, // a country masks nothing
		{"u1,GB,unknown,,deactivated", "age state", []string{"5-6 mask age [1 2]", "7-8 mask state [1 2]"}},
		{"u1,GB,adult,,deactivated", "state", []string{"9-10 mask age [1 2]"}},
		{"u1,GB,adult,2026-03-02,active", "", []string{"11-12 mask state [1 2]"}},
		{"u2,GB,minor,,deactivated", "", nil}, // has no ordinal that could be masked
	} {
		r := p.load(t, c.row+"\n", "")
		if r.Accounts.Changed != 1 {
			t.Errorf("%s: %+v", c.row, r.Accounts)
		}
		on = append(on, c.log...)
		p.wantLog(t, on...)
		want := []string{c.why, c.why}
		if c.why == "" {
			want = []string{"ads.match.advertiser ads.suppress", "ads.match.partner"}
			p.wantReach(t, c.row, jane, "u1")
		} else {
			p.wantReach(t, c.row, jane)
		}
		p.wantWhy(t, "u1", want...)
	}
	p.wantWhy(t, "u2", "not_given_for_ads")
}

// TestSecondRowOfAnAccount has two rows of one account in one file: the second
// counts after the first.
func TestSecondRowOfAnAccount(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.load(t, adults("u1"), given("u1", jane, "offers", 9))
	r := p.load(t, "u1,IT,minor,,active\nu2,IT,adult,,active\nu1,IT,adult,2026-03-01,active\nu2,IT,minor,,active\nu2,IT,minor,,active\n", "")
	want := contact.AccountsReport{Read: 5, Created: 1, Changed: 3, Unchanged: 1, Refusals: []contact.Refusal{}}
	if diff := cmp.Diff(want, r.Accounts); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
	p.wantReach(t, "an adult in the end", jane, "u1")
}

// TestUnknownAge follows the policy.
func TestUnknownAge(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.load(t, "u1,IT,unknown,,active\n", given("u1", jane, "offers", 9))
	p.wantReach(t, "unknown counts as minor", jane)
	p.wantWhy(t, "u1", "age")
	p.people.Ages = contact.UnknownIsAdult
	p.wantWhy(t, "u1", "ads.match.advertiser ads.suppress")
	p.people.Ages = "" // no policy is no permission
	p.wantWhy(t, "u1", "age")
}

// TestVerifiedLater brings the proof of control in a second import: from then
// on the contact point can be matched, with an ordinal after all the others.
func TestVerifiedLater(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	late := given("u1", jane, "offers", 100)
	p.load(t, adults("u1", "u2"), unproven(late)+given("u2", joe, "offers", 90)+unproven(given("u2", jane, "two-factor", 80)))
	p.wantReach(t, "before", jane)
	p.wantWhy(t, "u1", "not_verified")
	r := p.load(t, adults("u1"), late)
	if r.Points.Present != 1 || r.Points.NowVerified != 1 || r.Points.MatchableNow != 1 {
		t.Errorf("%+v", r.Points)
	}
	p.wantReach(t, "after", jane, "u1")
	p.wantLog(t, "1-1 grant_on ads.match.advertiser ads.suppress [1]", "2-2 grant_on ads.match.advertiser ads.suppress [2]")

	// The proof stands: a row without it, or with another, changes nothing.
	before := p.content(t, books...)
	other := given("u1", jane, "offers", 100)
	other = other[:len(other)-len("code\n")] + "link\n"
	for _, row := range []string{unproven(late), other} {
		if r := p.load(t, "", row); r.Points.NowVerified != 0 || r.Points.Present != 1 {
			t.Errorf("%+v", r.Points)
		}
	}
	if diff := cmp.Diff(before, p.content(t, books...)); diff != "" {
		t.Errorf("the content changed:\n%s", diff)
	}

	// Control of an address that was not given for ads makes it no more than it was.
	r = p.load(t, "", given("u2", jane, "two-factor", 80))
	if r.Points.NowVerified != 1 || r.Points.MatchableNow != 0 {
		t.Errorf("%+v", r.Points)
	}
	p.wantReach(t, "a security contact", jane, "u1")
}

// TestVerifiedInTheSameFile has the event first without and then with the proof.
// The contact point can be matched: an ordinal without tokens would be in the
// report and in no audience.
func TestVerifiedInTheSameFile(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	row := given("u1", jane, "offers", 100)
	r := p.load(t, adults("u1"), unproven(row)+row+row)
	if r.Points.Created != 1 || r.Points.Unverified != 1 || r.Points.Present != 2 || r.Points.NowVerified != 1 || r.Points.MatchableNow != 1 {
		t.Errorf("%+v", r.Points)
	}
	p.wantReach(t, "the address", jane, "u1")
}

// TestUnknownPromptIsNotWidened registers a prompt after its contact points
// came: they have no purpose, and bringing them again gives them none.
func TestUnknownPromptIsNotWidened(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	early := given("u1", jane, "late", 100)
	p.load(t, adults("u1"), early+unproven(given("u1", joe, "late", 99)))
	p.wantWhy(t, "u1", "prompt_unknown", "prompt_unknown")
	if v := p.look(t, "u1")[0]; v.Registered || v.Prompt.String() != "late@1" || v.Purposes != 0 {
		t.Errorf("%+v", v)
	}
	p.register(t, question("late", 13, purpose.AdsMatchAdvertiser))
	before := p.content(t, books...)
	r := p.load(t, "", early)
	if r.Points.Present != 1 {
		t.Errorf("%+v", r.Points)
	}
	if diff := cmp.Diff(before, p.content(t, books...)); diff != "" {
		t.Errorf("the content changed:\n%s", diff)
	}
	p.load(t, "", given("u1", joe, "late", 99)) // nor does the proof of control
	p.wantWhy(t, "u1", "prompt_unknown", "prompt_unknown")
	if v := p.look(t, "u1")[0]; !v.Registered {
		t.Error("the prompt is registered by now")
	}
	p.wantReach(t, "given before the prompt was registered", jane)

	p.load(t, "", given("u1", jane, "late", 1))
	p.wantReach(t, "given again", jane, "u1")
	p.wantWhy(t, "u1", "prompt_unknown", "prompt_unknown", "ads.match.advertiser")
}

// TestEachYesIsItsOwn has one address given at several prompts and times.
func TestEachYesIsItsOwn(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.load(t, adults("u1"), given("u1", jane, "two-factor", 100)+given("u1", jane, "offers", 90)+given("u1", jane, "offers", 80))
	p.wantReach(t, "once for each yes", jane, "u1", "u1")
	p.wantWhy(t, "u1", "not_given_for_ads", "ads.match.advertiser ads.suppress", "ads.match.advertiser ads.suppress")
	// The same moment in another spelling is the same event.
	r := p.load(t, "", given("u1", "Jane@Example.COM", "offers", 80))
	if r.Points.Present != 1 {
		t.Errorf("%+v", r.Points)
	}
}

// TestHashesOnly brings what a platform holds that keeps no addresses. They are
// found by whoever sends the same hash, or the address, and show no mask.
func TestHashesOnly(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.load(t, adults("u1", "u2", "u3"),
		hashed(given("u1", jane, "offers", 9), jane)+
			given("u2", jane, "offers", 9)+
			hashed(given("u3", tel, "offers", 9), "+447700900123", "447700900123"))
	p.wantReach(t, "in the clear", jane, "u1", "u2")
	p.wantReach(t, "in capitals", "JANE@EXAMPLE.COM", "u1", "u2")
	p.wantReach(t, "the number", "07700 900123", "u3")
	for _, form := range []string{"+447700900123", "447700900123"} {
		if got := p.reachCSV(t, "org", purpose.AdsSuppress, "phone_sha256\n"+sumOf(form)+"\n"); !cmp.Equal(got, []string{"u3"}) {
			t.Errorf("the hash of one form reaches %v", got)
		}
	}
	if got := p.reachCSV(t, "org", purpose.AdsSuppress, "email_sha256\n"+sumOf(jane)+"\n"); !cmp.Equal(got, []string{"u1", "u2"}) {
		t.Errorf("the hash reaches %v", got)
	}
	if a, b := p.look(t, "u1")[0].Mask, p.look(t, "u2")[0].Mask; a != "" || b != "j•••@e•••.com" {
		t.Errorf("masks %q and %q", a, b)
	}
	// The address itself, from the same event, is the same contact point.
	r := p.load(t, "", given("u1", jane, "offers", 9))
	if r.Points.Present != 1 || p.look(t, "u1")[0].Mask != "" {
		t.Errorf("%+v", r.Points)
	}
}

// TestOneNumberForEachPerson counts persons, not accounts: an account without
// an ordinal has none, and one with many has one.
func TestOneNumberForEachPerson(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.load(t, adults("a", "b", "c", "d"), given("b", jane, "two-factor", 9)+given("c", jane, "offers", 9)+given("c", joe, "offers", 9)+
		given("d", joe, "legacy", 9)+given("a", tel, "partners", 9)+given("c", tel, "offers", 9))
	for account, want := range map[string]uint32{"a": 2, "b": 0, "c": 1, "d": 0} {
		a, _, err := p.asked(t, office, account)
		must(t, err)
		if uint32(a.Person) != want {
			t.Errorf("%s is person %d, want %d", account, a.Person, want)
		}
	}
}
