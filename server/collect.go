package server

import (
	"context"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/internal/killpoint"
	"github.com/selvedge/selvedge/job"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/store"
	"github.com/selvedge/selvedge/store/tesseralog"
)

// Collect deletes the blobs that no row names; blob.Collector has the rules. It
// works beside a running server. It returns a CodeContained error, and touches
// nothing, if a log has acts that the database does not have: to a database that
// is too old, the blobs of those acts are garbage.
func (s *Server) Collect(ctx context.Context, actor selvedge.Actor) (blob.Report, error) {
	for _, space := range spaces {
		l, err := s.ledgers.current(space)
		if err != nil {
			return blob.Report{}, err
		}
		if err := ledger.Behind(ctx, s.db, store.Outbox{DB: s.db}, space, tesseralog.NewView(l.dir)); err != nil {
			return blob.Report{}, err
		}
	}
	return s.Collector.Collect(ctx, actor)
}

// CollectKind is the kind of the job that collects blobs. All have one key, so
// that one waits or runs at a time.
const CollectKind job.Kind = "blobs.collect"

// collectEvery is the time from one collection to the next. What one condemns
// the next may delete.
const collectEvery = killpoint.Hour

// collecting enqueues a collection whenever one is due, until ctx ends: the first
// an hour after the server first ran, each other an hour after the one before,
// whichever server enqueued that. While the server is contained, it waits.
func (s *Server) collecting(ctx context.Context) {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	var due time.Time
	for {
		if err := s.collectDue(ctx, &due); err != nil && ctx.Err() == nil {
			s.cfg.Log.ErrorContext(ctx, "enqueue collection", "error", err)
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return
		}
	}
}

// collectDue enqueues a collection if one is due, and sets when the next one is.
// It reads the database only when it must.
func (s *Server) collectDue(ctx context.Context, due *time.Time) error {
	now := s.cfg.Clock.Now()
	if due.IsZero() {
		last, err := s.lastCollection(ctx)
		if err != nil {
			return err
		}
		if last.IsZero() {
			last = now
		}
		*due = last.Add(collectEvery)
	}
	if now.Before(*due) || s.ledgers.Contained() != nil {
		return nil
	}
	err := s.db.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		_, err := s.Jobs.Enqueue(ctx, tx, job.Spec{Kind: CollectKind, Key: "all"})
		return err
	})
	if err == nil {
		*due = now.Add(collectEvery)
	}
	return err
}

// lastCollection returns when the last collection that is known was enqueued,
// the zero time if none was.
func (s *Server) lastCollection(ctx context.Context) (at time.Time, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		vs, err := s.Jobs.List(ctx, tx, job.Filter{Kind: CollectKind})
		if len(vs) > 0 {
			at = vs[0].EnqueuedAt
		}
		return err
	})
	return at, err
}

// collect is the job.Handler of CollectKind. It needs no fence: any number of
// collections may run at a time, see blob.Collector. One that meets a contained
// server is over, because the next one is not far.
func (s *Server) collect(ctx context.Context, a job.Attempt) error {
	if err := s.Matcher.Ledger.Contained(); err != nil {
		return job.Permanent(err)
	}
	r, err := s.Collect(ctx, selvedge.System("collector"))
	if selvedge.CodeOf(err) == selvedge.CodeContained {
		return job.Permanent(err)
	}
	if err != nil {
		return err
	}
	s.cfg.Log.InfoContext(ctx, "blobs collected", "kept", r.Kept, "condemned", r.Condemned, "deleted", r.Deleted, "bytes", r.DeletedBytes, "foreign", r.Foreign, "held", r.Held)
	return a.Progress(ctx, r.Found, r.Found)
}
