package server

import (
	"context"
	"sync"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/compaction"
	"github.com/selvedge/selvedge/drop"
	"github.com/selvedge/selvedge/job"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/rotation"
	"github.com/selvedge/selvedge/store"
	"github.com/selvedge/selvedge/store/jobs"
)

// handlers says who does each kind of job: this is the one place to add a kind.
func (s *Server) handlers() job.Handlers {
	h := job.Handlers{
		audience.MatchKind: s.Matcher.Match,
		rotation.Kind:      s.Rotation.Handle,
		CollectKind:        s.collect,
		compaction.Kind:    s.Compactor.Handle,
		audience.SealKind:  s.Matcher.SealIdle,
		audience.DueKind:   s.Matcher.Due,
	}
	if s.Drops != nil && !s.worker { // a worker need not see the folder
		h[drop.Kind] = s.takeDrops
	}
	return h
}

const (
	// watchEvery is how often a worker looks whether its intent is in the log,
	// and watchFor how long: longer than a server needs to start.
	watchEvery = 100 * time.Millisecond
	watchFor   = time.Minute
)

// StartWorker gets the index ready and goes by the ledger of the server that has
// it, in place of Start, for a process that runs jobs beside that server. It
// returns a CodeInvalid error on SQLite, where the server runs the jobs itself,
// and if the configuration does not say what an unknown age counts as.
func (s *Server) StartWorker(ctx context.Context) error {
	if s.db.Postgres() == nil {
		return selvedge.Errorf(selvedge.CodeInvalid, "workers need PostgreSQL: on SQLite the server runs the jobs itself").At("database")
	}
	if err := s.cfg.UnknownAge.Validate(); err != nil {
		return err
	}
	s.Matcher.Ledger = s.watch()
	s.worker = true
	return s.index.Refresh(ctx)
}

// watch is the gate of a process that does not have the logs.
func (s *Server) watch() ledger.Gate {
	outbox := store.Outbox{DB: s.db}
	return &ledger.Watch{Tx: s.db, Records: outbox, Verdict: outbox, Every: watchEvery, Patience: watchFor}
}

// sole tells the queue, if workers share it, that this process is the one server:
// the folder's lock excludes a second.
func (s *Server) sole() {
	if r, ok := s.Jobs.(*jobs.River); ok {
		r.Sole = "server"
	}
}

// openJobs returns the queue that goes with a database.
func openJobs(ctx context.Context, cfg Config, db *store.DB) (job.Queue, error) {
	if db.Postgres() != nil {
		return jobs.OpenRiver(ctx, db, cfg.Clock, cfg.Entropy, cfg.Log)
	}
	return &jobs.Rows{DB: db, Clock: cfg.Clock, Entropy: cfg.Entropy, Log: cfg.Log}, nil
}

// Run enters acts in the ledger and runs jobs until ctx ends. Start comes first;
// after StartWorker it runs jobs alone.
func (s *Server) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	var entering sync.WaitGroup
	defer entering.Wait()
	defer stop()
	if !s.worker {
		entering.Go(func() { s.ledgers.run(ctx) })
		entering.Go(func() { s.recur(ctx, &recurring{kind: CollectKind}) })
		entering.Go(func() { s.recur(ctx, s.compacting()) })
		if s.Drops != nil {
			entering.Go(func() { s.recur(ctx, s.dropping()) })
		}
		entering.Go(func() {
			if err := s.Holders.Follow(ctx); err != nil && ctx.Err() == nil {
				s.cfg.Log.ErrorContext(ctx, "read who is in which audience", "error", err)
			}
		})
	}
	if err := s.Matcher.EnqueueWaiting(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	// Otherwise they are done after each rotation and match, and a crash may have
	// come between.
	if err := s.Matcher.RenewSidecars(ctx); err != nil && ctx.Err() == nil {
		s.cfg.Log.ErrorContext(ctx, "renew sidecars", "error", err)
	}
	if err := s.Rotation.Retire(ctx); err != nil && ctx.Err() == nil {
		s.cfg.Log.ErrorContext(ctx, "destroy older keys", "error", err)
	}
	return s.Jobs.Run(ctx, s.handlers())
}

// ListJobs returns a page of jobs. Only an operator may ask.
func (s *Server) ListJobs(ctx context.Context, actor selvedge.Actor, f job.Filter) (vs []job.Status, err error) {
	if err := actor.Must(selvedge.OperatorRole); err != nil {
		return nil, err
	}
	err = s.db.View(ctx, func(ctx context.Context, tx selvedge.Tx) (err error) {
		vs, err = s.Jobs.List(ctx, tx, f)
		return err
	})
	return vs, err
}

// Job returns what is known of a job. Only an operator may ask.
func (s *Server) Job(ctx context.Context, actor selvedge.Actor, id job.ID) (v job.Status, err error) {
	if err := actor.Must(selvedge.OperatorRole); err != nil {
		return job.Status{}, err
	}
	err = s.db.View(ctx, func(ctx context.Context, tx selvedge.Tx) (err error) {
		v, err = s.Jobs.Look(ctx, tx, id)
		return err
	})
	return v, err
}

// CancelJob cancels a job, with an entry in the ledger. Only an operator may.
func (s *Server) CancelJob(ctx context.Context, actor selvedge.Actor, id job.ID) error {
	if err := actor.Must(selvedge.OperatorRole); err != nil {
		return err
	}
	return s.db.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		v, err := s.Jobs.Look(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := s.Jobs.Cancel(ctx, tx, id); err != nil {
			return err
		}
		return store.Outbox{DB: s.db}.Append(ctx, tx, ledger.Entry{
			Space: ledger.Registry, Kind: ledger.JobCancelled, Actor: actor,
			Body: struct {
				Job  job.ID   `json:"job"`
				Kind job.Kind `json:"kind"`
				Key  string   `json:"key"`
			}{id, v.Kind, v.Key},
		})
	})
}
