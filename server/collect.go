package server

import (
	"context"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
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
