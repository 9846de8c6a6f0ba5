package spool_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/spool"
)

func read(t *testing.T, s *spool.Spool) []byte {
	t.Helper()
	rc, err := s.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer rc.Close()
	b, err := io.ReadAll(rc)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestFillThenOpen keeps streams of sizes around those of the sealed parts, and
// reads each twice. The folder has no file while it is kept, and nothing that the
// process has open holds what was given.
func TestFillThenOpen(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 100, 64<<10 - 1, 64 << 10, 64<<10 + 1, 300_000} {
		dir := t.TempDir()
		want := bytes.Repeat([]byte("jane@example.com\n"), n/17+1)[:n]
		s, err := spool.Fill(dir, selvedge.NewSeededEntropy(fmt.Sprint(n)), iotest.HalfReader(bytes.NewReader(want)))
		if err != nil {
			t.Fatal(err)
		}
		if names, err := os.ReadDir(dir); err != nil || len(names) != 0 {
			t.Errorf("%d bytes: the folder has %v, %v", n, names, err)
		}
		for range 2 {
			if got := read(t, s); !bytes.Equal(got, want) {
				t.Errorf("%d bytes came back as %d others", n, len(got))
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestNothingInTheClear looks at what was written, by the process's own list of
// what it has open.
func TestNothingInTheClear(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var on []byte
	r := io.MultiReader(bytes.NewReader(bytes.Repeat([]byte("jane@example.com\n"), 20_000)), after(func() {
		for _, fd := range open(t) {
			if !strings.HasPrefix(target(fd), dir) { // to read a pipe would take for ever
				continue
			}
			if b, err := os.ReadFile(fd); err == nil {
				on = b
			}
		}
	}))
	s, err := spool.Fill(dir, selvedge.NewSeededEntropy("clear"), r)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if len(on) == 0 {
		t.Fatal("the file was not found")
	}
	if bytes.Contains(on, []byte("jane")) {
		t.Error("an address is on the disk in the clear")
	}
}

// after is a reader that has nothing, and calls a function when it is asked.
type after func()

func (a after) Read([]byte) (int, error) { a(); return 0, io.EOF }

func open(t *testing.T) (out []string) {
	t.Helper()
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		out = append(out, "/proc/self/fd/"+n.Name())
	}
	return out
}

func target(fd string) string {
	s, _ := os.Readlink(fd)
	return s
}

// TestReaderFails returns the reader's own error.
func TestReaderFails(t *testing.T) {
	t.Parallel()
	mine := errors.New("mine")
	dir := t.TempDir()
	_, err := spool.Fill(dir, selvedge.NewSeededEntropy("x"), io.MultiReader(bytes.NewReader(make([]byte, 200_000)), iotest.ErrReader(mine)))
	if !errors.Is(err, mine) {
		t.Errorf("error %v, want the reader's", err)
	}
	if names, _ := os.ReadDir(dir); len(names) != 0 {
		t.Errorf("it leaves %v", names)
	}
}
