package token_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/token"
)

// form is a form that nothing is known of but its hash.
func form(c identifier.Class, n int) identifier.Form {
	f := identifier.Form{Class: c}
	binary.BigEndian.PutUint64(f.Digest[:], uint64(n)*0x9e3779b97f4a7c15)
	binary.BigEndian.PutUint64(f.Digest[8:], uint64(n))
	return f
}

func keysOf(e token.Epoch) *token.Keys {
	return token.RandomKeys(e, selvedge.NewSeededEntropy("conversion"))
}

// under are entries of n forms in the order of their tokens. Of every tenth
// form there are two ordinals.
func under(keys *token.Keys, c identifier.Class, n int) []token.Entry {
	var out []token.Entry
	for i := range n {
		e := token.Entry{Token: keys.Of(form(c, i)), Ordinal: selvedge.Ordinal(i + 1)}
		if out = append(out, e); i%10 == 0 {
			e.Ordinal += 1 << 24
			out = append(out, e)
		}
	}
	slices.SortFunc(out, token.Entry.Compare)
	return out
}

// TestConversionIsTheOtherKeys: what a conversion makes is what the other keys
// would have made of the same forms, whatever the number, in memory or through
// the disk.
func TestConversionIsTheOtherKeys(t *testing.T) {
	t.Parallel()
	from, to := keysOf(1), keysOf(2)
	for _, c := range []identifier.Class{identifier.ClassEmail, identifier.ClassPhone} {
		for _, n := range []int{0, 1, 2, 5000, 70_000} {
			for _, memory := range []int{1 << 16, 1 << 26} {
				t.Run(fmt.Sprintf("%d %s in %d bytes", n, c, memory), func(t *testing.T) {
					t.Parallel()
					old := under(from, c, n)
					var got []token.Entry
					conversion := token.Conversion{From: from, To: to, Dir: t.TempDir(), Memory: memory}
					for e, err := range conversion.Sorted(t.Context(), c, len(old), func(i int) token.Entry { return old[i] }) {
						if err != nil {
							t.Fatal(err)
						}
						got = append(got, e)
					}
					if !slices.Equal(got, under(to, c, n)) {
						t.Error("the entries differ from those that the other keys make")
					}
				})
			}
		}
	}
}

// TestConversionThereAndBack: two conversions lead back.
func TestConversionThereAndBack(t *testing.T) {
	t.Parallel()
	from, to := keysOf(1), keysOf(2)
	dir := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		var old []token.Entry
		for _, b := range rapid.SliceOfDistinct(rapid.SliceOfN(rapid.Byte(), 20, 20), func(b []byte) string { return string(b) }).Draw(rt, "entries") {
			old = append(old, token.Entry{Token: token.Token(b), Ordinal: selvedge.Ordinal(binary.LittleEndian.Uint32(b[16:]))})
		}
		slices.SortFunc(old, token.Entry.Compare)
		there := sorted(rt, token.Conversion{From: from, To: to, Dir: dir, Memory: 100}, old)
		back := sorted(rt, token.Conversion{From: to, To: from, Dir: dir, Memory: 100}, there)
		if !slices.Equal(old, back) {
			rt.Errorf("%d entries came back as %d others", len(old), len(back))
		}
		if len(old) > 0 && slices.Equal(old, there) {
			rt.Error("nothing was converted")
		}
	})
}

func sorted(t rapid.TB, c token.Conversion, old []token.Entry) (out []token.Entry) {
	t.Helper()
	for e, err := range c.Sorted(context.Background(), identifier.ClassEmail, len(old), func(i int) token.Entry { return old[i] }) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, e)
	}
	return out
}

