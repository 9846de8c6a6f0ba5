package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/job"
)

// call runs a handler and makes an error of a panic: one bad job must not end
// the process that runs the others. What was panicked with may hold a value and
// is not told.
func call(ctx context.Context, log *slog.Logger, h job.Handler, a job.Attempt) (err error) {
	defer func() {
		if v := recover(); v != nil {
			log.ErrorContext(ctx, "job panicked", "kind", a.Kind, "job", a.ID, "attempt", a.Number, "stack", string(debug.Stack()))
			err = fmt.Errorf("the handler panicked with a %T", v)
		}
	}()
	return h(ctx, a)
}

// tell logs an attempt that did not succeed. One that Run cut short is no news.
func tell(ctx context.Context, log *slog.Logger, a job.Attempt, e job.End, o job.Outcome) {
	if e.Err == nil || e.Stopped && o.State == job.Waiting {
		return
	}
	level := slog.LevelWarn
	if o.State == job.Failed {
		level = slog.LevelError
	}
	log.Log(ctx, level, "job attempt failed", "kind", a.Kind, "job", a.ID, "attempt", a.Number, "state", o.State, "error", e.Err)
}

// stands says whether an attempt may still commit, from its job as it was looked
// up.
func stands(s job.Status, err error, a job.Attempt) error {
	switch {
	case selvedge.CodeOf(err) == selvedge.CodeNotFound:
		return job.ErrSuperseded // ended and dropped
	case err != nil:
		return err
	case s.State != job.Running || s.Attempt != a.Number:
		return job.ErrSuperseded
	case s.Cancelling:
		return job.ErrCancelled
	default:
		return nil
	}
}
