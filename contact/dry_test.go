package contact_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/demo/world"
	"github.com/selvedge/selvedge/prompt"
	"github.com/selvedge/selvedge/prompt/prompttest"
	"github.com/selvedge/selvedge/purpose"
)

// try runs a dry run and then the import, and holds one against the other. It
// fails if the dry run left anything.
func (p *platform) try(t testing.TB, accounts, points string) contact.DryRun {
	t.Helper()
	before := p.content(t)
	d, err := p.DryRun(t.Context(), office, contact.Delivery{Accounts: text(accounts), Points: text(points)})
	must(t, err)
	if diff := cmp.Diff(before, p.content(t)); diff != "" {
		t.Errorf("the dry run wrote something:\n%.2000s", diff)
	}
	checkSums(t, d.Report)
	checkTally(t, d)
	r, err := p.Import(t.Context(), office, text(accounts), text(points))
	must(t, err)
	if diff := cmp.Diff(d.Report, r, cmpopts.IgnoreFields(contact.Report{}, "Import")); diff != "" {
		t.Errorf("what was said and what was done (-dry +real):\n%s", diff)
	}
	return d
}

// checkTally holds the counts by prompt against the report's.
func checkTally(t testing.TB, d contact.DryRun) {
	t.Helper()
	var sum contact.PromptCount
	for _, c := range d.Prompts {
		if c.Read != c.Created+c.Present+c.Refused || c.Matchable > c.Created+c.Present {
			t.Errorf("%s does not add up: %+v", c.Prompt, c)
		}
		sum.Read += c.Read
		sum.Created += c.Created
		sum.Present += c.Present
		sum.Refused += c.Refused
		sum.Matchable += c.Matchable
	}
	r := d.Points
	if sum.Read != r.Read || sum.Created != r.Created || sum.Present != r.Present || sum.Refused != r.Refused || sum.Matchable != r.Matchable+r.MatchableNow {
		t.Errorf("the prompts add up to %+v, the report is %+v", sum, r)
	}
	refused := map[string]int64{}
	for _, f := range r.Refusals {
		refused[string(f.Reason)] = f.Count
	}
	u := d.Unproven
	if u.MissingPrompt != refused["bad_prompt_name"] || u.NotApproved != refused["prompt_pending"]+refused["prompt_refused"] || u.UnknownPrompt < r.UnknownPrompt {
		t.Errorf("without a provable purpose: %+v of %+v", u, r)
	}
}

