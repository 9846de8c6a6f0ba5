package contact_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/prompt"
	"github.com/selvedge/selvedge/prompt/prompttest"
	"github.com/selvedge/selvedge/purpose"
)

// propose brings prompts and has nobody approve them.
func (p *platform) propose(t testing.TB, qs ...prompt.Prompt) {
	t.Helper()
	_, err := p.prompts.Apply(t.Context(), prompttest.First, qs)
	must(t, err)
}

// TestPendingPromptTakesNothing imports contact points from a prompt that waits
// for its second operator. The rows are refused by a reason of their own and
// nothing is kept of them, so that they can be brought again afterwards.
func TestPendingPromptTakesNothing(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.propose(t, question("waits", 13, purpose.AdsMatchAdvertiser))
	rows := given("u1", jane, "waits", 9) + given("u1", joe, "offers", 9) + unproven(given("u1", tel, "waits", 8))
	before := p.content(t, books...)
	r := p.load(t, adults("u1"), given("nobody", jane, "waits", 9)+given("u1", jane, "waits", 9)+given("u1", "jane", "waits", 9))
	want := []contact.Refusal{
		{Reason: "not_a_phone", Count: 1, Rows: []int64{4}},
		{Reason: "prompt_pending", Count: 1, Rows: []int64{3}},
		{Reason: "unknown_account", Count: 1, Rows: []int64{2}},
	}
	if diff := cmp.Diff(want, r.Points.Refusals); diff != "" || r.Points.Created != 0 {
		t.Errorf("%+v (-want +got):\n%s", r.Points, diff)
	}
	after := p.content(t, books...)
	for _, table := range []string{"contact_point", "ads_grant", "chunk", "prompt", "person"} {
		if diff := cmp.Diff(before[table], after[table]); diff != "" {
			t.Errorf("%s changed:\n%s", table, diff)
		}
	}
	r = p.load(t, "", rows)
	if r.Points.Created != 1 || r.Points.Matchable != 1 || r.Points.Refused != 2 {
		t.Errorf("%+v", r.Points)
	}
	p.wantReach(t, "while it waits", jane)

	_, err := p.prompts.Approve(t.Context(), prompttest.Second, prompt.Name{ID: "waits", Version: 1}, prompt.ForAds)
	must(t, err)
	p.wantReach(t, "approved, and not brought again", jane)
	r = p.load(t, "", rows)
	if r.Points.Created != 2 || r.Points.Matchable != 1 || r.Points.Unverified != 1 || r.Points.Present != 1 {
		t.Errorf("%+v", r.Points)
	}
	p.wantReach(t, "brought again", jane, "u1")
}

// TestRefusedPromptTakesNothing, and it never will.
func TestRefusedPromptTakesNothing(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	q := question("refused", 13, purpose.AdsMatchAdvertiser)
	p.propose(t, q)
	_, err := p.prompts.Approve(t.Context(), prompttest.Second, q.Name, prompt.ForSecurity)
	wantError(t, "the statement", err, selvedge.CodeConflict, "", "statement_differs")
	for range 2 {
		r := p.load(t, adults("u1"), given("u1", jane, "refused", 9))
		if diff := cmp.Diff([]contact.Refusal{{Reason: "prompt_refused", Count: 1, Rows: []int64{2}}}, r.Points.Refusals); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if n := len(p.look(t, "u1")); n != 0 {
			t.Errorf("the account has %d contact points", n)
		}
		p.propose(t, q) // again: it stays what it is
	}
	p.wantReach(t, "the address", jane)
}

// TestUnknownThenPending imports before anybody brought the prompt: what is kept
// has no purpose, then and after the approval, and shows as unknown.
func TestUnknownThenPending(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	q, row := question("late", 13, purpose.AdsMatchAdvertiser), given("u1", jane, "late", 9)
	p.load(t, adults("u1"), row)
	p.propose(t, q)
	if v := p.look(t, "u1")[0]; v.Registered || v.Purposes != 0 {
		t.Errorf("%+v", v)
	}
	if r := p.load(t, "", row); r.Points.Refused != 1 || r.Points.Present != 0 {
		t.Errorf("%+v", r.Points)
	}
	_, err := p.prompts.Approve(t.Context(), prompttest.Second, q.Name, prompt.ForAds)
	must(t, err)
	if r := p.load(t, "", row); r.Points.Present != 1 {
		t.Errorf("%+v", r.Points)
	}
	p.wantWhy(t, "u1", "prompt_unknown")
	p.wantReach(t, "given before anybody brought the prompt", jane)
}

// TestApprovedWhileAnImportIsOpen: the rows that were refused before it was cut
// off are taken by the run that brings it to its end.
func TestApprovedWhileAnImportIsOpen(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	q, points := question("waits", 13, purpose.AdsMatchAdvertiser), given("u1", jane, "waits", 9)
	p.propose(t, q)
	p.cutOpen(t, adults("u1"), points)
	_, err := p.prompts.Approve(t.Context(), prompttest.Second, q.Name, prompt.ForAds)
	must(t, err)
	if r := p.load(t, adults("u1"), points); r.Points.Matchable != 1 || r.Points.Refused != 0 {
		t.Errorf("%+v", r.Points)
	}
	p.wantReach(t, "the address", jane, "u1")
}

