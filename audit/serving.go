package audit

import (
	"context"

	"github.com/selvedge/selvedge/org"
)

// deliveryStep asks who may be reached at all. Decisions are not there yet; the
// person's page tells who holds whom.
func deliveryStep() Step {
	return Step{
		Number: "A3", Title: "delivery truth",
		Does: "One list of everybody, by an advertiser and by a partner: who may be reached through it?",
		run: func(ctx context.Context, s *stage, f *findings) error {
			f.wait("serving: no decision can be asked for")
			rows := background(0, 50)
			for _, p := range s.people {
				rows = append(rows, p.probe)
			}
			reached := map[org.Kind]map[string]bool{
				org.Advertiser: {"P5": true, "P6": true, "P8": true, "P12": true},
				org.Partner:    {"P5": true, "P6": true, "P8": true},
			}
			for _, kind := range []org.Kind{org.Advertiser, org.Partner} {
				a, err := s.newAsker(ctx, kind)
				if err != nil {
					return err
				}
				if _, err := a.sized(ctx, file(rows)); err != nil {
					return err
				}
				for _, p := range s.people {
					held, _, err := s.holds(ctx, a, p)
					if err != nil {
						return err
					}
					f.same(p.name+" can be reached by the "+string(kind), reached[kind][p.name], held)
				}
			}
			return s.partnersCount(ctx, f)
		},
	}
}

// partnersCount: what may not be used for partners is in no number of theirs.
func (s *stage) partnersCount(ctx context.Context, f *findings) error {
	p12 := s.person("P12")
	for _, kind := range []org.Kind{org.Advertiser, org.Partner} {
		var sizes []string
		for _, r := range []row{p12.probe, p12.dummy} {
			a, err := s.newAsker(ctx, kind)
			if err != nil {
				return err
			}
			v, err := a.sized(ctx, file(s.short(), []row{r}))
			if err != nil {
				return err
			}
			sizes = append(sizes, size(v))
		}
		f.same("P12 counts for the "+string(kind), kind == org.Advertiser, sizes[0] != sizes[1])
	}
	f.tell("6 lists, %d people asked of by two senders", len(s.people))
	return nil
}

// paddingStep is the attack of 2018 on floors.
func paddingStep() Step {
	return Step{
		Number: "A9", Title: "padding",
		Does: "A victim among accounts of one's own: below the floor nothing is told, whoever pads.",
		run: func(ctx context.Context, s *stage, f *findings) error {
			f.wait("serving: its floor counts accounts that were active in 90 days, after what is excluded, and nothing asks for it yet")
			for _, p := range []string{"P1", "P6"} { // one who is not found, and one who is
				both, err := s.newPair(ctx)
				if err != nil {
					return err
				}
				p := s.person(p)
				own := background(100, 299)
				v, _, err := both.sized(ctx, file(own, []row{p.probe}), file(own, []row{p.dummy}))
				if err != nil {
					return err
				}
				f.same("299 of one's own and "+p.name, "too small", size(v))
				f.same("299 of one's own and "+p.name+": where the answers differ from those with nobody", "nowhere", orNowhere(both.differ()))
			}
			f.tell("4 lists")
			return s.shrunk(ctx, f)
		},
	}
}

// shrunk tells what is said of an audience that was large enough and was then
// emptied but for one: its figure repeats, because less than a thousand differ, and
// so the figure is no floor for a use.
func (s *stage) shrunk(ctx context.Context, f *findings) error {
	a, err := s.newAsker(ctx, org.Advertiser)
	if err != nil {
		return err
	}
	v, err := a.sized(ctx, file(background(0, nearStep)))
	if err != nil {
		return err
	}
	got, err := a.change(ctx, v.ID, "remove", background(0, nearStep-1))
	if err == nil {
		err = got.ok()
	}
	if err != nil {
		return err
	}
	if err := a.sealed(ctx, v.ID); err != nil {
		return err
	}
	after, err := a.ready(ctx, v.ID)
	if err != nil {
		return err
	}
	f.tell("told of %d, and after all but one were taken out: %s and deliverable %t, then %s and deliverable %t", nearStep, size(v), *v.Deliverable, size(after), *after.Deliverable)
	return nil
}

// explanationStep and misuseStep have nothing to ask yet.
func explanationStep() Step {
	return Step{
		Number: "A14", Title: "explanations",
		Does: "For each decision: is the explanation complete, correct, personal, consistent and the same each time?",
		run: func(_ context.Context, _ *stage, f *findings) error {
			f.wait("serving: there is no decision to explain")
			return nil
		},
	}
}

func misuseStep() Step {
	return Step{
		Number: "A15", Title: "misuse drill",
		Does: "An import that calls security contacts advertising ones: does the incident name everybody it touched, exactly?",
		run: func(_ context.Context, _ *stage, f *findings) error {
			f.wait("the incident office")
			return nil
		},
	}
}
