package index_test

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/index"
	"github.com/selvedge/selvedge/token"
)

// A segment of several partitions, built from several chunks: every token finds
// what a map finds, in whatever order they are looked up.
func TestManyPartitions(t *testing.T) {
	t.Parallel()
	const n = 300_000
	rnd := rand.New(rand.NewPCG(1, 2))
	world := map[token.Token][]selvedge.Ordinal{}
	parts := make([][]token.Entry, 5)
	var tokens []token.Token
	for i := range n {
		var e token.Entry
		if e.Ordinal = selvedge.Ordinal(i + 1); i%10 == 9 {
			e.Token = tokens[rnd.IntN(len(tokens))] // one token of several ordinals
		} else {
			binary.BigEndian.PutUint64(e.Token[:], rnd.Uint64())
			binary.BigEndian.PutUint64(e.Token[8:], rnd.Uint64())
			tokens = append(tokens, e.Token)
		}
		world[e.Token] = append(world[e.Token], e.Ordinal)
		parts[i%5] = append(parts[i%5], e)
		if i%7 == 0 { // and in a second chunk
			parts[(i+1)%5] = append(parts[(i+1)%5], e)
		}
	}
	var chunks []*token.Chunk
	for _, p := range parts {
		chunks = append(chunks, chunk(t, email, p...))
	}
	b := segmentBytes(t, email, chunks...)
	if per := float64(len(b)) / n; per > 12.75+0.1 { // the header, and few entries a partition
		t.Errorf("%.2f bytes an entry", per)
	}
	// Where the bytes lie changes nothing.
	moved := append(make([]byte, 3), b...)[3:]
	for name, b := range map[string][]byte{"as written": b, "moved": moved} {
		s, err := index.OpenSegment(b)
		if err != nil {
			t.Fatal(err)
		}
		a := ads(t, s, segment(t, phone))
		for range 2 {
			var want []selvedge.Ordinal
			for _, t := range tokens {
				want = append(want, world[t]...)
			}
			if got, err := lookup(a, identifier.ClassEmail, tokens); err != nil || !slices.Equal(got, want) {
				t.Errorf("%s: %d hits, want %d; error %v", name, len(got), len(want), err)
			}
			slices.SortFunc(tokens, token.Token.Compare)
		}
	}
}

// A token that agrees in every bit that is kept is taken for another one. The
// full tokens tell them apart.
func TestConfirmFindsFalseHits(t *testing.T) {
	t.Parallel()
	mine, other := token.Token{0: 1, 15: 0}, token.Token{0: 1, 15: 1} // 64 bits and a few are kept of 128
	all := chunk(t, email, token.Entry{Token: mine, Ordinal: 1}, token.Entry{Token: token.Token{0: 9}, Ordinal: 2})
	s, err := index.OpenSegment(segmentBytes(t, email, all))
	if err != nil {
		t.Fatal(err)
	}
	a := ads(t, s, segment(t, phone))
	found := roaring.New()
	hits, err := lookup(a, identifier.ClassEmail, []token.Token{other, {0: 9}})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range hits {
		found.Add(uint32(o))
	}
	if !found.Equals(roaring.BitmapOf(1, 2)) {
		t.Fatalf("found %s: the segment keeps all bits, and there is nothing to confirm", found)
	}
	if got := index.Confirm([]index.Entries{all}, []token.Token{other, {0: 9}}, found); !got.Equals(roaring.BitmapOf(2)) {
		t.Errorf("confirmed %s", got)
	}
	if got := index.Confirm([]index.Entries{all}, []token.Token{mine, {0: 9}}, roaring.BitmapOf(1)); !got.Equals(roaring.BitmapOf(1)) {
		t.Errorf("confirmed %s of those asked for", got)
	}
	// Two entries and one token: 64 bits and no directory.
	if got, want := a.FalseHits(identifier.ClassEmail, 1), 2.0/(1<<63)/2; got != want {
		t.Errorf("expected false hits %g, want %g", got, want)
	}
}
