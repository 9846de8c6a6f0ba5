package match_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"
	"pgregory.net/rapid"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/index"
	"github.com/selvedge/selvedge/match"
	"github.com/selvedge/selvedge/purpose"
	"github.com/selvedge/selvedge/token"
)

type byClass = map[identifier.Class][]token.Token

var system = selvedge.System("match")

func run(t testing.TB, l match.Tokens, ads *index.Ads) *roaring.Bitmap {
	t.Helper()
	r, err := match.Run(t.Context(), system, l, ads)
	if err != nil {
		t.Fatal(err)
	}
	if r.Position != position || r.Epoch != epoch || r.RuleSet != ruleSet {
		t.Errorf("valid for %+v", r)
	}
	if err := r.Members.Validate(); err != nil {
		t.Error(err)
	}
	return r.Members
}

// drawWorld makes a world of few tokens, many of them shared, and a list that
// hits some of them, some twice, and misses. Ordinals reach far enough that
// hits are kept both ways.
func drawWorld(rt *rapid.T) (*world, byClass) {
	w := newWorld()
	highest := rapid.SampledFrom([]uint32{40, 3000, 200_000}).Draw(rt, "highest ordinal")
	ordinal := rapid.Uint32Range(1, highest)
	number := rapid.Uint32Range(0, 60)
	for range rapid.IntRange(0, 120).Draw(rt, "entries") {
		w.add(rapid.SampledFrom(classes).Draw(rt, "class"), tok(number.Draw(rt, "token")),
			selvedge.Ordinal(ordinal.Draw(rt, "ordinal")), rapid.SliceOfN(rapid.SampledFrom(purposes), 0, 2).Draw(rt, "purposes")...)
	}
	list := byClass{}
	for _, c := range classes {
		for _, n := range rapid.SliceOfN(number, 0, 60).Draw(rt, "list") {
			list[c] = append(list[c], tok(n))
		}
	}
	return w, list
}

func TestRunEqualsTheOracle(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w, tokens := drawWorld(rt)
		got := run(t, newList(tokens), w.oneChunk(t)).ToArray()
		if want := w.members(tokens); !slices.Equal(got, want) {
			rt.Fatalf("members %v, want %v", got, want)
		}
	})
}

// No order and no number of repeats of the rows, and no way of cutting the
// index into chunks, changes a bit.
func TestRunDependsOnTheSetsAlone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w, tokens := drawWorld(rt)
		want, err := run(t, newList(tokens), w.oneChunk(t)).ToBytes()
		if err != nil {
			rt.Fatal(err)
		}
		rnd := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
		for c, ts := range tokens {
			for range rnd.IntN(50) {
				if len(ts) > 0 {
					ts = append(ts, ts[rnd.IntN(len(ts))])
				}
			}
			rnd.Shuffle(len(ts), func(i, j int) { ts[i], ts[j] = ts[j], ts[i] })
			tokens[c] = ts
		}
		chunks := 1 + rnd.IntN(7)
		got, err := run(t, newList(tokens), w.ads(t, chunks, func(i int) int { return (i*7 + i/3) % chunks })).ToBytes()
		if err != nil {
			rt.Fatal(err)
		}
		if !slices.Equal(got, want) {
			rt.Fatal("the members differ")
		}
	})
}

// The whole point: take every ordinal that is not eligible out of the index,
// and no match changes.
func TestIneligibleEntriesChangeNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w, tokens := drawWorld(rt)
		with := run(t, newList(tokens), w.oneChunk(t))
		for c := range w.entries {
			w.entries[c] = slices.DeleteFunc(w.entries[c], func(e token.Entry) bool {
				return !slices.ContainsFunc(purposes, func(p purpose.Purpose) bool { return w.eligible[p].Contains(uint32(e.Ordinal)) })
			})
		}
		if without := run(t, newList(tokens), w.oneChunk(t)); !with.Equals(without) {
			rt.Fatalf("%s with, %s without", with, without)
		}
	})
}

