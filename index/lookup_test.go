package index_test

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/index"
	"github.com/selvedge/selvedge/token"
)

func ads(t testing.TB, segments ...*index.Segment) *index.Ads {
	t.Helper()
	a, err := index.NewAds(1, segments, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func lookup(a *index.Ads, class identifier.Class, tokens []token.Token) ([]selvedge.Ordinal, error) {
	return a.AppendHits(nil, class, tokens)
}

func TestLookupEqualsAMap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		entries := drawEntries(rt, "entries")
		a := ads(t, segment(t, email, entries...), segment(t, phone))
		slices.SortFunc(entries, token.Entry.Compare)
		world := map[token.Token][]selvedge.Ordinal{}
		for _, e := range slices.Compact(entries) {
			world[e.Token] = append(world[e.Token], e.Ordinal)
		}
		var list []token.Token
		for _, n := range rapid.SliceOf(rapid.Byte()).Draw(rt, "list") {
			list = append(list, tok(n))
		}
		got, err := lookup(a, identifier.ClassEmail, list)
		if err != nil {
			rt.Fatal(err)
		}
		var want []selvedge.Ordinal
		for _, t := range list {
			want = append(want, world[t]...)
		}
		if !slices.Equal(got, want) {
			rt.Fatalf("hits %v, want %v", got, want)
		}
	})
}

// Of a large segment, lists of every length from one to all, so that the steps
// of the search are both short and long, and the first and last entry are hit.
func TestLookupAtEveryStride(t *testing.T) {
	t.Parallel()
	const n = 9000
	entries := make([]token.Entry, n)
	for i := range entries {
		binary.BigEndian.PutUint32(entries[i].Token[:], uint32(2*i+1))
		entries[i].Ordinal = selvedge.Ordinal(i + 1)
	}
	a := ads(t, segment(t, email, entries...), segment(t, phone))
	for _, stride := range []int{1, 2, 3, 7, 64, 1000, n - 1, n} {
		var list []token.Token
		var want []selvedge.Ordinal
		for i := 0; i < n; i += stride {
			before := entries[i].Token
			binary.BigEndian.PutUint32(before[:], uint32(2*i))
			list = append(list, before, entries[i].Token)
			want = append(want, selvedge.Ordinal(i+1))
		}
		list = append(list, token.Token{0: 0xff})
		if got, err := lookup(a, identifier.ClassEmail, list); err != nil || !slices.Equal(got, want) {
			t.Errorf("stride %d: %d hits, want %d; error %v", stride, len(got), len(want), err)
		}
	}
}

func TestLookupOfATokenWithManyOrdinals(t *testing.T) {
	t.Parallel()
	entries := []token.Entry{{Token: tok(1), Ordinal: 1}, {Token: tok(3), Ordinal: 3}}
	for i := range 10_000 {
		entries = append(entries, token.Entry{Token: tok(2), Ordinal: selvedge.Ordinal(i + 1)})
	}
	a := ads(t, segment(t, email, entries...), segment(t, phone))
	got, err := lookup(a, identifier.ClassEmail, []token.Token{tok(2), tok(3)})
	if err != nil || len(got) != 10_001 || got[0] != 1 || got[9999] != 10_000 || got[10_000] != 3 {
		t.Errorf("%d hits, error %v", len(got), err)
	}
}

func TestClassesDoNotMeet(t *testing.T) {
	t.Parallel()
	a := ads(t, segment(t, email, token.Entry{Token: tok(1), Ordinal: 1}), segment(t, phone, token.Entry{Token: tok(1), Ordinal: 2}))
	for class, want := range map[identifier.Class]selvedge.Ordinal{identifier.ClassEmail: 1, identifier.ClassPhone: 2} {
		if got, err := lookup(a, class, []token.Token{tok(1)}); err != nil || !slices.Equal(got, []selvedge.Ordinal{want}) {
			t.Errorf("%s: hits %v, error %v", class, got, err)
		}
	}
	if _, err := lookup(a, 3, nil); err == nil || !strings.Contains(err.Error(), "form class") {
		t.Errorf("unknown class: error %v", err)
	}
}

func BenchmarkBuildSegment(b *testing.B) {
	const n, parts = 1_000_000, 8
	rnd := rand.New(rand.NewPCG(1, 2))
	var chunks []*token.Chunk
	for range parts {
		entries := make([]token.Entry, n/parts)
		for i := range entries {
			binary.BigEndian.PutUint64(entries[i].Token[:], rnd.Uint64())
			entries[i].Ordinal = selvedge.Ordinal(i + 1)
		}
		chunks = append(chunks, chunk(b, email, entries...))
	}
	for b.Loop() {
		segmentBytes(b, email, chunks...)
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
