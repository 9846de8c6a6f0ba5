package contact_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/purpose"
)

// open returns the number of the import that is open.
func (p *platform) open(t testing.TB) contact.ImportID {
	t.Helper()
	vs, err := p.Imports(t.Context(), office, 0)
	must(t, err)
	return vs[0].ID
}

func (p *platform) abandon(t testing.TB) contact.ImportStatus {
	t.Helper()
	v, err := p.Abandon(t.Context(), office, p.open(t))
	must(t, err)
	return v
}

// TestAbandon abandons an import of which every row was applied. What it brought
// stays, nothing of it can be matched, and the next import makes matchable what is
// still allowed, under ordinals that nobody had.
func TestAbandon(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.load(t, adults("u1", "u2"), given("u1", joe, "offers", 50)+unproven(given("u2", joe, "offers", 40)))
	rows := given("u1", jane, "offers", 9) + given("u2", jane, "offers", 8) + given("u2", joe, "offers", 40) + given("u3", jane, "two-factor", 7) +
		given("u3", joe, "partners", 20*24)
	p.cutOpen(t, adults("u1", "u2", "u3"), rows)
	p.withdraw(t, "u2", email(jane), onlyAds)

	v := p.abandon(t)
	last := p.entries(t)
	last = last[len(last)-2:]
	if diff := cmp.Diff([]string{
		`registry import.abandoning operator anna {"contact_points":4,"grants":4,"import":2}`,
		`registry import.abandoned operator anna {"contact_points":4,"grants_gone":4,"import":2}`,
	}, []string{sorted(last[0]), sorted(last[1])}); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	want := contact.ImportStatus{
		ID: 2, State: contact.ImportAbandoned, Digest: v.Digest, BegunAt: start, EndedAt: start, Points: 4, Grants: 4, Gone: 4,
		Progress: contact.Progress{Bytes: v.Bytes, BytesDone: v.Bytes, Rows: 8, RowsDone: 8, Batches: 2},
	}
	if diff := cmp.Diff(want, v); diff != "" {
		t.Errorf("the import (-want +got):\n%s", diff)
	}
	p.wantReach(t, "abandoned", jane)
	p.wantReach(t, "of an import before", joe, "u1")
	p.wantWhy(t, "u1", "ads.match.advertiser ads.suppress", "import_abandoned")
	p.wantWhy(t, "u2", "import_abandoned", "withdrawn")
	// A row that brings no proof makes nothing matchable, and a later one with it does.
	r := p.load(t, adults("u1"), unproven(given("u1", jane, "offers", 9)))
	if r.Points.Present != 1 || r.Points.MatchableNow != 0 {
		t.Errorf("without a proof: %+v", r.Points)
	}
	p.wantReach(t, "without a proof", jane)
	r = p.load(t, adults("u1"), rows)
	if r.Points.Present != 5 || r.Points.MatchableNow != 3 || r.Points.NowVerified != 0 {
		t.Errorf("brought again: %+v", r.Points)
	}
	p.wantReach(t, "brought again", jane, "u1")
	p.wantReach(t, "proved by the import that was abandoned", joe, "u1", "u2")
	p.wantWhy(t, "u2", "ads.match.advertiser ads.suppress", "withdrawn")
	for _, v := range p.look(t, "u1") {
		if v.Ordinal > 1 && v.Ordinal < 6 {
			t.Errorf("ordinal %d was given before", v.Ordinal)
		}
	}
}

// sorted is an entry with its body's fields in order.
func sorted(entry string) string {
	head, body, _ := strings.Cut(entry, "{")
	fields := strings.Split(strings.TrimSuffix(body, "}"), ",")
	slices.Sort(fields)
	return head + "{" + strings.Join(fields, ",") + "}"
}

// TestAbandonErased abandons an import one of whose people was erased while it was
// open: nothing is left that would wait for tokens which never were.
func TestAbandonErased(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.cutOpen(t, adults("u1", "u2"), given("u1", jane, "offers", 9)+given("u2", jane, "offers", 9))
	_, err := p.people.Erase(t.Context(), office, "u1")
	must(t, err)
	if v := p.abandon(t); v.Grants != 2 || v.Gone != 2 {
		t.Errorf("%+v", v)
	}
	now := p.content(t)
	for _, table := range []string{"ads_grant", "erased_token"} {
		if len(now[table]) != 0 {
			t.Errorf("%s has %v", table, now[table])
		}
	}
	r := p.load(t, adults("u1", "u2"), given("u1", jane, "offers", 9)+given("u2", jane, "offers", 9))
	if r.Points.Refused != 1 {
		t.Errorf("%+v", r.Points)
	}
	p.wantReach(t, "the other one", jane, "u2")
}

func TestAbandonRefuses(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.load(t, adults("u1"), given("u1", jane, "offers", 9))
	before := p.content(t)
	for _, actor := range []selvedge.Actor{{}, selvedge.Platform("key"), selvedge.OrgActor("o", "k"), selvedge.Self("u1")} {
		_, err := p.Abandon(t.Context(), actor, 1)
		wantError(t, actor.Role().String(), err, selvedge.CodeForbidden, "", "")
	}
	_, err := p.Abandon(t.Context(), office, 1)
	wantError(t, "a complete one", err, selvedge.CodeConflict, "", "import_closed")
	_, err = p.Abandon(t.Context(), office, 2)
	wantError(t, "none", err, selvedge.CodeNotFound, "", "")
	if diff := cmp.Diff(before, p.content(t)); diff != "" {
		t.Errorf("something was written:\n%s", diff)
	}
	p.wantReach(t, "the complete one", jane, "u1")
	p.cutOpen(t, adults("u2"), given("u2", jane, "offers", 9))
	p.abandon(t)
	_, err = p.Abandon(t.Context(), office, 2)
	wantError(t, "an abandoned one", err, selvedge.CodeConflict, "", "import_closed")
}

