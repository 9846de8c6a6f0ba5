package match_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"
	"pgregory.net/rapid"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/match"
	"github.com/selvedge/selvedge/purpose"
	"github.com/selvedge/selvedge/token"
)

// everybody has more ordinals than any of these tests.
func everybody() *roaring.Bitmap {
	b := roaring.New()
	b.AddRange(0, 3_000_000)
	return b
}

// TestRemoveEqualsTheOracle: whoever has a token is taken out, eligible or not,
// and nobody else.
func TestRemoveEqualsTheOracle(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w, tokens := drawWorld(rt)
		taken, err := match.Remove(t.Context(), system, newList(tokens), w.oneChunk(t))
		if err != nil {
			rt.Fatal(err)
		}
		want := everybody()
		for c, entries := range w.entries {
			for _, e := range entries {
				if slices.Contains(tokens[c], e.Token) {
					want.Remove(uint32(e.Ordinal))
				}
			}
		}
		got := everybody()
		taken.From(got)
		if !got.Equals(want) {
			rt.Fatalf("%d are left, want %d", got.GetCardinality(), want.GetCardinality())
		}
	})
}

// TestTakenIsKept: what is written and read, and joined, takes out the same.
func TestTakenIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld()
	const many = 2_200_000 // more than are sorted at once
	for i := range many {
		w.add(identifier.ClassEmail, tok(uint32(i%2)), selvedge.Ordinal(i+1))
	}
	ads := w.oneChunk(t)
	var all match.Taken
	for _, n := range []uint32{0, 1, 1} {
		taken, err := match.Remove(t.Context(), system, newList(byClass{identifier.ClassEmail: {tok(n)}}), ads)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if _, err := taken.WriteTo(&b); err != nil {
			t.Fatal(err)
		}
		again, err := match.ReadTaken(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		all.Join(again)
	}
	all.Join(match.Taken{})
	left := everybody()
	all.From(left)
	if n := left.GetCardinality(); n != 3_000_000-many {
		t.Errorf("%d are left", n)
	}
	var nobody match.Taken
	before := left.GetCardinality()
	nobody.From(left)
	var b bytes.Buffer
	if _, err := nobody.WriteTo(&b); err != nil || left.GetCardinality() != before {
		t.Errorf("the zero Taken takes out %d, %v", before-left.GetCardinality(), err)
	}
	if _, err := match.ReadTaken(b.Bytes()[:b.Len()-1]); err == nil {
		t.Error("read what was cut")
	}
}

// TestRemoveRefuses: as Run does.
func TestRemoveRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.add(identifier.ClassEmail, tok(1), 1, purpose.AdsSuppress)
	ads := w.oneChunk(t)
	stale, lost := newList(byClass{identifier.ClassEmail: {tok(1)}}), newList(byClass{identifier.ClassEmail: []token.Token{tok(1)}})
	stale.epoch++
	lost.missing = 1
	for name, c := range map[string]struct {
		actor  selvedge.Actor
		tokens match.Tokens
		code   selvedge.Code
	}{
		"nobody":       {selvedge.Actor{}, newList(nil), selvedge.CodeForbidden},
		"staff":        {selvedge.Operator("pat"), newList(nil), selvedge.CodeForbidden},
		"stale tokens": {system, stale, selvedge.CodeConflict},
		"tokens lost":  {system, lost, selvedge.CodeInternal},
		"no tokens":    {system, nil, selvedge.CodeInternal},
	} {
		taken, err := match.Remove(t.Context(), c.actor, c.tokens, ads)
		left := everybody()
		taken.From(left)
		if selvedge.CodeOf(err) != c.code || left.GetCardinality() != 3_000_000 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := match.Remove(t.Context(), system, newList(nil), nil); selvedge.CodeOf(err) != selvedge.CodeUnavailable {
		t.Errorf("no index: %v", err)
	}
}