// TestDryRun has a row of each kind.
func TestDryRun(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	_, err := p.prompts.Apply(t.Context(), prompttest.First, []prompt.Prompt{question("waits", 13, purpose.AdsMatchAdvertiser)})
	must(t, err)
	p.load(t, adults("u1"), given("u1", jane, "offers", 9)+given("u1", jane, "legacy", 8)+unproven(given("u1", joe, "offers", 7)))
	got := p.try(t, accountsHeader+adults("u1", "u2"), pointsHeader+given("u1", jane, "offers", 9)+given("u1", jane, "legacy", 8)+given("u1", joe, "offers", 7)+
		given("u2", jane, "offers", 6)+given("u2", jane, "offers", 6)+given("u2", jane, "lost", 5)+given("u2", jane, "waits", 4)+
		given("u2", jane, "two-factor", 3)+"u2,email,x@example.com,,,,"+ago(2)+",,\n")
	want := contact.DryRun{
		Report: got.Report,
		Prompts: []contact.PromptCount{
			{State: contact.PromptMissing, Read: 1, Refused: 1},
			{Prompt: "legacy@1", State: contact.PromptUnknown, Read: 1, Present: 1},
			{Prompt: "lost@1", State: contact.PromptUnknown, Read: 1, Created: 1},
			{Prompt: "offers@1", State: contact.PromptInEffect, Read: 4, Created: 1, Present: 3, Matchable: 2},
			{Prompt: "two-factor@1", State: contact.PromptInEffect, Read: 1, Created: 1},
			{Prompt: "waits@1", State: contact.PromptPending, Read: 1, Refused: 1},
		},
		Unproven: contact.Unproven{UnknownPrompt: 2, MissingPrompt: 1, NotApproved: 1},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestDryRunOfWorlds: a first import, one of the same, and one after a part.
func TestDryRunOfWorlds(t *testing.T) {
	t.Parallel()
	w, err := world.New(world.Config{Seed: "dry", People: 600, Start: start})
	must(t, err)
	p := barePlatform(t)
	p.registerWorld(t, w)
	accounts, points := written(t, w.WriteAccounts), written(t, w.WriteContactPoints)
	half := strings.Index(points[len(points)/2:], "\n") + len(points)/2 + 1
	p.try(t, accounts, points[:half])
	p.try(t, accounts, points)
	p.try(t, accounts, points)
}

// TestDryRunAlwaysTellsTheTruth brings any rows, with withdrawals, erasures and
// imports that were abandoned between.
func TestDryRunAlwaysTellsTheTruth(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		p := newPlatform(t)
		for step := range rapid.IntRange(1, 3).Draw(rt, "imports") {
			pick := func(label string, of ...string) string { return rapid.SampledFrom(of).Draw(rt, label) }
			var accounts, points strings.Builder
			for range rapid.IntRange(0, 5).Draw(rt, "accounts") {
				fmt.Fprintf(&accounts, "%s,%s,%s,%s,%s\n", pick("account", "a", "b", "c", "a b"), pick("country", "", "IT"), pick("age", "adult", "minor"),
					pick("active", "", "2026-03-01", "1969-12-30"), pick("state", "active", "deactivated"))
			}
			for range rapid.IntRange(0, 8).Draw(rt, "points") {
				row := given(pick("account", "a", "b", "c"), pick("value", jane, joe, "-"), pick("prompt", "offers", "partners", "two-factor", "legacy"),
					rapid.SampledFrom([]int{1, 2, 24 * 50}).Draw(rt, "given"))
				if rapid.Bool().Draw(rt, "unproven") {
					row = unproven(row)
				}
				points.WriteString(row)
			}
			if step > 0 && rapid.Bool().Draw(rt, "cut off before") {
				p.cutOpen(t, adults("a", "b"), given("a", jane, "offers", 1)+given("b", joe, "partners", 2))
				p.abandon(t)
			}
			if rapid.Bool().Draw(rt, "end") {
				_, _ = p.people.Withdraw(t.Context(), office, "a", email(jane), onlyAds)
				_, _ = p.people.Erase(t.Context(), office, "b")
			}
			p.try(t, accountsHeader+accounts.String(), pointsHeader+points.String())
		}
	})
}

// views is a Transactor that has nobody write.
type views struct{ selvedge.Transactor }

func (views) Update(context.Context, func(context.Context, selvedge.Tx) error) error {
	return errors.New("something would be written")
}

// TestDryRunIsReadOnly: it asks for no transaction that could write.
func TestDryRunIsReadOnly(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.Tx = views{p.db}
	_, err := p.DryRun(t.Context(), office, contact.Delivery{Accounts: text(accountsHeader + adults("u1")), Points: text(pointsHeader + given("u1", jane, "offers", 9))})
	must(t, err)
}

// TestDryRunOfAnOpenImport says what its own content would bring it to, and of
// other content what the import would say.
func TestDryRunOfAnOpenImport(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	accounts, points := adults("u1"), given("u1", jane, "offers", 9)
	p.cutOpen(t, accounts, points)
	d := p.try(t, accountsHeader+accounts, pointsHeader+points)
	if d.Points.Matchable != 1 {
		t.Errorf("%+v", d.Points)
	}
	p.cutOpen(t, accounts, points+given("u1", joe, "offers", 9))
	_, err := p.DryRun(t.Context(), office, contact.Delivery{Accounts: text(accountsHeader + accounts), Points: text(pointsHeader + points)})
	wantError(t, "other files", err, selvedge.CodeConflict, "", "import_open")
	_, err = p.DryRun(t.Context(), selvedge.OrgActor("o", "k"), contact.Delivery{Accounts: text(accountsHeader), Points: text(pointsHeader)})
	wantError(t, "an org", err, selvedge.CodeForbidden, "", "")
}
