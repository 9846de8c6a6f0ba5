package match_test

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/index"
	"github.com/selvedge/selvedge/purpose"
	"github.com/selvedge/selvedge/token"
)

const (
	epoch    = token.Epoch(3)
	ruleSet  = uint32(2)
	position = selvedge.Position(42)
)

var (
	classes  = []identifier.Class{identifier.ClassEmail, identifier.ClassPhone}
	purposes = []purpose.Purpose{purpose.AdsMatchAdvertiser, purpose.AdsMatchPartner, purpose.AdsSuppress}
)

// list is a list's tokens, in the order given.
type list struct {
	epoch   token.Epoch
	ruleSet uint32
	tokens  map[identifier.Class][]token.Token
	missing int64 // how many tokens more Len claims
}

func newList(tokens map[identifier.Class][]token.Token) *list {
	return &list{epoch: epoch, ruleSet: ruleSet, tokens: tokens}
}

func (l *list) Epoch() token.Epoch           { return l.epoch }
func (l *list) RuleSet() uint32              { return l.ruleSet }
func (l *list) Len(c identifier.Class) int64 { return int64(len(l.tokens[c])) + l.missing }

func (l *list) Tokens(c identifier.Class) []token.Token { return l.tokens[c] }

// world is what is on the platform's side: entries of each class, and who is
// eligible for what.
type world struct {
	entries  map[identifier.Class][]token.Entry
	eligible map[purpose.Purpose]*roaring.Bitmap
}

func newWorld() *world {
	w := &world{entries: map[identifier.Class][]token.Entry{}, eligible: map[purpose.Purpose]*roaring.Bitmap{}}
	for _, p := range purposes {
		w.eligible[p] = roaring.New()
	}
	return w
}

// add gives the ordinal a token, and makes it eligible for the purposes.
func (w *world) add(c identifier.Class, t token.Token, o selvedge.Ordinal, ps ...purpose.Purpose) {
	w.entries[c] = append(w.entries[c], token.Entry{Token: t, Ordinal: o})
	for _, p := range ps {
		w.eligible[p].Add(uint32(o))
	}
}

// ads makes the index, with each class's entries dealt out to chunks by deal.
func (w *world) ads(t testing.TB, chunks int, deal func(i int) int) *index.Ads {
	t.Helper()
	var segments []*index.Segment
	for _, c := range classes {
		h := token.Header{Family: token.Ads, Class: c, Epoch: epoch, RuleSet: ruleSet}
		parts := make([][]token.Entry, chunks)
		for i, e := range w.entries[c] {
			parts[deal(i)] = append(parts[deal(i)], e)
		}
		var open []*token.Chunk
		for _, p := range parts {
			open = append(open, writeChunk(t, h, p))
		}
		var b bytes.Buffer
		if _, err := index.BuildSegment(&b, h, open); err != nil {
			t.Fatal(err)
		}
		s, err := index.OpenSegment(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		segments = append(segments, s)
	}
	a, err := index.NewAds(position, segments, w.eligible, nil)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// oneChunk makes the index of one chunk for each class.
func (w *world) oneChunk(t testing.TB) *index.Ads {
	t.Helper()
	return w.ads(t, 1, func(int) int { return 0 })
}

func writeChunk(t testing.TB, h token.Header, entries []token.Entry) *token.Chunk {
	t.Helper()
	entries = slices.SortedFunc(slices.Values(entries), token.Entry.Compare)
	var b bytes.Buffer
	_, err := token.WriteChunk(&b, h, func(yield func(token.Entry, error) bool) {
		for _, e := range slices.Compact(entries) {
			if !yield(e, nil) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	c, err := token.OpenChunk(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// members is the oracle: what a match must find, by the words of the design.
func (w *world) members(tokens map[identifier.Class][]token.Token) []uint32 {
	out := map[uint32]bool{}
	for c, list := range tokens {
		people := map[token.Token][]selvedge.Ordinal{}
		for _, e := range w.entries[c] {
			people[e.Token] = append(people[e.Token], e.Ordinal)
		}
		for _, t := range list {
			for _, o := range people[t] {
				for _, p := range purposes {
					if w.eligible[p].Contains(uint32(o)) {
						out[uint32(o)] = true
					}
				}
			}
		}
	}
	var sorted []uint32
	for o := range out {
		sorted = append(sorted, o)
	}
	slices.Sort(sorted)
	return sorted
}

// tok makes token n; the order of tokens is not that of n.
func tok(n uint32) token.Token {
	var t token.Token
	binary.BigEndian.PutUint32(t[:], n*2654435761) // odd, so no two n share a token
	binary.BigEndian.PutUint32(t[12:], n)
	return t
}
