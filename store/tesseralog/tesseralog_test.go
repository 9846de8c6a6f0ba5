package tesseralog_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/ledger/ledgertest"
	"github.com/selvedge/selvedge/ledger/proof"
	"github.com/selvedge/selvedge/store/tesseralog"
)

const origin = "selvedge.example/ledger/ads"

var quick = tesseralog.Config{CheckpointInterval: tesseralog.MinCheckpointInterval}

func newSigner(t testing.TB, origin string) *tesseralog.Signer {
	t.Helper()
	s, err := tesseralog.NewSigner(origin, ledgertest.PrivateKey(1))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func open(t testing.TB, dir string) *tesseralog.Log {
	t.Helper()
	l, err := tesseralog.Open(t.Context(), dir, newSigner(t, origin), quick)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shut(t, l) })
	return l
}

func shut(t testing.TB, l *tesseralog.Log) {
	t.Helper()
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

func TestContract(t *testing.T) {
	t.Parallel()
	ledgertest.RunLog(t, func(t *testing.T) ledgertest.LogUnderTest {
		dir := t.TempDir()
		l := open(t, dir)
		return ledgertest.LogUnderTest{Log: l, Key: newSigner(t, origin).VerifierKey(), Reopen: func(t *testing.T) ledger.Log {
			shut(t, l)
			l = open(t, dir)
			return l
		}}
	})
}

func add(t testing.TB, l *tesseralog.Log, n int64) {
	t.Helper()
	for range n {
		size, err := l.Size(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Add(t.Context(), size, []byte{byte(size)}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		spoil  func(t *testing.T, dir string)
		origin string
		cfg    tesseralog.Config
		want   selvedge.Code
	}{
		"nothing amiss":  {nil, origin, quick, ""},
		"short interval": {nil, origin, tesseralog.Config{CheckpointInterval: quick.CheckpointInterval - 1}, selvedge.CodeInvalid},
		"long interval":  {nil, origin, tesseralog.Config{CheckpointInterval: 4*time.Second + 1}, selvedge.CodeInvalid},
		"no interval":    {nil, origin, tesseralog.Config{}, selvedge.CodeInvalid},
		"another origin": {nil, "selvedge.example/ledger/registry", quick, selvedge.CodeConflict},
		"an older state": {func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, ".state", "treeState"), `{"size":1,"root":"bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0="}`)
		}, origin, quick, selvedge.CodeConflict},
		"no state": {func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, ".state", "treeState")); err != nil {
				t.Fatal(err)
			}
		}, origin, quick, selvedge.CodeConflict},
		"state that cannot be read": {func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, ".state", "treeState"), `{"leaves":3}`)
		}, origin, quick, selvedge.CodeInternal},
		"other hashes": {func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "tile", "0", "000.p", "3"), strings.Repeat("x", 3*32))
		}, origin, quick, selvedge.CodeConflict},
		"checkpoint that cannot be read": {func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "checkpoint"), "hello\n")
		}, origin, quick, selvedge.CodeInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			l := open(t, dir)
			add(t, l, 3)
			shut(t, l)
			if tc.spoil != nil {
				tc.spoil(t, dir)
			}
			before := read(t, filepath.Join(dir, "checkpoint"))
			l, err := tesseralog.Open(t.Context(), dir, newSigner(t, tc.origin), tc.cfg)
			if got := selvedge.CodeOf(err); got != tc.want {
				t.Fatalf("code %q, want %q: %v", got, tc.want, err)
			}
			if err == nil {
				shut(t, l)
				return
			}
			// A refusal leaves the checkpoint alone and lets the folder go.
			if after := read(t, filepath.Join(dir, "checkpoint")); after != before {
				t.Errorf("the checkpoint became %q", after)
			}
			if _, err := tesseralog.Open(t.Context(), dir, newSigner(t, tc.origin), tc.cfg); selvedge.CodeOf(err) != tc.want {
				t.Errorf("the second time: %v", err)
			}
		})
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err) // what is spoiled must be there
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestHalfAnAdd has a process die after it wrote a leaf and its tiles and before
// it wrote the size: what it left is written over.
func TestHalfAnAdd(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := open(t, dir)
	add(t, l, 3)
	shut(t, l)
	state, checkpoint := filepath.Join(dir, ".state", "treeState"), filepath.Join(dir, "checkpoint")
	size, signed := read(t, state), read(t, checkpoint)
	l = open(t, dir)
	add(t, l, 1)
	shut(t, l)
	write(t, state, size)
	write(t, checkpoint, signed)
	l = open(t, dir)
	if err := l.Add(t.Context(), 3, []byte("another")); err != nil {
		t.Fatal(err)
	}
	if leaf, err := l.Leaf(t.Context(), 3); err != nil || string(leaf) != "another" {
		t.Errorf("leaf %q, %v", leaf, err)
	}
	signed4, err := l.AwaitPublished(t.Context(), 3)
	if err != nil {
		t.Fatal(err)
	}
	var tree proof.Tree
	for _, leaf := range []string{"\x00", "\x01", "\x02", "another"} {
		tree.Append([]byte(leaf))
	}
	root, err := tree.Root(4)
	if err != nil {
		t.Fatal(err)
	}
	if c, err := proof.OpenCheckpoint(signed4, newSigner(t, origin).VerifierKey()); err != nil || c.N != 4 || c.Hash != root {
		t.Errorf("checkpoint %+v, %v", c, err)
	}
}

