package index_test

import (
	"bytes"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"
	"pgregory.net/rapid"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/index"
	"github.com/selvedge/selvedge/purpose"
	"github.com/selvedge/selvedge/token"
)

var (
	email = token.Header{Family: token.Ads, Class: identifier.ClassEmail, Epoch: 1, RuleSet: 1}
	phone = token.Header{Family: token.Ads, Class: identifier.ClassPhone, Epoch: 1, RuleSet: 1}
)

func good(entries []token.Entry) iter.Seq2[token.Entry, error] {
	return func(yield func(token.Entry, error) bool) {
		for _, e := range entries {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func chunk(t testing.TB, h token.Header, entries ...token.Entry) *token.Chunk {
	t.Helper()
	entries = slices.Clone(entries)
	slices.SortFunc(entries, token.Entry.Compare)
	var b bytes.Buffer
	if _, err := token.WriteChunk(&b, h, good(slices.Compact(entries))); err != nil {
		t.Fatal(err)
	}
	c, err := token.OpenChunk(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func segmentBytes(t testing.TB, h token.Header, chunks ...*token.Chunk) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := index.BuildSegment(&b, h, chunks); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func segment(t testing.TB, h token.Header, entries ...token.Entry) *index.Segment {
	t.Helper()
	s, err := index.OpenSegment(segmentBytes(t, h, chunk(t, h, entries...)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// tok makes a token whose order is that of n.
func tok(n byte) token.Token { return token.Token{0: n, 15: 7} }

// drawEntries are few tokens and ordinals, so that repeats are common.
func drawEntries(rt *rapid.T, label string) []token.Entry {
	entry := rapid.Custom(func(t *rapid.T) token.Entry {
		return token.Entry{
			Token:   tok(rapid.Byte().Draw(t, "token")),
			Ordinal: selvedge.Ordinal(rapid.Uint32Range(1, 5).Draw(t, "ordinal")),
		}
	})
	return rapid.SliceOfN(entry, 0, 200).Draw(rt, label)
}

// However entries are spread over chunks, whole and repeated, the segment is
// the one of all of them together.
func TestBuildSegmentDoesNotDependOnTheChunks(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		entries := drawEntries(rt, "entries")
		parts := make([][]token.Entry, rapid.IntRange(1, 6).Draw(rt, "chunks"))
		for _, e := range entries {
			for i := range parts {
				if i == 0 || rapid.Bool().Draw(rt, "in chunk") {
					p := (i + int(e.Token[0])) % len(parts)
					parts[p] = append(parts[p], e)
				}
			}
		}
		var chunks []*token.Chunk
		for _, p := range parts {
			chunks = append(chunks, chunk(t, email, p...))
		}
		entries = slices.SortedFunc(slices.Values(entries), token.Entry.Compare)
		entries = slices.Compact(entries)
		var all []token.Token
		var want []selvedge.Ordinal
		for _, e := range entries {
			if len(all) == 0 || all[len(all)-1] != e.Token {
				all = append(all, e.Token)
			}
			want = append(want, e.Ordinal)
		}
		for range 2 {
			s, err := index.OpenSegment(segmentBytes(t, email, chunks...))
			if err != nil {
				rt.Fatal(err)
			}
			if s.Header().Count != uint64(len(entries)) {
				rt.Fatalf("%d entries, want %d", s.Header().Count, len(entries))
			}
			if got, err := ads(t, s, segment(t, phone)).AppendHits(nil, identifier.ClassEmail, all); err != nil || !slices.Equal(got, want) {
				rt.Fatalf("ordinals %v, want %v", got, want)
			}
			slices.Reverse(chunks)
		}
	})
}

func TestBuildSegmentReturnsTheHeader(t *testing.T) {
	t.Parallel()
	h := email
	h.Count = 77
	var b bytes.Buffer
	got, err := index.BuildSegment(&b, h, []*token.Chunk{
		chunk(t, email, token.Entry{Token: tok(1), Ordinal: 1}, token.Entry{Token: tok(2), Ordinal: 1}),
		chunk(t, email, token.Entry{Token: tok(1), Ordinal: 1}),
	})
	h.Count = 2
	if err != nil || got != h {
		t.Errorf("header %+v, error %v", got, err)
	}
	if s, err := index.OpenSegment(b.Bytes()); err != nil || s.Header() != h {
		t.Errorf("opened: error %v", err)
	}
}

func TestBuildSegmentOfNoChunks(t *testing.T) {
	t.Parallel()
	s, err := index.OpenSegment(segmentBytes(t, phone))
	if err != nil || s.Header() != phone {
		t.Errorf("error %v", err)
	}
}

func TestBuildSegmentRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		change func(h *token.Header)
		want   string
	}{
		{"class", func(h *token.Header) { h.Class = identifier.ClassPhone }, "chunk 2 of 2: form class"},
		{"epoch", func(h *token.Header) { h.Epoch = 2 }, "chunk 2 of 2: key epoch"},
		{"rule set", func(h *token.Header) { h.RuleSet = 2 }, "chunk 2 of 2: rule set"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			other := email
			tt.change(&other)
			_, err := index.BuildSegment(&bytes.Buffer{}, email, []*token.Chunk{chunk(t, email), chunk(t, other)})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one that names %q", err, tt.want)
			}
		})
	}
	t.Run("no family", func(t *testing.T) {
		t.Parallel()
		if _, err := index.BuildSegment(&bytes.Buffer{}, token.Header{}, []*token.Chunk{{}}); err == nil {
			t.Error("no error")
		}
		if _, err := index.BuildSegment(&bytes.Buffer{}, email, []*token.Chunk{{}}); err == nil || !strings.Contains(err.Error(), "family") {
			t.Errorf("error %v for a chunk that was not opened", err)
		}
	})
	t.Run("writer fails", func(t *testing.T) {
		t.Parallel()
		if _, err := index.BuildSegment(full{}, email, nil); !errors.Is(err, errFull) {
			t.Errorf("error %v", err)
		}
	})
}

var errFull = errors.New("disk is full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestOpenSegmentRefuses(t *testing.T) {
	t.Parallel()
	var c bytes.Buffer
	if _, err := token.WriteChunk(&c, email, good(nil)); err != nil {
		t.Fatal(err)
	}
	if _, err := index.OpenSegment(c.Bytes()); err == nil || !strings.Contains(err.Error(), "not a segment") {
		t.Errorf("a chunk: error %v", err)
	}
	b := segmentBytes(t, email, chunk(t, email, token.Entry{Token: tok(1), Ordinal: 1}, token.Entry{Token: tok(2), Ordinal: 9}))
	if _, err := token.OpenChunk(b); err == nil {
		t.Error("a segment opened as a chunk")
	}
	for i := range len(b) * 8 {
		b[i/8] ^= 1 << (i % 8)
		if _, err := index.OpenSegment(b); err == nil {
			t.Errorf("bit %d of byte %d flipped, and no error", i%8, i/8)
		}
		b[i/8] ^= 1 << (i % 8)
	}
}

func FuzzOpenSegment(f *testing.F) {
	f.Add(segmentBytes(f, email))
	f.Add(segmentBytes(f, phone, chunk(f, phone, token.Entry{Token: tok(1), Ordinal: 1})))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := index.OpenSegment(b)
		if err != nil {
			return
		}
		// What opens can be searched, whatever lies in it.
		other := segment(t, token.Header{
			Family: token.Ads, Class: 3 - s.Header().Class, Epoch: s.Header().Epoch, RuleSet: s.Header().RuleSet,
		})
		a, err := index.NewAds(1, []*index.Segment{s, other}, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		for n := range 256 {
			if _, err := a.AppendHits(nil, s.Header().Class, []token.Token{tok(byte(n))}); err != nil {
				t.Fatal(err)
			}
		}
	})
}

type eligibility = map[purpose.Purpose]*roaring.Bitmap

func TestNewAds(t *testing.T) {
	t.Parallel()
	advertiser, partner := roaring.BitmapOf(1, 2), roaring.BitmapOf(2, 3)
	a, err := index.NewAds(42, []*index.Segment{segment(t, phone), segment(t, email)}, eligibility{
		purpose.AdsMatchAdvertiser: advertiser,
		purpose.AdsMatchPartner:    partner,
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if a.Position() != 42 || a.Epoch() != 1 || a.RuleSet() != 1 {
		t.Errorf("position %d, epoch %d, rule set %d", a.Position(), a.Epoch(), a.RuleSet())
	}
	advertiser.Add(99) // the snapshot must not change
	partner.Clear()
	for p, want := range map[purpose.Purpose][]uint32{
		purpose.AdsMatchAdvertiser: {1, 2},
		purpose.AdsMatchPartner:    {2, 3},
		purpose.AdsSuppress:        nil,
		purpose.Sec2FA:             nil,
		purpose.Unknown:            nil,
	} {
		if got := a.Eligible("", p); !got.Equals(roaring.BitmapOf(want...)) {
			t.Errorf("eligible for %s: %s", p, got)
		}
	}
	if got := a.EligibleAny(); !got.Equals(roaring.BitmapOf(1, 2, 3)) {
		t.Errorf("eligible for any: %s", got)
	}
}

func TestZeroAdsDenies(t *testing.T) {
	t.Parallel()
	var a index.Ads
	if a.Epoch() != 0 || a.RuleSet() != 0 || a.Position() != 0 {
		t.Error("the zero Ads claims something")
	}
	if !a.EligibleAny().IsEmpty() || !a.Eligible("", purpose.AdsMatchAdvertiser).IsEmpty() {
		t.Error("somebody is eligible")
	}
	if _, err := a.AppendHits(nil, identifier.ClassEmail, []token.Token{tok(1)}); err == nil {
		t.Error("AppendHits gave no error")
	}
}

func TestNewAdsRefuses(t *testing.T) {
	t.Parallel()
	e, p := segment(t, email), segment(t, phone)
	with := func(change func(*token.Header)) *index.Segment {
		h := phone
		change(&h)
		return segment(t, h)
	}
	both := []*index.Segment{e, p}
	for _, tt := range []struct {
		name     string
		segments []*index.Segment
		eligible eligibility
		want     string
	}{
		{"no segment", nil, nil, "no segment of form class email"},
		{"no phone segment", []*index.Segment{e}, nil, "no segment of form class phone"},
		{"nil segment", []*index.Segment{e, nil}, nil, "no segment where"},
		{"segment of no family", []*index.Segment{e, {}}, nil, "family is not ads"},
		{"two of one class", []*index.Segment{e, p, segment(t, email)}, nil, "two segments of form class email"},
		{"mixed epochs", []*index.Segment{e, with(func(h *token.Header) { h.Epoch = 2 })}, nil, "key epoch"},
		{"mixed rule sets", []*index.Segment{e, with(func(h *token.Header) { h.RuleSet = 2 })}, nil, "rule set"},
		{"security purpose", both, eligibility{purpose.SecRecovery: roaring.New()}, "sec.recovery is not matchable"},
		{"marketing purpose", both, eligibility{purpose.MktEmail: roaring.New()}, "mkt.email is not matchable"},
		{"no purpose", both, eligibility{purpose.Unknown: roaring.New()}, "unknown is not matchable"},
		{"no bitmap", both, eligibility{purpose.AdsSuppress: nil}, "no bitmap"},
		{"ordinal zero", both, eligibility{purpose.AdsSuppress: roaring.BitmapOf(0, 1)}, "ordinal 0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, err := index.NewAds(1, tt.segments, tt.eligible, nil)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one that names %q", err, tt.want)
			}
			if a != nil {
				t.Error("an index besides the error")
			}
		})
	}
}
