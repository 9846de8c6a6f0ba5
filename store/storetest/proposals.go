package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/prompt"
	"github.com/selvedge/selvedge/purpose"
)

func proposalCases() map[string]func(*testing.T, *site) {
	return map[string]func(*testing.T, *site){
		"ComeBackAsTheyWere":    proposalsComeBack,
		"ProposedOnce":          proposedOnce,
		"RegisteredOnlyWithTwo": registeredOnlyWithTwo,
		"OnlyAdsAreProposed":    onlyAdsAreProposed,
		"DecidedOnce":           decidedOnce,
		"NotByWhoProposed":      notByWhoProposed,
		"NumberIsKept":          proposalNumberIsKept,
		"NotAcrossARolledBack":  decisionRolledBack,
	}
}

var adsAndMail = purpose.Of(purpose.AdsMatchPartner, purpose.MktSMS)

func (s *site) propose(t *testing.T, p prompt.Prompt, by string, at time.Time) {
	t.Helper()
	s.update(t, func(ctx context.Context, tx selvedge.Tx) error { return s.Prompts.ProposePrompt(ctx, tx, p, by, at) })
}

func (s *site) decide(n prompt.Name, d prompt.Decision) func(ctx context.Context, tx selvedge.Tx) error {
	return func(ctx context.Context, tx selvedge.Tx) error { return s.Prompts.DecidePrompt(ctx, tx, n, d) }
}

// proposalsComeBack takes three proposals, one of them to each end, and looks at
// both sides after each step.
func proposalsComeBack(t *testing.T, s *site) {
	odd, refused, waits := oddQuestion("odd", adsAndMail), question("refused", purpose.Matchable), question("waits", adsAndMail)
	by := `Zoë O'Brien "quoted"`
	want := map[prompt.Name]prompt.Proposal{}
	for i, p := range []prompt.Prompt{odd, refused, waits} {
		s.propose(t, p, by, times[i])
		want[p.Name] = prompt.Proposal{Ref: s.ref(t, p.Name), Prompt: p, By: by, At: times[i], State: prompt.Pending}
	}
	same(t, "proposals", want, read(t, s, s.Prompts.Proposals))
	same(t, "in effect", map[prompt.Name]prompt.Registered{}, read(t, s, s.Prompts.Prompts))

	end := func(n prompt.Name, state prompt.State, d prompt.Decision) {
		s.update(t, s.decide(n, d))
		p := want[n]
		p.State, p.Decision = state, d
		want[n] = p
		same(t, "proposals", want, read(t, s, s.Prompts.Proposals))
	}
	end(refused.Name, prompt.Refused, prompt.Decision{By: "ben", At: times[3], Stated: prompt.Unclear})
	same(t, "in effect", map[prompt.Name]prompt.Registered{}, read(t, s, s.Prompts.Prompts))
	end(odd.Name, prompt.InEffect, prompt.Decision{By: `b\e"n`, At: times[4%len(times)], Stated: prompt.ForAds})
	same(t, "in effect", map[prompt.Name]prompt.Registered{
		odd.Name: {Ref: want[odd.Name].Ref, Prompt: odd, By: by, At: times[4%len(times)], ApprovedBy: []string{by, `b\e"n`}},
	}, read(t, s, s.Prompts.Prompts))
}

// proposedOnce has a name proposed that is pending, in effect or refused.
func proposedOnce(t *testing.T, s *site) {
	for state, stated := range map[prompt.State]prompt.Statement{prompt.Pending: "", prompt.InEffect: prompt.ForAds, prompt.Refused: prompt.ForSecurity} {
		p := question("once-"+string(state), adsAndMail)
		s.propose(t, p, "anna", start)
		if stated != "" {
			s.update(t, s.decide(p.Name, prompt.Decision{By: "ben", At: start, Stated: stated}))
		}
		before, inEffect := read(t, s, s.Prompts.Proposals), read(t, s, s.Prompts.Prompts)
		plain := question(p.Name.ID, purpose.Of(purpose.SvcAccount))
		for what, again := range map[string]func(ctx context.Context, tx selvedge.Tx) error{
			"proposed": func(ctx context.Context, tx selvedge.Tx) error {
				return s.Prompts.ProposePrompt(ctx, tx, p, "carl", start)
			},
			"registered": func(ctx context.Context, tx selvedge.Tx) error {
				return s.Prompts.RegisterPrompt(ctx, tx, plain, "carl", start)
			},
		} {
			what = string(state) + ", " + what + " again"
			wantCode(t, what, s.refused(t, what, again), selvedge.CodeConflict)
		}
		same(t, "proposals", before, read(t, s, s.Prompts.Proposals))
		same(t, "in effect", inEffect, read(t, s, s.Prompts.Prompts))
	}
}

