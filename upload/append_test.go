package upload_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/upload"
)

// TestCutOff breaks an upload off after each byte: what arrived is there, exactly,
// and the rest makes it whole.
func TestCutOff(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	whole := file(3*partLength + 10)
	for n := range len(whole) {
		u := p.begin(t, len(whole))
		got, err := p.Uploads.Append(t.Context(), p.acme, u.ID, 0, cut(whole[:n]))
		wantError(t, "cut off", err, selvedge.CodeInvalid, "ended_early")
		if at := p.at(t, u.ID); at != int64(n) || got.Offset != at {
			t.Fatalf("cut after %d bytes, it is at %d, and says %d", n, at, got.Offset)
		}
		_, err = p.Uploads.Open(t.Context(), p.acme, u.ID)
		wantError(t, "not whole", err, selvedge.CodeConflict, "upload_incomplete")
		p.send(t, u.ID, whole)
		p.wantContent(t, "resumed", u.ID, whole)
		must(t, p.Uploads.Delete(t.Context(), p.acme, u.ID))
	}
}

// TestCutOffAgainAndAgain sends a file in pieces of any lengths, each broken off or
// not.
func TestCutOffAgainAndAgain(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	rapid.Check(t, func(rt *rapid.T) {
		whole := file(rapid.IntRange(1, 400).Draw(rt, "length"))
		u := p.begin(t, len(whole))
		for at := 0; at < len(whole); {
			n := rapid.IntRange(0, len(whole)-at).Draw(rt, "piece")
			r := cut(whole[at : at+n])
			if rapid.Bool().Draw(rt, "ends well") {
				r = bytes.NewReader(whole[at : at+n])
			}
			_, _ = p.Uploads.Append(t.Context(), p.acme, u.ID, int64(at), r)
			if at += n; p.at(t, u.ID) != int64(at) {
				rt.Fatalf("it is at %d, not %d", p.at(t, u.ID), at)
			}
		}
		p.wantContent(t, "in pieces", u.ID, whole)
		must(t, p.Uploads.Delete(t.Context(), p.acme, u.ID))
	})
}

// killing calls kill when it has handed out so many bytes.
type killing struct {
	b    []byte
	left int
	kill func()
}

func (k *killing) Read(b []byte) (int, error) {
	if k.left == 0 && k.kill != nil {
		k.kill()
		k.kill = nil
	}
	n := min(len(b), len(k.b), 7)
	if k.kill != nil {
		n = min(n, k.left)
	}
	if n == 0 {
		return 0, io.EOF
	}
	copy(b, k.b[:n])
	k.b, k.left = k.b[n:], k.left-n
	return n, nil
}

// TestKilled kills the server while bytes arrive: the next one is where whole parts
// end, and the upload goes on from there.
func TestKilled(t *testing.T) {
	t.Parallel()
	whole := file(4 * partLength)
	for _, n := range []int{0, 1, partLength - 1, partLength, partLength + 1, 3*partLength - 1, 3 * partLength} {
		p := newPlatform(t)
		u := p.begin(t, len(whole))
		var next *platform
		r := &killing{b: whole, left: n, kill: func() { next = p.killed(t) }}
		_, err := p.Uploads.Append(t.Context(), p.acme, u.ID, 0, r)
		must(t, err)
		if at, want := next.at(t, u.ID), int64(n/partLength*partLength); at != want && at != want-partLength {
			t.Errorf("killed after %d bytes, the next server is at %d", n, at)
		}
		next.send(t, u.ID, whole)
		next.wantContent(t, "after a kill", u.ID, whole)
	}
}

// TestPartWithoutRow: a part whose row does not commit does not count, and another
// one comes in its place under another key.
func TestPartWithoutRow(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	whole := file(2 * partLength)
	u := p.begin(t, len(whole))
	p.sql(t, `CREATE TRIGGER full BEFORE INSERT ON upload_part WHEN NEW.number = 2 BEGIN SELECT RAISE(ABORT, 'full'); END`)
	if got, err := p.Uploads.Append(t.Context(), p.acme, u.ID, 0, bytes.NewReader(whole)); err == nil || got.Offset != partLength {
		t.Errorf("at %d, %v", got.Offset, err)
	}
	p.sql(t, `DROP TRIGGER full`)
	p.send(t, u.ID, whole)
	p.wantContent(t, "afterwards", u.ID, whole)
	parts := p.parts(t)
	if len(parts) != 3 {
		t.Fatalf("%d parts lie there", len(parts))
	}
	for i, a := range parts {
		for _, b := range parts[i+1:] {
			if bytes.Equal(a, b) {
				t.Error("the same bytes were sealed alike twice: under one key and nonce")
			}
		}
	}
}

// parts returns the bytes of all parts that lie there.
func (p *platform) parts(t *testing.T) (out [][]byte) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(p.cfg.Dir, "blobs", "upload", "*", "*"))
	must(t, err)
	for _, path := range paths {
		b, err := os.ReadFile(path)
		must(t, err)
		out = append(out, b)
	}
	return out
}

// TestOffsets: bytes that do not follow are refused, and so is what is too much.
func TestOffsets(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	whole := file(100)
	u := p.begin(t, len(whole))
	for _, from := range []int64{1, 100, 101, -1} {
		_, err := p.Uploads.Append(t.Context(), p.acme, u.ID, from, bytes.NewReader(whole))
		wantError(t, "a gap", err, selvedge.CodeConflict, "wrong_offset")
	}
	got, err := p.Uploads.Append(t.Context(), p.acme, u.ID, 0, io.MultiReader(bytes.NewReader(whole), bytes.NewReader([]byte{1})))
	wantError(t, "a byte too many", err, selvedge.CodeTooLarge, "beyond_length")
	if !got.Complete() {
		t.Errorf("at %d", got.Offset)
	}
	p.wantContent(t, "what fits", u.ID, whole)
	_, err = p.Uploads.Append(t.Context(), p.acme, u.ID, 0, bytes.NewReader(whole))
	wantError(t, "again", err, selvedge.CodeConflict, "wrong_offset")
	if _, err := p.Uploads.Append(t.Context(), p.acme, u.ID, 100, bytes.NewReader(nil)); err != nil {
		t.Errorf("nothing more: %v", err)
	}
}

// TestTwoAtOnce: of two that send the same bytes one is in vain.
func TestTwoAtOnce(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	whole := file(2 * partLength)
	u := p.begin(t, len(whole))
	r := &killing{b: whole, left: partLength, kill: func() { p.send(t, u.ID, whole) }}
	_, err := p.Uploads.Append(t.Context(), p.acme, u.ID, 0, r)
	wantError(t, "overtaken", err, selvedge.CodeConflict, "wrong_offset")
	p.wantContent(t, "of the other", u.ID, whole)
}

// TestTooManyParts: who sends a byte at a time comes to an end.
func TestTooManyParts(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	u := p.begin(t, 100)
	p.sql(t, `UPDATE upload SET parts = 16383`)
	p.send(t, u.ID, slices.Repeat([]byte{1}, 64)[:1])
	_, err := p.Uploads.Append(t.Context(), p.acme, u.ID, 1, bytes.NewReader([]byte{1}))
	wantError(t, "one more", err, selvedge.CodeConflict, "too_many_parts")
	if upload.MaxParts*upload.DefaultPart < 4*upload.MaxLength {
		t.Error("a whole file hardly fits")
	}
}
