package jobtest

import (
	"context"
	"errors"
	"testing"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/job"
)

func crashCases() map[string]func(*testing.T, *site) {
	return map[string]func(*testing.T, *site){
		"RunAgain":           crashAgain,
		"UntilTheLast":       crashLast,
		"Cancelled":          crashCancelled,
		"GivenUpTooSoon":     crashZombie,
		"EffectsOnce":        crashOnce,
		"WaitingIsNotLost":   crashWaiting,
		"NobodyWhoIsAlive":   crashAlive,
		"KeyStaysTaken":      crashKey,
		"ZombieKnowsNoBound": crashZombieEnds,
	}
}

// crash has a worker die and another process take over.
func (s *site) crash(t Tester, w *worker, kinds ...job.Kind) *worker {
	t.Helper()
	w.die()
	// First, so that the dead one has come to rest when the clock makes jobs due.
	next := s.work(t, kinds...)
	s.later(s.Grace, next)
	return next
}

func crashAgain(t *testing.T, s *site) {
	w := s.work(t, "test.a")
	id := w.site(s).enqueue(t, job.Spec{Kind: "test.a", Key: "k", Args: 7})
	w.next(t, id)
	w = s.crash(t, w, "test.a")
	r := w.next(t, id)
	if r.Number != 2 || r.Key != "k" || string(r.Args) != "7" {
		t.Errorf("taken over: %+v", r.Attempt)
	}
	if v := s.look(t, id); v.Failure != selvedge.CodeUnavailable || v.State != job.Running || v.Attempt != 2 {
		t.Errorf("taken over: %+v", v)
	}
	r.finish(t, nil)
	s.become(t, id, job.Done)
}

// crashLast: a job that takes its process with it is given up like any other.
func crashLast(t *testing.T, s *site) {
	w := s.work(t, "test.a")
	id := w.site(s).enqueue(t, job.Spec{Kind: "test.a"})
	for n := 1; n < job.MaxAttempts; n++ {
		w.next(t, id).finish(t, errUndo)
		v := s.become(t, id, job.Waiting)
		s.later(v.DueAt.Sub(s.clock.Now()), w)
	}
	w.next(t, id)
	w = s.crash(t, w, "test.a")
	v := s.become(t, id, job.Failed)
	if v.Attempt != job.MaxAttempts || v.Failure != selvedge.CodeUnavailable || !v.EndedAt.Equal(s.clock.Now()) {
		t.Errorf("given up: %+v", v)
	}
	w.idle(t)
}

func crashCancelled(t *testing.T, s *site) {
	w := s.work(t, "test.a")
	id := w.site(s).enqueue(t, job.Spec{Kind: "test.a"})
	w.next(t, id)
	w.die()
	must(t, s.cancel(t, id))
	w = s.crash(t, w, "test.a")
	if v := s.become(t, id, job.Cancelled); v.Attempt != 1 || v.Failure != selvedge.CodeUnavailable {
		t.Errorf("given up: %+v", v)
	}
	w.idle(t)
}

// crashZombie: a process that was given up for dead and is not commits nothing
// behind its fence, says nothing of its progress, and its end ends nothing.
func crashZombie(t *testing.T, s *site) {
	for _, err := range []error{nil, errUndo, job.Permanent(errUndo), panicking{errUndo}} {
		w := s.work(t, "test.a")
		id := w.site(s).enqueue(t, job.Spec{Kind: "test.a"})
		zombie, dead := w.next(t, id), w
		w = s.crash(t, w, "test.a")
		r := w.next(t, id)
		if err := s.fenced(t, zombie); !errors.Is(err, job.ErrSuperseded) {
			t.Errorf("the zombie's fence: %v", err)
		}
		if err := zombie.Progress(t.Context(), 9, 9); !errors.Is(err, job.ErrSuperseded) {
			t.Errorf("the zombie's progress: %v", err)
		}
		before := s.look(t, id)
		zombie.finish(t, err)
		dead.shut(t)
		same(t, "after the zombie's end", before, s.look(t, id))
		must(t, s.fenced(t, r))
		must(t, r.Progress(t.Context(), 1, 1))
		r.finish(t, nil)
		if v := s.become(t, id, job.Done); v.Attempt != 2 {
			t.Errorf("in the end: %+v", v)
		}
		w.shut(t)
	}
}

