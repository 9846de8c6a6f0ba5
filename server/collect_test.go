package server_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/job"
	"github.com/selvedge/selvedge/server"
	"github.com/selvedge/selvedge/server/servertest"
)

// orphan puts a blob that no row names, and returns a function that says whether
// it is there.
func orphan(t *testing.T, dir string) (there func() bool) {
	t.Helper()
	blobs, err := blob.OpenDir(filepath.Join(dir, "blobs"))
	must(t, err)
	w, err := blobs.Create(t.Context(), blob.KindBitmap)
	must(t, err)
	_, err = w.Write([]byte("of nobody"))
	must(t, err)
	ref, err := w.Commit()
	must(t, err)
	return func() bool { return selvedge.CodeOf(blobs.Stat(t.Context(), ref)) != selvedge.CodeNotFound }
}

// TestCollectsByItself: a running server deletes what no row names, an hour after
// it was first met, and goes by the last collection after a restart.
func TestCollectsByItself(t *testing.T) {
	t.Parallel()
	for name, database := range engines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, database(t))
			there := orphan(t, s.dir)
			var due time.Time
			for _, c := range []struct {
				after time.Duration
				jobs  int
			}{{0, 0}, {time.Hour - time.Second, 0}, {time.Second, 1}, {0, 1}} {
				s.clock.Add(c.after)
				must(t, s.CollectDue(t.Context(), &due))
				if got := s.collections(t); len(got) != c.jobs {
					t.Fatalf("%d collections, want %d", len(got), c.jobs)
				}
			}
			servertest.Drain(t, s.Server, s.clock)
			if v := s.collections(t)[0]; v.State != job.Done || v.Progress.Done == 0 || !there() {
				t.Errorf("the first: %+v, and the blob is there: %t", v, there())
			}
			s.clock.Add(time.Hour)
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- s.Run(ctx) }()
			again := time.NewTicker(5 * time.Millisecond)
			defer again.Stop()
			for {
				vs := s.collections(t)
				if len(vs) == 2 && vs[0].State == job.Done {
					break
				}
				<-again.C
			}
			if there() {
				t.Error("the blob is not deleted")
			}
			stop()
			must(t, <-ended)
		})
	}
}

func (s *site) collections(t *testing.T) []job.Status {
	t.Helper()
	vs, err := s.ListJobs(t.Context(), operator, job.Filter{Kind: server.CollectKind})
	must(t, err)
	return vs
}

// TestContainedCollectsNothing: neither the hour nor a job that waits has a
// contained server delete anything.
func TestContainedCollectsNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.enter(t)
	h.close(t)
	must(t, os.RemoveAll(filepath.Join(h.cfg.Dir, "ledger")))
	h.open(t)
	refused(t, h.contained(), selvedge.CodeContained, "")
	due := start.Add(-time.Hour)
	must(t, h.CollectDue(t.Context(), &due))
	if vs := (&site{Server: h.Server}).collections(t); len(vs) > 0 {
		t.Errorf("the job is %+v", vs[0])
	}
	err := h.CollectJob(t.Context(), job.Attempt{})
	refused(t, err, selvedge.CodeContained, "")
	if o := job.Decide(job.End{Number: 1, Err: err}, start, h.cfg.Entropy); o.State != job.Failed {
		t.Errorf("the job is %s", o.State)
	}
}
