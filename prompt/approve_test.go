package prompt_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/prompt"
	"github.com/selvedge/selvedge/purpose"
)

// outcomes is every cell of who states what of which prompt. The prompt was
// brought by anna. A cell is what comes of it: the prompt in effect, refused
// for good with the reason, or an error that leaves all as it was.
const outcomes = `
	who    | word      | an ads prompt     | ads and mail      | mail alone
	ben    | ads       | in_effect         | in_effect         | not_pending
	ben    | marketing | statement_differs | statement_differs | not_pending
	ben    | service   | statement_differs | statement_differs | not_pending
	ben    | security  | statement_differs | statement_differs | not_pending
	ben    | unclear   | statement_differs | statement_differs | not_pending
	ben    |           | bad_statement     | bad_statement     | bad_statement
	ben    | Ads       | bad_statement     | bad_statement     | bad_statement
	ben    | ads.*     | bad_statement     | bad_statement     | bad_statement
	ben    | adds      | bad_statement     | bad_statement     | bad_statement
	anna   | ads       | same_operator     | same_operator     | not_pending
	anna   | marketing | same_operator     | same_operator     | not_pending
	anna   | service   | same_operator     | same_operator     | not_pending
	anna   | security  | same_operator     | same_operator     | not_pending
	anna   | unclear   | same_operator     | same_operator     | not_pending
	anna   | adds      | bad_statement     | bad_statement     | bad_statement
	anna 2 | ads       | same_operator     | same_operator     | not_pending
	anna 2 | security  | same_operator     | same_operator     | not_pending`

func TestApproveEveryCell(t *testing.T) {
	t.Parallel()
	who := map[string]selvedge.Actor{"ben": ben, "anna": anna, "anna 2": selvedge.OperatorByKey("anna", "another key of hers")}
	o := newOffice(t) // each row has a version of its own
	for n, row := range strings.Split(strings.TrimSpace(outcomes), "\n") {
		cells := strings.Split(row, "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if cells[0] == "who" {
			continue
		}
		t.Run(cells[0]+" "+cells[1], func(t *testing.T) {
			ps := kinds(t)
			for i := range ps {
				ps[i].Name.Version = n
			}
			o.bring(t, anna, ps...)
			for i, p := range ps {
				before, entered := o.states(t), len(o.entries)
				v, err := o.Approve(t.Context(), who[cells[0]], p.Name, prompt.Statement(cells[1]))
				o.wantOutcome(t, p, cells[2+i], v, err, before, entered)
			}
		})
	}
}

// kinds are the kinds of prompts that the table knows, in its order. Those with
// sec.* beside ads.* nobody can bring: see TestSecurityNeverGrantsAds.
func kinds(t *testing.T) []prompt.Prompt {
	t.Helper()
	ads := parse(t, offers)[0]
	mixed := ads
	mixed.Name.ID, mixed.Purposes = "mixed", purpose.Of(purpose.AdsSuppress, purpose.MktEmail, purpose.SvcAccount)
	return []prompt.Prompt{ads, mixed, news(t)}
}

// codes says which code an error of a reason has.
var codes = map[string]selvedge.Code{
	"statement_differs": selvedge.CodeConflict, "prompt_refused": selvedge.CodeConflict, "not_pending": selvedge.CodeConflict,
	"already_approved": selvedge.CodeConflict, "bad_statement": selvedge.CodeInvalid, "same_operator": selvedge.CodeForbidden,
}

func (o *office) wantOutcome(t *testing.T, p prompt.Prompt, want string, v prompt.View, err error, before map[string]prompt.State, entered int) {
	t.Helper()
	e, _ := errors.AsType[*selvedge.Error](err)
	switch {
	case want == "in_effect":
		if err != nil || v.State != prompt.InEffect || v.Name != p.Name {
			t.Errorf("%s: %+v, %v, want in effect", p.Name, v, err)
		}
		before[p.Name.String()] = prompt.InEffect
		entered++
	case e == nil || e.Code != codes[want] || e.Reason != want:
		t.Errorf("%s: %v, want %s", p.Name, err, want)
	case want == "statement_differs":
		before[p.Name.String()] = prompt.Refused
		entered++
	}
	if diff := cmp.Diff(before, o.states(t)); diff != "" {
		t.Errorf("%s: states (-want +got):\n%s", p.Name, diff)
	}
	if _, ok := o.inEffect(t)[p.Name.String()]; ok != (before[p.Name.String()] == prompt.InEffect) {
		t.Errorf("%s is in effect: %t", p.Name, ok)
	}
	if len(o.entries) != entered {
		t.Errorf("%s: %d entries, want %d", p.Name, len(o.entries), entered)
	}
}