// crashZombieEnds: a zombie that comes back when its job has ended, or waits
// again, changes nothing either.
func crashZombieEnds(t *testing.T, s *site) {
	for _, err := range []error{nil, errUndo} {
		w := s.work(t, "test.a")
		id := w.site(s).enqueue(t, job.Spec{Kind: "test.a"})
		zombie, dead := w.next(t, id), w
		w = s.crash(t, w, "test.a")
		w.next(t, id).finish(t, err)
		until(t, func() string { return "the second attempt does not end" }, func() bool { return s.look(t, id).State != job.Running })
		before := s.look(t, id)
		if err := s.fenced(t, zombie); !errors.Is(err, job.ErrSuperseded) {
			t.Errorf("the zombie's fence: %v", err)
		}
		zombie.finish(t, nil)
		dead.shut(t)
		same(t, "after the zombie's end", before, s.look(t, id))
		w.shut(t)
	}
}

// crashOnce: a handler that commits behind its fence, and first looks whether it
// did, has its effect once, wherever its process dies.
func crashOnce(t *testing.T, s *site) {
	effect := func(r *run) error {
		return s.Tx.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
			if err := r.Fence(ctx, tx); err != nil {
				return err
			}
			done, err := s.Queue.List(ctx, tx, job.Filter{Kind: "test.effect"})
			if err != nil || len(done) > 0 {
				return err
			}
			_, err = s.Queue.Enqueue(ctx, tx, job.Spec{Kind: "test.effect"})
			return err
		})
	}
	w := s.work(t, "test.a")
	id := w.site(s).enqueue(t, job.Spec{Kind: "test.a"})
	before := w.next(t, id) // dies before its commit
	w = s.crash(t, w, "test.a")
	after := w.next(t, id) // dies after its commit
	must(t, effect(after))
	w = s.crash(t, w, "test.a")
	r := w.next(t, id)
	for _, zombie := range []*run{before, after} {
		if err := effect(zombie); !errors.Is(err, job.ErrSuperseded) {
			t.Errorf("a zombie's effect: %v", err)
		}
	}
	must(t, effect(r))
	r.finish(t, nil)
	if v := s.become(t, id, job.Done); v.Attempt != 3 {
		t.Errorf("in the end: %+v", v)
	}
	if n := len(s.list(t, job.Filter{Kind: "test.effect"})); n != 1 {
		t.Errorf("%d effects, want one", n)
	}
}

func crashWaiting(t *testing.T, s *site) {
	w := s.work(t, "test.a")
	first := w.site(s).enqueue(t, job.Spec{Kind: "test.a"})
	w.next(t, first)
	var ids []job.ID
	for range 5 {
		ids = append(ids, s.enqueue(t, job.Spec{Kind: "test.a"}))
	}
	w = s.crash(t, w, "test.a")
	left := map[job.ID]bool{first: true}
	for _, id := range ids {
		left[id] = true
	}
	for range 6 {
		r := <-w.begun
		if !left[r.ID] {
			t.Errorf("job %d is run again", r.ID)
		}
		delete(left, r.ID)
		r.finish(t, nil)
		s.become(t, r.ID, job.Done)
	}
}

// crashAlive: where several processes run jobs, one that is alive keeps its job,
// however long it takes.
func crashAlive(t *testing.T, s *site) {
	if !s.Many {
		return // another Run would be a mistake of whoever starts it
	}
	w := s.work(t, "test.a", "test.b")
	id := w.site(s).enqueue(t, job.Spec{Kind: "test.a"})
	r := w.next(t, id)
	other := s.work(t, "test.a", "test.b")
	for range 10 {
		s.clock.Add(s.Grace / 2)
		alive := w.site(s).enqueue(t, job.Spec{Kind: "test.b"})
		w.Wake()
		other.Wake()
		var b *run
		select {
		case b = <-w.begun:
		case b = <-other.begun:
		}
		if b.ID != alive {
			t.Fatalf("job %d begins, want %d", b.ID, alive)
		}
		b.finish(t, nil)
		s.become(t, alive, job.Done)
	}
	must(t, s.fenced(t, r))
	r.finish(t, nil)
	if v := s.become(t, id, job.Done); v.Attempt != 1 {
		t.Errorf("in the end: %+v", v)
	}
}

func crashKey(t *testing.T, s *site) {
	w := s.work(t, "test.a")
	id := w.site(s).enqueue(t, job.Spec{Kind: "test.a", Key: "k"})
	w.next(t, id)
	w = s.crash(t, w, "test.a")
	r := w.next(t, id)
	if again := s.enqueue(t, job.Spec{Kind: "test.a", Key: "k"}); again != id {
		t.Errorf("job %d, want %d", again, id)
	}
	r.finish(t, nil)
	s.become(t, id, job.Done)
}
