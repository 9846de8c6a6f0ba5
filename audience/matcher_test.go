package audience_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/org"
	"github.com/selvedge/selvedge/purpose"
)

// people returns the platform ids of people from one to before another.
func people(from, to int) []string {
	out := []string{}
	for i := from; i < to; i++ {
		out = append(out, fmt.Sprintf("account-%d", i))
	}
	return out
}

// sealed is the body of a version.sealed entry.
type sealed struct {
	Audience selvedge.AudienceID `json:"audience"`
	Version  int64               `json:"version"`
	List     selvedge.ListID     `json:"list"`
	Base     string              `json:"base"`
	Digest   string              `json:"digest"`
	Members  uint64              `json:"members"`
	Added    uint64              `json:"added"`
	Removed  uint64              `json:"removed"`
	Position int64               `json:"position"`
	Epoch    uint32              `json:"epoch"`
	RuleSet  uint32              `json:"rule_set"`
	Code     string              `json:"code"`
}

func (p *platform) sealed(t testing.TB) (out []sealed) {
	t.Helper()
	for _, body := range p.column(t, "SELECT body FROM ledger_entry WHERE kind = 'version.sealed' ORDER BY rowid") {
		var s sealed
		must(t, json.Unmarshal([]byte(body), &s))
		out = append(out, s)
	}
	return out
}

// TestVersionsAreUnions: the second list makes a version of what both reached,
// on the base of the first.
func TestVersionsAreUnions(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 10)
	s := p.shop(t, "Acme", org.Advertiser)
	first := s.upload(t, rows(0, 6))
	p.drain(t)
	second := s.upload(t, rows(4, 9))
	p.drain(t)
	if diff := cmp.Diff(people(0, 9), s.members(t)); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	got := p.sealed(t)
	if len(got) != 2 {
		t.Fatalf("%d versions were sealed", len(got))
	}
	zero := strings.Repeat("0", 64)
	want := []sealed{
		{s.audience, 1, first.ID, zero, got[0].Digest, 6, 6, 0, got[0].Position, 1, identifier.RuleSet, "test"},
		{s.audience, 2, second.ID, got[0].Digest, got[1].Digest, 9, 3, 0, got[1].Position, 1, identifier.RuleSet, "test"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sealed (-want +got):\n%s", diff)
	}
	if got[0].Digest == got[1].Digest || got[0].Digest == zero || got[0].Position >= got[1].Position || got[0].Position == 0 {
		t.Errorf("digests and positions: %+v", got)
	}
}

// TestSecurityContactsAreNotReached: every row names a number given for
// two-factor codes, and nobody is found by it.
func TestSecurityContactsAreNotReached(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 5)
	s := p.shop(t, "Acme", org.Advertiser)
	v := s.upload(t, "phone\n+447700900000\n+447700900001\n+447700900002\n")
	if v.Report.Rows.Used != 3 {
		t.Fatalf("the report is %+v", v.Report.Rows)
	}
	p.drain(t)
	if got := s.members(t); len(got) != 0 {
		t.Errorf("members: %v", got)
	}
	if got := p.sealed(t); len(got) != 1 || got[0].Members != 0 {
		t.Errorf("sealed %+v", got)
	}
}

// TestMembersUnderAPurpose: an org's purpose decides, and what is taken back is
// out at once, without a new version.
func TestMembersUnderAPurpose(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 4) // 0 and 3 gave theirs for advertisers alone
	s := p.shop(t, "Data", org.Partner)
	s.upload(t, rows(0, 4))
	p.drain(t)
	for u, want := range map[purpose.Purpose][]string{
		purpose.AdsMatchPartner:    {"account-1", "account-2"},
		purpose.AdsMatchAdvertiser: people(0, 4),
		purpose.AdsSuppress:        {},
		purpose.Sec2FA:             {},
		purpose.Unknown:            {},
	} {
		b, err := p.Matcher.Members(t.Context(), anna, s.org.ID, s.audience, u)
		must(t, err)
		if diff := cmp.Diff(want, p.accounts(t, b)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", u, diff)
		}
	}
	_, err := p.People.Withdraw(t.Context(), anna, "account-1", contact.Address{Kind: identifier.Email, Value: "Person1@example.com"}, purpose.Of(purpose.AdsMatchPartner))
	must(t, err)
	must(t, p.People.Object(t.Context(), anna, "account-2", contact.Objection{Scope: contact.ScopeAll}))
	if got := s.members(t); len(got) != 0 {
		t.Errorf("after a withdrawal and an objection: %v", got)
	}
}

