package jobtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/job"
)

func enqueueCases() map[string]func(*testing.T, *site) {
	return map[string]func(*testing.T, *site){
		"ComesBackAsItWas":       enqueueComesBack,
		"OnlyWhatCommits":        enqueueOnlyCommits,
		"ForLater":               enqueueForLater,
		"Refuses":                enqueueRefuses,
		"KeyWaiting":             enqueueKeyWaiting,
		"KeyRunning":             enqueueKeyRunning,
		"KeyFreeAfterTheEnd":     enqueueKeyFree,
		"KeyInOneTransaction":    enqueueKeyOneTx,
		"KeyOfManyAtOnce":        enqueueKeyConcurrent,
		"WithoutKeyAnyNumber":    enqueueNoKey,
		"IDsAreNeverGivenTwice":  enqueueIDs,
		"LookForWhatThereIsNot":  lookForNothing,
		"RunWakesAtTheCommit":    enqueueWakes,
		"EnqueuedByAnotherCount": enqueueElsewhere,
	}
}

var errUndo = errors.New("undo")

func enqueueComesBack(t *testing.T, s *site) {
	type args struct {
		List  string   `json:"list"`
		Parts []int64  `json:"parts"`
		Texts []string `json:"texts"`
	}
	for name, a := range map[string]any{
		"a struct": args{"lst_a", []int64{1, 1 << 62}, []string{"<é> \u2028 'x' \\ \"", "", "e\u0301"}},
		"nothing":  nil,
		"a number": 12345678901234567,
		"the most": strings.Repeat("x", job.MaxArgs-2),
	} {
		spec := job.Spec{Kind: "list.match", Key: "Ab_9:-." + strings.Repeat("k", job.MaxKey-7), Args: a}
		id := s.enqueue(t, spec)
		got := s.look(t, id)
		want, err := json.Marshal(a)
		must(t, err)
		var x, y any
		must(t, json.Unmarshal(want, &x))
		must(t, json.Unmarshal(got.Args, &y))
		same(t, name, x, y)
		got.Args = nil
		same(t, name, job.Status{ID: id, Kind: "list.match", Key: spec.Key, State: job.Waiting, EnqueuedAt: s.clock.Now(), DueAt: s.clock.Now()}, got)
		must(t, s.cancel(t, id))
		s.clock.Add(time.Microsecond)
	}
}

// enqueueForLater: a job that is due later runs then, and not before; one whose
// time is past is due at once.
func enqueueForLater(t *testing.T, s *site) {
	w := s.work(t, "test.a")
	due := s.clock.Now().Add(time.Hour)
	id := w.site(s).enqueue(t, job.Spec{Kind: "test.a", Key: "k", DueAt: due})
	if again := w.site(s).enqueue(t, job.Spec{Kind: "test.a", Key: "k"}); again != id {
		t.Errorf("job %d beside job %d of the same key", again, id)
	}
	if v := s.look(t, id); v.State != job.Waiting || !v.DueAt.Equal(due) || !v.EnqueuedAt.Equal(s.clock.Now()) {
		t.Errorf("enqueued %+v", v)
	}
	past := w.site(s).enqueue(t, job.Spec{Kind: "test.a", DueAt: s.clock.Now().Add(-time.Hour)})
	if v := s.look(t, past); v.DueAt.Before(v.EnqueuedAt) {
		t.Errorf("due at %s, before it was enqueued", v.DueAt)
	}
	w.next(t, past).finish(t, nil)
	s.become(t, past, job.Done)
	s.later(time.Hour-time.Microsecond, w)
	w.idle(t)
	s.later(time.Microsecond, w)
	w.next(t, id).finish(t, nil)
	s.become(t, id, job.Done)
}

