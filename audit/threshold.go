package audit

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/selvedge/selvedge/api"
	"github.com/selvedge/selvedge/org"
)

// nearStep is how many contact points a list must differ in, at the least, to have
// another range than one before.
const nearStep = 1000

// ladder is what ranges there are (docs/api.md).
var ladder = []string{"too small", "1k-2k", "2k-5k", "5k-10k", "10k-20k"}

// thresholdStep is the attack of S&P 2018: find the edge of a range, one account
// at a time.
func thresholdStep() Step {
	return Step{
		Number: "A4", Title: "threshold and bisection",
		Does: "By one sender: lists that grow by one about the edge of a range; then by halves; then one that is larger by more than a thousand.",
		run: func(ctx context.Context, s *stage, f *findings) error {
			a, err := s.newAsker(ctx, org.Advertiser)
			if err != nil {
				return err
			}
			var told []string
			ask := func(n int) (string, error) {
				a.allow()
				v, err := a.sized(ctx, file(background(0, n)))
				told = append(told, size(v))
				return size(v), err
			}
			for i := range s.sizes.Bisection {
				if _, err := ask(s.sizes.Edge - s.sizes.Bisection/2 + i); err != nil {
					return err
				}
			}
			low, high := s.sizes.Edge-600, s.sizes.Edge+600 // nine questions find an edge in a thousand
			for high-low > 1 && len(told) < s.sizes.Bisection+9 {
				mid := (low + high) / 2
				r, err := ask(mid)
				if err != nil {
					return err
				}
				if r == told[0] {
					low = mid
				} else {
					high = mid
				}
			}
			f.same("ranges told of lists about an edge", told[0], strings.Join(slices.Compact(slices.Clone(told)), ", then "))
			more, err := ask(s.sizes.Edge + 1200) // more than a thousand from each of the others
			if err != nil {
				return err
			}
			f.same("range of a list that is larger by more than a thousand", ladder[2], more)
			f.same("ranges that are none of the ladder's", 0, len(slices.DeleteFunc(slices.Clone(told), func(r string) bool { return slices.Contains(ladder, r) })))
			f.tell("%d lists by one sender, sizes from %d to %d", len(told), s.sizes.Edge-600, s.sizes.Edge+1200)
			return s.onLadder(ctx, f)
		},
	}
}

// onLadder: senders who were told nothing before are told a range of the ladder,
// and no more.
func (s *stage) onLadder(ctx context.Context, f *findings) error {
	for _, c := range []struct {
		n    int
		want string
	}{{nearStep - 1, ladder[0]}, {nearStep, ladder[1]}, {1499, ladder[1]}, {s.sizes.Edge - 1, ladder[1]}, {s.sizes.Edge, ladder[2]}} {
		a, err := s.newAsker(ctx, org.Advertiser)
		if err != nil {
			return err
		}
		v, err := a.sized(ctx, file(background(0, c.n)))
		if err != nil {
			return err
		}
		f.same(fmt.Sprintf("%d contact points, to a sender who asks first", c.n), c.want, size(v))
	}
	return nil
}

// averagingStep is the attack of PETS 2019 on noise.
func averagingStep() Step {
	return Step{
		Number: "A5", Title: "averaging",
		Does: "By one sender: variants of a list with fresh rows that match nobody, and variants with one in a hundred of the matching rows swapped; then more than the figures of a day.",
		run: func(ctx context.Context, s *stage, f *findings) error {
			dummies := func(int) []byte { return file(s.short(), s.strangers(s.sizes.Edge/10)) }
			swapped := func(i int) []byte {
				n, out := s.sizes.Edge, s.sizes.Edge/100
				from := (i * out) % (n - out)
				in := out - i%2 // so that the edge lies between them
				return file(background(0, from), background(from+out, n-from-out), background(n+(i*7)%1000, in))
			}
			for _, kind := range []struct {
				name string
				list func(i int) []byte
			}{{"with fresh rows that match nobody", dummies}, {"with one in a hundred swapped", swapped}} {
				a, err := s.newAsker(ctx, org.Advertiser)
				if err != nil {
					return err
				}
				var told []string
				for i := range s.sizes.Variants {
					a.allow()
					v, err := a.sized(ctx, kind.list(i))
					if err != nil {
						return err
					}
					told = append(told, size(v))
				}
				slices.Sort(told)
				f.same(fmt.Sprintf("ranges told of %d variants %s", len(told), kind.name), told[0], strings.Join(slices.Compact(told), ", "))
			}
			f.tell("%d lists by two senders", 2*s.sizes.Variants)
			return s.spend(ctx, f)
		},
	}
}

// spend: past the figures of a day the range stays, with its date, and nothing
// else is refused. Whether they are spent depends on no data.
func (s *stage) spend(ctx context.Context, f *findings) error {
	s.nextDay()
	a, err := s.newAsker(ctx, org.Advertiser)
	if err != nil {
		return err
	}
	var first api.Audience
	for i := range perDay {
		v, err := a.sized(ctx, file(background(i*10, 20)))
		if err != nil {
			return err
		}
		if i == 0 {
			first = v
		}
		f.same("figures that are due later, while there are some", true, v.SizeDue == nil)
	}
	past, err := a.sized(ctx, file(background(0, 20)))
	if err != nil {
		return err
	}
	f.same("range of a new audience past the figures of a day", "none", size(past))
	f.same("and the date of the next one is told", true, past.SizeDue != nil)
	again, err := a.look(ctx, first.ID)
	if err != nil {
		return err
	}
	f.same("the first range and its date stay", fmt.Sprint(size(first), first.AsOf), fmt.Sprint(size(again), again.AsOf))
	for _, verb := range []string{"add", "remove", "replace"} {
		got, err := a.change(ctx, first.ID, verb, background(0, 5))
		if err != nil {
			return err
		}
		f.same(verb+" members past the figures of a day", http.StatusCreated, got.status)
	}
	f.tell("%d figures spent on one day", perDay)
	return nil
}
