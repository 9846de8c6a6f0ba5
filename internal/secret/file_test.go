package secret_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/secret"
)

// newRoot creates the root secret of a seed, and returns it with its path.
func newRoot(t *testing.T, seed string) (*secret.Root, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "root")
	r, err := secret.Create(path, selvedge.NewSeededEntropy(seed))
	if err != nil {
		t.Fatal(err)
	}
	return r, path
}

func TestCreateThenOpen(t *testing.T) {
	t.Parallel()
	created, path := newRoot(t, "s")
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != 0o600 || info.Size() != 32 {
		t.Errorf("the file has mode %v and %d bytes", info.Mode(), info.Size())
	}
	opened, err := secret.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if opened.Derive("x").MAC() != created.Derive("x").MAC() {
		t.Error("what was opened derives other keys than what was created")
	}
}

func TestCreateNeverOverwrites(t *testing.T) {
	t.Parallel()
	_, path := newRoot(t, "s")
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := secret.Create(path, selvedge.NewSeededEntropy("other"))
	if r != nil || selvedge.CodeOf(err) != selvedge.CodeConflict {
		t.Errorf("got %v, %v; want a conflict", r, err)
	}
	after, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the root secret changed (%v)", err)
	}
}

func TestCreateWithoutFolder(t *testing.T) {
	t.Parallel()
	r, err := secret.Create(filepath.Join(t.TempDir(), "none", "root"), selvedge.NewSeededEntropy("s"))
	if r != nil || selvedge.CodeOf(err) != selvedge.CodeInternal {
		t.Errorf("got %v, %v", r, err)
	}
}

// TestOpenRefusesModes sets every mode in which somebody but the owner may
// read, write or run the file.
func TestOpenRefusesModes(t *testing.T) {
	t.Parallel()
	_, path := newRoot(t, "s")
	for extra := fs.FileMode(1); extra <= 0o077; extra++ {
		if err := os.Chmod(path, 0o600|extra); err != nil {
			t.Fatal(err)
		}
		r, err := secret.Open(path)
		if e, ok := err.(*selvedge.Error); r != nil || !ok || e.Code != selvedge.CodeInvalid || e.Field != "root_secret" {
			t.Errorf("mode %v: got %v, %v", 0o600|extra, r, err)
		}
	}
	for _, mode := range []fs.FileMode{0o600, 0o400} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := secret.Open(path); err != nil {
			t.Errorf("mode %v: %v", mode, err)
		}
	}
}

func TestOpenRefusesContent(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, 31, 33, 64} {
		path := filepath.Join(t.TempDir(), "root")
		if err := os.WriteFile(path, make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
		if r, err := secret.Open(path); r != nil || selvedge.CodeOf(err) != selvedge.CodeInvalid {
			t.Errorf("%d bytes: got %v, %v", size, r, err)
		}
	}

	folder := t.TempDir()
	if err := os.Chmod(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if r, err := secret.Open(folder); r != nil || selvedge.CodeOf(err) != selvedge.CodeInvalid {
		t.Errorf("a folder: got %v, %v", r, err)
	}
	if r, err := secret.Open(filepath.Join(folder, "none")); r != nil || selvedge.CodeOf(err) != selvedge.CodeInternal {
		t.Errorf("no file: got %v, %v", r, err)
	}
}
