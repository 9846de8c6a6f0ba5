package blob_test

import (
	"bytes"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/blob/blobtest"
)

func openDir(t *testing.T, path string) *blob.Dir {
	t.Helper()
	d, err := blob.OpenDir(path)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDirKeepsTheContract(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, func(t *testing.T) blob.Store { return openDir(t, filepath.Join(t.TempDir(), "blobs")) })
}

// file returns the path that the layout promises.
func file(dir string, ref blob.Ref) string {
	sum := hex.EncodeToString(ref.Sum[:])
	return filepath.Join(dir, string(ref.Kind), sum[:2], sum)
}

// files lists every file below dir.
func files(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			out = append(out, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestDirLayoutAndModes(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "blobs")
	d := openDir(t, dir)
	ref := blobtest.Put(t, d, blob.KindSegment, []byte("content"))
	if got := files(t, dir); len(got) != 1 || got[0] != file(dir, ref) {
		t.Errorf("files: %d", len(got))
	}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		want := fs.FileMode(0o600)
		if e.IsDir() {
			want = 0o700
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o", e.Name(), got)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	blobtest.Want(t, openDir(t, dir), ref, []byte("content"))
}

func TestDirAbortLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "blobs")
	w, err := openDir(t, dir).Create(t.Context(), blob.KindSpill)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("dropped")); err != nil {
		t.Fatal(err)
	}
	w.Abort()
	if got := files(t, dir); len(got) != 0 {
		t.Errorf("%d files left", len(got))
	}
}

func TestOpenDirRemovesWhatACrashLeft(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "blobs")
	d := openDir(t, dir)
	ref := blobtest.Put(t, d, blob.KindChunk, []byte("kept"))
	// A crash takes the lock and leaves the file.
	if err := os.WriteFile(filepath.Join(dir, "tmp", "chunk-left"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	d = openDir(t, dir)
	if got := files(t, dir); len(got) != 1 || got[0] != file(dir, ref) {
		t.Errorf("%d files left", len(got))
	}
	blobtest.Want(t, d, ref, []byte("kept"))
}

func TestOpenDirSparesLiveWriters(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "blobs")
	w, err := openDir(t, dir).Create(t.Context(), blob.KindChunk)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("whole")); err != nil {
		t.Fatal(err)
	}
	d := openDir(t, dir) // as another process would
	ref, err := w.Commit()
	if err != nil {
		t.Fatal(err)
	}
	blobtest.Want(t, d, ref, []byte("whole"))
}

func TestDirFindsDamage(t *testing.T) {
	t.Parallel()
	content := bytes.Repeat([]byte("content "), 2000)
	for name, damage := range map[string]func(path string) error{
		"a bit":          func(p string) error { return change(p, func(b []byte) []byte { b[9000] ^= 1; return b }) },
		"last byte gone": func(p string) error { return os.Truncate(p, int64(len(content)-1)) },
		"all gone":       func(p string) error { return os.Truncate(p, 0) },
		"byte added":     func(p string) error { return change(p, func(b []byte) []byte { return append(b, 0) }) },
		"a folder":       func(p string) error { os.Remove(p); return os.Mkdir(p, 0o700) },
		"zeros":          func(p string) error { return change(p, func(b []byte) []byte { clear(b); return b }) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "blobs")
			d := openDir(t, dir)
			ref := blobtest.Put(t, d, blob.KindSegment, content)
			if err := damage(file(dir, ref)); err != nil {
				t.Fatal(err)
			}
			blobtest.WantFault(t, d, ref)
			if name == "a folder" {
				return
			}
			// To write it again repairs it: nothing is skipped because the name
			// is there.
			blobtest.Put(t, d, blob.KindSegment, content)
			blobtest.Want(t, d, ref, content)
		})
	}
}

func change(path string, f func([]byte) []byte) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path, f(b), 0o600)
}

// The digest of "content" begins with ed, so a file of that name stands where
// its folder must be.
func TestDirCommitFaults(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "blobs")
	d := openDir(t, dir)
	w, err := d.Create(t.Context(), blob.KindBitmap)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("content")); err != nil {
		t.Fatal(err)
	}
	inTheWay := filepath.Join(dir, "bitmap", "ed")
	if err := os.WriteFile(inTheWay, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = w.Commit()
	if err == nil || !strings.Contains(err.Error(), "bitmap") || strings.Contains(err.Error(), "ed7002b4") {
		t.Errorf("error %v, want one that names the kind and not the blob", err)
	}
	if _, err := w.Commit(); err == nil {
		t.Error("a second Commit gave no error")
	}
	if got := files(t, dir); len(got) != 1 || got[0] != inTheWay {
		t.Errorf("%d files left", len(got))
	}
}

// The name of a temporary file may be given to another writer once its own has
// ended.
func TestDirAbortAfterCommitRemovesNothing(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "blobs")
	w, err := openDir(t, dir).Create(t.Context(), blob.KindSpill)
	if err != nil {
		t.Fatal(err)
	}
	temp := files(t, dir)[0]
	if _, err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(temp, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	w.Abort()
	if got := files(t, dir); len(got) != 2 {
		t.Error("another writer's file is gone")
	}
}

// A file stands where the blob's folder should be.
func TestDirErrorsHoldNoName(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "blobs")
	d := openDir(t, dir)
	ref := blob.Ref{Kind: blob.KindSpill, Sum: [32]byte{0xab, 0xcd}}
	if err := os.WriteFile(filepath.Join(dir, "spill", "ab"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	blobtest.WantFault(t, d, ref)
	if err := d.Delete(t.Context(), ref); err == nil || strings.Contains(err.Error(), "abcd") {
		t.Errorf("delete: error %v", err)
	}
}

func TestOpenDirFaults(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := blob.OpenDir(filepath.Join(dir, "missing", "blobs")); err == nil {
		t.Error("made more than its own folder")
	}
	name := filepath.Join(dir, "file")
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := blob.OpenDir(name); err == nil {
		t.Error("opened a file as a folder")
	}
}

func TestBytesAfterCloseAreGone(t *testing.T) {
	t.Parallel()
	d := openDir(t, t.TempDir())
	c, err := d.Open(t.Context(), blobtest.Put(t, d, blob.KindSpill, []byte("content")))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if c.Bytes() != nil { // and not an address that ends the program
		t.Error("bytes after Close")
	}
}

func TestNotFoundNamesTheKindAlone(t *testing.T) {
	t.Parallel()
	_, err := openDir(t, t.TempDir()).Open(t.Context(), blob.Ref{Kind: blob.KindSpill, Sum: [32]byte{0xab, 0xcd}})
	if selvedge.CodeOf(err) != selvedge.CodeNotFound || !strings.Contains(err.Error(), "spill") || strings.Contains(err.Error(), "abcd") {
		t.Errorf("error %v", err)
	}
}
