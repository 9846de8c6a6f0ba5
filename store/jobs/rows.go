package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/job"
	"github.com/selvedge/selvedge/store"
)

// Rows is job.Queue on SQLite. One Run may be under way in an installation, in
// the process that has locked the data folder: a job that is found running when
// Run begins was left by a process that died. Run is woken when a transaction of
// its own process enqueues, and when a wait between attempts is over. What another
// process enqueues is found within half a second, and what it cancels when the
// handler next calls Progress or Fence.
type Rows struct {
	DB      *store.DB
	Clock   selvedge.Clock
	Entropy selvedge.Entropy
	Log     *slog.Logger

	mu      sync.Mutex
	wakes   map[job.Kind]chan struct{}         // guarded by mu, like all below; nil unless Run is under way
	cancels map[job.ID]context.CancelCauseFunc // of what runs
}

var _ job.Queue = (*Rows)(nil)

// Enqueue implements job.Queue.
func (r *Rows) Enqueue(ctx context.Context, tx selvedge.Tx, s job.Spec) (job.ID, error) {
	args, err := s.Encode()
	if err != nil {
		return 0, err
	}
	id, added, err := store.Jobs{DB: r.DB}.Insert(ctx, tx, s, args)
	if added {
		store.AfterCommit(tx, func() { r.wake(s.Kind) })
	}
	return id, err
}

// Cancel implements job.Queue.
func (r *Rows) Cancel(ctx context.Context, tx selvedge.Tx, id job.ID) error {
	rows := store.Jobs{DB: r.DB}
	s, err := rows.Job(ctx, tx, id)
	switch {
	case err != nil:
		return err
	case s.State == job.Waiting:
		return rows.Move(ctx, tx, id, job.Outcome{State: job.Cancelled, Attempt: s.Attempt, Failure: s.Failure})
	case s.State == job.Running:
		store.AfterCommit(tx, func() { r.stop(id, job.ErrCancelled) })
		return rows.AskToEnd(ctx, tx, id)
	default:
		return errEnded()
	}
}

func errEnded() error { return selvedge.Errorf(selvedge.CodeConflict, "the job has ended") }

// Look implements job.Queue.
func (r *Rows) Look(ctx context.Context, tx selvedge.Tx, id job.ID) (job.Status, error) {
	return store.Jobs{DB: r.DB}.Job(ctx, tx, id)
}

// List implements job.Queue.
func (r *Rows) List(ctx context.Context, tx selvedge.Tx, f job.Filter) ([]job.Status, error) {
	return store.Jobs{DB: r.DB}.Jobs(ctx, tx, f)
}

func (r *Rows) wake(kind job.Kind) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c, ok := r.wakes[kind]; ok {
		poke(c)
	}
}

// poke signals a channel with room for one signal.
func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // it is awake, and will look again
	}
}

// stop ends the context of a job that runs here.
func (r *Rows) stop(id job.ID, cause error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if cancel, ok := r.cancels[id]; ok {
		cancel(cause)
	}
}

// Run implements job.Queue.
func (r *Rows) Run(ctx context.Context, h job.Handlers) error {
	wakes := map[job.Kind]chan struct{}{}
	for kind := range h {
		wakes[kind] = make(chan struct{}, 1)
	}
	if !r.begin(wakes) {
		return selvedge.Errorf(selvedge.CodeConflict, "jobs are run already")
	}
	defer r.begin(nil)
	if err := r.recover(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("recover jobs: %w", err)
	}
	var all sync.WaitGroup
	for kind, handler := range h {
		all.Go(func() { r.loop(ctx, kind, handler, wakes[kind]) })
	}
	all.Wait()
	return nil
}

// begin notes that Run is under way, or with nil that it is over. It says
// whether it may be.
func (r *Rows) begin(wakes map[job.Kind]chan struct{}) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if wakes != nil && r.wakes != nil {
		return false
	}
	r.wakes, r.cancels = wakes, map[job.ID]context.CancelCauseFunc{}
	return true
}

// recover has the jobs that a process left running when it died wait again.
func (r *Rows) recover(ctx context.Context) error {
	rows := store.Jobs{DB: r.DB}
	return r.DB.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		left, err := rows.RunningJobs(ctx, tx)
		if err != nil {
			return err
		}
		for _, s := range left {
			if err := rows.Move(ctx, tx, s.ID, job.Abandoned(s, r.Clock.Now())); err != nil {
				return err
			}
		}
		return rows.Drop(ctx, tx)
	})
}

// loop runs the jobs of one kind.
func (r *Rows) loop(ctx context.Context, kind job.Kind, h job.Handler, wake <-chan struct{}) {
	for ctx.Err() == nil {
		c, due, err := r.claim(ctx, kind)
		switch {
		case ctx.Err() != nil && c.ctx == nil:
		case err != nil:
			r.Log.ErrorContext(ctx, "claim job", "kind", kind, "error", err)
			wait(ctx, time.Second, wake)
		case c.ctx != nil:
			r.attempt(ctx, c, h)
		case due.IsZero():
			wait(ctx, lookEvery, wake)
		default:
			wait(ctx, min(lookEvery, due.Sub(r.Clock.Now())), wake)
		}
	}
}