// TestMembersIsForTheOffice: for operators alone, of an audience that is the
// org's, and never without an entry.
func TestMembersIsForTheOffice(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 1)
	s, other := p.shop(t, "Acme", org.Advertiser), p.shop(t, "Bolt", org.Advertiser)
	s.upload(t, rows(0, 1))
	p.drain(t)
	u := purpose.AdsMatchAdvertiser
	for name, actor := range map[string]selvedge.Actor{
		"nobody": {}, "the platform": selvedge.Platform("k"), "the org itself": s.actor, "the system": selvedge.System("matcher"),
	} {
		if b, err := p.Matcher.Members(t.Context(), actor, s.org.ID, s.audience, u); selvedge.CodeOf(err) != selvedge.CodeForbidden || b != nil {
			t.Errorf("%s: %v, %v", name, b, err)
		}
	}
	if _, err := p.Matcher.Members(t.Context(), anna, other.org.ID, s.audience, u); selvedge.CodeOf(err) != selvedge.CodeNotFound {
		t.Errorf("under another org: %v", err)
	}
	look := "SELECT space || ' ' || role || ' ' || actor || ' ' || body FROM ledger_entry WHERE kind = 'staff.lookup'"
	if got := p.column(t, look); len(got) != 0 {
		t.Errorf("refused look-ups are entered: %v", got)
	}
	s.members(t)
	want := []string{`registry operator anna {"audience":"` + string(s.audience) + `","purpose":"ads.match.advertiser"}`}
	if diff := cmp.Diff(want, p.column(t, look)); diff != "" {
		t.Errorf("entered (-want +got):\n%s", diff)
	}
	p.sql(t, "CREATE TRIGGER full BEFORE INSERT ON ledger_entry BEGIN SELECT RAISE(ABORT, 'full'); END")
	if b, err := p.Matcher.Members(t.Context(), anna, s.org.ID, s.audience, u); err == nil || b != nil {
		t.Error("answered without an entry")
	}
}

// TestListsExpire: a list's members leave 180 days after it was accepted, to the
// microsecond, and the next version is without them.
func TestListsExpire(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 10)
	s := p.shop(t, "Acme", org.Advertiser)
	s.upload(t, rows(0, 6))
	p.drain(t)
	p.clock.Add(24 * time.Hour)
	s.upload(t, rows(4, 8))
	p.drain(t)
	p.clock.Add(179*24*time.Hour - time.Microsecond)
	if diff := cmp.Diff(people(0, 8), s.members(t)); diff != "" {
		t.Errorf("a moment before (-want +got):\n%s", diff)
	}
	p.clock.Add(time.Microsecond)
	if diff := cmp.Diff(people(4, 8), s.members(t)); diff != "" {
		t.Errorf("180 days after (-want +got):\n%s", diff)
	}
	s.upload(t, rows(8, 9))
	p.drain(t)
	if diff := cmp.Diff(people(4, 9), s.members(t)); diff != "" {
		t.Errorf("with a new list (-want +got):\n%s", diff)
	}
	got := p.sealed(t)
	if last := got[len(got)-1]; last.Version != 3 || last.Members != 5 || last.Added != 1 || last.Removed != 4 {
		t.Errorf("sealed %+v", last)
	}
}

