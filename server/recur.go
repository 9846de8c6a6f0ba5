package server

import (
	"context"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/killpoint"
	"github.com/selvedge/selvedge/job"
)

// recurring is a job that the server enqueues by itself, again and again: the
// first an hour after the server first ran, each other an hour after the one
// before, whichever server enqueued that.
type recurring struct {
	kind job.Kind
	// wanted says whether the job would have anything to do, and whether that is
	// so much that it is not to wait for its hour; nil is yes, and no.
	wanted func(ctx context.Context) (some, many bool, err error)
	due    time.Time // zero until the database was read
}

// recurEvery is the time from one job of a kind to the next.
const recurEvery = killpoint.Hour

// recur enqueues a job whenever it is due, until ctx ends. While the server is
// contained, it waits.
func (s *Server) recur(ctx context.Context, r *recurring) {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		if err := s.enqueueDue(ctx, r); err != nil && ctx.Err() == nil {
			s.cfg.Log.ErrorContext(ctx, "enqueue what recurs", "kind", r.kind, "error", err)
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return
		}
	}
}

// enqueueDue enqueues a job if it is due, and sets when the next one is. All jobs
// of a kind have one key, so that one waits or runs at a time.
func (s *Server) enqueueDue(ctx context.Context, r *recurring) error {
	now := s.cfg.Clock.Now()
	if r.due.IsZero() {
		last, err := s.lastOf(ctx, r.kind)
		if err != nil {
			return err
		}
		if last.IsZero() {
			last = now
		}
		r.due = last.Add(recurEvery)
	}
	due := !now.Before(r.due)
	if s.ledgers.Contained() != nil || r.wanted == nil && !due {
		return nil
	}
	if r.wanted != nil {
		if some, many, err := r.wanted(ctx); err != nil || !many && !(some && due) {
			return err
		}
	}
	err := s.db.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		_, err := s.Jobs.Enqueue(ctx, tx, job.Spec{Kind: r.kind, Key: "all"})
		return err
	})
	if err == nil {
		r.due = now.Add(recurEvery)
	}
	return err
}

// lastOf returns when the last job of a kind that is known was enqueued, the zero
// time if none was.
func (s *Server) lastOf(ctx context.Context, kind job.Kind) (at time.Time, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		vs, err := s.Jobs.List(ctx, tx, job.Filter{Kind: kind})
		if len(vs) > 0 {
			at = vs[0].EnqueuedAt
		}
		return err
	})
	return at, err
}
