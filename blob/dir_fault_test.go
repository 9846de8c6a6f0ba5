package blob_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/blob/blobtest"
)

var errFault = errors.New("the disk fails")

// faultyDisk fails at one of its steps, in one of the ways of failing.
type faultyDisk struct {
	steps   []blob.Step
	at      int // the step that fails, from 1; 0 for none
	how     string
	dead    bool            // nothing reaches the disk any more
	written map[string]bool // files with bytes that were not synced
}

var failures = []string{"fails", "fails, but persists", "crash before", "crash after", "power cut before", "power cut after"}

func (d *faultyDisk) take(s blob.Step, do func() error) error {
	d.steps = append(d.steps, s)
	if d.dead {
		d.end(s, do)
		return errFault
	}
	if len(d.steps) != d.at {
		return d.do(s, do)
	}
	switch d.how {
	case "fails, but persists", "crash after", "power cut after":
		if err := d.do(s, do); err != nil {
			return err
		}
	}
	if d.dead = d.how != "fails" && d.how != "fails, but persists"; d.dead {
		d.end(s, do)
	}
	return errFault
}

// end does what the system does for a process that has died: it closes its
// files, and so frees its locks.
func (*faultyDisk) end(s blob.Step, do func() error) {
	if s.Op == "close" {
		_ = do()
	}
}

// do takes a step and notes what a power cut would take back.
func (d *faultyDisk) do(s blob.Step, do func() error) error {
	err := do()
	switch {
	case err != nil:
	case s.Op == "write":
		d.written[s.Path] = true
	case s.Op == "sync":
		delete(d.written, s.Path)
	case s.Op == "rename" && d.written[s.Path]:
		delete(d.written, s.Path)
		d.written[s.To] = true
	}
	return err
}

// cut takes the power: of what was not synced, half is gone.
func (d *faultyDisk) cut(t *testing.T) {
	t.Helper()
	for path := range d.written {
		info, err := os.Stat(path)
		if err != nil {
			continue
		}
		if err := os.Truncate(path, info.Size()/2); err != nil {
			t.Fatal(err)
		}
	}
}

func (d *faultyDisk) disk() blob.Disk {
	d.written = map[string]bool{}
	return blob.Disk{Take: d.take, Room: func(n int) (int, error) { return n, nil }}
}

// put is blobtest.Put for a store that may fail.
func put(ctx context.Context, s blob.Store, kind blob.Kind, content []byte) (blob.Ref, error) {
	w, err := s.Create(ctx, kind)
	if err != nil {
		return blob.Ref{}, err
	}
	defer w.Abort()
	if _, err := w.Write(content); err != nil {
		return blob.Ref{}, err
	}
	return w.Commit()
}

// TestFaultAtEveryStep has each step of a life fail, in each way. What was
// acknowledged is whole, what was not is whole or not there, nothing else is
// left once the folder is opened again, and a second try succeeds.
func TestFaultAtEveryStep(t *testing.T) {
	t.Parallel()
	for _, how := range failures {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			for n := 1; ; n++ {
				if !faultAt(t, how, n) {
					if n < 20 {
						t.Errorf("%d steps are too few", n)
					}
					return
				}
			}
		})
	}
}

