package audit

import (
	"context"
	"time"

	"github.com/selvedge/selvedge/api"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/org"
)

// withdrawalStep: a no is in force at once, and for good.
func withdrawalStep() Step {
	return Step{
		Number: "A11", Title: "withdrawal",
		Does: "P6, whom a sender's audience holds, withdraws. Neither the same list nor the same yes again brings P6 back, nor does a later yes into the audience of before; a new list reaches the new yes.",
		run: func(ctx context.Context, s *stage, f *findings) error {
			f.wait("serving: how soon a decision says no, and what the ledger says of the last one before")
			p6 := s.person("P6")
			csv := file(s.short(), []row{p6.probe})
			before, err := s.newAsker(ctx, org.Advertiser)
			if err != nil {
				return err
			}
			v, err := before.sized(ctx, csv)
			if err != nil {
				return err
			}
			f.same("range with P6", ladder[2], size(v))
			if err := s.reaches(ctx, f, "before: the audience reaches P6", before, p6, true); err != nil {
				return err
			}

			_, err = s.post(ctx, s.keys.platform, "withdraw", "/v1/contact-points:withdraw", api.Withdrawal{
				Account: p6.name, Kind: p6.probe.kind.String(), Value: p6.probe.text, Purposes: []string{"ads.match.advertiser", "ads.match.partner", "ads.suppress"},
			})
			if err != nil {
				return err
			}
			if err := s.reaches(ctx, f, "at the same instant of the clock: the audience reaches P6", before, p6, false); err != nil {
				return err
			}
			given := s.begin.Add(-p6.gave[0].ago)
			if err := s.yes(ctx, f, "the yes of before, told again", p6, given); err != nil {
				return err
			}
			if err := s.reaches(ctx, f, "after that: the audience reaches P6", before, p6, false); err != nil {
				return err
			}
			if err := s.again(ctx, f, "the same list again", csv, p6, false); err != nil {
				return err
			}
			return s.newYes(ctx, f, before, csv, p6)
		},
	}
}

func (s *stage) reaches(ctx context.Context, f *findings, what string, a *asker, p person, want bool) error {
	held, _, err := s.holds(ctx, a, p)
	f.same(what, want, held)
	return err
}

// again has another sender bring a list that holds P6.
func (s *stage) again(ctx context.Context, f *findings, what string, csv []byte, p person, found bool) error {
	a, err := s.newAsker(ctx, org.Advertiser)
	if err != nil {
		return err
	}
	v, err := a.sized(ctx, csv)
	if err != nil {
		return err
	}
	n, err := s.exact(ctx, a, v.ID)
	if err != nil {
		return err
	}
	want, r := s.sizes.Edge-1, ladder[1]
	if found {
		want, r = s.sizes.Edge, ladder[2]
	}
	f.same(what+": contact points, exactly", want, n)
	f.same(what+": range", r, size(v))
	return s.reaches(ctx, f, what+": reaches P6", a, p, found)
}

// yes tells that P6 gave the same address for advertising at a time.
func (s *stage) yes(ctx context.Context, f *findings, what string, p6 person, given time.Time) error {
	at := given.Format(time.RFC3339)
	done, err := readFrom[contact.EventsReport](s.post(ctx, s.keys.platform, "tell of a yes", "/v1/events", api.Events{Events: []contact.Event{{
		Type: contact.EventGiven, Account: p6.name, Kind: p6.probe.kind.String(), Value: p6.probe.text, Prompt: forAll + "@1",
		GivenAt: at, VerifiedAt: at, VerifiedBy: "code",
	}}}))
	f.same(what+": events that are refused", 0, int(done.Refused))
	return err
}

// newYes has P6 give the same address for advertising once more, later.
func (s *stage) newYes(ctx context.Context, f *findings, before *asker, csv []byte, p6 person) error {
	s.clock.Add(time.Hour)
	if err := s.yes(ctx, f, "a new yes", p6, s.clock.Now()); err != nil {
		return err
	}
	if err := s.reaches(ctx, f, "after a new yes: the audience of before reaches P6", before, p6, false); err != nil {
		return err
	}
	if err := s.again(ctx, f, "a list after the new yes", csv, p6, true); err != nil {
		return err
	}
	f.tell("3 lists by 3 senders")
	return nil
}