// TestMatchedAfterARestart: a list that was answered for is matched although the
// server ended before it could, and matched once.
func TestMatchedAfterARestart(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 4)
	s := p.shop(t, "Acme", org.Advertiser)
	l := s.upload(t, rows(0, 3))
	p.restart(t)
	if got := s.status(t, l.ID); got != audience.Processing || len(p.sealed(t)) != 0 {
		t.Errorf("before the match the list is %s", got)
	}
	p.drain(t)
	p.drain(t)
	p.restart(t)
	p.drain(t)
	if diff := cmp.Diff(people(0, 3), s.members(t)); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	if n := len(p.sealed(t)); n != 1 {
		t.Errorf("%d versions were sealed", n)
	}
	if n := len(p.spills(t)); n != 0 {
		t.Errorf("%d spills are left", n)
	}
}

// TestSameFileTwice: one file in two audiences, and twice in one, is matched
// each time: the match of one does not take the tokens of another.
func TestSameFileTwice(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 3)
	acme, bolt := p.shop(t, "Acme", org.Advertiser), p.shop(t, "Bolt", org.Advertiser)
	acme.upload(t, rows(0, 3))
	bolt.upload(t, rows(0, 3))
	acme.upload(t, rows(0, 3))
	p.drain(t)
	for _, s := range []*shop{acme, bolt} {
		if diff := cmp.Diff(people(0, 3), s.members(t)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", s.org.Name, diff)
		}
	}
	got := p.sealed(t)
	if len(got) != 3 || got[2].Version != 2 || got[2].Added != 0 || got[2].Digest != got[0].Digest {
		t.Errorf("sealed %+v", got)
	}
}

// TestWithdrawnBeforeTheMatch: what was taken back between upload and match is
// not matched.
func TestWithdrawnBeforeTheMatch(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 3)
	s := p.shop(t, "Acme", org.Advertiser)
	s.upload(t, rows(0, 3))
	_, err := p.People.Withdraw(t.Context(), anna, "account-1", contact.Address{Kind: identifier.Email, Value: "person1@example.com"}, purpose.Matchable)
	must(t, err)
	p.drain(t)
	if got := p.sealed(t); len(got) != 1 || got[0].Members != 2 {
		t.Errorf("sealed %+v", got)
	}
}

// TestGrantsThatAreOverAreNotMatched: an expiry needs no act of anybody's.
func TestGrantsThatAreOverAreNotMatched(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 3)
	s := p.shop(t, "Acme", org.Advertiser)
	p.clock.Add(14 * 31 * 24 * time.Hour)
	s.upload(t, rows(0, 3))
	p.drain(t)
	if got := p.sealed(t); len(got) != 1 || got[0].Members != 0 {
		t.Errorf("sealed %+v", got)
	}
}

// TestDamagedSpill: a list that cannot be matched is told of and stays waiting,
// and holds nobody up; put right, it is matched.
func TestDamagedSpill(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 6)
	s, other := p.shop(t, "Acme", org.Advertiser), p.shop(t, "Bolt", org.Advertiser)
	bad := s.upload(t, rows(0, 2))
	restore := damage(t, p.spills(t)[0])
	good, better := s.upload(t, rows(2, 4)), other.upload(t, rows(4, 6))
	err := p.match(t)
	if err == nil || !strings.Contains(err.Error(), string(bad.ID)) || strings.Contains(err.Error(), string(good.ID)) || strings.Contains(err.Error(), string(better.ID)) {
		t.Errorf("drained with %v", err)
	}
	if diff := cmp.Diff([]string{string(bad.ID)}, p.column(t, "SELECT id FROM list WHERE state = 'accepted'")); diff != "" {
		t.Errorf("waiting (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(people(2, 4), s.members(t)); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(people(4, 6), other.members(t)); diff != "" {
		t.Errorf("another org's members (-want +got):\n%s", diff)
	}
	p.clock.Add(time.Hour)
	if a, b := s.status(t, bad.ID), s.status(t, good.ID); a != audience.Processing || b != audience.Ready || s.get(t).Status != audience.Processing {
		t.Errorf("the lists are %s and %s, the audience %s", a, b, s.get(t).Status)
	}
	restore()
	p.drain(t)
	if diff := cmp.Diff(people(0, 4), s.members(t)); diff != "" {
		t.Errorf("put right (-want +got):\n%s", diff)
	}
}

