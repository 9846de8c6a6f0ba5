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
		got, err := s.Holders.Holding(t.Context(), mine)
		must(t, err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("after step %d, %s %s (-want +got):\n%s", step, kind, word, diff)
		}
	}
}

// TestHoldingEnds: who is in lists that have expired alone is held no more, from
// that moment on, and before anybody has sealed that.
func TestHoldingEnds(t *testing.T) {
	t.Parallel()
	s := newCrowd(t).shop(t, "Acme", org.Advertiser)
	s.change(t, list.Add, "e0")
	s.seal(t)
	s.drain(t)
	mine := s.ordinals(t, "0")
	held := func() int {
		got, err := s.Holders.Holding(t.Context(), mine)
		must(t, err)
		return len(got)
	}
	if n := held(); n != 1 {
		t.Errorf("held by %d", n)
	}
	s.clock.Add(audience.ListLife)
	if n := held(); n != 0 {
		t.Errorf("held by %d after the end", n)
	}
}

// TestHoldersFollow: what another process seals is seen, by who was there before
// as by who comes after, and at whatever version they begin.
func TestHoldersFollow(t *testing.T) {
	t.Parallel()
	s := newCrowd(t).shop(t, "Acme", org.Advertiser)
	mine := s.ordinals(t, "0")
	old := &audience.Holders{Repo: s.Holders.Repo, Labels: s.Labels, Tx: s.Holders.Tx, Blobs: s.Holders.Blobs, Clock: s.clock}
	defer old.Close()
	for step := range audience.WholeEvery + 3 {
		kind := list.Add
		if step%3 == 2 {
			kind = list.Remove
		}
		s.change(t, kind, "e0")
		s.change(t, list.Add, fmt.Sprint("e", 1+step%3))
		s.seal(t)
		s.drain(t)
		fresh := &audience.Holders{Repo: s.Holders.Repo, Labels: s.Labels, Tx: s.Holders.Tx, Blobs: s.Holders.Blobs, Clock: s.clock}
		for name, h := range map[string]*audience.Holders{"followed": old, "opened now": fresh} {
			got, err := h.Holding(t.Context(), mine)
			must(t, err)
			if (len(got) == 1) != (kind == list.Add) {
				t.Errorf("after version %d, %s: held by %d after %s", step+1, name, len(got), kind)
			}
		}
		must(t, fresh.Close())
	}
}

// TestHoldingSinceAWhole: who comes with a version that is kept whole has been
// there since then, although they had been there once before; who had stayed
// stays since they came.
func TestHoldingSinceAWhole(t *testing.T) {
	t.Parallel()
	s := newCrowd(t).shop(t, "Acme", org.Advertiser)
	var stayed, back time.Time
	for n := range audience.WholeEvery + 4 {
		s.clock.Add(time.Minute)
		s.change(t, list.Add, fmt.Sprint("e", 2+n%2))
		switch n + 1 {
		case 2:
			s.change(t, list.Add, "e0")
		case 3:
			s.change(t, list.Add, "e1")
			stayed = s.clock.Now()
		case 4:
			s.change(t, list.Remove, "e0")
		case audience.WholeEvery + 1:
			s.change(t, list.Add, "e0")
			back = s.clock.Now()
		}
		s.seal(t)
		s.drain(t)
	}
	for account, want := range map[string]time.Time{"0": back, "1": stayed} {
		got, err := s.Holders.Holding(t.Context(), s.ordinals(t, account))
		must(t, err)
		if len(got) != 1 || !got[0].Since.Equal(want) {
			t.Errorf("account %s is held %+v, want since %s", account, got, want)
		}
	}
}