// lookEvery is how often Run asks for due jobs that nothing woke it for: one read
// of an index for each kind.
const lookEvery = 500 * time.Millisecond

// wait returns after d, or when woken, or when ctx ends.
func wait(ctx context.Context, d time.Duration, wake <-chan struct{}) {
	over := time.NewTimer(d)
	defer over.Stop()
	select {
	case <-over.C:
	case <-wake:
	case <-ctx.Done():
	}
}

// claimed is a job of which an attempt has begun.
type claimed struct {
	job.Status
	ctx    context.Context // of the attempt
	cancel context.CancelCauseFunc
}

// claim begins an attempt at the next due job of a kind. If there is none, it
// says when the next one is due, the zero time if none waits.
func (r *Rows) claim(ctx context.Context, kind job.Kind) (c claimed, due time.Time, err error) {
	rows := store.Jobs{DB: r.DB}
	err = r.DB.View(ctx, func(ctx context.Context, tx selvedge.Tx) (err error) {
		due, _, err = rows.NextDue(ctx, tx, kind)
		return err
	})
	if err != nil || due.IsZero() || due.After(r.Clock.Now()) {
		return claimed{}, due, err
	}
	attempt, cancel := context.WithCancelCause(ctx)
	err = r.DB.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		s, ok, err := rows.Claim(ctx, tx, kind)
		if ok {
			c.Status = s
			// Before any transaction that comes after, such as a Cancel.
			store.AfterCommit(tx, func() {
				c.ctx, c.cancel = attempt, cancel
				r.mu.Lock()
				defer r.mu.Unlock()
				r.cancels[s.ID] = cancel
			})
		}
		return err
	})
	if c.ctx == nil {
		cancel(nil)
	}
	return c, due, err
}

// attempt makes one attempt at a claimed job.
func (r *Rows) attempt(ctx context.Context, c claimed, h job.Handler) {
	a := job.Attempt{ID: c.ID, Kind: c.Kind, Key: c.Key, Args: c.Args, Number: c.Attempt}
	a.Fence = func(ctx context.Context, tx selvedge.Tx) error { return r.fence(ctx, tx, a) }
	a.Progress = func(ctx context.Context, done, total int64) error {
		return r.progress(ctx, a, job.Progress{Done: done, Total: total})
	}
	err := call(c.ctx, r.Log, h, a)
	r.mu.Lock()
	delete(r.cancels, c.ID)
	r.mu.Unlock()
	c.cancel(nil)

	end := job.End{Number: a.Number, Err: err, Stopped: ctx.Err() != nil}
	for {
		// What the handler did is done: its end is recorded also when ctx has
		// ended.
		err := r.end(context.WithoutCancel(ctx), a, end)
		if err == nil {
			return
		}
		r.Log.ErrorContext(ctx, "record the end of a job", "kind", a.Kind, "job", a.ID, "error", err)
		wait(ctx, time.Second, nil)
		if ctx.Err() != nil {
			return // it counts as left running, and is recovered at the next start
		}
	}
}

// end records how an attempt ended, unless it was superseded.
func (r *Rows) end(ctx context.Context, a job.Attempt, e job.End) error {
	rows := store.Jobs{DB: r.DB}
	var o job.Outcome
	err := r.DB.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		switch err := r.fence(ctx, tx, a); {
		case errors.Is(err, job.ErrCancelled):
			e.Cancelled = true
		case err != nil:
			return err
		}
		o = job.Decide(e, r.Clock.Now(), r.Entropy)
		if err := rows.Move(ctx, tx, a.ID, o); err != nil {
			return err
		}
		return rows.Drop(ctx, tx)
	})
	if errors.Is(err, job.ErrSuperseded) {
		r.Log.WarnContext(ctx, "job superseded", "kind", a.Kind, "job", a.ID, "attempt", a.Number)
		return nil
	}
	if err == nil {
		tell(ctx, r.Log, a, e, o)
	}
	return err
}

// fence is Attempt.Fence. There is one writer, so what is true when it is asked
// stays true until tx ends.
func (r *Rows) fence(ctx context.Context, tx selvedge.Tx, a job.Attempt) error {
	s, err := store.Jobs{DB: r.DB}.Job(ctx, tx, a.ID)
	return stands(s, err, a)
}

// progress is Attempt.Progress. It is also where a cancellation by another
// process is noticed.
func (r *Rows) progress(ctx context.Context, a job.Attempt, p job.Progress) error {
	err := r.DB.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		if err := r.fence(ctx, tx, a); err != nil {
			return err
		}
		return store.Jobs{DB: r.DB}.SetProgress(ctx, tx, a.ID, p)
	})
	if errors.Is(err, job.ErrCancelled) || errors.Is(err, job.ErrSuperseded) {
		r.stop(a.ID, err)
	}
	return err
}