func enqueueOnlyCommits(t *testing.T, s *site) {
	w := s.work(t, "test.a")
	var undone job.ID
	err := s.Tx.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) (err error) {
		if undone, err = s.Queue.Enqueue(ctx, tx, job.Spec{Kind: "test.a", Key: "k"}); err != nil {
			t.Error(err)
		}
		if v, err := s.Queue.Look(ctx, tx, undone); err != nil || v.State != job.Waiting {
			t.Errorf("in its own transaction: %+v, %v", v, err)
		}
		return errUndo
	})
	if !errors.Is(err, errUndo) {
		t.Fatal(err)
	}
	if _, err := s.find(t, undone); selvedge.CodeOf(err) != selvedge.CodeNotFound {
		t.Errorf("an undone job: %v", err)
	}
	id := w.site(s).enqueue(t, job.Spec{Kind: "test.a", Key: "k"})
	w.next(t, id).finish(t, nil)
	s.become(t, id, job.Done)
	if n := len(s.list(t, job.Filter{})); n != 1 {
		t.Errorf("%d jobs, want one", n)
	}
	w.idle(t)
}

// site is the site as the worker's process has it.
func (w *worker) site(s *site) *site { return &site{s.Installation, w.Process, s.clock} }

func enqueueRefuses(t *testing.T, s *site) {
	for name, c := range map[string]struct {
		spec  job.Spec
		field string
	}{
		"no kind":           {job.Spec{}, "kind"},
		"one word":          {job.Spec{Kind: "list"}, "kind"},
		"upper case":        {job.Spec{Kind: "list.Match"}, "kind"},
		"a digit":           {job.Spec{Kind: "list.2"}, "kind"},
		"an empty word":     {job.Spec{Kind: "list..match"}, "kind"},
		"a line":            {job.Spec{Kind: "list.match\n"}, "kind"},
		"a hyphen":          {job.Spec{Kind: "list-match"}, "kind"},
		"a long kind":       {job.Spec{Kind: "k." + job.Kind(strings.Repeat("k", job.MaxKind-1))}, "kind"},
		"an address as key": {job.Spec{Kind: "test.a", Key: "ada@example.com"}, "key"},
		"a space in a key":  {job.Spec{Kind: "test.a", Key: "a b"}, "key"},
		"a long key":        {job.Spec{Kind: "test.a", Key: strings.Repeat("k", job.MaxKey+1)}, "key"},
		"no JSON":           {job.Spec{Kind: "test.a", Args: func() {}}, "args"},
		"NUL":               {job.Spec{Kind: "test.a", Args: "a\x00"}, "args"},
		"long arguments":    {job.Spec{Kind: "test.a", Args: strings.Repeat("x", job.MaxArgs-1)}, "args"},
	} {
		err := s.Tx.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
			_, err := s.Queue.Enqueue(ctx, tx, c.spec)
			return err
		})
		if e, ok := errors.AsType[*selvedge.Error](err); !ok || e.Code != selvedge.CodeInvalid || e.Field != c.field {
			t.Errorf("%s: %v, want it refused at %s", name, err, c.field)
		}
	}
	if n := len(s.list(t, job.Filter{})); n != 0 {
		t.Errorf("%d jobs, want none", n)
	}
}

func enqueueKeyWaiting(t *testing.T, s *site) {
	first := s.enqueue(t, job.Spec{Kind: "test.a", Key: "k", Args: 1})
	if again := s.enqueue(t, job.Spec{Kind: "test.a", Key: "k", Args: 2}); again != first {
		t.Errorf("again: job %d, want %d", again, first)
	}
	if got := string(s.look(t, first).Args); got != "1" {
		t.Errorf("its arguments became %s", got)
	}
	if other := s.enqueue(t, job.Spec{Kind: "test.a.b", Key: "k"}); other == first {
		t.Error("another kind's key is no other key")
	}
	if other := s.enqueue(t, job.Spec{Kind: "test.a", Key: "K"}); other == first {
		t.Error("a key in upper case is no other key")
	}
}

func enqueueKeyRunning(t *testing.T, s *site) {
	w := s.work(t, "test.a")
	s = w.site(s)
	id := s.enqueue(t, job.Spec{Kind: "test.a", Key: "k"})
	r := w.next(t, id)
	if again := s.enqueue(t, job.Spec{Kind: "test.a", Key: "k"}); again != id {
		t.Errorf("while it runs: job %d, want %d", again, id)
	}
	r.finish(t, errors.New("later"))
	s.become(t, id, job.Waiting)
	if again := s.enqueue(t, job.Spec{Kind: "test.a", Key: "k"}); again != id {
		t.Errorf("between attempts: job %d, want %d", again, id)
	}
}

