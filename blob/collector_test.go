package blob_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/blob/blobtest"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/internal/fakeclock"
	"github.com/selvedge/selvedge/store"
	"github.com/selvedge/selvedge/store/testdb"
)

var system = selvedge.System("test")

// site is a collector on a real store and folder.
type site struct {
	blob.Collector
	dir   *blob.Dir
	path  string
	db    *store.DB
	clock *fakeclock.Clock
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{path: filepath.Join(t.TempDir(), "blobs"), clock: fakeclock.New(start)}
	s.dir = openDir(t, s.path)
	s.db = testdb.Open(t, filepath.Join(t.TempDir(), "test.db"), s.clock, selvedge.NewSeededEntropy("test"))
	s.db.Blobs = s.dir
	s.Collector = blob.Collector{Store: s.dir, Repo: store.BlobRegister{DB: s.db}, Tx: s.db, Clock: s.clock}
	return s
}

// nameIt has a row name a segment.
func (s *site) nameIt(t *testing.T, class identifier.Class, ref blob.Ref) error {
	t.Helper()
	return s.Name(t.Context(), func() error {
		return s.db.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
			return store.Index{DB: s.db}.PutSegment(ctx, tx, class, ref, [32]byte{})
		})
	}, ref)
}

func (s *site) letGo(t *testing.T, class identifier.Class) {
	t.Helper()
	err := s.db.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		return store.Index{DB: s.db}.DropSegment(ctx, tx, class)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (s *site) wantReport(t *testing.T, what string, want blob.Report) {
	t.Helper()
	got, err := s.Collect(t.Context(), system)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestCollect: what a row names is kept; what none does is condemned, and after
// Grace, to the microsecond, deleted; what is no blob is counted and left.
func TestCollect(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	named := blobtest.Put(t, s.dir, blob.KindSegment, []byte("named"))
	must(t, s.nameIt(t, identifier.ClassEmail, named))
	garbage := blobtest.Put(t, s.dir, blob.KindChunk, []byte("garbage"))
	for _, name := range []string{
		"note.txt", "chunk/note.txt", "chunk/zz/x", "chunk/ab/" + strings.Repeat("ab", 31), "chunk/ab/" + strings.Repeat("AB", 32),
		"chunk/ab/" + strings.Repeat("cd", 32), "chunk/abc/" + strings.Repeat("ab", 32), "segment/ab/" + strings.Repeat("ab", 32) + "/file",
	} {
		path := filepath.Join(s.path, name)
		must(t, os.MkdirAll(filepath.Dir(path), 0o700))
		must(t, os.WriteFile(path, []byte("not ours"), 0o600))
	}
	const foreign = 8
	s.wantReport(t, "first", blob.Report{Found: 2 + foreign, Kept: 1, Condemned: 1, Foreign: foreign})
	s.clock.Add(blob.Grace - time.Microsecond)
	s.wantReport(t, "a moment early", blob.Report{Found: 2 + foreign, Kept: 1, Condemned: 1, Foreign: foreign})
	s.clock.Add(time.Microsecond)
	s.wantReport(t, "due", blob.Report{Found: 2 + foreign, Kept: 1, Deleted: 1, DeletedBytes: 7, Foreign: foreign})
	s.wantReport(t, "after", blob.Report{Found: 1 + foreign, Kept: 1, Foreign: foreign})
	blobtest.Want(t, s.dir, named, []byte("named"))
	blobtest.WantGone(t, s.dir, garbage)
	if n := len(files(t, s.path)); n != 1+foreign+1 { // and the lock
		t.Errorf("%d files are left", n)
	}
}

// TestCollectMany has more blobs than one transaction looks at.
func TestCollectMany(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for i := range 250 {
		blobtest.Put(t, s.dir, blob.KindBitmap, []byte{byte(i), 1})
	}
	s.wantReport(t, "condemned", blob.Report{Found: 250, Condemned: 250})
	s.clock.Add(blob.Grace)
	s.wantReport(t, "deleted", blob.Report{Found: 250, Deleted: 250, DeletedBytes: 500})
	s.wantReport(t, "nothing left", blob.Report{})
}

// TestCollectIsForTheHouse, and so is a hold.
func TestCollectIsForTheHouse(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, actor := range []selvedge.Actor{{}, selvedge.Platform("k"), selvedge.OrgActor("o", "k")} {
		if _, err := s.Collect(t.Context(), actor); selvedge.CodeOf(err) != selvedge.CodeForbidden {
			t.Errorf("collect: error %v, want forbidden", err)
		}
		if _, err := s.Hold(t.Context(), actor); selvedge.CodeOf(err) != selvedge.CodeForbidden {
			t.Errorf("hold: error %v, want forbidden", err)
		}
	}
	if _, err := s.Collect(t.Context(), selvedge.Operator("anna")); err != nil {
		t.Error(err)
	}
}

// TestNamedWhileCondemned: to name a blob undoes its condemnation, and when it
// is let go, the whole of Grace passes again.
func TestNamedWhileCondemned(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ref := blobtest.Put(t, s.dir, blob.KindSegment, []byte("late"))
	s.wantReport(t, "condemned", blob.Report{Found: 1, Condemned: 1})
	s.clock.Add(blob.Grace)
	must(t, s.nameIt(t, identifier.ClassEmail, ref))
	s.letGo(t, identifier.ClassEmail)
	s.wantReport(t, "condemned anew", blob.Report{Found: 1, Condemned: 1})
	s.clock.Add(blob.Grace)
	s.wantReport(t, "due", blob.Report{Found: 1, Deleted: 1, DeletedBytes: 4})
}

// TestDamagedButNamed: a blob that a row names is not collected for being
// damaged. It may be all that is left of it.
func TestDamagedButNamed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ref := blobtest.Put(t, s.dir, blob.KindSegment, []byte("whole"))
	must(t, s.nameIt(t, identifier.ClassEmail, ref))
	must(t, os.Truncate(file(s.path, ref), 2))
	s.wantReport(t, "damaged", blob.Report{Found: 1, Kept: 1})
	s.clock.Add(blob.Grace)
	s.wantReport(t, "later", blob.Report{Found: 1, Kept: 1})
	blobtest.WantFault(t, s.dir, ref)
}

// TestNameReadsWhatWasPut: a blob that did not arrive whole is not named, and
// nobody is told that it was only late.
func TestNameReadsWhatWasPut(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(path string) error{
		"a bit":     func(p string) error { return change(p, func(b []byte) []byte { b[2] ^= 1; return b }) },
		"truncated": func(p string) error { return os.Truncate(p, 2) },
	} {
		s := newSite(t)
		ref := blobtest.Put(t, s.dir, blob.KindSegment, []byte("whole"))
		must(t, damage(file(s.path, ref)))
		if err := s.nameIt(t, identifier.ClassEmail, ref); selvedge.CodeOf(err) != selvedge.CodeInternal {
			t.Errorf("%s: error %v, want internal", name, err)
		}
		s.wantReport(t, name, blob.Report{Found: 1, Condemned: 1})
	}
	s := newSite(t)
	err := s.nameIt(t, identifier.ClassEmail, blobtest.RefOf(blob.KindSegment, []byte("never put")))
	if selvedge.CodeOf(err) != selvedge.CodeUnavailable {
		t.Errorf("never put: error %v, want unavailable", err)
	}
}

// TestNameGivesUp: whatever takes the blob away each time, Name ends, and names
// nothing.
func TestNameGivesUp(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ref := blobtest.Put(t, s.dir, blob.KindSegment, []byte("unlucky"))
	tries := 0
	err := s.Name(t.Context(), func() error {
		tries++
		if err := s.dir.Delete(t.Context(), ref); err != nil {
			return err
		}
		return s.db.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
			return store.Index{DB: s.db}.PutSegment(ctx, tx, identifier.ClassEmail, ref, [32]byte{})
		})
	}, ref)
	if selvedge.CodeOf(err) != selvedge.CodeUnavailable || tries != 4 {
		t.Errorf("error %v after %d tries", err, tries)
	}
	mine := errors.New("mine")
	ref = blobtest.Put(t, s.dir, blob.KindSegment, []byte("unlucky"))
	if err := s.Name(t.Context(), func() error { return mine }, ref); err != mine {
		t.Errorf("error %v, want the transaction's own", err)
	}
}

