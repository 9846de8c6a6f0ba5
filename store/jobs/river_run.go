package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/job"
	"github.com/selvedge/selvedge/store"
)

// held is an attempt that this process makes.
type held struct {
	number int
	cancel context.CancelCauseFunc
}

// Run implements job.Queue.
func (r *River) Run(ctx context.Context, h job.Handlers) error {
	if !r.begin(map[job.ID]held{}) {
		return selvedge.Errorf(selvedge.CodeConflict, "jobs are run already")
	}
	defer r.begin(nil)
	cfg := r.config()
	cfg.Workers, cfg.Queues = river.NewWorkers(), map[string]river.QueueConfig{}
	for kind, handler := range h {
		river.AddWorkerArgs(cfg.Workers, envelope{kind: kind}, &worker{queue: r, run: ctx, handler: handler})
		cfg.Queues[queue(kind)] = river.QueueConfig{MaxWorkers: 1}
	}
	// With one job of a kind at a time, River's default of 100 ms between fetches
	// would make ten jobs a second the most.
	cfg.FetchPollInterval, cfg.FetchCooldown = r.poll, min(r.poll, 10*time.Millisecond)
	// River's own maintenance goes by how long a job has been running and by
	// intervals that cannot be set; tend does what is needed of it.
	cfg.LeaderElectionDisabled, cfg.JobTimeout = true, -1
	cfg.ID = r.Sole // if it is empty, River makes one up
	client, err := river.NewClient(riverpgxv5.New(r.db.Postgres()), cfg)
	if err != nil {
		return err
	}
	if r.Sole != "" {
		if err := r.takeUp(ctx); err != nil && ctx.Err() == nil {
			return fmt.Errorf("recover jobs: %w", err)
		}
	}
	r.tend(ctx)
	going := context.WithoutCancel(ctx) // it ends when it is told to, below
	if ctx.Err() != nil {
		return nil
	}
	if err := client.Start(going); err != nil {
		return err
	}
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		stopped <- client.StopAndCancel(going)
	}()
	// Until the last handler has returned, its job stays this process's.
	beat := time.NewTicker(r.beat)
	defer beat.Stop()
	for {
		select {
		case <-beat.C:
			r.tend(going)
		case err := <-stopped:
			return err
		}
	}
}

// begin notes that Run is under way, or with nil that it is over. It says
// whether it may be.
func (r *River) begin(all map[job.ID]held) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if all != nil && r.held != nil {
		return false
	}
	r.held = all
	return true
}

// tend renews this process's attempts, has the jobs of dead ones wait again,
// and drops what has been kept for long enough. Any number of processes may.
func (r *River) tend(ctx context.Context) {
	now := r.clock.Now()
	if err := r.renew(ctx, now); err != nil {
		r.tell(ctx, "renew jobs", err)
		return
	}
	err := r.short(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := drop(ctx, tx, now.Add(-job.Kept)); err != nil || !r.mayJudge(now) {
			return err
		}
		dead, err := silent(ctx, tx, now.Add(-r.lease))
		if err != nil {
			return err
		}
		return r.abandon(ctx, tx, dead, now)
	})
	if err != nil {
		r.tell(ctx, "recover jobs", err)
	}
}

// takeUp has the jobs wait again that this process left running when it died.
func (r *River) takeUp(ctx context.Context) error {
	return r.short(ctx, func(ctx context.Context, tx pgx.Tx) error {
		left, err := heldBy(ctx, tx, r.Sole)
		if err != nil {
			return err
		}
		return r.abandon(ctx, tx, left, r.clock.Now())
	})
}

// abandon has the jobs of dead processes, which tx has locked, wait again.
func (r *River) abandon(ctx context.Context, tx pgx.Tx, dead []job.Status, now time.Time) error {
	for _, s := range dead {
		o := job.Abandoned(s, now)
		if err := move(ctx, tx, s.ID, o, now); err != nil {
			return err
		}
		r.log.WarnContext(ctx, "job abandoned", "kind", s.Kind, "job", s.ID, "attempt", s.Attempt, "state", o.State)
	}
	return nil
}

func (r *River) tell(ctx context.Context, what string, err error) {
	if ctx.Err() == nil {
		r.log.ErrorContext(ctx, what, "error", err)
	}
}

// renew notes that this process's attempts are alive, and ends the contexts of
// those that were superseded.
func (r *River) renew(ctx context.Context, now time.Time) error {
	attempts := map[job.ID]int{}
	r.mu.Lock()
	for id, h := range r.held {
		attempts[id] = h.number
	}
	r.mu.Unlock()
	var lost []job.ID
	err := r.short(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
		lost, err = renew(ctx, tx, attempts, now)
		return err
	})
	for _, id := range lost {
		r.stop(id, attempts[id], job.ErrSuperseded)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil && r.cut {
		r.judge = now.Add(r.lease)
	}
	r.cut = err != nil
	return err
}