// One token of 1, 2, 100 and 100,000 ordinals, half of them eligible, among
// tokens that are hit and missed.
func TestRunOfSharedTokens(t *testing.T) {
	t.Parallel()
	for _, shared := range []int{1, 2, 100, 100_000} {
		for _, others := range []uint32{0, 300_000} { // few hits for the ordinals there are, or many
			w := newWorld()
			for i := range shared {
				o := selvedge.Ordinal(2*i + 1)
				w.add(identifier.ClassPhone, tok(1), o)
				if i%2 == 0 {
					w.eligible[purpose.AdsSuppress].Add(uint32(o))
				}
			}
			w.add(identifier.ClassPhone, tok(2), 5, purpose.AdsMatchPartner)
			w.add(identifier.ClassEmail, tok(3), selvedge.Ordinal(others*32+7), purpose.AdsMatchAdvertiser)
			tokens := byClass{identifier.ClassPhone: {tok(1), tok(9)}, identifier.ClassEmail: {tok(3), tok(1)}}
			got, want := run(t, newList(tokens), w.oneChunk(t)).ToArray(), w.members(tokens)
			if len(want) < (shared+1)/2 || !slices.Equal(got, want) {
				t.Errorf("%d ordinals: %d members, want %d", shared, len(got), len(want))
			}
		}
	}
}

func TestRunOfNothing(t *testing.T) {
	t.Parallel()
	full := newWorld()
	full.add(identifier.ClassEmail, tok(1), 1, purposes...)
	nobody := newWorld()
	nobody.add(identifier.ClassEmail, tok(1), 1)
	tokens := byClass{identifier.ClassEmail: {tok(1)}}
	for name, tt := range map[string]struct {
		w      *world
		tokens byClass
	}{
		"empty list":         {full, nil},
		"empty index":        {newWorld(), tokens},
		"nobody is eligible": {nobody, tokens},
		"other class":        {full, byClass{identifier.ClassPhone: {tok(1)}}},
	} {
		if got := run(t, newList(tt.tokens), tt.w.oneChunk(t)); !got.IsEmpty() {
			t.Errorf("%s: members %s", name, got)
		}
	}
	if got := run(t, newList(tokens), full.oneChunk(t)); got.GetCardinality() != 1 {
		t.Errorf("the one who is there is not found")
	}
}

func TestEachAdsPurposeIsEnough(t *testing.T) {
	t.Parallel()
	for _, p := range purposes {
		w := newWorld()
		w.add(identifier.ClassEmail, tok(1), 1, p)
		if got := run(t, newList(byClass{identifier.ClassEmail: {tok(1)}}), w.oneChunk(t)); !got.Contains(1) {
			t.Errorf("%s: not matched", p)
		}
	}
}

func TestMembersAreTheCallers(t *testing.T) {
	t.Parallel()
	w := newWorld()
	var tokens []token.Token
	for n := range uint32(10_000) {
		w.add(identifier.ClassEmail, tok(n), selvedge.Ordinal(n+1), purpose.AdsSuppress)
		tokens = append(tokens, tok(n))
	}
	ads := w.oneChunk(t)
	for _, list := range []*list{newList(byClass{identifier.ClassEmail: tokens}), newList(byClass{identifier.ClassEmail: tokens[:50]})} {
		want := run(t, list, ads).Clone()
		run(t, list, ads).Flip(0, 1<<20)
		if got := run(t, list, ads); !got.Equals(want) || ads.EligibleAny().GetCardinality() != 10_000 {
			t.Error("changing a result changed the index")
		}
	}
}