// registeredOnlyWithTwo tries every ads.* purpose without a second operator.
func registeredOnlyWithTwo(t *testing.T, s *site) {
	for _, ads := range purpose.Matchable.List() {
		for _, set := range []purpose.Set{purpose.Of(ads), purpose.Of(ads, purpose.MktEmail), purpose.Matchable} {
			err := s.refused(t, set.String(), func(ctx context.Context, tx selvedge.Tx) error {
				return s.Prompts.RegisterPrompt(ctx, tx, question("alone", set), "anna", start)
			})
			wantCode(t, set.String(), err, selvedge.CodeInternal)
		}
	}
	same(t, "in effect", map[prompt.Name]prompt.Registered{}, read(t, s, s.Prompts.Prompts))
}

func onlyAdsAreProposed(t *testing.T, s *site) {
	for _, set := range []purpose.Set{0, purpose.Of(purpose.Sec2FA), purpose.Of(purpose.MktSMS, purpose.SvcAccount)} {
		err := s.refused(t, set.String(), func(ctx context.Context, tx selvedge.Tx) error {
			return s.Prompts.ProposePrompt(ctx, tx, question("plain", set), "anna", start)
		})
		wantCode(t, set.String(), err, selvedge.CodeInternal)
	}
	same(t, "proposals", map[prompt.Name]prompt.Proposal{}, read(t, s, s.Prompts.Proposals))
}

// decidedOnce decides what is decided, what was registered by one person, and
// what nobody brought.
func decidedOnce(t *testing.T, s *site) {
	approved, refused, plain := question("approved", adsAndMail), question("refused", adsAndMail), question("plain", purpose.Of(purpose.Sec2FA))
	met := prompt.Name{ID: "met", Version: 1}
	s.ref(t, met)
	s.register(t, approved, plain)
	s.propose(t, refused, "anna", start)
	s.update(t, s.decide(refused.Name, prompt.Decision{By: "ben", At: start, Stated: prompt.ForService}))
	proposals, inEffect := read(t, s, s.Prompts.Proposals), read(t, s, s.Prompts.Prompts)
	for _, n := range []prompt.Name{approved.Name, refused.Name, plain.Name, met, {ID: "none", Version: 1}, {ID: "refused", Version: 2}} {
		for _, stated := range prompt.Statements() {
			err := s.refused(t, n.String(), s.decide(n, prompt.Decision{By: "carl", At: start, Stated: stated}))
			wantCode(t, n.String(), err, selvedge.CodeConflict)
		}
	}
	same(t, "proposals", proposals, read(t, s, s.Prompts.Proposals))
	same(t, "in effect", inEffect, read(t, s, s.Prompts.Prompts))
}

func notByWhoProposed(t *testing.T, s *site) {
	p := question("own", adsAndMail)
	s.propose(t, p, "anna", start)
	before := read(t, s, s.Prompts.Proposals)
	for _, stated := range prompt.Statements() {
		err := s.refused(t, string(stated), s.decide(p.Name, prompt.Decision{By: "anna", At: start, Stated: stated}))
		wantCode(t, string(stated), err, selvedge.CodeInternal)
	}
	same(t, "proposals", before, read(t, s, s.Prompts.Proposals))
	same(t, "in effect", map[prompt.Name]prompt.Registered{}, read(t, s, s.Prompts.Prompts))
}

// proposalNumberIsKept proposes names that imports have met before, the one met
// last first.
func proposalNumberIsKept(t *testing.T, s *site) {
	a, b := question("a", adsAndMail), question("b", adsAndMail)
	refs := map[prompt.Name]prompt.Ref{a.Name: s.ref(t, a.Name), b.Name: s.ref(t, b.Name)}
	s.propose(t, b, "anna", start)
	s.propose(t, a, "anna", start)
	for n, p := range read(t, s, s.Prompts.Proposals) {
		if p.Ref != refs[n] || s.ref(t, n) != refs[n] {
			t.Errorf("%s has number %d, want %d", n, p.Ref, refs[n])
		}
	}
}

func decisionRolledBack(t *testing.T, s *site) {
	p := question("undone", adsAndMail)
	s.propose(t, p, "anna", start)
	before := read(t, s, s.Prompts.Proposals)
	s.refused(t, "a transaction that fails", func(ctx context.Context, tx selvedge.Tx) error {
		if err := s.Prompts.DecidePrompt(ctx, tx, p.Name, prompt.Decision{By: "ben", At: start, Stated: prompt.ForAds}); err != nil {
			t.Error(err)
		}
		return context.Canceled
	})
	same(t, "proposals", before, read(t, s, s.Prompts.Proposals))
	same(t, "in effect", map[prompt.Name]prompt.Registered{}, read(t, s, s.Prompts.Prompts))
	s.update(t, s.decide(p.Name, prompt.Decision{By: "ben", At: start, Stated: prompt.ForAds}))
}