// TestSuspendedMeanwhile: the org's state is read again when a version is
// sealed.
func TestSuspendedMeanwhile(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 2)
	s := p.shop(t, "Acme", org.Advertiser)
	s.upload(t, rows(0, 2))
	p.sql(t, "CREATE TRIGGER meanwhile AFTER INSERT ON ledger_entry WHEN NEW.kind = 'match.intended' BEGIN UPDATE org SET state = 'suspended'; END")
	if err := p.match(t); selvedge.CodeOf(err) != selvedge.CodeForbidden {
		t.Errorf("drained with %v", err)
	}
	if n := len(p.sealed(t)) + len(p.column(t, "SELECT 'v' FROM audience_version")); n != 0 {
		t.Errorf("%d versions and entries of a suspended org", n)
	}
	p.sql(t, "DROP TRIGGER meanwhile")
	p.sql(t, "UPDATE org SET state = 'active'")
	p.drain(t)
	if diff := cmp.Diff(people(0, 2), s.members(t)); diff != "" {
		t.Errorf("active again (-want +got):\n%s", diff)
	}
}

// TestEntries: the acceptance, the intent and the deed are entered in this
// order, in the ads space, and no body holds what a list or name said.
func TestEntries(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 3)
	s := p.shop(t, "Acme", org.Advertiser)
	const secret = "zq-canary-9"
	_, err := p.Audiences.Create(t.Context(), s.actor, secret)
	must(t, err)
	before := len(p.column(t, "SELECT seq FROM ledger_entry"))
	s.upload(t, "email,"+secret+"\nperson0@example.com,x\n"+secret+"@example.com,y\nnot "+secret+" an address,"+secret+"\n")
	p.drain(t)
	want := []string{"ads list.accepted org", "ads match.intended system", "ads version.sealed system"}
	if diff := cmp.Diff(want, p.column(t, "SELECT space || ' ' || kind || ' ' || role FROM ledger_entry ORDER BY rowid")[before:]); diff != "" {
		t.Errorf("entered (-want +got):\n%s", diff)
	}
	for _, body := range p.column(t, "SELECT body FROM ledger_entry") {
		if strings.Contains(body, secret) || strings.Contains(body, "person0") {
			t.Errorf("an entry holds a value: %s", body)
		}
	}
}

// TestIntentBeforeDeed: when the intent cannot be entered, nobody is looked up
// and nothing is kept.
func TestIntentBeforeDeed(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 2)
	s := p.shop(t, "Acme", org.Advertiser)
	s.upload(t, rows(0, 2))
	p.sql(t, "CREATE TRIGGER full BEFORE INSERT ON ledger_entry WHEN NEW.kind = 'match.intended' BEGIN SELECT RAISE(ABORT, 'full'); END")
	p.Matcher.Index = nil // whoever looks anybody up panics
	if err := p.match(t); err == nil {
		t.Error("matched without an intent")
	}
	if n := len(p.sealed(t)); n != 0 {
		t.Errorf("%d versions were sealed", n)
	}
}

// TestSpillThatStays: a spill that cannot be deleted is logged; the list is
// matched all the same, once.
func TestSpillThatStays(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 1)
	s := p.shop(t, "Acme", org.Advertiser)
	log := told{make(chan string, 9)}
	p.Matcher.Log, p.Collector.Store = slog.New(log), stuck{p.Collector.Store}
	s.upload(t, rows(0, 1))
	p.drain(t)
	p.drain(t)
	if got := <-log.messages; got != "WARN delete blobs" || len(log.messages) != 0 {
		t.Errorf("logged %q, and %d more", got, len(log.messages))
	}
	if n := len(p.sealed(t)); n != 1 {
		t.Errorf("%d versions were sealed", n)
	}
}

// stuck is a store that cannot delete.
type stuck struct{ blob.Store }

func (stuck) Delete(context.Context, blob.Ref) error { return errors.New("read-only") }
