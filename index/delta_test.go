package index_test

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/index"
	"github.com/selvedge/selvedge/token"
)

// TestSplittingChangesNoBit: however entries are spread over a segment and what
// came since, a list finds the same ordinals, each as often.
func TestSplittingChangesNoBit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		entries := drawEntries(rt, "entries")
		slices.SortFunc(entries, token.Entry.Compare)
		entries = slices.Compact(entries)
		var base, more []token.Entry
		for _, e := range entries {
			if rapid.Bool().Draw(rt, "in the segment") {
				base = append(base, e)
			} else {
				more = append(more, e)
			}
		}
		split, err := segment(t, email, base...).With(email, more)
		if err != nil {
			rt.Fatal(err)
		}
		var list []token.Token
		for _, n := range rapid.SliceOf(rapid.Byte()).Draw(rt, "list") {
			list = append(list, tok(n))
		}
		slices.SortFunc(list, token.Token.Compare)
		var found [2][]selvedge.Ordinal
		for i, s := range []*index.Segment{segment(t, email, entries...), split} {
			if found[i], err = lookup(ads(t, segment(t, phone), s), identifier.ClassEmail, list); err != nil {
				rt.Fatal(err)
			}
			slices.SortFunc(found[i], cmp.Compare)
		}
		if !slices.Equal(found[0], found[1]) {
			rt.Fatalf("hits %v, split %v", found[0], found[1])
		}
	})
}

func TestWithRefuses(t *testing.T) {
	t.Parallel()
	s := segment(t, email)
	a, b := token.Entry{Token: tok(1), Ordinal: 1}, token.Entry{Token: tok(2), Ordinal: 1}
	other := email
	other.Epoch = 2
	for what, c := range map[string]struct {
		h    token.Header
		more []token.Entry
		want string
	}{
		"of other keys":       {other, []token.Entry{a}, "key epoch"},
		"of another class":    {phone, []token.Entry{a}, "form class"},
		"of no header":        {token.Header{}, []token.Entry{a}, "family"},
		"in descending order": {email, []token.Entry{b, a}, "ascending"},
		"one twice":           {email, []token.Entry{a, a}, "ascending"},
	} {
		if _, err := s.With(c.h, c.more); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v", what, err)
		}
	}
	if got, err := s.With(token.Header{}, nil); err != nil || got != s {
		t.Errorf("with nothing: %v", err)
	}
}

// tell brings an account and its address by an event.
func (p *platform) tell(t *testing.T, i int) {
	t.Helper()
	p.accounts[account(i)] = "GB,adult,,active"
	points := p.points
	p.points = nil
	p.bring(t)
	at := p.clock.Now().Add(-time.Hour).Format(time.RFC3339)
	rep, err := p.Events.Apply(t.Context(), office, []contact.Event{{
		Type: contact.EventGiven, Account: account(i), Kind: "email", Value: p.email(i), Prompt: "offers@1", GivenAt: at, VerifiedAt: at, VerifiedBy: "code",
	}})
	must(t, err)
	if rep.Applied != 1 {
		t.Fatalf("%+v", rep)
	}
	p.points = points
	p.give(account(i), "email", p.email(i), "offers@1")
}

// TestDeltaFollows: through events, compactions, erasures and rotations, a Keeper
// that followed says the same as one that starts from nothing.
func TestDeltaFollows(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 3)
	followed := p.keeper(t)
	found := len(p.ask(t, followed).Found["email"])
	for _, step := range []struct {
		name string
		more int // ordinals that everybody's addresses find
		do   func(t *testing.T)
	}{
		{"one is told of", 1, func(t *testing.T) { p.tell(t, 3) }},
		{"two are told of", 2, func(t *testing.T) { p.tell(t, 4); p.tell(t, 5) }},
		{"one of them is erased", -1, func(t *testing.T) {
			_, err := p.People.Erase(t.Context(), office, account(4))
			must(t, err)
			delete(p.accounts, account(4))
		}},
		{"rows are folded", 0, func(t *testing.T) { must(t, p.Compactor.Fold(t.Context())) }},
		{"one is told of, beside a chunk of rows", 1, func(t *testing.T) { p.tell(t, 6) }},
		{"keys are rotated", 0, func(t *testing.T) {
			_, err := p.Rotation.Rotate(t.Context(), office)
			must(t, err)
			p.keys, err = p.Rotation.Keys.Current(t.Context())
			must(t, err)
		}},
		{"one is told of, under the next keys", 1, func(t *testing.T) { p.tell(t, 7) }},
		{"folded and told of", 1, func(t *testing.T) { must(t, p.Compactor.Fold(t.Context())); p.tell(t, 8) }},
	} {
		t.Run(step.name, func(t *testing.T) {
			step.do(t)
			after := p.ask(t, followed)
			if diff := gocmp.Diff(p.ask(t, p.keeper(t)), after); diff != "" {
				t.Errorf("from nothing (-), and followed (+):\n%s", diff)
			}
			if found += step.more; len(after.Found["email"]) != found {
				t.Errorf("%d ordinals are found, want %d", len(after.Found["email"]), found)
			}
		})
	}
}

// halfRead is a Source whose rows cannot be read to their end, once.
type halfRead struct {
	index.Source
	fail bool
}

var errHalf = errors.New("the disk is gone")

func (h *halfRead) EachTokenRow(ctx context.Context, tx selvedge.Tx, after int64, fn func(token.Row) error) error {
	if err := h.Source.EachTokenRow(ctx, tx, after, fn); err != nil || !h.fail {
		return err
	}
	h.fail = false
	return errHalf
}

// TestRowsHalfRead: a fault in the middle of the rows is taken up again, and
// nothing is found twice or missed.
func TestRowsHalfRead(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 1)
	k := p.keeper(t)
	h := &halfRead{Source: k.Source}
	k.Source = h
	p.tell(t, 1)
	p.ask(t, k)
	p.tell(t, 2)
	h.fail = true
	if err := k.Refresh(t.Context()); !errors.Is(err, errHalf) {
		t.Fatalf("error %v", err)
	}
	if diff := gocmp.Diff(p.ask(t, p.keeper(t)), p.ask(t, k)); diff != "" {
		t.Errorf("from nothing (-), and after the fault (+):\n%s", diff)
	}
}
