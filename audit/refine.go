package audit

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/org"
)

// ofRows are the numbers in answers to orgs, by schema: of rows, columns and versions
// that the org itself sent or made, and of nobody. Another one fails A8 until
// somebody has looked at what it tells; that those here depend on the list alone is
// what A1 and A12 compare.
var ofRows = []string{
	"ListTally.", "ListRefusal.", "ListReport.", "ListDeclared.terms_version", "ListFinding.count", "ListProbeResult.count", "ListColumn.number", "ListFault.index", "ListFieldRefusal.position",
	"RefusedRow.", "ListMapping.number", "ListSample.", "Preview.rows", "Version.number", "Draft.lists", "Terms.version", "Acceptance.version", "Upload.length", "Upload.offset",
}

// refinementStep is the attack of 2018 on targeting: narrow a list down to one.
func refinementStep() Step {
	return Step{
		Number: "A8", Title: "refinement",
		Does: "Ask for an audience under a filter, look at every number that the API can tell an org, and let audiences fall below the floor in every way there is.",
		run: func(ctx context.Context, s *stage, f *findings) error {
			ops, err := s.surface(ctx)
			if err != nil {
				return err
			}
			count := 0
			for _, o := range ops {
				if !o.of("org") {
					continue
				}
				count++
				for _, n := range o.numbers {
					known := slices.ContainsFunc(ofRows, func(k string) bool { return strings.HasPrefix(n, k) })
					if !known {
						f.same("a number that orgs are told and nobody has looked at", "none", o.id+": "+n)
					}
				}
			}
			f.same("operations of an org with a filter", "", names(ops, "org", "filter", "age", "gender", "country", "interest", "target", "exclude"))
			if err := s.filtered(ctx, f); err != nil {
				return err
			}
			if err := s.belowFloor(ctx, f); err != nil {
				return err
			}
			f.tell("%d operations of an org looked at", count)
			return nil
		},
	}
}

// filtered: what a query asks for beside an audience changes no byte.
func (s *stage) filtered(ctx context.Context, f *findings) error {
	a, err := s.newAsker(ctx, org.Advertiser)
	if err != nil {
		return err
	}
	v, err := a.sized(ctx, file(s.short()))
	if err != nil {
		return err
	}
	for _, q := range []string{"?country=GB", "?age=adult", "?exclude=" + string(v.ID), "?estimate=true&fields=count"} {
		one, err := a.tell(ctx, "read the audience", http.MethodGet, at(v.ID), "", nil)
		if err != nil {
			return err
		}
		other, err := a.tell(ctx, "read the audience", http.MethodGet, at(v.ID)+q, "", nil)
		if err != nil {
			return err
		}
		taken := string(one.body) == string(other.body) || other.status >= http.StatusBadRequest
		word, _, _ := strings.Cut(q[1:], "=")
		f.same("the filter "+word+" changes nothing", true, taken)
	}
	return nil
}

// belowFloor: audiences of nobody, one, some and almost enough are told of alike,
// whether they are small or became so.
func (s *stage) belowFloor(ctx context.Context, f *findings) error {
	told := ""
	for _, n := range []int{0, 1, 299, 300, nearStep - 1} {
		a, err := s.newAsker(ctx, org.Advertiser)
		if err != nil {
			return err
		}
		id, err := a.audience(ctx)
		if err != nil {
			return err
		}
		// As many rows each, and as much taken out of each: what is left is n.
		if err := a.removed(ctx, id, n); err != nil {
			return err
		}
		v, err := a.ready(ctx, id)
		if err != nil {
			return err
		}
		line := fmt.Sprintf("%s, deliverable %t", size(v), v.Deliverable != nil && *v.Deliverable)
		if told == "" {
			told = line
		}
		f.same(fmt.Sprintf("told of %d that are left when others were taken out", n), "too small, deliverable false", line)
	}
	return nil
}

// removed adds a thousand rows to an audience's draft, takes out all that match but
// n, and seals and publishes what is left.
func (a *asker) removed(ctx context.Context, id selvedge.AudienceID, n int) error {
	for _, c := range []struct {
		verb string
		rows []row
	}{{"add", append(background(0, n), a.strangers(nearStep-n)...)}, {"add", background(2000, 400)}, {"remove", background(2000, 400)}} {
		got, err := a.change(ctx, id, c.verb, c.rows)
		if err != nil {
			return err
		}
		if err := got.ok(); err != nil {
			return err
		}
	}
	return a.sealed(ctx, id)
}
