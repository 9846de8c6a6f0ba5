package jobtest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/job"
)

func runCases() map[string]func(*testing.T, *site) {
	return map[string]func(*testing.T, *site){
		"AttemptIsTold":              runAttempt,
		"OneKindInOrder":             runOrder,
		"KindsSideBySide":            runSideBySide,
		"KindWithoutHandlerWaits":    runNoHandler,
		"Progress":                   runProgress,
		"FenceHolds":                 runFence,
		"StopEndsHandlers":           runStop,
		"StopDoesNotCount":           runStopUncounted,
		"DoneAfterTheStop":           runStopDone,
		"HopelessAfterTheStop":       runStopHopeless,
		"Twice":                      runTwice,
		"ManyRunsShareTheWork":       runMany,
		"AttemptFunctionsAfterwards": runAfterwards,
	}
}

func runAttempt(t *testing.T, s *site) {
	w := s.work(t, "test.a")
	s = w.site(s)
	id := s.enqueue(t, job.Spec{Kind: "test.a", Key: "k", Args: []int{7}})
	s.clock.Add(time.Second)
	r := w.next(t, id)
	if r.Kind != "test.a" || r.Key != "k" || string(r.Args) != "[7]" || r.Number != 1 {
		t.Errorf("the attempt is %+v", r.Attempt)
	}
	if v := s.look(t, id); v.State != job.Running || v.Attempt != 1 || !v.EndedAt.IsZero() {
		t.Errorf("running: %+v", v)
	}
	s.clock.Add(time.Second)
	r.finish(t, nil)
	v := s.become(t, id, job.Done)
	if !v.EndedAt.Equal(start.Add(2*time.Second)) || v.Attempt != 1 || v.Failure != "" || !v.EnqueuedAt.Equal(start) {
		t.Errorf("done: %+v", v)
	}
}

// runOrder: by due time and then by ID, never two at once.
func runOrder(t *testing.T, s *site) {
	var ids []job.ID
	for range 3 {
		ids = append(ids, s.enqueue(t, job.Spec{Kind: "test.a"}))
	}
	s.clock.Add(time.Microsecond)
	ids = append(ids, s.enqueue(t, job.Spec{Kind: "test.a"}))
	w := s.work(t, "test.a")
	first := w.next(t, ids[0])
	late := s.enqueue(t, job.Spec{Kind: "test.a"})
	w.Wake()
	first.finish(t, errors.New("again"))
	retried := s.become(t, ids[0], job.Waiting)
	for _, id := range append(ids[1:], late) {
		r := w.next(t, id)
		w.idle(t)
		r.finish(t, nil)
		s.become(t, id, job.Done)
	}
	after := s.enqueue(t, job.Spec{Kind: "test.a"})
	s.clock.Add(retried.DueAt.Sub(s.clock.Now()))
	last := s.enqueue(t, job.Spec{Kind: "test.a"})
	w.Wake()
	for _, id := range []job.ID{after, ids[0], last} {
		w.next(t, id).finish(t, nil)
		s.become(t, id, job.Done)
	}
}

func runSideBySide(t *testing.T, s *site) {
	w := s.work(t, "test.a", "test.b")
	s = w.site(s)
	a := s.enqueue(t, job.Spec{Kind: "test.a"})
	ra := w.next(t, a)
	b := s.enqueue(t, job.Spec{Kind: "test.b"})
	rb := w.next(t, b)
	rb.finish(t, nil)
	s.become(t, b, job.Done)
	ra.finish(t, nil)
	s.become(t, a, job.Done)
}

func runNoHandler(t *testing.T, s *site) {
	id := s.enqueue(t, job.Spec{Kind: "test.b"})
	w := s.work(t, "test.a")
	other := w.site(s).enqueue(t, job.Spec{Kind: "test.a"})
	w.next(t, other).finish(t, nil)
	s.become(t, other, job.Done)
	if v := s.look(t, id); v.State != job.Waiting || v.Attempt != 0 {
		t.Errorf("without a handler: %+v", v)
	}
	w.idle(t)
	w.shut(t)
	w = s.work(t, "test.a", "test.b")
	w.next(t, id).finish(t, nil)
	s.become(t, id, job.Done)
}

func runProgress(t *testing.T, s *site) {
	w := s.work(t, "test.a")
	s = w.site(s)
	id := s.enqueue(t, job.Spec{Kind: "test.a"})
	r := w.next(t, id)
	for _, p := range []job.Progress{{Done: 1}, {Done: 1, Total: 3}, {Done: 1 << 40, Total: 1 << 41}} {
		must(t, r.Progress(t.Context(), p.Done, p.Total))
		same(t, "progress", p, s.look(t, id).Progress)
	}
	r.finish(t, errors.New("again"))
	v := s.become(t, id, job.Waiting)
	same(t, "progress between attempts", job.Progress{Done: 1 << 40, Total: 1 << 41}, v.Progress)
	s.later(v.DueAt.Sub(s.clock.Now()), w)
	r = w.next(t, id)
	must(t, r.Progress(t.Context(), 2, 2))
	r.finish(t, nil)
	same(t, "progress at the end", job.Progress{Done: 2, Total: 2}, s.become(t, id, job.Done).Progress)
}