// faultAt lives a life in which the n-th step fails, and says whether there was
// one.
func faultAt(t *testing.T, how string, n int) bool {
	t.Helper()
	path := filepath.Join(t.TempDir(), fmt.Sprint(n))
	kept, fresh, gone := []byte("kept for long"), bytes.Repeat([]byte("fresh "), 1000), []byte("to go")
	before := openDir(t, path)
	keptRef := blobtest.Put(t, before, blob.KindChunk, kept)
	goneRef := blobtest.Put(t, before, blob.KindSpill, gone)

	d := &faultyDisk{at: n, how: how}
	var freshRef blob.Ref
	var freshErr, goneErr error
	dir, err := blob.OpenDirOn(path, d.disk())
	opened := err == nil
	if opened {
		freshRef, freshErr = put(t.Context(), dir, blob.KindBitmap, fresh)
		_, _ = put(t.Context(), dir, blob.KindChunk, kept) // again: what is there is replaced
		goneErr = dir.Delete(t.Context(), goneRef)
	}
	fired := len(d.steps) >= n
	if how == "power cut before" || how == "power cut after" {
		d.cut(t)
	}

	after := openDir(t, path)
	at := fmt.Sprintf("step %d of %v", n, d.steps)
	if fired {
		at = fmt.Sprintf("step %d, %s in %s", n, d.steps[n-1].Op, d.steps[n-1].In)
	}
	whole := func(what string, ref blob.Ref, must bool) {
		t.Helper()
		c, err := after.Open(t.Context(), ref)
		if err == nil {
			err = c.Close()
		}
		if err != nil && (must || selvedge.CodeOf(err) != selvedge.CodeNotFound) {
			t.Errorf("%s: %s: %v", at, what, err)
		}
	}
	whole("kept before", keptRef, true)
	whole("put", blobtest.RefOf(blob.KindBitmap, fresh), opened && freshErr == nil)
	whole("deleted", goneRef, false)
	if opened && goneErr == nil {
		blobtest.WantGone(t, after, goneRef)
	}
	if opened && freshErr == nil && freshRef != blobtest.RefOf(blob.KindBitmap, fresh) {
		t.Errorf("%s: another name", at)
	}
	blobtest.Put(t, after, blob.KindBitmap, fresh)
	whole("put again", blobtest.RefOf(blob.KindBitmap, fresh), true)
	if err := after.Delete(t.Context(), goneRef); err != nil {
		t.Errorf("%s: delete again: %v", at, err)
	}
	if got := files(t, path); len(got) != 2 {
		t.Errorf("%s: %d files, want the two blobs", at, len(got))
	}
	return fired
}

// TestPutOrder is what makes a name stand for its whole content after a power
// cut: content, then name, then the folder that holds the name; and only then
// does Commit return, so that no row can come before.
func TestPutOrder(t *testing.T) {
	t.Parallel()
	d := &faultyDisk{}
	dir, err := blob.OpenDirOn(filepath.Join(t.TempDir(), "blobs"), d.disk())
	if err != nil {
		t.Fatal(err)
	}
	d.steps = nil
	ref, err := put(t.Context(), dir, blob.KindChunk, []byte("content")) // whose digest begins with ed
	if err != nil {
		t.Fatal(err)
	}
	returned := len(d.steps)
	if err := dir.Delete(t.Context(), ref); err != nil {
		t.Fatal(err)
	}
	var got []string
	for i, s := range d.steps {
		if i == returned {
			got = append(got, "returned")
		}
		got = append(got, s.Op+" in "+s.In)
	}
	want := []string{
		"create in tmp", "write in tmp", "sync in tmp",
		"mkdir in chunk/ed", "sync folder in chunk", "rename in chunk/ed", "sync folder in chunk/ed",
		"close in tmp", "remove in tmp", "returned",
		"remove in chunk/ed", "sync folder in chunk/ed",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
}

// TestDiskFull has room for ever more bytes, until it has for all. A write that
// came short is not committed, whatever came after it, and leaves nothing.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	content := bytes.Repeat([]byte("0123456789"), 100)
	for room := 0; room <= len(content); room += 50 {
		path := filepath.Join(t.TempDir(), fmt.Sprint(room))
		d := &faultyDisk{}
		disk := d.disk()
		left := room
		disk.Room = func(n int) (int, error) {
			take := min(n, left)
			if left -= take; take < n {
				return take, syscall.ENOSPC
			}
			return n, nil
		}
		dir, err := blob.OpenDirOn(path, disk)
		if err != nil {
			t.Fatal(err)
		}
		w, err := dir.Create(t.Context(), blob.KindBitmap)
		if err != nil {
			t.Fatal(err)
		}
		var full error
		for part := range 10 {
			if _, err := w.Write(content[part*100 : (part+1)*100]); err != nil {
				full = err
			}
			left = max(left, 0)
		}
		left = len(content) // somebody made room, which mends nothing
		ref, err := w.Commit()
		if room == len(content) {
			if err != nil {
				t.Fatal(err)
			}
			blobtest.Want(t, dir, ref, content)
			continue
		}
		if !errors.Is(full, syscall.ENOSPC) || !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("room for %d: wrote with %v, committed with %v", room, full, err)
		}
		w.Abort()
		if n := len(files(t, path)); n != 0 {
			t.Errorf("room for %d: %d files left", room, n)
		}
		blobtest.Want(t, dir, blobtest.Put(t, dir, blob.KindBitmap, content), content)
	}
}
