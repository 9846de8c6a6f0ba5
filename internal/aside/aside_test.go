package aside_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"testing"
	"testing/iotest"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/aside"
)

func fill(t *testing.T, r io.Reader, limit int64) (*aside.File, error) {
	t.Helper()
	dir := t.TempDir()
	f, err := aside.Fill(r, dir, selvedge.NewSeededEntropy("aside"), limit)
	if names, e := os.ReadDir(dir); e != nil || len(names) > 0 {
		t.Errorf("names in the folder: %v, %v", names, e)
	}
	return f, err
}

func content(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i * i >> 3)
	}
	return b
}

func TestReadInAnyOrder(t *testing.T) {
	t.Parallel()
	want := content(700_001)
	f, err := fill(t, iotest.HalfReader(bytes.NewReader(want)), int64(len(want)))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.Size() != int64(len(want)) {
		t.Errorf("size %d", f.Size())
	}
	got, err := io.ReadAll(io.NewSectionReader(f, 0, f.Size()))
	if err != nil || !bytes.Equal(got, want) {
		t.Fatalf("whole: %v", err)
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		off := rnd.IntN(len(want))
		p := make([]byte, rnd.IntN(100))
		n, err := f.ReadAt(p, int64(off))
		if end := min(off+len(p), len(want)); !bytes.Equal(p[:n], want[off:end]) || err != nil && err != io.EOF {
			t.Fatalf("%d bytes at %d: %v", len(p), off, err)
		}
	}
}

// TestNothingToRead looks at what is on the disk.
func TestNothingToRead(t *testing.T) {
	t.Parallel()
	text := bytes.Repeat([]byte("anna@example.com,"), 20_000)
	f, err := fill(t, bytes.NewReader(text), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	raw := make([]byte, len(text))
	if _, err := f.File().ReadAt(raw, 0); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(raw, []byte("anna")) {
		t.Error("the disk has it in the clear")
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	if _, err := fill(t, bytes.NewReader(content(1001)), 1000); err != aside.ErrTooLarge {
		t.Errorf("one byte too many: %v", err)
	}
	broken := errors.New("broken")
	if _, err := fill(t, io.MultiReader(bytes.NewReader(content(99)), iotest.ErrReader(broken)), 1000); !errors.Is(err, broken) {
		t.Errorf("a broken stream: %v", err)
	}
	if _, err := aside.Fill(bytes.NewReader(nil), t.TempDir()+"/missing", selvedge.NewSeededEntropy("aside"), 1); err == nil {
		t.Error("a missing folder gave no error")
	}
}