// mayJudge says whether this process may take others for dead.
func (r *River) mayJudge(now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !now.Before(r.judge)
}

// short runs fn in a transaction of River's tables alone, which does not wait
// its turn among the writers: a process must be able to show that it lives while
// another one imports.
func (r *River) short(ctx context.Context, fn func(ctx context.Context, tx pgx.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, r.lease/3)
	defer cancel()
	return pgx.BeginTxFunc(ctx, r.db.Postgres(), pgx.TxOptions{IsoLevel: pgx.ReadCommitted}, func(tx pgx.Tx) error { return fn(ctx, tx) })
}

// stop ends the context of an attempt that is made here.
func (r *River) stop(id job.ID, number int, cause error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if h, ok := r.held[id]; ok && h.number == number {
		h.cancel(cause)
	}
}

// worker makes the attempts at the jobs of one kind.
type worker struct {
	river.WorkerDefaults[envelope]
	queue   *River
	run     context.Context // of Run
	handler job.Handler
}

// Work implements river.Worker.
func (w *worker) Work(ctx context.Context, j *river.Job[envelope]) error {
	r := w.queue
	a := job.Attempt{ID: job.ID(j.ID), Kind: job.Kind(j.Kind), Key: j.Args.Key, Args: j.Args.Args, Number: j.Attempt}
	a.Fence = func(ctx context.Context, tx selvedge.Tx) error {
		return fence(context.WithoutCancel(ctx), store.PostgresTx(tx), a)
	}
	a.Progress = func(ctx context.Context, done, total int64) error {
		return r.progress(ctx, a, job.Progress{Done: done, Total: total})
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r.mu.Lock()
	r.held[a.ID] = held{a.Number, cancel}
	r.mu.Unlock()
	err := call(ctx, r.log, w.handler, a)
	r.record(w.run, a, err)
	r.mu.Lock()
	delete(r.held, a.ID)
	r.mu.Unlock()
	return recorded{}
}

// recorded is what Work returns: River must not write the end of an attempt
// that has been written, or that was superseded. It is an error about no job.
type recorded struct{}

// Error implements error.
func (recorded) Error() string { return "recorded" }

// Jobs tells River which jobs the error is about.
func (recorded) Jobs() []*rivertype.JobRow { return nil }

// ErrorsByID tells River the errors of those jobs.
func (recorded) ErrorsByID() map[int64]error { return nil }

// record records how an attempt ended, again and again until it can or run
// ends. The attempt is renewed meanwhile.
func (r *River) record(run context.Context, a job.Attempt, err error) {
	e := job.End{Number: a.Number, Err: err, Stopped: run.Err() != nil}
	ctx := context.WithoutCancel(run)
	for {
		err := r.end(ctx, a, e)
		if err == nil {
			return
		}
		r.log.ErrorContext(ctx, "record the end of a job", "kind", a.Kind, "job", a.ID, "error", err)
		wait(run, time.Second, nil)
		if run.Err() != nil {
			return // another process finds it abandoned
		}
	}
}

// end records how an attempt ended, unless it was superseded.
func (r *River) end(ctx context.Context, a job.Attempt, e job.End) error {
	var o job.Outcome
	err := r.short(ctx, func(ctx context.Context, tx pgx.Tx) error {
		switch err := fence(ctx, tx, a); {
		case errors.Is(err, job.ErrCancelled):
			e.Cancelled = true
		case err != nil:
			return err
		}
		now := r.clock.Now()
		o = job.Decide(e, now, r.entropy)
		return move(ctx, tx, a.ID, o, now)
	})
	if errors.Is(err, job.ErrSuperseded) {
		r.log.WarnContext(ctx, "job superseded", "kind", a.Kind, "job", a.ID, "attempt", a.Number)
		return nil
	}
	if err == nil {
		tell(ctx, r.log, a, e, o)
	}
	return err
}

// fence is Attempt.Fence: it locks the job's row, which everybody who supersedes
// the attempt must lock.
func fence(ctx context.Context, tx pgx.Tx, a job.Attempt) error {
	s, err := lookAt(ctx, tx, a.ID, forUpdate)
	return stands(s, err, a)
}

// progress is Attempt.Progress.
func (r *River) progress(ctx context.Context, a job.Attempt, p job.Progress) error {
	err := r.short(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := fence(ctx, tx, a); err != nil {
			return err
		}
		return setProgress(ctx, tx, a.ID, p)
	})
	if errors.Is(err, job.ErrCancelled) || errors.Is(err, job.ErrSuperseded) {
		r.stop(a.ID, a.Number, err)
	}
	return err
}
