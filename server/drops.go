package server

import (
	"context"
	"time"

	"github.com/selvedge/selvedge/drop"
	"github.com/selvedge/selvedge/job"
)

// dropping looks at the folder of drops every drop.LookEvery, and has what lies
// there taken at once.
func (s *Server) dropping() *recurring {
	var next time.Time
	return &recurring{kind: drop.Kind, wanted: func(context.Context) (some, many bool, err error) {
		now := s.cfg.Clock.Now()
		if now.Before(next) {
			return false, false, nil
		}
		next = now.Add(drop.LookEvery)
		waiting, err := s.Drops.Waiting()
		return waiting, waiting, err
	}}
}

// takeDrops is the job.Handler of drop.Kind. One that meets a contained server is
// over: the files wait, and are looked for again.
func (s *Server) takeDrops(ctx context.Context, a job.Attempt) error {
	if err := s.Matcher.Ledger.Contained(); err != nil {
		return job.Permanent(err)
	}
	n, err := s.Drops.Take(ctx, a.Fence)
	if err != nil {
		return err
	}
	return a.Progress(ctx, int64(n), int64(n))
}