// TestApproveAgain has everybody state everything once more of a prompt that is
// decided. Only the same operator's same approval is no error.
func TestApproveAgain(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for n, first := range prompt.Statements() {
		p := parse(t, offers)[0]
		p.Name.Version += n
		o.bring(t, anna, p)
		decided, _ := o.Approve(t.Context(), ben, p.Name, first)
		for _, actor := range []selvedge.Actor{ben, carl, anna, selvedge.OperatorByKey("ben", "another key of his")} {
			for _, again := range prompt.Statements() {
				before, entered := o.states(t), len(o.entries)
				o.clock.Add(time.Hour)
				v, err := o.Approve(t.Context(), actor, p.Name, again)
				want := "already_approved"
				switch {
				case actor.Name() == "anna":
					want = "same_operator"
				case first != prompt.ForAds:
					want = "prompt_refused"
				case actor.Name() == "ben" && again == prompt.ForAds:
					if diff := cmp.Diff(decided, v, cmpopts.IgnoreUnexported(prompt.View{})); err != nil || diff != "" {
						t.Errorf("the same again: %v (-first +again):\n%s", err, diff)
					}
					continue
				}
				o.wantOutcome(t, p, want, v, err, before, entered)
			}
		}
	}
}

func TestApproveEnters(t *testing.T) {
	t.Parallel()
	o, p := newOffice(t), parse(t, offers)[0]
	next := p
	next.Name.Version = 3
	o.bring(t, anna, p, next)
	o.entries = nil
	if _, err := o.Approve(t.Context(), ben, p.Name, prompt.ForAds); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Approve(t.Context(), carl, next.Name, prompt.ForSecurity); selvedge.CodeOf(err) != selvedge.CodeConflict {
		t.Fatal(err)
	}
	o.wantEntries(t,
		`registry prompt.approved ben {"prompt":"offers@2","stated":"ads","purposes":"ads.match.advertiser ads.suppress","proposed_by":"anna","key":"key-b"}`,
		`registry prompt.refused carl {"prompt":"offers@3","stated":"security","purposes":"ads.match.advertiser ads.suppress","proposed_by":"anna","key":"key-c"}`)
}

func TestApproveAsksWhoAsks(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.bring(t, anna, kinds(t)...)
	before, entered := o.states(t), len(o.entries)
	for who, actor := range strangers() {
		for _, p := range kinds(t) {
			for _, s := range append(prompt.Statements(), "adds") {
				if v, err := o.Approve(t.Context(), actor, p.Name, s); selvedge.CodeOf(err) != selvedge.CodeForbidden || v.State != "" {
					t.Errorf("%s states %s of %s: %+v, %v", who, s, p.Name, v, err)
				}
			}
		}
	}
	if diff := cmp.Diff(before, o.states(t)); diff != "" || len(o.entries) != entered {
		t.Errorf("a stranger's statement counted:\n%s", diff)
	}
}

func TestApproveUnknown(t *testing.T) {
	t.Parallel()
	o, p := newOffice(t), parse(t, offers)[0]
	o.bring(t, anna, p)
	for _, n := range []prompt.Name{{}, {ID: "offers"}, {ID: "offers", Version: 3}, {ID: "Offers", Version: 2}, {ID: "none", Version: 2}} {
		if _, err := o.Approve(t.Context(), ben, n, prompt.ForAds); selvedge.CodeOf(err) != selvedge.CodeNotFound {
			t.Errorf("%s: %v, want not_found", n, err)
		}
	}
}