// TestConversionEnds: a reader that has enough, a context that ends and a folder
// that is gone each end it, and leave no goroutine that still reads.
func TestConversionEnds(t *testing.T) {
	t.Parallel()
	from, to := keysOf(1), keysOf(2)
	old := under(from, identifier.ClassEmail, 100_000)
	at := func(i int) token.Entry { return old[i] }
	c := token.Conversion{From: from, To: to, Dir: t.TempDir(), Memory: 1 << 20}
	n := 0
	for range c.Sorted(t.Context(), identifier.ClassEmail, len(old), at) {
		if n++; n == 10 {
			break
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := lastError(c, ctx, old); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the context's", err)
	}
	c.Dir = filepath.Join(c.Dir, "none")
	if err := lastError(c, t.Context(), old); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v, want that the folder is not there", err)
	}
}

func lastError(c token.Conversion, ctx context.Context, old []token.Entry) (last error) {
	for _, err := range c.Sorted(ctx, identifier.ClassEmail, len(old), func(i int) token.Entry { return old[i] }) {
		last = err
	}
	return last
}

// TestConvertChunk: a chunk becomes the one that the other keys would have made,
// byte for byte, and the old one stays; a chunk of other keys is refused.
func TestConvertChunk(t *testing.T) {
	t.Parallel()
	from, to := keysOf(1), keysOf(2)
	blobs, err := blob.OpenDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	h := emailHeader
	was := putChunk(t, blobs, writeChunk(t, h, under(from, identifier.ClassEmail, 9000)))
	c := token.Conversion{From: from, To: to, Dir: t.TempDir(), Memory: 1 << 20}
	ref, got, err := c.Chunk(t.Context(), blobs, was)
	if err != nil {
		t.Fatal(err)
	}
	h.Epoch, h.Count = 2, 9900
	if diff := cmp.Diff(h, got); diff != "" {
		t.Error(diff)
	}
	want := writeChunk(t, h, under(to, identifier.ClassEmail, 9000))
	for what, c := range map[string]struct {
		ref  blob.Ref
		want []byte
	}{"new": {ref, want}, "old": {was, nil}} {
		content, err := blobs.Open(t.Context(), c.ref)
		if err != nil {
			t.Fatal(err)
		}
		if c.want != nil && !bytes.Equal(content.Bytes(), c.want) {
			t.Errorf("the %s chunk differs", what)
		}
		content.Close()
	}
	if _, _, err := c.Chunk(t.Context(), blobs, ref); err == nil {
		t.Error("a chunk of other keys was converted")
	}
	broken := putChunk(t, blobs, []byte("no chunk at all, but long enough to have a header and an end in it"))
	if _, _, err := c.Chunk(t.Context(), blobs, broken); err == nil {
		t.Error("what is no chunk was converted")
	}
}

func putChunk(tb testing.TB, blobs blob.Store, b []byte) blob.Ref {
	tb.Helper()
	w, err := blobs.Create(tb.Context(), blob.KindChunk)
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := w.Write(b); err != nil {
		tb.Fatal(err)
	}
	ref, err := w.Commit()
	if err != nil {
		tb.Fatal(err)
	}
	return ref
}

// BenchmarkConvert takes a chunk of 4,000,000 tokens to other keys, from a
// committed blob to a committed blob: within memory, and through the disk.
func BenchmarkConvert(b *testing.B) {
	const n = 4_000_000
	from, to := keysOf(1), keysOf(2)
	old := make([]token.Entry, n)
	for i := range old {
		old[i] = token.Entry{Token: from.Of(form(identifier.ClassEmail, i)), Ordinal: selvedge.Ordinal(i + 1)}
	}
	slices.SortFunc(old, token.Entry.Compare)
	blobs, err := blob.OpenDir(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	was := putChunk(b, blobs, writeChunk(b, emailHeader, old))
	for name, memory := range map[string]int{"disk": 64 << 20, "memory": 256 << 20} {
		b.Run(name, func(b *testing.B) {
			c := token.Conversion{From: from, To: to, Dir: b.TempDir(), Memory: memory}
			for b.Loop() {
				if _, _, err := c.Chunk(b.Context(), blobs, was); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "tokens/s")
		})
	}
}
