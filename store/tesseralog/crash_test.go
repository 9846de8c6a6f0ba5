package tesseralog_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/fakeclock"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/ledger/ledgertest"
	"github.com/selvedge/selvedge/ledger/proof"
	"github.com/selvedge/selvedge/store"
	"github.com/selvedge/selvedge/store/tesseralog"
)

// installation is a real database and a real log in one folder.
type installation struct {
	dir  string
	db   *store.DB
	log  *tesseralog.Log
	step func(name string) // called at each step, with nothing under way
	// before are files as they are to be in the copy of this step.
	before map[string][]byte
}

func openInstallation(t *testing.T, dir string) *installation {
	t.Helper()
	in := &installation{dir: dir, step: func(string) {}}
	var err error
	clock := fakeclock.New(time.Date(2019, 10, 8, 12, 0, 0, 0, time.UTC))
	if in.db, err = store.Open(t.Context(), filepath.Join(dir, "selvedge.db"), clock, selvedge.SystemEntropy{}); err != nil {
		t.Fatal(err)
	}
	in.log = open(t, filepath.Join(dir, "ads"))
	return in
}

func (in *installation) close(t *testing.T) {
	t.Helper()
	shut(t, in.log)
	if err := in.db.Close(); err != nil {
		t.Fatal(err)
	}
}

// live commits entries and enters them, three times, with steps on the way.
func (in *installation) live(t *testing.T, from int) {
	t.Helper()
	s := in.sequencer()
	for i := range 3 {
		in.step(fmt.Sprintf("%d: before the act", i))
		in.commit(t, from+10*i, i+1)
		in.step(fmt.Sprintf("%d: after the act", i))
		if _, err := s.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
		in.step(fmt.Sprintf("%d: after the leaf was recorded", i))
	}
}

func (in *installation) commit(t *testing.T, first, n int) {
	t.Helper()
	err := in.db.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		for i := range n {
			if err := (store.Outbox{DB: in.db}).Append(ctx, tx, ledgertest.Entry(ledger.Ads, first+i)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (in *installation) sequencer() *ledger.Sequencer {
	return &ledger.Sequencer{
		Space: ledger.Ads, Tx: in.db, Records: store.Outbox{DB: in.db}, Log: steps{in.log, in}, Logger: slog.New(slog.DiscardHandler),
	}
}

// steps is a log with a step before and after each leaf, and one as if the
// machine went down when the leaf's files were written and the log's size not.
type steps struct {
	*tesseralog.Log
	in *installation
}

func (s steps) Add(ctx context.Context, index int64, leaf []byte) error {
	s.in.step(fmt.Sprintf("leaf %d: before it is added", index))
	s.in.before = map[string][]byte{}
	for _, name := range []string{"ads/.state/treeState", "ads/checkpoint"} {
		b, err := os.ReadFile(filepath.Join(s.in.dir, name))
		if err != nil {
			return err
		}
		s.in.before[name] = b
	}
	if err := s.Log.Add(ctx, index, leaf); err != nil {
		return err
	}
	s.in.step(fmt.Sprintf("leaf %d: half added", index))
	s.in.before = nil
	s.in.step(fmt.Sprintf("leaf %d: added and not recorded", index))
	return nil
}

// TestCrashWithRealFolders copies the folder at every step of a life, as a power
// cut would leave it, and of the life after that. Whatever was committed by then
// is in the copy's log once, in order, and nothing is found wrong with it.
func TestCrashWithRealFolders(t *testing.T) {
	t.Parallel()
	copies := crashes(t, openInstallation(t, t.TempDir()), 100)
	if len(copies) != 18 {
		t.Fatalf("%d steps", len(copies))
	}
	for name, dir := range copies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			again := crashes(t, openInstallation(t, dir), 200)
			recovered(t, dir)
			for name, dir := range again {
				if name == "1: after the act" || name == "leaf 1: half added" || name == "leaf 2: added and not recorded" {
					recovered(t, dir)
				}
			}
		})
	}
}

// crashes lives one life, ends it, and returns a copy of the folder for each
// step.
func crashes(t *testing.T, in *installation, from int) map[string]string {
	t.Helper()
	copies := map[string]string{}
	in.step = func(name string) {
		dir := t.TempDir()
		copyFolder(t, dir, in.dir)
		for name, b := range in.before {
			if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		copies[name] = dir
	}
	in.live(t, from)
	in.close(t)
	return copies
}

// copyFolder copies a folder. A checkpoint may be published meanwhile, through a
// file that comes and goes.
func copyFolder(t *testing.T, to, from string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return passing(err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return passing(err)
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, name)
		if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
			return err
		}
		return os.WriteFile(target, b, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// passing passes over a file that is gone by now.
func passing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// recovered starts from a folder, enters what waits, and checks all of it.
func recovered(t *testing.T, dir string) {
	t.Helper()
	in := openInstallation(t, dir)
	defer in.close(t)
	drain(t, in.sequencer())
	var committed int64
	err := in.db.View(t.Context(), func(ctx context.Context, tx selvedge.Tx) (err error) {
		committed, err = store.Outbox{DB: in.db}.Head(ctx, tx, ledger.Ads)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	size, err := in.log.Size(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	next := int64(1)
	for i := range size {
		text, err := in.log.Leaf(t.Context(), i)
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := proof.ParseLeaf(text)
		if err != nil || leaf.First != next {
			t.Errorf("leaf %d begins with entry %d, and %d is the next: %v", i, leaf.First, next, err)
		}
		next = leaf.Last + 1
	}
	if next != committed+1 {
		t.Errorf("%d entries in the log, %d committed", next-1, committed)
	}
	if size > 0 {
		if _, err := in.log.AwaitPublished(t.Context(), size-1); err != nil {
			t.Fatal(err)
		}
	}
	v := ledger.Verifier{Tx: in.db, Records: store.Outbox{DB: in.db}, Sources: []ledger.Source{{
		Space: ledger.Ads, Log: in.log, Keys: []string{newSigner(t, origin).VerifierKey()},
	}}}
	report, err := v.Verify(t.Context())
	if err != nil || len(report.Findings) > 0 || report.Spaces[0].Entries != committed {
		t.Errorf("%+v, %v", report, err)
	}
}
