package audit

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/selvedge/selvedge/org"
)

// digitsStep is the attack of S&P 2018 that reads a number digit by digit.
func digitsStep() Step {
	return Step{
		Number: "A7", Title: "digit lists",
		Does: "By one sender: all numbers of a plan, split into ten lists by a digit and shuffled, each with background contact points that are one short of a range. Somebody in the plan gave their number for advertising, and somebody for security.",
		run: func(ctx context.Context, s *stage, f *findings) error {
			a, err := s.newAsker(ctx, org.Advertiser)
			if err != nil {
				return err
			}
			var told, refused []string
			found := 0
			for digit := range 10 {
				csv := file(s.short(), s.digitList(digit))
				id, err := a.audience(ctx)
				if err != nil {
					return err
				}
				got, err := a.upload(ctx, id, csv)
				if err != nil {
					return err
				}
				if got.status >= http.StatusBadRequest {
					refused = append(refused, got.plain(idNames{}))
					continue
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
			if len(refused) > 0 {
				f.same("digit lists that are refused", 10, len(refused))
				f.same("refusals that say something else than the first", 0, others(refused))
			} else {
				f.wait("the guard that refuses lists which enumerate numbers")
				f.same("people found who gave their number in the plan for advertising, as the office counts", 1, found)
				f.same("digit lists of which another range is told than of the first", 0, others(told))
			}
			f.tell("%d numbers of a plan in 10 lists", s.sizes.Plan)
			return nil
		},
	}
}

func others(texts []string) (n int) {
	for _, t := range texts {
		if t != texts[0] {
			n++
		}
	}
	return n
}

// digitList are the numbers of the plan whose last digit but one is the given one,
// in no order that tells.
func (s *stage) digitList(digit int) []row {
	plan := s.sizes.Plan
	free := len(fmt.Sprint(plan)) - 1
	prefix := "+447700900" + strings.Repeat("0", max(0, free-3))
	prefix = prefix[:len("+447700900000")-free]
	var out []row
	for i := range plan {
		n := (i*7919 + 13) % plan // 7919 is prime to every power of ten
		if n/10%10 == digit {
			out = append(out, phone(fmt.Sprintf("%s%0*d", prefix, free, n)))
		}
	}
	return out
}
