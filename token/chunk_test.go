package token_test

import (
	"bytes"
	"crypto/aes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/token"
)

var emailHeader = token.Header{Family: token.Ads, Class: identifier.ClassEmail, Epoch: 1, RuleSet: 1}

func good(entries []token.Entry) iter.Seq2[token.Entry, error] {
	return func(yield func(token.Entry, error) bool) {
		for _, e := range entries {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func writeChunk(t testing.TB, h token.Header, entries []token.Entry) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := token.WriteChunk(&b, h, good(entries)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// numbered are the first n of 10,000 entries whose tokens are the SHA-256 of
// "entry 0" and so on, cut to 16 bytes, in order.
func numbered(n int) []token.Entry {
	out := make([]token.Entry, 10_000)
	for i := range out {
		sum := sha256.Sum256(fmt.Appendf(nil, "entry %d", i))
		out[i] = token.Entry{Token: token.Token(sum[:16]), Ordinal: selvedge.Ordinal(i + 1)}
	}
	slices.SortFunc(out, token.Entry.Compare)
	return out[:n]
}

// goldenEntries are what testdata/chunk-v1.bin holds: five addresses under the
// AES key 00 01 … 0f, the third of them at two contact points.
func goldenEntries(t *testing.T) []token.Entry {
	key := make([]byte, 16)
	for i := range key {
		key[i] = byte(i)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	var out []token.Entry
	for i := 1; i <= 5; i++ {
		sum := sha256.Sum256(fmt.Appendf(nil, "person%d@example.com", i))
		e := token.Entry{Ordinal: selvedge.Ordinal(i)}
		block.Encrypt(e.Token[:], sum[:16])
		out = append(out, e)
		if i == 3 {
			out = append(out, token.Entry{Token: e.Token, Ordinal: 70_000})
		}
	}
	slices.SortFunc(out, token.Entry.Compare)
	return out
}

// The golden file was made by a program of another language from
// docs/formats/chunk.md. It never changes.
func TestGoldenChunk(t *testing.T) {
	t.Parallel()
	golden, err := os.ReadFile("testdata/chunk-v1.bin")
	if err != nil {
		t.Fatal(err)
	}
	entries := goldenEntries(t)
	if got := writeChunk(t, emailHeader, entries); !bytes.Equal(got, golden) {
		t.Errorf("the same entries are written differently:\n%s", cmp.Diff(hex.Dump(golden), hex.Dump(got)))
	}
	c, err := token.OpenChunk(golden)
	if err != nil {
		t.Fatal(err)
	}
	want := emailHeader
	want.Count = 6
	if c.Header() != want {
		t.Errorf("header %+v, want %+v", c.Header(), want)
	}
	if got := slices.Collect(c.Entries()); !slices.Equal(got, entries) {
		t.Error("entries differ")
	}
}

func TestTheDocumentShowsTheGoldenChunk(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../docs/formats/chunk.md")
	if err != nil {
		t.Fatal(err)
	}
	golden, err := os.ReadFile("testdata/chunk-v1.bin")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(doc), hex.Dump(golden)) {
		t.Error("the example differs from testdata/chunk-v1.bin")
	}
}

// The sums were made by the program that made the golden file, over files that
// end before, at and after the border of a block.
func TestChunkBlocks(t *testing.T) {
	t.Parallel()
	h := token.Header{Family: token.Ads, Class: identifier.ClassPhone, Epoch: 7, RuleSet: 3}
	for _, tt := range []struct {
		entries, size int
		sum           string
	}{
		{0, 44, "7a64f4c9795a7fe970d06548cbdc29c299ab222fab8f5a8b573d4dc63c530301"},
		{1, 68, "cfcfc262d0e02dae508c8da19aa2467bc61ec52f9e6ca4517d3c7e2c179f5e82"},
		{4095, 81948, "de186f91ca7a9022772e8766cdd48485022a074fe2f07b0be036b460e2d033b8"},
		{4096, 81968, "264fd33655ab9edc9fe9f1f2bff82c523186df6c44ea3dca702c9d3148e8e5a3"},
		{4097, 81992, "6045d66c6df116dbcfa9d5018593ee84e446897c5c16f809bb39883ce96496c8"},
		{8192, 163892, "50055f319acb47940bfde54322929995afe49e548372a81ec0fdc72c63bdab24"},
		{10000, 200056, "08556f58aa1fd69117236e721716e12a367b7baf70d0885da1d25f2201216695"},
	} {
		t.Run(fmt.Sprint(tt.entries), func(t *testing.T) {
			t.Parallel()
			entries := numbered(tt.entries)
			b := writeChunk(t, h, entries)
			if sum := sha256.Sum256(b); len(b) != tt.size || hex.EncodeToString(sum[:]) != tt.sum {
				t.Errorf("%d bytes with the SHA-256 %x", len(b), sum)
			}
			c, err := token.OpenChunk(b)
			if err != nil {
				t.Fatal(err)
			}
			if c.Len() != len(entries) || c.Header().Count != uint64(len(entries)) {
				t.Errorf("Len %d, Count %d", c.Len(), c.Header().Count)
			}
			if !slices.Equal(slices.Collect(c.Entries()), entries) {
				t.Error("entries differ")
			}
			for i, e := range entries {
				if c.At(i) != e {
					t.Fatalf("entry %d differs", i)
				}
			}
		})
	}
}

// In little-endian bytes 256 comes before 2.
func TestOrdinalsAscendAsNumbers(t *testing.T) {
	t.Parallel()
	entries := []token.Entry{
		{token.Token{1}, 2},
		{token.Token{1}, 256},
		{token.Token{1}, 1 << 31},
		{token.Token{0: 1, 15: 1}, 1}, // the whole token comes first
	}
	c, err := token.OpenChunk(writeChunk(t, emailHeader, entries))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(slices.Collect(c.Entries()), entries) {
		t.Error("entries differ")
	}
}

func TestEntriesCanBeLeftEarly(t *testing.T) {
	t.Parallel()
	c, err := token.OpenChunk(writeChunk(t, emailHeader, numbered(3)))
	if err != nil {
		t.Fatal(err)
	}
	for range c.Entries() {
		break
	}
}

func TestWriteChunkRefuses(t *testing.T) {
	t.Parallel()
	e := numbered(3)
	lost := errors.New("lost")
	header := func(change func(*token.Header)) token.Header {
		h := emailHeader
		change(&h)
		return h
	}
	for _, tt := range []struct {
		name    string
		h       token.Header
		entries iter.Seq2[token.Entry, error]
		want    string
	}{
		{"zero header", token.Header{}, good(nil), "family"},
		{"unknown family", header(func(h *token.Header) { h.Family = 2 }), good(nil), "family"},
		{"no class", header(func(h *token.Header) { h.Class = 0 }), good(nil), "class"},
		{"unknown class", header(func(h *token.Header) { h.Class = 3 }), good(nil), "class"},
		{"no epoch", header(func(h *token.Header) { h.Epoch = 0 }), good(nil), "epoch"},
		{"no rule set", header(func(h *token.Header) { h.RuleSet = 0 }), good(nil), "rule set"},
		{"descending", emailHeader, good([]token.Entry{e[1], e[0]}), "order"},
		{"repeat", emailHeader, good([]token.Entry{e[0], e[1], e[1]}), "order"},
		{"ordinals descending", emailHeader, good([]token.Entry{{e[0].Token, 256}, {e[0].Token, 2}}), "order"},
		{"ordinal zero", emailHeader, good([]token.Entry{{e[0].Token, 0}}), "ordinal"},
		{"entries fail", emailHeader, func(yield func(token.Entry, error) bool) {
			_ = yield(e[0], nil) && yield(token.Entry{}, lost)
		}, "lost"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var b bytes.Buffer
			_, err := token.WriteChunk(&b, tt.h, tt.entries)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error %v, want one that names %q", err, tt.want)
			}
			if _, err := token.OpenChunk(b.Bytes()); err == nil {
				t.Error("what was written can be opened")
			}
		})
	}
}

func TestWriteChunkIgnoresCount(t *testing.T) {
	t.Parallel()
	h := emailHeader
	h.Count = 99
	var b bytes.Buffer
	h, err := token.WriteChunk(&b, h, good(numbered(2)))
	if err != nil || h.Count != 2 {
		t.Errorf("count %d, error %v", h.Count, err)
	}
}

// failing loses one write, the one of the given number, and takes all others.
type failing struct{ call int }

func (f *failing) Write(p []byte) (int, error) {
	if f.call--; f.call == -1 {
		return 0, errors.New("disk is full")
	}
	return len(p), nil
}

func TestWriteChunkReportsEveryFailedWrite(t *testing.T) {
	t.Parallel()
	for call, what := range []string{"header", "first block", "last block", "end"} {
		if _, err := token.WriteChunk(&failing{call}, emailHeader, good(numbered(4097))); err == nil {
			t.Errorf("the %s was lost, and no error", what)
		}
	}
	if _, err := token.WriteChunk(&failing{4}, emailHeader, good(numbered(4097))); err != nil {
		t.Errorf("more than four writes: %v", err)
	}
}

func TestTokensPrintRedactedInEntries(t *testing.T) {
	t.Parallel()
	e := numbered(1)[0]
	if s := fmt.Sprintf("%v %+v %x", e, e, e); strings.Contains(s, hex.EncodeToString(e.Token[:2])) {
		t.Error("an entry prints its token")
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	a, b := token.Token{0: 1}, token.Token{0: 1, 15: 1}
	ordered := []token.Entry{{token.Token{}, 1}, {a, 2}, {a, 256}, {b, 1}, {token.Token{0: 0xff}, 1}}
	for i, e := range ordered {
		for j, f := range ordered {
			if want := min(max(i-j, -1), 1); e.Compare(f) != want {
				t.Errorf("%d against %d = %d, want %d", i, j, e.Compare(f), want)
			}
		}
	}
}

func BenchmarkChunk(b *testing.B) {
	const n = 1_000_000
	rnd := rand.New(rand.NewPCG(1, 2))
	entries := make([]token.Entry, n)
	for i := range entries {
		entries[i].Ordinal = selvedge.Ordinal(i + 1)
		for j := range entries[i].Token {
			entries[i].Token[j] = byte(rnd.Uint32())
		}
	}
	slices.SortFunc(entries, token.Entry.Compare)
	chunk := writeChunk(b, emailHeader, entries)
	b.Run("write", func(b *testing.B) {
		for b.Loop() {
			writeChunk(b, emailHeader, entries)
		}
		b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	})
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			if _, err := token.OpenChunk(chunk); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	})
}
