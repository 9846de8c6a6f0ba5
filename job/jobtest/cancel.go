package jobtest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/job"
)

func cancelCases() map[string]func(*testing.T, *site) {
	return map[string]func(*testing.T, *site){
		"Waiting":          cancelWaiting,
		"BetweenAttempts":  cancelBetween,
		"Running":          cancelRunning,
		"FromElsewhere":    cancelElsewhere,
		"DoneAllTheSame":   cancelDone,
		"OnlyWhatCommits":  cancelUndone,
		"FenceAgainstIt":   cancelFence,
		"Ended":            cancelEnded,
		"WhatThereIsNot":   cancelNothing,
		"BeforeTheRunEnds": cancelStop,
	}
}

func cancelWaiting(t *testing.T, s *site) {
	id := s.enqueue(t, job.Spec{Kind: "test.a"})
	s.clock.Add(time.Second)
	must(t, s.cancel(t, id))
	if v := s.look(t, id); v.State != job.Cancelled || v.Attempt != 0 || v.Cancelling || !v.EndedAt.Equal(s.clock.Now()) {
		t.Errorf("cancelled: %+v", v)
	}
	other := s.enqueue(t, job.Spec{Kind: "test.a"})
	w := s.work(t, "test.a")
	w.next(t, other).finish(t, nil)
	s.become(t, other, job.Done)
	w.idle(t)
}

func cancelBetween(t *testing.T, s *site) {
	w := s.work(t, "test.a")
	s = w.site(s)
	id := s.enqueue(t, job.Spec{Kind: "test.a"})
	w.next(t, id).finish(t, selvedge.Errorf(selvedge.CodeUnavailable, "not now"))
	s.become(t, id, job.Waiting)
	must(t, s.cancel(t, id))
	if v := s.look(t, id); v.State != job.Cancelled || v.Attempt != 1 || v.Failure != selvedge.CodeUnavailable {
		t.Errorf("cancelled: %+v", v)
	}
	s.later(time.Hour, w)
	other := s.enqueue(t, job.Spec{Kind: "test.a"})
	w.next(t, other).finish(t, nil)
	s.become(t, other, job.Done)
	w.idle(t)
}

func cancelRunning(t *testing.T, s *site) {
	w := s.work(t, "test.a")
	s = w.site(s)
	id := s.enqueue(t, job.Spec{Kind: "test.a"})
	r := w.next(t, id)
	must(t, s.cancel(t, id))
	<-r.ctx.Done()
	if v := s.look(t, id); v.State != job.Running || !v.Cancelling || !v.EndedAt.IsZero() {
		t.Errorf("asked to end: %+v", v)
	}
	must(t, s.cancel(t, id)) // asking twice does no harm
	if err := r.Progress(t.Context(), 1, 2); !errors.Is(err, job.ErrCancelled) {
		t.Errorf("progress: %v", err)
	}
	r.finish(t, r.ctx.Err())
	if v := s.become(t, id, job.Cancelled); v.Attempt != 1 || v.Cancelling || !v.EndedAt.Equal(s.clock.Now()) {
		t.Errorf("cancelled: %+v", v)
	}
	other := s.enqueue(t, job.Spec{Kind: "test.a"})
	w.next(t, other).finish(t, nil)
	s.become(t, other, job.Done)
}

// cancelElsewhere: the process that cancels is not the one that runs. The
// handler's context ends at the latest at its next Progress.
func cancelElsewhere(t *testing.T, s *site) {
	w := s.work(t, "test.a")
	id := w.site(s).enqueue(t, job.Spec{Kind: "test.a"})
	r := w.next(t, id)
	must(t, s.cancel(t, id))
	if err := s.fenced(t, r); !errors.Is(err, job.ErrCancelled) {
		t.Errorf("fence: %v", err)
	}
	if err := r.Progress(t.Context(), 1, 2); !errors.Is(err, job.ErrCancelled) {
		t.Errorf("progress: %v", err)
	}
	<-r.ctx.Done()
	r.finish(t, r.ctx.Err())
	s.become(t, id, job.Cancelled)
}

