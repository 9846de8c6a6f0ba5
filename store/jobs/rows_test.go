package jobs_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/fakeclock"
	"github.com/selvedge/selvedge/job"
	"github.com/selvedge/selvedge/store"
	"github.com/selvedge/selvedge/store/jobs"
)

// TestRowsOfAnotherProcess: what another process enqueues is run, though nothing
// wakes the one that runs jobs.
func TestRowsOfAnotherProcess(t *testing.T) {
	t.Parallel()
	path, clock := filepath.Join(t.TempDir(), "test.db"), fakeclock.New(time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC))
	process := func() *jobs.Rows {
		db, err := store.Open(t.Context(), path, clock, selvedge.NewSeededEntropy("jobs"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
		return &jobs.Rows{DB: db, Clock: clock, Entropy: selvedge.NewSeededEntropy("jobs"), Log: quiet}
	}
	server, beside := process(), process()
	ctx, stop := context.WithCancel(t.Context())
	ran, ended := make(chan string, 2), make(chan error, 1)
	go func() {
		ended <- server.Run(ctx, job.Handlers{"test.a": func(_ context.Context, a job.Attempt) error {
			ran <- a.Key
			return nil
		}})
	}()
	enqueue := func(q *jobs.Rows, key string) {
		t.Helper()
		err := q.DB.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
			_, err := q.Enqueue(ctx, tx, job.Spec{Kind: "test.a", Key: key})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	enqueue(server, "own")
	if got := <-ran; got != "own" {
		t.Errorf("ran %s", got)
	}
	enqueue(beside, "other") // the server has nothing to do, and sleeps
	if got := <-ran; got != "other" {
		t.Errorf("ran %s", got)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
