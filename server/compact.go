package server

import (
	"context"

	"github.com/selvedge/selvedge/compaction"
)

// manyRows is how many token rows are not left to wait for their hour: every
// process that matches holds a copy of them in memory, and sorts it when it
// grows.
const manyRows = 50_000

// compacting is the compaction of tokens: once an hour if there is anything to
// compact, and earlier if there is much.
func (s *Server) compacting() *recurring {
	return &recurring{kind: compaction.Kind, wanted: func(ctx context.Context) (some, many bool, err error) {
		p, err := s.Compactor.Pending(ctx)
		return p != compaction.Pending{}, p.Rows >= manyRows, err
	}}
}