func TestRunAsksWhoAsks(t *testing.T) {
	t.Parallel()
	ads := newWorld().oneChunk(t)
	for name, tt := range map[string]struct {
		actor selvedge.Actor
		want  selvedge.Code
	}{
		"zero actor":         {selvedge.Actor{}, selvedge.CodeForbidden},
		"staff":              {selvedge.Operator("pat"), selvedge.CodeForbidden},
		"org without a name": {selvedge.OrgActor("", "key"), selvedge.CodeForbidden},
		"org":                {selvedge.OrgActor("org_1", "key"), ""},
		"platform":           {selvedge.Platform("key"), ""},
		"system":             {selvedge.System("jobs"), ""},
	} {
		if r, err := match.Run(t.Context(), tt.actor, newList(nil), ads); selvedge.CodeOf(err) != tt.want || (err == nil) != (r.Members != nil) {
			t.Errorf("%s: error %v, want %q", name, err, tt.want)
		}
	}
}

func TestRunRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld()
	for n := range uint32(3) {
		w.add(identifier.ClassEmail, tok(n), selvedge.Ordinal(n+1), purpose.AdsMatchAdvertiser)
	}
	ads := w.oneChunk(t)
	three := byClass{identifier.ClassEmail: {tok(0), tok(1), tok(2)}}
	with := func(change func(l *list)) *list {
		l := newList(three)
		change(l)
		return l
	}
	for _, tt := range []struct {
		name   string
		tokens match.Tokens
		ads    *index.Ads
		code   selvedge.Code
		want   string
	}{
		{"nil index", newList(three), nil, selvedge.CodeUnavailable, "index"},
		{"zero index", newList(three), &index.Ads{}, selvedge.CodeUnavailable, "index"},
		{"nil tokens", nil, ads, selvedge.CodeInternal, "no tokens"},
		{"other epoch", with(func(l *list) { l.epoch++ }), ads, selvedge.CodeConflict, "different keys"},
		{"other rule set", with(func(l *list) { l.ruleSet++ }), ads, selvedge.CodeConflict, "different keys"},
		{"no epoch", with(func(l *list) { l.epoch = 0 }), ads, selvedge.CodeConflict, "different keys"},
		{"tokens lost", with(func(l *list) { l.missing = 1 }), ads, selvedge.CodeInternal, "3 tokens of class email where 4"},
		{"tokens too many", with(func(l *list) { l.missing = -1 }), ads, selvedge.CodeInternal, "3 tokens of class email where 2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, err := match.Run(t.Context(), system, tt.tokens, tt.ads)
			if selvedge.CodeOf(err) != tt.code || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %s naming %q", err, tt.code, tt.want)
			}
			if r != (match.Result{}) {
				t.Error("a result besides the error")
			}
		})
	}
}

// countdown is a context that ends when it has been asked so often.
type countdown struct {
	context.Context
	left atomic.Int64
}

func (c *countdown) Err() error {
	if c.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

func TestRunHonoursCancellation(t *testing.T) {
	t.Parallel()
	w := newWorld()
	var many []token.Token
	for n := range uint32(200_000) {
		w.add(identifier.ClassEmail, tok(n), selvedge.Ordinal(n+1), purpose.AdsMatchAdvertiser)
		many = append(many, tok(n))
	}
	ads := w.oneChunk(t)
	both := byClass{identifier.ClassEmail: many, identifier.ClassPhone: many}
	for name, tt := range map[string]struct {
		tokens byClass
		asks   int64 // of the context before it ends
	}{
		"before the first":     {both, 0},
		"before an empty list": {nil, 0},
		"half-way":             {both, 10},
		"in the second class":  {both, 30},
		"at the end":           {nil, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := &countdown{Context: t.Context()}
			ctx.left.Store(tt.asks)
			r, err := match.Run(ctx, system, newList(tt.tokens), ads)
			if !errors.Is(err, context.Canceled) || r != (match.Result{}) {
				t.Errorf("error %v, result %v", err, r.Members)
			}
			// Each worker asks once more and stops, and so does the end.
			if after := -ctx.left.Load(); after > int64(runtime.GOMAXPROCS(0))+1 {
				t.Errorf("asked %d times after it had ended", after)
			}
		})
	}
}
