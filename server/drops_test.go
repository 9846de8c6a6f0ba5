package server_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/drop"
	"github.com/selvedge/selvedge/internal/fakeclock"
	"github.com/selvedge/selvedge/job"
	"github.com/selvedge/selvedge/server"
	"github.com/selvedge/selvedge/server/servertest"
)

// TestDropsAreLookedFor: every so often by the clock, and a job comes to be only
// where there is something to take.
func TestDropsAreLookedFor(t *testing.T) {
	t.Parallel()
	clock, dir := fakeclock.New(time.Date(2026, 3, 14, 9, 26, 10, 0, time.UTC)), t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	cfg := configure(filepath.Join(dir, "data"), clock, selvedge.NewSeededEntropy("drops"))
	must(server.Init(t.Context(), cfg))
	cfg.Drops = filepath.Join(dir, "drops")
	s, err := server.Open(t.Context(), cfg)
	must(err)
	t.Cleanup(func() { must(s.Close()) })
	refused(t, s.Start(t.Context()), selvedge.CodeInvalid, "drops")
	folder := filepath.Join(cfg.Drops, "org_a", "aud_a")
	must(os.MkdirAll(folder, 0o700))
	must(s.Start(t.Context()))
	due := s.DropsDue()
	jobs := func(state job.State) int {
		t.Helper()
		vs, err := s.ListJobs(t.Context(), operator, job.Filter{Kind: drop.Kind, State: state})
		must(err)
		return len(vs)
	}
	must(due(t.Context()))
	must(os.WriteFile(filepath.Join(folder, "a.manifest.json"), []byte("{}"), 0o600))
	clock.Add(drop.LookEvery - time.Microsecond)
	must(due(t.Context()))
	if n := jobs(""); n != 0 {
		t.Errorf("%d jobs before it is time", n)
	}
	clock.Add(time.Microsecond)
	must(due(t.Context()))
	clock.Add(drop.LookEvery)
	must(due(t.Context()))
	if n := jobs(job.Waiting); n != 1 {
		t.Fatalf("%d jobs wait", n)
	}
	servertest.Drain(t, s, clock)
	if _, err := os.Stat(filepath.Join(folder, "a.report.json")); err != nil {
		t.Error(err)
	}
	clock.Add(drop.LookEvery)
	must(due(t.Context()))
	if n := jobs(""); n != 1 || jobs(job.Done) != 1 {
		t.Errorf("%d jobs, with nothing left to take", n)
	}
}
