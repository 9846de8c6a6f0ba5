package audience_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/org"
)

// ordinals returns the ordinals of a person's e-mail address and phone number.
func (s *shop) ordinals(t *testing.T, account string) (out []selvedge.Ordinal) {
	t.Helper()
	held, err := s.People.Look(t.Context(), anna, account)
	must(t, err)
	for _, v := range held.Points {
		out = append(out, v.Ordinal)
	}
	return out
}

// TestHolding follows a person in and out of an audience, through more versions
// than go from one whole to the next, and asks each time since when they are
// held.
func TestHolding(t *testing.T) {
	t.Parallel()
	s := newCrowd(t).shop(t, "Acme", org.Advertiser)
	other := s.shop(t, "Bolt", org.Advertiser) // never holds anybody who is asked for
	other.change(t, list.Add, "e5")
	other.seal(t)
	rnd := rand.New(rand.NewPCG(3, 4))
	mine := s.ordinals(t, "0")
	since := map[selvedge.Ordinal]time.Time{}
	for step := range 2*audience.WholeEvery + 5 {
		s.clock.Add(time.Minute)
		at := rnd.IntN(len(mine))
		word := []string{"e0", "p0"}[at]
		kind, o := list.Add, mine[at]
		if rnd.IntN(2) == 0 {
			kind = list.Remove
		}
		s.change(t, kind, word)
		s.change(t, list.Add, fmt.Sprint("e", 1+rnd.IntN(3))) // each version is another than the one before
		s.seal(t)
		s.drain(t)
		switch _, in := since[o]; {
		case kind == list.Remove:
			delete(since, o)
		case !in:
			since[o] = s.clock.Now()
		}
		var want []audience.Holding
		if len(since) > 0 {
			h := audience.Holding{Audience: s.audience, Org: s.org.ID}
			for _, o := range mine {
				if at, in := since[o]; in {
					h.Ordinals = append(h.Ordinals, o)
					if h.Since.IsZero() || at.Before(h.Since) {
						h.Since = at
					}
				}
			}
			want = append(want, h)
		}
		got, err := s.Matcher.Holding(t.Context(), mine)
		must(t, err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("after step %d, %s %s (-want +got):\n%s", step, kind, word, diff)
		}
	}
}