func enqueueKeyFree(t *testing.T, s *site) {
	w := s.work(t, "test.a")
	s = w.site(s)
	spec := job.Spec{Kind: "test.a", Key: "k"}
	var before job.ID
	for state, err := range map[job.State]error{job.Done: nil, job.Failed: job.Permanent(errUndo)} {
		id := s.enqueue(t, spec)
		w.next(t, id).finish(t, err)
		s.become(t, id, state)
		before = id
	}
	id := s.enqueue(t, spec)
	r := w.next(t, id)
	must(t, s.cancel(t, id))
	r.finish(t, errUndo)
	s.become(t, id, job.Cancelled)
	if after := s.enqueue(t, spec); after == id || id == before {
		t.Errorf("after it was cancelled: job %d again", after)
	}
}

func enqueueKeyOneTx(t *testing.T, s *site) {
	must(t, s.Tx.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		first, err := s.Queue.Enqueue(ctx, tx, job.Spec{Kind: "test.a", Key: "k"})
		must(t, err)
		again, err := s.Queue.Enqueue(ctx, tx, job.Spec{Kind: "test.a", Key: "k"})
		must(t, err)
		must(t, s.Queue.Cancel(ctx, tx, first))
		third, err := s.Queue.Enqueue(ctx, tx, job.Spec{Kind: "test.a", Key: "k"})
		if again != first || third == first {
			t.Errorf("jobs %d, %d and %d", first, again, third)
		}
		return err
	}))
}

func enqueueKeyConcurrent(t *testing.T, s *site) {
	other := s.Open(t)
	ids := make([]job.ID, 16)
	var all sync.WaitGroup
	for i := range ids {
		p := s.Process
		if i%2 == 1 {
			p = other
		}
		all.Go(func() {
			err := p.Tx.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) (err error) {
				ids[i], err = p.Queue.Enqueue(ctx, tx, job.Spec{Kind: "test.a", Key: "k"})
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("jobs %v, want one", ids)
		}
	}
	if n := len(s.list(t, job.Filter{})); n != 1 {
		t.Errorf("%d jobs, want one", n)
	}
}

func enqueueNoKey(t *testing.T, s *site) {
	if a, b := s.enqueue(t, job.Spec{Kind: "test.a"}), s.enqueue(t, job.Spec{Kind: "test.a"}); a == b {
		t.Error("two jobs without a key are one")
	}
}

func enqueueIDs(t *testing.T, s *site) {
	w := s.work(t, "test.a")
	s = w.site(s)
	var last job.ID
	for i := range 5 {
		id := s.enqueue(t, job.Spec{Kind: "test.a", Args: fmt.Sprint(i)})
		if id <= last {
			t.Errorf("job %d after job %d", id, last)
		}
		last = id
		w.next(t, id).finish(t, nil)
		s.become(t, id, job.Done)
		s.clock.Add(job.Kept + time.Second) // the next end drops it
	}
}

func lookForNothing(t *testing.T, s *site) {
	_, err := s.find(t, 42)
	wantCode(t, "look", err, selvedge.CodeNotFound)
}

// enqueueWakes: a Run that has nothing to do sees a job of its process at once.
func enqueueWakes(t *testing.T, s *site) {
	w := s.work(t, "test.a", "test.b")
	s = w.site(s)
	for _, kind := range []job.Kind{"test.a", "test.b", "test.a", "test.b"} {
		id := s.enqueue(t, job.Spec{Kind: kind})
		w.next(t, id).finish(t, nil)
		s.become(t, id, job.Done)
	}
}

// enqueueElsewhere: what another process enqueues is run, at the latest when the
// runner is woken.
func enqueueElsewhere(t *testing.T, s *site) {
	w := s.work(t, "test.a")
	id := s.enqueue(t, job.Spec{Kind: "test.a"})
	w.Wake()
	w.next(t, id).finish(t, nil)
	s.become(t, id, job.Done)
}