// runFence: what is committed behind a fence is committed, and what is not is
// not.
func runFence(t *testing.T, s *site) {
	w := s.work(t, "test.a")
	s = w.site(s)
	id := s.enqueue(t, job.Spec{Kind: "test.a"})
	r := w.next(t, id)
	effect := func(end error) error {
		return w.Tx.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
			if err := r.Fence(ctx, tx); err != nil {
				return err
			}
			if _, err := w.Queue.Enqueue(ctx, tx, job.Spec{Kind: "test.effect"}); err != nil {
				return err
			}
			return end
		})
	}
	must(t, effect(nil))
	if err := effect(errUndo); !errors.Is(err, errUndo) {
		t.Errorf("undone with %v", err)
	}
	must(t, effect(nil))
	if n := len(s.list(t, job.Filter{Kind: "test.effect"})); n != 2 {
		t.Errorf("%d effects, want 2", n)
	}
	r.finish(t, nil)
	s.become(t, id, job.Done)
}

// runStop: the handlers' contexts end with Run's, and Run waits for them.
func runStop(t *testing.T, s *site) {
	w := s.work(t, "test.a", "test.b")
	s = w.site(s)
	r, q := w.next(t, s.enqueue(t, job.Spec{Kind: "test.a"})), w.next(t, s.enqueue(t, job.Spec{Kind: "test.b"}))
	w.stop()
	<-r.ctx.Done()
	<-q.ctx.Done()
	r.finish(t, r.ctx.Err())
	select {
	case err := <-w.ended:
		t.Errorf("Run returned %v before its handlers had", err)
	default:
	}
	q.finish(t, q.ctx.Err())
	w.shut(t)
}

func runStopUncounted(t *testing.T, s *site) {
	w := s.work(t, "test.a")
	id := w.site(s).enqueue(t, job.Spec{Kind: "test.a"})
	for range 3 {
		r := w.next(t, id)
		if r.Number != 1 {
			t.Errorf("attempt %d, want 1", r.Number)
		}
		s.clock.Add(time.Second)
		w.stop()
		r.finish(t, errors.New("cut short"))
		w.shut(t)
		v := s.look(t, id)
		if v.State != job.Waiting || v.Attempt != 0 || v.DueAt.After(s.clock.Now()) {
			t.Errorf("after the stop: %+v", v)
		}
		w = s.work(t, "test.a")
	}
	w.next(t, id).finish(t, nil)
	if v := s.become(t, id, job.Done); v.Attempt != 1 {
		t.Errorf("done: %+v", v)
	}
}

func runStopDone(t *testing.T, s *site) {
	w := s.work(t, "test.a")
	id := w.site(s).enqueue(t, job.Spec{Kind: "test.a"})
	r := w.next(t, id)
	w.stop()
	r.finish(t, nil)
	w.shut(t)
	if v := s.look(t, id); v.State != job.Done || v.Attempt != 1 {
		t.Errorf("after the stop: %+v", v)
	}
}

func runStopHopeless(t *testing.T, s *site) {
	w := s.work(t, "test.a")
	id := w.site(s).enqueue(t, job.Spec{Kind: "test.a"})
	r := w.next(t, id)
	w.stop()
	r.finish(t, job.Permanent(errUndo))
	w.shut(t)
	if v := s.look(t, id); v.State != job.Failed || v.Attempt != 1 {
		t.Errorf("after the stop: %+v", v)
	}
}

func runTwice(t *testing.T, s *site) {
	w := s.work(t, "test.a")
	w.next(t, w.site(s).enqueue(t, job.Spec{Kind: "test.a"})).finish(t, nil)
	wantCode(t, "a second Run", w.Queue.Run(t.Context(), job.Handlers{"test.a": w.handle}), selvedge.CodeConflict)
	w.shut(t)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	must(t, w.Queue.Run(ctx, job.Handlers{"test.a": w.handle}))
}

// runMany: where several processes may run jobs, each job is run once, and a
// process runs one of a kind at a time.
func runMany(t *testing.T, s *site) {
	n := 1
	if s.Many {
		n = 3
	}
	var ids []job.ID
	for range 30 {
		ids = append(ids, s.enqueue(t, job.Spec{Kind: "test.a"}))
	}
	begun := make(chan *run)
	for range n {
		w := s.work(t, "test.a")
		go func() {
			for {
				select {
				case r := <-w.begun:
					w.idle(t)
					begun <- r
				case <-w.over:
					return
				}
			}
		}()
	}
	runs := map[job.ID]int{}
	for range ids {
		select {
		case r := <-begun:
			runs[r.ID]++
			if r.Number != 1 {
				t.Errorf("attempt %d at job %d", r.Number, r.ID)
			}
			r.finish(t, nil)
		case <-time.After(patience):
			t.Fatal("no job begins")
		}
	}
	for _, id := range ids {
		s.become(t, id, job.Done)
		if runs[id] != 1 {
			t.Errorf("job %d was run %d times", id, runs[id])
		}
	}
}

// runAfterwards: an attempt whose handler has returned can commit nothing.
func runAfterwards(t *testing.T, s *site) {
	w := s.work(t, "test.a")
	s = w.site(s)
	for _, err := range []error{nil, errUndo, job.Permanent(errUndo)} {
		id := s.enqueue(t, job.Spec{Kind: "test.a"})
		r := w.next(t, id)
		r.finish(t, err)
		until(t, func() string { return "the end is not recorded" }, func() bool { return s.look(t, id).State != job.Running })
		if err := s.fenced(t, r); !errors.Is(err, job.ErrSuperseded) {
			t.Errorf("fence: %v", err)
		}
		if err := r.Progress(t.Context(), 1, 1); !errors.Is(err, job.ErrSuperseded) {
			t.Errorf("progress: %v", err)
		}
	}
}

// fenced runs a transaction behind the fence of an attempt.
func (s *site) fenced(t Tester, r *run) error {
	t.Helper()
	return s.Tx.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error { return r.Fence(ctx, tx) })
}
