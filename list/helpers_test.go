package list_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/internal/fakeclock"
	"github.com/selvedge/selvedge/internal/secret"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/store"
	"github.com/selvedge/selvedge/store/testdb"
	"github.com/selvedge/selvedge/token"
)

// bench is a Receiver with its folders.
type bench struct {
	list.Receiver
	dir string // holds both folders
}

// newBench returns a Receiver that works with little memory, so that most lists
// of more than a few rows go through the disk.
func newBench(t testing.TB) *bench {
	t.Helper()
	dir := t.TempDir()
	ring := newRing(t)
	blobs, err := blob.OpenDir(filepath.Join(dir, "blobs"))
	if err != nil {
		t.Fatal(err)
	}
	root, err := secret.Create(filepath.Join(t.TempDir(), "root"), selvedge.NewSeededEntropy("root"))
	if err != nil {
		t.Fatal(err)
	}
	return &bench{list.Receiver{Keys: ring, External: list.NewExternalIDs(root), RowKeys: list.NewRowKeys(root), Blobs: blobs, Entropy: selvedge.NewSeededEntropy("list"), Dir: dir, Memory: 24 * 4}, dir}
}

// newRing returns a Keyring with keys of the first epoch.
func newRing(t testing.TB) *token.Keyring {
	t.Helper()
	dir, entropy := t.TempDir(), selvedge.NewSeededEntropy("keys")
	clock := fakeclock.New(time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC))
	db := testdb.Open(t, filepath.Join(dir, "test.db"), clock, entropy)
	kek, err := secret.CreateKEK(filepath.Join(dir, "kek.json"))
	if err != nil {
		t.Fatal(err)
	}
	ring := &token.Keyring{Repo: store.Keys{DB: db}, Tx: db, KEK: kek, Entropy: entropy, Clock: clock}
	if err := ring.Begin(t.Context(), token.RandomKeys(token.FirstEpoch, entropy)); err != nil {
		t.Fatal(err)
	}
	return ring
}

// current returns the keys that are in force.
func (b *bench) current(t failer) *token.Keys {
	t.Helper()
	keys, err := b.Keys.Current(context.Background())
	if err != nil {
		t.Fatalf("keys: %v", err)
	}
	return keys
}

// receive sends a list that must be taken and returns its report and its spill.
func (b *bench) receive(t failer, text, region string) (list.Report, *list.Spill) {
	t.Helper()
	sealed, err := b.Receive(context.Background(), strings.NewReader(text), granted(list.Options{DefaultRegion: region}))
	if err != nil {
		t.Fatalf("receive: %v", err)
	}
	return sealed.Report, b.open(t, sealed.Spill)
}

func (b *bench) open(t failer, ref blob.Ref) *list.Spill {
	t.Helper()
	c, err := b.Blobs.Open(context.Background(), ref)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	content := slices.Clone(c.Bytes())
	if err := c.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
	s, err := list.OpenSpill(content)
	if err != nil {
		t.Fatalf("open spill: %v", err)
	}
	return s
}

// refuse sends a list that must be refused, and returns the error after checking
// that nothing is left of it.
func (b *bench) refuse(t failer, text, region string) *selvedge.Error {
	t.Helper()
	before := b.files(t)
	_, err := b.Receive(context.Background(), strings.NewReader(text), granted(list.Options{DefaultRegion: region}))
	e, ok := errors.AsType[*selvedge.Error](err)
	if !ok {
		t.Fatalf("error is %v, want a *selvedge.Error", err)
	}
	if after := b.files(t); !slices.Equal(before, after) {
		t.Fatalf("files before: %v, after: %v", before, after)
	}
	return e
}

// failer is what testing.TB and rapid.T have in common.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// files lists everything in the folders, with sizes.
func (b *bench) files(t failer) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(b.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && !d.IsDir() {
			out = append(out, fmt.Sprint(path, info.Size()))
		}
		return err
	})
	if err != nil {
		t.Fatalf("walk: %v", err)
	}
	return out
}

// tokens returns a spill's tokens as text, to compare and print by tests alone.
func tokens(s *list.Spill) []string {
	var out []string
	for _, c := range []identifier.Class{identifier.ClassEmail, identifier.ClassPhone} {
		for _, t := range s.Tokens(c) {
			out = append(out, fmt.Sprintf("%s %x", c, [token.Size]byte(t)))
		}
	}
	return out
}

// checkSums states what holds of every report.
func checkSums(t failer, r list.Report) {
	t.Helper()
	for _, tally := range []list.Tally{r.Rows, r.Identifiers} {
		if tally.Read != tally.Used+tally.Empty+tally.Duplicate+tally.Refused {
			t.Fatalf("tally does not add up: %+v", tally)
		}
	}
	if want := r.Rows.Read*int64(len(r.Columns)) + r.Split; r.Identifiers.Read != want {
		t.Fatalf("%d identifiers read, want %d", r.Identifiers.Read, want)
	}
	if got, want := r.Clear+r.Hashed, r.Identifiers.Used+r.Identifiers.Duplicate; got != want {
		t.Fatalf("%d identifiers clear or hashed, want %d", got, want)
	}
	var refused int64
	for i, f := range r.Refused {
		refused += f.Count
		if len(f.Rows) == 0 || len(f.Rows) > list.MaxRefusedRows || int64(len(f.Rows)) > f.Count ||
			!slices.IsSorted(f.Rows) || len(slices.Compact(slices.Clone(f.Rows))) != len(f.Rows) {
			t.Fatalf("refusal %+v", f)
		}
		if i > 0 && r.Refused[i-1].Reason >= f.Reason {
			t.Fatalf("reasons out of order: %v", r.Refused)
		}
	}
	if refused != r.Identifiers.Refused {
		t.Fatalf("refusals add up to %d, want %d", refused, r.Identifiers.Refused)
	}
	if r.Rows.Used > r.Identifiers.Used {
		t.Fatalf("%d rows used through %d identifiers", r.Rows.Used, r.Identifiers.Used)
	}
}

// hashed is a form as a sender hashes it.
func hashed(form string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(form))) }

// granted is what is said of a list whose people have agreed.
func granted(o list.Options) list.Options {
	o.Consents = list.Consents{AdUserData: list.Granted, AdPersonalization: list.Granted}
	return o
}
