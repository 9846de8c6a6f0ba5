package server

import (
	"context"
	"time"

	"github.com/selvedge/selvedge/job"
)

// CollectDue does what Run does at each look.
func (s *Server) CollectDue(ctx context.Context, due *time.Time) error {
	r := recurring{kind: CollectKind, due: *due}
	defer func() { *due = r.due }()
	return s.enqueueDue(ctx, &r)
}

// CompactDue returns what does so for compactions.
func (s *Server) CompactDue() func(ctx context.Context) error {
	r := s.compacting()
	return func(ctx context.Context) error { return s.enqueueDue(ctx, r) }
}

// CollectJob is the handler of CollectKind.
func (s *Server) CollectJob(ctx context.Context, a job.Attempt) error { return s.collect(ctx, a) }

// DropsDue returns what Run does at each look at the folder of drops.
func (s *Server) DropsDue() func(ctx context.Context) error {
	r := s.dropping()
	return func(ctx context.Context) error { return s.enqueueDue(ctx, r) }
}
