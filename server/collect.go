package server

import (
	"context"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
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

// CollectKind is the kind of the job that deletes uploads that are over and
// collects blobs, once an hour. What one condemns the next may delete.
const CollectKind job.Kind = "blobs.collect"

// collect is the job.Handler of CollectKind. It needs no fence: any number of
// collections may run at a time, see blob.Collector. One that meets a contained
// server is over, because the next one is not far.
func (s *Server) collect(ctx context.Context, a job.Attempt) error {
	if err := s.Matcher.Ledger.Contained(); err != nil {
		return job.Permanent(err)
	}
	expired, err := s.Uploads.Expire(ctx) // whose blobs no row names then
	if err != nil {
		return err
	}
	r, err := s.Collect(ctx, selvedge.System("collector"))
	if selvedge.CodeOf(err) == selvedge.CodeContained {
		return job.Permanent(err)
	}
	if err != nil {
		return err
	}
	s.cfg.Log.InfoContext(ctx, "blobs collected", "kept", r.Kept, "condemned", r.Condemned, "deleted", r.Deleted, "bytes", r.DeletedBytes, "foreign", r.Foreign, "held", r.Held, "uploads_expired", expired)
	return a.Progress(ctx, r.Found, r.Found)
}
