package server_test

import (
	"context"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/demo/world"
	"github.com/selvedge/selvedge/internal/pgtest"
	"github.com/selvedge/selvedge/job"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/org"
	"github.com/selvedge/selvedge/server"
	"github.com/selvedge/selvedge/server/servertest"
)

// beside opens the site's installation as one more process does.
func (s *site) beside(t *testing.T) *server.Server {
	t.Helper()
	cfg := configure(s.dir, s.clock, selvedge.NewSeededEntropy("beside"))
	cfg.Database = s.database
	other, err := server.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := other.Close(); err != nil {
			t.Error(err)
		}
	})
	return other
}

// TestWorkersNeedPostgres: on SQLite there is one process that runs jobs.
func TestWorkersNeedPostgres(t *testing.T) {
	t.Parallel()
	refused(t, newSite(t, onSQLite(t)).beside(t).StartWorker(t.Context()), selvedge.CodeInvalid, "database")
}

// TestWorker: a worker beside the server matches a list, and looks nobody up
// before the server has entered its intent in the log.
func TestWorker(t *testing.T) {
	t.Parallel()
	s := newSite(t, pgtest.Schema(t))
	w := newWorld(t, world.Config{Seed: "worker", People: 200, Start: start})
	s.bring(t, w)
	h := newShop(t, s, "Acme", org.Advertiser)
	worker := s.beside(t)
	if err := worker.StartWorker(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.upload(t, written(t, w.List(world.ListSpec{
		Name: "w", Purpose: "ads.match.advertiser", Form: world.Hashed, Encoding: world.LowerHex, Rows: 100,
		Columns: []world.Column{{Header: "email_sha256", Holds: world.HoldsEmail}}, Granted: 40,
	}).WriteCSV), list.Options{})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- worker.Run(ctx) }()
	jobs := func(state job.State) int {
		t.Helper()
		vs, err := s.ListJobs(t.Context(), operator, job.Filter{State: state})
		if err != nil {
			t.Fatal(err)
		}
		return len(vs)
	}
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for jobs(job.Running) == 0 {
		<-again.C
	}
	if jobs(job.Done) > 0 {
		t.Error("matched before the server entered the intent")
	}
	for jobs(job.Done) == 0 {
		if err := s.Audiences.Ledger.Await(t.Context(), ledger.Ads); err != nil {
			t.Fatal(err)
		}
		<-again.C
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if n := len(h.members(t)); n == 0 {
		t.Error("nobody was matched")
	}
}

// TestWorkerBesideNoServer: where no server was ever started, nobody has said
// that it is not contained, and a worker matches nothing.
func TestWorkerBesideNoServer(t *testing.T) {
	t.Parallel()
	s := newSite(t, pgtest.Schema(t))
	worker := s.beside(t)
	if err := worker.StartWorker(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := worker.Matcher.Ledger.Contained(); err != nil {
		t.Errorf("beside a server: %v", err)
	}
	s = &site{dir: t.TempDir() + "/data", database: pgtest.Schema(t), clock: s.clock}
	cfg := configure(s.dir, s.clock, selvedge.NewSeededEntropy("alone"))
	cfg.Database = s.database
	if err := server.Init(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	alone := s.beside(t)
	if err := alone.StartWorker(t.Context()); err != nil {
		t.Fatal(err)
	}
	refused(t, alone.Matcher.Match(t.Context(), servertest.Attempt(`{}`)), selvedge.CodeContained, "")
}