// undeletable is a store that says that it cannot delete, whether or not it did.
type undeletable struct {
	blob.Store
	persists bool
}

func (u undeletable) Delete(ctx context.Context, ref blob.Ref) error {
	if u.persists {
		if err := u.Store.Delete(ctx, ref); err != nil {
			return err
		}
	}
	return errFault
}

// TestDeleteFails: a blob of which nobody knows whether it is gone may not be
// named until it was deleted for certain; others are collected meanwhile.
func TestDeleteFails(t *testing.T) {
	t.Parallel()
	for _, persists := range []bool{false, true} {
		s := newSite(t)
		content := []byte("stuck")
		ref := blobtest.Put(t, s.dir, blob.KindSegment, content)
		s.Store = undeletable{s.dir, persists}
		if err := s.Discard(t.Context(), ref); !errors.Is(err, errFault) {
			t.Errorf("error %v, want the store's", err)
		}
		blobtest.Put(t, s.dir, blob.KindSegment, content)
		if err := s.nameIt(t, identifier.ClassEmail, ref); !errors.Is(err, errFault) {
			t.Errorf("named while it is being deleted: %v", err)
		}
		s.Store = s.dir
		blobtest.Put(t, s.dir, blob.KindSegment, content)
		must(t, s.nameIt(t, identifier.ClassEmail, ref)) // finishes what was left, and puts it again
		blobtest.Want(t, s.dir, ref, content)
		s.wantReport(t, "in the end", blob.Report{Found: 1, Kept: 1})
	}
}

