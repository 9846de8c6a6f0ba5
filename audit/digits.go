package audit

import (
	"context"
	"fmt"
	"net/http"

	"github.com/selvedge/selvedge/alert"
	"github.com/selvedge/selvedge/api"
	"github.com/selvedge/selvedge/org"
)

// digitsStep is the attack of S&P 2018 that reads a number digit by digit.
func digitsStep() Step {
	return Step{
		Number: "A7", Title: "digit lists",
		Does: "By one sender: all numbers of a plan, split into ten lists by its first digit, and by its last but one, shuffled. Then ten lists of a plan that is too small to be refused, each with background contact points that are one short of a range. Somebody in both gave their number for advertising, and somebody for security.",
		run: func(ctx context.Context, s *stage, f *findings) error {
			a, err := s.newAsker(ctx, org.Advertiser)
			if err != nil {
				return err
			}
			if err := a.refusedLists(ctx, f); err != nil {
				return err
			}
			return a.smallPlan(ctx, f)
		},
	}
}

// refusedLists: a list that was counted up is refused, with the same words whoever
// is in it, and the office is told.
func (a *asker) refusedLists(ctx context.Context, f *findings) error {
	var refused []string
	id, err := a.audience(ctx)
	if err != nil {
		return err
	}
	for _, place := range []int{1, len(fmt.Sprint(a.sizes.Plan)) - 2} { // from the end
		for digit := range 10 {
			got, err := a.upload(ctx, id, file(digitList(known, a.sizes.Plan, place, digit), digitList(beside, a.sizes.Plan, place, digit)))
			if err != nil {
				return err
			}
			if got.status >= http.StatusBadRequest {
				refused = append(refused, got.reason())
			}
		}
	}
	f.same("digit lists that are refused, of 20", 20, len(refused))
	f.same("refusals that say something else than the first", 0, others(refused))
	v, err := a.look(ctx, id)
	if err != nil {
		return err
	}
	f.same("the audience after that", "empty, range none", fmt.Sprintf("%s, range %s", v.Status, size(v)))
	alerts, err := readFrom[api.Items[api.Alert]](a.get(ctx, a.keys.operator, "look at the alerts", "/v1/alerts?limit=100"))
	if err != nil {
		return err
	}
	told := 0
	for _, one := range alerts.Items {
		if one.Org == a.org && one.Kind == alert.Enumeration {
			told++
		}
	}
	f.same("refusals that the platform was told of", len(refused), told)
	f.tell("2 plans of %d numbers in 10 lists, by two digits", a.sizes.Plan)
	return nil
}

// reason is what a refusal says, without what belongs to one answer.
func (a answer) reason() string { return fmt.Sprintf("%d %s", a.status, a.body) }

// smallPlan is how many numbers a plan has whose digit lists look like those of a
// shop.
const smallPlan = 1000

// smallPlan: lists that nobody can tell from people's tell nothing of one person.
func (a *asker) smallPlan(ctx context.Context, f *findings) error {
	var told []string
	found := 0
	for digit := range 10 {
		v, err := a.sized(ctx, file(a.short(), digitList(known, smallPlan, 1, digit)))
		if err != nil {
			return err
		}
		told = append(told, size(v))
		n, err := a.exact(ctx, a, v.ID)
		if err != nil {
			return err
		}
		found += n - (a.sizes.Edge - 1)
	}
	f.same("people found in a small plan who gave their number for advertising, as the office counts", 1, found)
	f.same("lists of a small plan of which another range is told than of the first", 0, others(told))
	f.tell("%d numbers of a small plan in 10 lists", smallPlan)
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

// known is the first number of a plan in which P1 and P5 are, and beside that of one
// in which nobody is.
const (
	known  = "+447700900000"
	beside = "+447700800000"
)

// digitList are the numbers of a plan, a power of ten, that have a digit at a place
// from the end, in no order that tells.
func digitList(known string, plan, place, digit int) []row {
	free := len(fmt.Sprint(plan)) - 1
	at := 1
	for range place {
		at *= 10
	}
	var out []row
	for i := range plan {
		n := (i*7919 + 13) % plan // 7919 is prime to every power of ten
		if n/at%10 == digit {
			out = append(out, phone(fmt.Sprintf("%s%0*d", known[:len(known)-free], free, n)))
		}
	}
	return out
}
