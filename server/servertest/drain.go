package servertest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/job"
	"github.com/selvedge/selvedge/server"
)

// Drain runs jobs until none is due. It fails the test if one that it ran did
// not end well.
func Drain(t testing.TB, s *server.Server, clock selvedge.Clock) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 5*time.Minute)
	defer stop()
	// Run does so too, but perhaps not before it is looked at.
	if err := s.Matcher.EnqueueWaiting(ctx); err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.Run(ctx); err != nil {
			t.Error(err)
			stop()
		}
	})
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	for !idle(ctx, t, s, clock) {
		select {
		case <-again.C:
		case <-ctx.Done():
			t.Fatal("there is no end of jobs")
		}
	}
	stop()
	running.Wait()
	vs, err := s.ListJobs(context.WithoutCancel(ctx), selvedge.Operator("test"), job.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range vs {
		if v.State != job.Done && (v.State != job.Waiting || !v.DueAt.After(clock.Now())) {
			t.Errorf("job %d, %s, is %s: %s", v.ID, v.Kind, v.State, v.Failure)
		}
	}
}

// idle says whether no job runs or is due.
func idle(ctx context.Context, t testing.TB, s *server.Server, clock selvedge.Clock) bool {
	t.Helper()
	for _, state := range []job.State{job.Waiting, job.Running} {
		vs, err := s.ListJobs(ctx, selvedge.Operator("test"), job.Filter{State: state})
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range vs {
			if state == job.Running || !v.DueAt.After(clock.Now()) {
				return false
			}
		}
	}
	return true
}
