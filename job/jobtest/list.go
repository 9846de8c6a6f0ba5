package jobtest

import (
	"context"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/job"
)

func listCases() map[string]func(*testing.T, *site) {
	return map[string]func(*testing.T, *site){
		"NewestFirstByFilter": listFilter,
		"ByPage":              listPages,
		"KeptForAWhile":       listKept,
		"CountsAddUp":         listCounts,
	}
}

func ids(vs []job.Status) (out []job.ID) {
	for _, v := range vs {
		out = append(out, v.ID)
	}
	return out
}

func listFilter(t *testing.T, s *site) {
	w := s.work(t, "test.a")
	s = w.site(s)
	running := s.enqueue(t, job.Spec{Kind: "test.a"})
	w.next(t, running)
	a := s.enqueue(t, job.Spec{Kind: "test.a", Key: "k", Args: 7})
	b := s.enqueue(t, job.Spec{Kind: "test.b"})
	c := s.enqueue(t, job.Spec{Kind: "test.a"})
	must(t, s.cancel(t, c))
	for name, q := range map[string]struct {
		f    job.Filter
		want []job.ID
	}{
		"all":            {job.Filter{}, []job.ID{c, b, a, running}},
		"a kind":         {job.Filter{Kind: "test.a"}, []job.ID{c, a, running}},
		"another":        {job.Filter{Kind: "test.z"}, nil},
		"waiting":        {job.Filter{State: job.Waiting}, []job.ID{b, a}},
		"running":        {job.Filter{State: job.Running}, []job.ID{running}},
		"cancelled":      {job.Filter{State: job.Cancelled}, []job.ID{c}},
		"done":           {job.Filter{State: job.Done}, nil},
		"kind and state": {job.Filter{Kind: "test.a", State: job.Waiting}, []job.ID{a}},
		"before":         {job.Filter{Before: b}, []job.ID{a, running}},
		"before, a kind": {job.Filter{Before: c, Kind: "test.a"}, []job.ID{a, running}},
	} {
		same(t, name, q.want, ids(s.list(t, q.f)))
	}
	for _, v := range s.list(t, job.Filter{}) {
		same(t, "listed and looked at", s.look(t, v.ID), v)
	}
}

func listPages(t *testing.T, s *site) {
	var want []job.ID
	must(t, s.Tx.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		for range 2*job.Page + 1 {
			id, err := s.Queue.Enqueue(ctx, tx, job.Spec{Kind: "test.a"})
			must(t, err)
			want = append([]job.ID{id}, want...)
		}
		return nil
	}))
	var got []job.ID
	for page := s.list(t, job.Filter{}); len(page) > 0; page = s.list(t, job.Filter{Before: got[len(got)-1]}) {
		if len(page) > job.Page {
			t.Fatalf("a page of %d", len(page))
		}
		got = append(got, ids(page)...)
	}
	same(t, "all pages", want, got)
}

// listKept: an ended job can be looked at for the stated time, and is dropped
// when something happens after that; one that waits is never dropped.
func listKept(t *testing.T, s *site) {
	w := s.work(t, "test.a")
	s = w.site(s)
	waiting := s.enqueue(t, job.Spec{Kind: "test.b"})
	gone := s.enqueue(t, job.Spec{Kind: "test.a"})
	w.next(t, gone).finish(t, nil)
	s.become(t, gone, job.Done)
	s.later(job.Kept, w)
	next := s.enqueue(t, job.Spec{Kind: "test.a"})
	w.next(t, next).finish(t, nil)
	s.become(t, next, job.Done)
	if v := s.look(t, gone); v.State != job.Done {
		t.Errorf("at the last moment: %+v", v)
	}
	s.later(time.Microsecond, w)
	last := s.enqueue(t, job.Spec{Kind: "test.a"})
	w.next(t, last).finish(t, nil)
	s.become(t, last, job.Done)
	until(t, func() string { return "it is not dropped" }, func() bool {
		_, err := s.find(t, gone)
		return selvedge.CodeOf(err) == selvedge.CodeNotFound
	})
	same(t, "what is left", []job.ID{last, next, waiting}, ids(s.list(t, job.Filter{})))
}

// listCounts: every job is in one state, and all that were enqueued are there.
func listCounts(t *testing.T, s *site) {
	w := s.work(t, "test.a")
	s = w.site(s)
	for _, err := range []error{nil, errUndo, job.Permanent(errUndo)} {
		id := s.enqueue(t, job.Spec{Kind: "test.a"})
		w.next(t, id).finish(t, err)
		until(t, func() string { return "it does not end" }, func() bool { return s.look(t, id).State != job.Running })
	}
	must(t, s.cancel(t, s.enqueue(t, job.Spec{Kind: "test.b"})))
	w.next(t, s.enqueue(t, job.Spec{Kind: "test.a"}))
	n := 0
	for _, state := range []job.State{job.Waiting, job.Running, job.Done, job.Failed, job.Cancelled} {
		vs := s.list(t, job.Filter{State: state})
		if len(vs) != 1 || vs[0].State.Ended() != (state != job.Waiting && state != job.Running) || vs[0].State.Ended() == vs[0].EndedAt.IsZero() {
			t.Errorf("%s: %+v", state, vs)
		}
		n += len(vs)
	}
	if all := len(s.list(t, job.Filter{})); all != n || n != 5 {
		t.Errorf("%d jobs, %d in a state, want 5", all, n)
	}
}