// TestApproveAtOnce has many operators state at once, some of them that it is
// something else. One decides; the others are told that it is decided.
func TestApproveAtOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for round := range 8 {
		p := parse(t, offers)[0]
		p.Name.Version += round
		o.bring(t, anna, p)
		o.entries = nil
		words := []prompt.Statement{prompt.ForAds}
		if round%2 == 1 {
			words = append(words, prompt.ForSecurity)
		}
		var wg sync.WaitGroup
		outcome := make([]string, 8)
		for i := range outcome {
			wg.Go(func() {
				_, err := o.Approve(t.Context(), selvedge.OperatorByKey(fmt.Sprint("o", i), "k"), p.Name, words[i%len(words)])
				outcome[i] = "approved"
				if e, ok := errors.AsType[*selvedge.Error](err); ok {
					outcome[i] = e.Reason
				}
			})
		}
		wg.Wait()
		slices.Sort(outcome)
		after := "already_approved"
		state := o.states(t)[p.Name.String()]
		if state == prompt.Refused {
			after = "prompt_refused"
		}
		decisive := slices.DeleteFunc(slices.Clone(outcome), func(s string) bool { return s == after })
		want := map[prompt.State]string{prompt.InEffect: "approved", prompt.Refused: "statement_differs"}[state]
		if len(decisive) != 1 || decisive[0] != want {
			t.Errorf("the prompt is %s, and the outcomes are %v", state, outcome)
		}
		if len(o.entries) != 1 {
			t.Errorf("%d entries, want one of the decision", len(o.entries))
		}
	}
}

// TestViewTellsNoPurposes: while a prompt waits, nothing that is told of it
// differs by what it is meant to ask for.
func TestViewTellsNoPurposes(t *testing.T) {
	t.Parallel()
	look := func(p prompt.Prompt) []prompt.View {
		o := newOffice(t)
		o.bring(t, anna, p)
		vs, err := o.List(t.Context(), ben)
		if err != nil || len(vs) != 1 || vs[0].State != prompt.Pending || vs[0].Asks != nil {
			t.Fatalf("%+v, %v", vs, err)
		}
		return vs
	}
	one := parse(t, offers)[0]
	other := one
	other.Purposes, other.AdsExpiryMonths = purpose.Of(purpose.AdsMatchPartner, purpose.MktSMS), 25
	if diff := cmp.Diff(look(one), look(other), cmpopts.IgnoreUnexported(prompt.View{})); diff != "" {
		t.Errorf("the view tells what the prompt is meant to ask for:\n%s", diff)
	}
}

// TestList shows a prompt of each state, in the order in which they came.
func TestList(t *testing.T) {
	t.Parallel()
	o, p := newOffice(t), parse(t, offers)[0]
	waits, refused := p, p
	waits.Name.ID, refused.Name.ID = "a-later-one", "refused"
	o.bring(t, anna, p, news(t), refused, waits)
	o.clock.Add(time.Hour)
	for n, s := range map[prompt.Name]prompt.Statement{p.Name: prompt.ForAds, refused.Name: prompt.Unclear} {
		_, _ = o.Approve(t.Context(), ben, n, s) // a refusal is an error
	}
	asks := &prompt.Asks{Purposes: p.Purposes, LegalBasis: prompt.Consent, AdsExpiryMonths: 6}
	view := prompt.View{Surface: "settings/ads", Texts: p.Texts, By: "anna", At: start}
	want := []prompt.View{view, view, view, view}
	want[0].Name, want[0].State, want[0].Asks = p.Name, prompt.InEffect, asks
	want[0].Decision = prompt.Decision{By: "ben", At: start.Add(time.Hour), Stated: prompt.ForAds}
	want[1].Name, want[1].State, want[1].ApprovedBy = news(t).Name, prompt.InEffect, []string{}
	want[1].Asks = &prompt.Asks{Purposes: purpose.Of(purpose.MktEmail), LegalBasis: prompt.Consent}
	want[2].Name, want[2].State, want[2].Asks = refused.Name, prompt.Refused, asks
	want[2].Decision = prompt.Decision{By: "ben", At: start.Add(time.Hour), Stated: prompt.Unclear}
	want[3].Name, want[3].State = waits.Name, prompt.Pending
	for _, actor := range []selvedge.Actor{anna, selvedge.Operator("dora"), selvedge.Platform("key")} {
		got, err := o.List(t.Context(), actor)
		if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(prompt.View{})); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", actor.Role(), err, diff)
		}
	}
	for _, actor := range []selvedge.Actor{{}, selvedge.OrgActor("o", "k"), selvedge.System("matcher")} {
		if vs, err := o.List(t.Context(), actor); selvedge.CodeOf(err) != selvedge.CodeForbidden || vs != nil {
			t.Errorf("%s: %d prompts, %v", actor.Role(), len(vs), err)
		}
	}
}