// TestHold: what a row named at any time under a hold stays, also when the row
// goes, and a hold that ran out says so.
func TestHold(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	before := blobtest.Put(t, s.dir, blob.KindSegment, []byte("before"))
	must(t, s.nameIt(t, identifier.ClassEmail, before))
	h, err := s.Hold(t.Context(), system)
	must(t, err)
	s.letGo(t, identifier.ClassEmail)
	must(t, s.Discard(t.Context(), before))
	s.wantReport(t, "held", blob.Report{Found: 1, Condemned: 1, Held: true})
	s.clock.Add(blob.HoldLife - time.Microsecond)
	s.wantReport(t, "held to the end", blob.Report{Found: 1, Condemned: 1, Held: true})
	must(t, h.Renew(t.Context()))
	s.clock.Add(blob.Grace)
	must(t, h.Renew(t.Context())) // late, and nobody has deleted anything yet
	s.wantReport(t, "renewed", blob.Report{Found: 1, Condemned: 1, Held: true})
	blobtest.Want(t, s.dir, before, []byte("before"))
	must(t, h.Release(t.Context()))
	s.wantReport(t, "released", blob.Report{Found: 1, Deleted: 1, DeletedBytes: 6})
	for what, end := range map[string]func(context.Context) error{"renew": h.Renew, "release": h.Release} {
		if err := end(t.Context()); selvedge.CodeOf(err) != selvedge.CodeConflict {
			t.Errorf("%s after the release: error %v, want conflict", what, err)
		}
	}

	lost, err := s.Hold(t.Context(), system)
	must(t, err)
	s.clock.Add(blob.HoldLife)
	s.wantReport(t, "its owner crashed", blob.Report{})
	if err := lost.Release(t.Context()); selvedge.CodeOf(err) != selvedge.CodeConflict {
		t.Errorf("release of a hold that ran out: error %v, want conflict", err)
	}
}

// TestHoldDoesNotUndoAMark: what was being deleted when the hold was taken is
// named by nobody, and is finished.
func TestHoldDoesNotUndoAMark(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ref := blobtest.Put(t, s.dir, blob.KindSpill, []byte("going"))
	s.Store = undeletable{s.dir, false}
	if err := s.Discard(t.Context(), ref); !errors.Is(err, errFault) {
		t.Fatal(err)
	}
	s.Store = s.dir
	_, err := s.Hold(t.Context(), system)
	must(t, err)
	s.wantReport(t, "finished", blob.Report{Found: 1, Deleted: 1, DeletedBytes: 5, Held: true})
}
