package audit

import (
	"context"
	"fmt"
	"strings"
)

// short are the contact points of the background that stand in a list beside a
// row that is tried: one less than a range begins with, so that one more that
// matches is seen.
func (s *stage) short() []row { return background(0, s.sizes.Edge-1) }

// sourceStep is the test of PETS 2019: is this address good for advertising?
func sourceStep() Step {
	return Step{
		Number: "A1", Title: "contact points of other purposes",
		Does: "For P1 to P4 and P9: lists of background contact points, one short of a range, with the person's address; and the same with one that nobody has. In the clear, in every spelling, and hashed; again with more rows that match nobody.",
		run: func(ctx context.Context, s *stage, f *findings) error {
			t := tried{stage: s, findings: f}
			for _, name := range []string{"P1", "P2", "P3", "P4", "P9"} {
				if err := t.source(ctx, s.person(name)); err != nil {
					return err
				}
			}
			t.sum()
			return nil
		},
	}
}

// unverifiedStep is A1 for whoever never proved control.
func unverifiedStep() Step {
	return Step{
		Number: "P13", Title: "a contact point that was never verified",
		Does: "As A1, for an address that was given for advertising and of which nobody has proved control.",
		run: func(ctx context.Context, s *stage, f *findings) error {
			t := tried{stage: s, findings: f}
			if err := t.source(ctx, s.person("P13")); err != nil {
				return err
			}
			t.sum()
			return nil
		},
	}
}

// tried counts what was tried of people who must not be found.
type tried struct {
	*stage
	*findings
	lists, answers, bytes int
}

func (t *tried) sum() {
	t.tell("%d lists, %d answers of %d bytes compared, each beside one in which the address is nobody's", t.lists, t.answers, t.bytes)
	t.tell("uses of the grant are counted by the office's exact number, for the ledger has no route yet")
}

// source tries one person.
func (t *tried) source(ctx context.Context, p person) error {
	forms := []struct {
		name         string
		probe, dummy []row
	}{
		{"in the clear", p.probe.inClear(), p.dummy.inClear()},
		{"hashed", p.probe.hashed(), p.dummy.hashed()},
	}
	for _, form := range forms {
		both, err := t.newPair(ctx)
		if err != nil {
			return err
		}
		if err := t.one(ctx, both, form.probe, form.dummy, nil); err != nil {
			return err
		}
		t.compare(p.name+" "+form.name, both)
	}
	// Fresh rows draw no fresh answer. There are so many figures a day.
	for from := 0; from < t.sizes.Dummies; from += perDay {
		both, err := t.newPair(ctx)
		if err != nil {
			return err
		}
		for range min(perDay, t.sizes.Dummies-from) {
			if err := t.one(ctx, both, []row{p.probe}, []row{p.dummy}, t.strangers(25)); err != nil {
				return err
			}
		}
		t.compare(fmt.Sprintf("%s with fresh rows that match nobody", p.name), both)
	}
	held, _, err := t.holder(ctx, p)
	if err != nil {
		return err
	}
	t.same(p.name+": orgs that hold the person, on the person's page", 0, held)
	return nil
}

// one has both send a list, and holds the office's exact counts against each other.
func (t *tried) one(ctx context.Context, both pair, probe, dummy, more []row) error {
	a, b, err := both.sized(ctx, file(t.short(), probe, more), file(t.short(), dummy, more))
	if err != nil {
		return err
	}
	t.lists += 2
	n, err := t.exact(ctx, both.probe, a.ID)
	if err != nil {
		return err
	}
	t.same("contact points in the list with the address, exactly", t.sizes.Edge-1, n)
	t.same("range", size(b), size(a))
	return nil
}

func (t *tried) compare(what string, both pair) {
	t.same(what+": where the answers differ", "nowhere", orNowhere(both.differ()))
	t.answers += len(both.probe.said)
	t.bytes += both.bytes()
}

func orNowhere(s string) string {
	if s == "" {
		return "nowhere"
	}
	return s
}

// holder counts the orgs whose audiences hold a person, by the person's page.
func (s *stage) holder(ctx context.Context, p person) (int, string, error) {
	me, err := s.me(ctx, p)
	if err != nil {
		return 0, "", err
	}
	var names []string
	for _, by := range me.HeldBy {
		names = append(names, by.Org)
	}
	return len(names), strings.Join(names, ", "), nil
}

// controlStep shows that A1 does not pass because nothing works.
func controlStep() Step {
	return Step{
		Number: "A2", Title: "positive control",
		Does: "The lists of A1 with P5's number, P6's address and P8's address, which were given for advertising: they must be found, in every spelling and hashed, and the person's page must name the contact point that was given for it.",
		run: func(ctx context.Context, s *stage, f *findings) error {
			lists := 0
			for _, name := range []string{"P5", "P6", "P8"} {
				p := s.person(name)
				forms := map[string][2][]row{"in the clear": {p.probe.inClear(), p.dummy.inClear()}, "hashed": {p.probe.hashed(), p.dummy.hashed()}}
				for _, form := range []string{"in the clear", "hashed"} {
					if err := s.control(ctx, f, p, form, forms[form]); err != nil {
						return err
					}
					lists += 2
				}
			}
			f.tell("%d lists", lists)
			return nil
		},
	}
}

func (s *stage) control(ctx context.Context, f *findings, p person, form string, rows [2][]row) error {
	both, err := s.newPair(ctx)
	if err != nil {
		return err
	}
	a, b, err := both.sized(ctx, file(s.short(), rows[0]), file(s.short(), rows[1]))
	if err != nil {
		return err
	}
	n, err := s.exact(ctx, both.probe, a.ID)
	if err != nil {
		return err
	}
	what := p.name + " " + form
	f.same(what+": contact points, exactly", s.sizes.Edge, n)
	f.same(what+": the range is another one than without", true, size(a) != size(b))
	held, through, err := s.holds(ctx, both.probe, p)
	if err != nil {
		return err
	}
	f.same(what+": the page says who holds the person", true, held)
	for _, address := range through {
		for _, point := range address.Points {
			ads := strings.HasPrefix(point.Prompt, forAll+"@")
			f.same(fmt.Sprintf("%s: the contact point of %s can be matched", what, point.Prompt), ads, len(point.MatchableFor) > 0)
		}
	}
	held, _, err = s.holds(ctx, both.dummy, p)
	f.same(what+": the sender of the other list holds the person", false, held)
	return err
}