// call is one thing that somebody asked about a prompt, whatever was answered.
type call struct {
	by     selvedge.Actor
	proven bool
	states prompt.Statement // "" brings the prompt
}

// naive says what became of a prompt, from the calls alone: the first operator
// with a key brings it, and the first other one who then states anything that
// is a statement decides.
func naive(calls []call) string {
	first := ""
	for _, c := range calls {
		switch {
		case !c.proven:
		case c.states == "":
			if first == "" {
				first = c.by.Name()
			}
		case first == "" || c.by.Name() == first || c.states == "adds":
		case c.states == "ads":
			return "in effect"
		default:
			return "refused"
		}
	}
	if first == "" {
		return "unknown"
	}
	return "pending"
}

// row is a contact point of an account of its own.
type row struct {
	from            int // the prompt's place in its round
	account, prompt string
	took, ads       bool // it was kept; while its prompt was in effect
}

// take notes that the row is imported while its prompt is in a state, and returns
// what the report must say.
func (r *row) take(state string) contact.PointsReport {
	want := contact.PointsReport{Read: 1, Refusals: []contact.Refusal{}}
	switch {
	case state == "pending" || state == "refused":
		want.Refused, want.Refusals = 1, []contact.Refusal{{Reason: identifier.Reason("prompt_" + state), Count: 1, Rows: []int64{2}}}
	case r.took:
		want.Present = 1
	case state == "unknown":
		want.Created, want.UnknownPrompt, r.took = 1, 1, true
	default:
		want.Created, want.Matchable, r.took, r.ads = 1, 1, true, true
	}
	return want
}

// TestNoEffectWithoutTheSecond brings and approves prompts and imports contact
// points in any order, by anybody. At each import a row counts as the calls so
// far say, and in the end a list reaches exactly the contact points that came
// while their prompt was in effect.
func TestNoEffectWithoutTheSecond(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	actors := []call{
		{by: selvedge.OperatorByKey("anna", "k1"), proven: true},
		{by: selvedge.OperatorByKey("anna", "k2"), proven: true},
		{by: selvedge.OperatorByKey("ben", "k3"), proven: true},
		{by: selvedge.OperatorByKey("carl", "k4"), proven: true},
		{by: selvedge.Operator("ben")},
		{by: selvedge.Platform("k5")},
	}
	words := []prompt.Statement{prompt.ForAds, prompt.ForAds, prompt.ForAds, prompt.ForSecurity, prompt.Unclear, "adds"}
	round, met := 0, map[string]bool{}
	rapid.Check(t, func(rt *rapid.T) {
		round++
		calls := make([][]call, 2) // of each prompt
		qs := make([]prompt.Prompt, len(calls))
		for i := range qs {
			qs[i] = question(fmt.Sprintf("any-%d-%d", round, i), 13, purpose.AdsMatchAdvertiser)
		}
		// Each state is where some rounds begin: chance alone leaves one out now and then.
		anna, ben := actors[0], actors[2]
		for n, statement := range []prompt.Statement{"", prompt.ForAds, prompt.ForSecurity} {
			if round%4 != n+1 {
				continue
			}
			_, _ = p.prompts.Apply(t.Context(), anna.by, qs[:1])
			calls[0] = append(calls[0], anna)
			if statement != "" {
				ben.states = statement
				_, _ = p.prompts.Approve(t.Context(), ben.by, qs[0].Name, statement)
				calls[0] = append(calls[0], ben)
			}
		}
		var rows []*row
		which := rapid.IntRange(0, len(calls)-1)
		for range rapid.IntRange(4, 16).Draw(rt, "steps") {
			switch step := rapid.IntRange(0, 5).Draw(rt, "step"); step {
			case 0, 1, 2:
				i, c := which.Draw(rt, "prompt"), rapid.SampledFrom(actors).Draw(rt, "actor")
				if step == 0 {
					_, _ = p.prompts.Apply(t.Context(), c.by, qs[i:i+1])
				} else {
					c.states = rapid.SampledFrom(words).Draw(rt, "statement")
					_, _ = p.prompts.Approve(t.Context(), c.by, qs[i].Name, c.states)
				}
				calls[i] = append(calls[i], c)
			default:
				n := rapid.IntRange(0, len(rows)).Draw(rt, "row")
				if n == len(rows) {
					i := which.Draw(rt, "prompt")
					rows = append(rows, &row{from: i, account: fmt.Sprintf("u%d.%d", round, n), prompt: qs[i].Name.ID})
				}
				r := rows[n]
				state := naive(calls[r.from])
				met[state] = true
				got := p.load(t, adults(r.account), given(r.account, r.account+"@example.com", r.prompt, 9)).Points
				if diff := cmp.Diff(r.take(state), got); diff != "" {
					rt.Fatalf("after %v (-want +got):\n%s", calls[r.from], diff)
				}
			}
		}
		var want, list []string
		for _, r := range rows {
			list = append(list, r.account+"@example.com")
			if r.ads {
				want = append(want, r.account)
			}
		}
		got := p.reach(t, purpose.AdsMatchAdvertiser, append(list, "nobody@example.com")...)
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatalf("who is reached after %v (-want +got):\n%s", calls, diff)
		}
	})
	if len(met) != 4 {
		t.Errorf("imports met prompts in the states %v alone", met)
	}
}