// TestAbandonedUnderWay abandons an import while it is at work: it ends with an
// error, and brings nothing after that.
func TestAbandonedUnderWay(t *testing.T) {
	t.Parallel()
	for n := 1; n <= 3; n++ {
		p := newPlatform(t)
		im := p.Importer
		im.Batch = 1
		c := &counted{Transactor: p.db}
		c.after = func(k int) {
			if k == n {
				p.abandon(t)
			}
		}
		im.Tx = c
		_, err := im.Import(t.Context(), office, text(accountsHeader+adults("u1")), text(pointsHeader+given("u1", jane, "offers", 9)))
		wantError(t, fmt.Sprint("after ", n), err, selvedge.CodeConflict, "", "import_closed")
		p.wantReach(t, fmt.Sprint("after ", n), jane)
		p.wantNothingMatchable(t)
		if v, err := p.Status(t.Context(), office, 1); err != nil || v.State != contact.ImportAbandoned || v.Gone != v.Grants {
			t.Errorf("after %d: %+v, %v", n, v, err)
		}
	}
}

// TestAbandonCutOffAnywhere cuts the abandonment off after each of its
// transactions. Until it is at its end, neither the import's own files nor others
// are taken; then the state is that of one that was not cut off.
func TestAbandonCutOffAnywhere(t *testing.T) {
	t.Parallel()
	accounts, points := adults("u1"), ""
	for i := range 7 {
		points += given("u1", jane, "offers", i+1)
	}
	begin := func() *platform {
		p := newPlatform(t)
		p.cutOpen(t, accounts, points)
		p.Batch = 2
		return p
	}
	whole := begin()
	whole.abandon(t)
	want := whole.content(t)
	const total = 7 // the intent, four that drop grants, of them one two's rest, one that finds none, the end
	for n := 1; n < total; n++ {
		p := begin()
		ctx, cancel := context.WithCancel(t.Context())
		im := p.Importer
		im.Tx = &counted{Transactor: p.db, after: func(k int) {
			if k == n {
				cancel()
			}
		}}
		if _, err := im.Abandon(ctx, office, 1); !errors.Is(err, context.Canceled) {
			t.Fatalf("after %d: error %v, want the context's", n, err)
		}
		p.wantNothingMatchable(t)
		for _, more := range []string{"", given("u1", joe, "offers", 3)} {
			_, err := p.Import(t.Context(), office, text(accountsHeader+accounts), text(pointsHeader+points+more))
			wantError(t, "an import meanwhile", err, selvedge.CodeConflict, "", "import_abandoning")
		}
		p.abandon(t)
		if diff := cmp.Diff(want, p.content(t)); diff != "" {
			t.Errorf("after %d: the content (-whole +resumed):\n%s", n, diff)
		}
	}
}

// event is one event of the oracle below.
type event struct {
	account, address string
	hour             int
	prompt           string
	proven           bool
}

func (e event) row() string {
	r := given(e.account, e.address, e.prompt, e.hour)
	if !e.proven {
		return unproven(r)
	}
	return r
}

// TestAbandonOracle imports, cuts off, abandons, completes and withdraws at
// random, and asks of a few lines of code who is to be reached: whoever gave the
// address for advertising, in an import that was completed or brought again with
// the proof by one that was, and has not withdrawn the address since it was given.
func TestAbandonOracle(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		p := newPlatform(t)
		proven, on := map[event]bool{}, map[event]bool{}
		ended := map[[2]string]bool{} // account and address: every row here was given before the withdrawal
		for step := range rapid.IntRange(2, 6).Draw(rt, "steps") {
			var rows strings.Builder
			var some []event
			for range rapid.IntRange(1, 5).Draw(rt, "rows") {
				e := event{
					rapid.SampledFrom([]string{"u1", "u2"}).Draw(rt, "account"), rapid.SampledFrom([]string{jane, joe}).Draw(rt, "address"),
					rapid.IntRange(1, 2).Draw(rt, "hour"), rapid.SampledFrom([]string{"offers", "two-factor"}).Draw(rt, "prompt"), rapid.Bool().Draw(rt, "proven"),
				}
				some = append(some, e)
				rows.WriteString(e.row())
			}
			complete := p.cutOpen(t, adults("u1", "u2")+fmt.Sprintf("x%d,,adult,,active\n", step), rows.String())
			for _, e := range some {
				id := e
				id.proven = false
				proven[id] = proven[id] || e.proven
			}
			if rapid.Bool().Draw(rt, "withdraw") {
				e := rapid.SampledFrom(some).Draw(rt, "who")
				p.withdraw(t, e.account, email(e.address), onlyAds)
				ended[[2]string{e.account, e.address}] = true
			}
			if rapid.Bool().Draw(rt, "abandon") {
				p.abandon(t)
			} else {
				complete()
				for _, e := range some {
					id := e
					id.proven = false
					if e.proven {
						on[id] = true
					}
				}
			}
			for _, address := range []string{jane, joe} {
				var want []string
				for id := range on {
					if id.address == address && id.prompt == "offers" && proven[id] && !ended[[2]string{id.account, id.address}] {
						want = append(want, id.account)
					}
				}
				slices.Sort(want)
				got := p.reach(t, purpose.AdsMatchAdvertiser, address)
				slices.Sort(got)
				if diff := cmp.Diff(want, got); diff != "" {
					rt.Fatalf("step %d: who is reached (-want +got):\n%s", step, diff)
				}
			}
			p.clock.Add(time.Second)
		}
	})
}
