package audit

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/selvedge/selvedge/alert"
	"github.com/selvedge/selvedge/api"
	"github.com/selvedge/selvedge/org"
)

// digitsStep is the attack of S&P 2018 that reads a number digit by digit.
func digitsStep() Step {
	return Step{
		Number: "A7", Title: "digit lists",
		Does: "By one sender: all numbers of a plan, split into ten lists by their first digit and shuffled. Then a plan that is too small to be told from people's numbers, split by a digit, each list with background contact points that are one short of a range. Somebody in that plan gave their number for advertising, and somebody for security.",
		run: func(ctx context.Context, s *stage, f *findings) error {
			a, err := s.newAsker(ctx, org.Advertiser)
			if err != nil {
				return err
			}
			if err := s.wholePlan(ctx, a, f); err != nil {
				return err
			}
			return s.smallPlan(ctx, a, f)
		},
	}
}

// wholePlan brings all numbers of a plan: each list is refused in one text, and the
// office learns of each.
func (s *stage) wholePlan(ctx context.Context, a *asker, f *findings) error {
	before, err := s.enumerations(ctx)
	if err != nil {
		return err
	}
	var said []string
	for digit := range 10 {
		id, err := a.audience(ctx)
		if err != nil {
			return err
		}
		got, err := a.upload(ctx, id, file(plan(s.sizes.Plan, func(n int) bool { return n/(s.sizes.Plan/10) == digit })))
		if err != nil {
			return err
		}
		said = append(said, fmt.Sprint(got.status, " ", string(got.body))) // the headers tell how many requests are left
	}
	after, err := s.enumerations(ctx)
	if err != nil {
		return err
	}
	f.same("digit lists that are refused", 10, strings.Count(strings.Join(said, "\n"), `"reason":"enumeration"`))
	f.same("refusals that say something else than the first", 0, others(said))
	f.same("alerts for the platform's office", 10, after-before)
	f.tell("%d numbers of a plan in 10 lists", s.sizes.Plan)
	return nil
}

// smallPlan brings so few numbers that anybody's list may have them.
func (s *stage) smallPlan(ctx context.Context, a *asker, f *findings) error {
	const numbers = 1000
	var told []string
	found := 0
	for digit := range 10 {
		id, err := a.audience(ctx)
		if err != nil {
			return err
		}
		got, err := a.upload(ctx, id, file(s.short(), plan(numbers, func(n int) bool { return n/10%10 == digit })))
		if err != nil {
			return err
		}
		if got.status >= http.StatusBadRequest {
			return fmt.Errorf("a list of %d numbers is answered %d", numbers/10, got.status)
		}
		if err := s.settle(ctx); err != nil {
			return err
		}
		s.tick()
		v, err := a.ready(ctx, id)
		if err != nil {
			return err
		}
		told = append(told, size(v))
		n, err := s.exact(ctx, a, id)
		if err != nil {
			return err
		}
		found += n - (s.sizes.Edge - 1)
	}
	f.same("people found who gave their number in the small plan for advertising, as the office counts", 1, found)
	f.same("digit lists of which another range is told than of the first", 0, others(told))
	f.tell("%d numbers of a small plan in 10 lists", numbers)
	return nil
}

func others(texts []string) (n int) {
	for _, t := range texts {
		if t != texts[0] {
			n++
		}
	}
	return n
}

// plan are the numbers of a plan, a power of ten, of which some are wanted, in no
// order that tells.
func plan(numbers int, wanted func(n int) bool) (out []row) {
	const last = "+447700900000"
	free := len(fmt.Sprint(numbers)) - 1
	for i := range numbers {
		if n := (i*7919 + 13) % numbers; wanted(n) { // 7919 is prime to every power of ten
			out = append(out, phone(fmt.Sprintf("%s%0*d", last[:len(last)-free], free, n)))
		}
	}
	return out
}

// enumerations is how many alerts of lists that were counted up the office has.
func (s *stage) enumerations(ctx context.Context) (n int, err error) {
	for path := "/v1/alerts"; ; {
		page, err := readFrom[api.Items[api.Alert]](s.get(ctx, s.keys.operator, "list alerts", path))
		if err != nil {
			return 0, err
		}
		for _, a := range page.Items {
			if a.Kind == alert.Enumeration {
				n++
			}
		}
		if page.Next == "" {
			return n, nil
		}
		path = "/v1/alerts?cursor=" + url.QueryEscape(page.Next)
	}
}
