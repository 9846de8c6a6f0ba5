package server

import (
	"context"
	"time"

	"github.com/selvedge/selvedge/job"
)

// CollectDue does what Run does at each look.
func (s *Server) CollectDue(ctx context.Context, due *time.Time) error { return s.collectDue(ctx, due) }

// CollectJob is the handler of CollectKind.
func (s *Server) CollectJob(ctx context.Context, a job.Attempt) error { return s.collect(ctx, a) }
