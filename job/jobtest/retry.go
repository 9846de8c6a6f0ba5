package jobtest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/job"
)

func retryCases() map[string]func(*testing.T, *site) {
	return map[string]func(*testing.T, *site){
		"WaitsLongerEachTime": retryWaits,
		"HoldsNobodyUp":       retryOthers,
		"Hopeless":            retryHopeless,
		"Panic":               retryPanic,
		"SucceedsInTheEnd":    retrySucceeds,
	}
}

// waits returns the bounds of the wait after so many failed attempts, as the
// comment on job.Wait has them.
func waits(attempts int) (least, below time.Duration) {
	below = time.Second
	for range attempts - 1 {
		below = min(2*below, 10*time.Minute)
	}
	return below / 2, below
}

func retryWaits(t *testing.T, s *site) {
	w := s.work(t, "test.a")
	s = w.site(s)
	id := s.enqueue(t, job.Spec{Kind: "test.a"})
	for n := 1; ; n++ {
		r := w.next(t, id)
		if r.Number != n {
			t.Fatalf("attempt %d, want %d", r.Number, n)
		}
		r.finish(t, fmt.Errorf("attempt %d: %w", n, selvedge.Errorf(selvedge.CodeUnavailable, "not now")))
		if n == job.MaxAttempts {
			break
		}
		v := s.become(t, id, job.Waiting)
		least, below := waits(n)
		if d := v.DueAt.Sub(s.clock.Now()); d < least || d >= below {
			t.Errorf("after attempt %d it waits %s, want between %s and %s", n, d, least, below)
		}
		if v.Attempt != n || v.Failure != selvedge.CodeUnavailable || !v.EndedAt.IsZero() {
			t.Errorf("after attempt %d: %+v", n, v)
		}
		s.later(v.DueAt.Sub(s.clock.Now())-time.Microsecond, w)
		other := s.enqueue(t, job.Spec{Kind: "test.a"}) // the next one, unless the first is early
		w.next(t, other).finish(t, nil)
		s.become(t, other, job.Done)
		w.idle(t)
		s.later(time.Microsecond, w)
	}
	v := s.become(t, id, job.Failed)
	if v.Attempt != job.MaxAttempts || v.Failure != selvedge.CodeUnavailable || !v.EndedAt.Equal(s.clock.Now()) {
		t.Errorf("in the end: %+v", v)
	}
}

func retryOthers(t *testing.T, s *site) {
	w := s.work(t, "test.a")
	s = w.site(s)
	id := s.enqueue(t, job.Spec{Kind: "test.a"})
	w.next(t, id).finish(t, errUndo)
	s.become(t, id, job.Waiting)
	other := s.enqueue(t, job.Spec{Kind: "test.a"})
	w.next(t, other).finish(t, nil)
	s.become(t, other, job.Done)
	s.later(time.Second, w)
	w.next(t, id).finish(t, nil)
	s.become(t, id, job.Done)
}

func retryHopeless(t *testing.T, s *site) {
	w := s.work(t, "test.a")
	s = w.site(s)
	cause := selvedge.Errorf(selvedge.CodeInvalid, "no")
	for name, err := range map[string]error{
		"as it is": job.Permanent(cause),
		"wrapped":  fmt.Errorf("match: %w", job.Permanent(fmt.Errorf("read: %w", cause))),
		"joined":   errors.Join(errUndo, job.Permanent(cause)),
	} {
		if !errors.Is(err, cause) {
			t.Errorf("%s: Permanent hides what it was given", name)
		}
		id := s.enqueue(t, job.Spec{Kind: "test.a"})
		w.next(t, id).finish(t, err)
		if v := s.become(t, id, job.Failed); v.Attempt != 1 || v.Failure != selvedge.CodeInvalid || !v.EndedAt.Equal(s.clock.Now()) {
			t.Errorf("%s: %+v", name, v)
		}
	}
}

func retryPanic(t *testing.T, s *site) {
	w := s.work(t, "test.a")
	s = w.site(s)
	id := s.enqueue(t, job.Spec{Kind: "test.a"})
	w.next(t, id).finish(t, panicking{errUndo})
	if v := s.become(t, id, job.Waiting); v.Attempt != 1 || v.Failure != selvedge.CodeInternal || !v.DueAt.After(s.clock.Now()) {
		t.Errorf("after a panic: %+v", v)
	}
	s.later(time.Second, w)
	w.next(t, id).finish(t, nil)
	s.become(t, id, job.Done)
}

func retrySucceeds(t *testing.T, s *site) {
	w := s.work(t, "test.a")
	s = w.site(s)
	id := s.enqueue(t, job.Spec{Kind: "test.a"})
	w.next(t, id).finish(t, errUndo)
	s.become(t, id, job.Waiting)
	s.later(time.Second, w)
	w.next(t, id).finish(t, nil)
	if v := s.become(t, id, job.Done); v.Attempt != 2 || v.Failure != "" {
		t.Errorf("in the end: %+v", v)
	}
}