func cancelDone(t *testing.T, s *site) {
	w := s.work(t, "test.a")
	s = w.site(s)
	id := s.enqueue(t, job.Spec{Kind: "test.a"})
	r := w.next(t, id)
	must(t, s.cancel(t, id))
	r.finish(t, nil)
	if v := s.become(t, id, job.Done); v.Failure != "" || v.Cancelling {
		t.Errorf("done: %+v", v)
	}
}

func cancelUndone(t *testing.T, s *site) {
	w := s.work(t, "test.a")
	s = w.site(s)
	id := s.enqueue(t, job.Spec{Kind: "test.a"})
	r := w.next(t, id)
	waiting := s.enqueue(t, job.Spec{Kind: "test.a"})
	err := s.Tx.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		return errors.Join(s.Queue.Cancel(ctx, tx, id), s.Queue.Cancel(ctx, tx, waiting), errUndo)
	})
	if !errors.Is(err, errUndo) || selvedge.CodeOf(err) != selvedge.CodeInternal {
		t.Fatal(err)
	}
	must(t, s.fenced(t, r))
	if r.ctx.Err() != nil || s.look(t, id).Cancelling {
		t.Error("a cancellation that was undone had an effect")
	}
	r.finish(t, nil)
	s.become(t, id, job.Done)
	w.next(t, waiting).finish(t, nil)
	s.become(t, waiting, job.Done)
}

// cancelFence: of a Cancel and a transaction behind a fence, one comes first.
// Whatever the order, an effect that commits after the Cancel is none.
func cancelFence(t *testing.T, s *site) {
	w := s.work(t, "test.a")
	s = w.site(s)
	for range 5 {
		id := s.enqueue(t, job.Spec{Kind: "test.a"})
		r := w.next(t, id)
		inside, cancelled := make(chan struct{}), make(chan error, 1)
		go func() {
			<-inside
			cancelled <- s.cancel(t, id)
		}()
		var once bool
		err := s.Tx.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
			if err := r.Fence(ctx, tx); err != nil {
				return err
			}
			if !once {
				once = true
				close(inside)
			}
			select {
			case err := <-cancelled:
				t.Errorf("cancelled with %v in the middle of a fenced transaction", err)
				cancelled <- err
			default:
			}
			return nil
		})
		if err != nil && !errors.Is(err, job.ErrCancelled) {
			t.Error(err)
		}
		must(t, <-cancelled)
		if err := s.fenced(t, r); !errors.Is(err, job.ErrCancelled) {
			t.Errorf("fence after the cancel: %v", err)
		}
		r.finish(t, errUndo)
		s.become(t, id, job.Cancelled)
	}
}

func cancelEnded(t *testing.T, s *site) {
	w := s.work(t, "test.a")
	s = w.site(s)
	for state, err := range map[job.State]error{job.Done: nil, job.Failed: job.Permanent(errUndo)} {
		id := s.enqueue(t, job.Spec{Kind: "test.a"})
		w.next(t, id).finish(t, err)
		before := s.become(t, id, state)
		wantCode(t, string(state), s.cancel(t, id), selvedge.CodeConflict)
		same(t, "afterwards", before, s.look(t, id))
	}
	w.shut(t)
	id := s.enqueue(t, job.Spec{Kind: "test.a"})
	must(t, s.cancel(t, id))
	wantCode(t, "cancelled", s.cancel(t, id), selvedge.CodeConflict)
}

func cancelNothing(t *testing.T, s *site) {
	wantCode(t, "cancel", s.cancel(t, 42), selvedge.CodeNotFound)
}

// cancelStop: a job that is cancelled while Run ends does not wait again.
func cancelStop(t *testing.T, s *site) {
	w := s.work(t, "test.a")
	id := w.site(s).enqueue(t, job.Spec{Kind: "test.a"})
	r := w.next(t, id)
	w.stop()
	must(t, s.cancel(t, id))
	r.finish(t, errUndo)
	w.shut(t)
	if v := s.look(t, id); v.State != job.Cancelled {
		t.Errorf("after the stop: %+v", v)
	}
}