func TestOneProcessAtATime(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := open(t, dir)
	if _, err := tesseralog.Open(t.Context(), dir, newSigner(t, origin), quick); selvedge.CodeOf(err) != selvedge.CodeConflict {
		t.Errorf("a second log on one folder: %v", err)
	}
	add(t, l, 1)
	shut(t, l)
	add(t, open(t, dir), 1)
}

func TestClose(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := open(t, dir)
	add(t, l, 2)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	// All that was added is published by now.
	c, err := proof.OpenCheckpoint([]byte(read(t, filepath.Join(dir, "checkpoint"))), newSigner(t, origin).VerifierKey())
	if err != nil || c.N != 2 {
		t.Errorf("checkpoint of %d leaves, %v", c.N, err)
	}
	if err := l.Close(); err != nil {
		t.Errorf("closed again: %v", err)
	}
	if err := l.Add(t.Context(), 2, []byte("x")); selvedge.CodeOf(err) != selvedge.CodeUnavailable {
		t.Errorf("added after closing: %v", err)
	}
	if _, err := l.AwaitPublished(t.Context(), 2); selvedge.CodeOf(err) != selvedge.CodeUnavailable {
		t.Errorf("awaited after closing: %v", err)
	}
	if _, err := l.AwaitPublished(t.Context(), 1); err != nil {
		t.Errorf("what was published: %v", err)
	}
}

func TestView(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	v := tesseralog.NewView(dir)
	if _, err := v.Size(t.Context()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("size without a log: %v", err)
	}
	if _, err := v.Leaf(t.Context(), 0); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("leaf without a log: %v", err)
	}
	if _, err := v.AwaitPublished(t.Context(), 0); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("checkpoint without a log: %v", err)
	}
	l := open(t, dir) // beside it
	add(t, l, 2)
	signed, err := v.AwaitPublished(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	c, err := proof.OpenCheckpoint(signed, newSigner(t, origin).VerifierKey())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Prove(t.Context(), c.Tree, 1); err != nil {
		t.Error(err)
	}
	if leaf, err := v.Leaf(t.Context(), 1); err != nil || string(leaf) != "\x01" {
		t.Errorf("leaf %q, %v", leaf, err)
	}
}

func TestDamagedLeaves(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := open(t, dir)
	add(t, l, 3)
	path := filepath.Join(dir, "tile", "entries", "000.p", "3")
	for _, cut := range []string{"", "\x00", "\x00\x01\x00\x00\x01\x01\x00", "\x00\x01\x00\x00\x01\x01\x00\x05\x02"} {
		write(t, path, cut)
		if leaf, err := l.Leaf(t.Context(), 2); err == nil {
			t.Errorf("%q gave leaf %q", cut, leaf)
		}
	}
}

// TestOnlyLeaf damages the one leaf of a log, which no tile vouches for.
func TestOnlyLeaf(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := open(t, dir)
	add(t, l, 1)
	signed, err := l.AwaitPublished(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	c, err := proof.ReadCheckpoint(signed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Prove(t.Context(), c.Tree, 0); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "tile", "entries", "000.p", "1"), "\x00\x01x")
	if _, err := l.Prove(t.Context(), c.Tree, 0); err == nil {
		t.Error("a leaf was proved that is not the log's")
	}
}

func TestSigner(t *testing.T) {
	t.Parallel()
	s := newSigner(t, origin)
	_, want := ledgertest.Key(t, origin, 1)
	if s.VerifierKey() != want || s.Name() != origin {
		t.Errorf("%s: key %s, want %s", s.Name(), s.VerifierKey(), want)
	}
	signed, err := note.Sign(&note.Note{Text: "text\n"}, s)
	if err != nil {
		t.Fatal(err)
	}
	v, err := note.NewVerifier(s.VerifierKey())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := note.Open(signed, note.VerifierList(v)); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{"", "two words", "a+b"} {
		if _, err := tesseralog.NewSigner(bad, ledgertest.PrivateKey(1)); selvedge.CodeOf(err) != selvedge.CodeInvalid {
			t.Errorf("origin %q: %v", bad, err)
		}
	}
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tesseralog.NewSigner(origin, other); selvedge.CodeOf(err) != selvedge.CodeInvalid {
		t.Errorf("a key of another kind: %v", err)
	}
}

// TestInterval checks that a leaf is published without another coming.
func TestInterval(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l, err := tesseralog.Open(t.Context(), dir, newSigner(t, origin), tesseralog.Config{CheckpointInterval: 300 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer shut(t, l)
	for i := range int64(3) {
		add(t, l, 1)
		if _, err := l.AwaitPublished(t.Context(), i); err != nil {
			t.Fatal(err)
		}
	}
}
