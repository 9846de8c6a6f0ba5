package jobtest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/fakeclock"
	"github.com/selvedge/selvedge/job"
)

// model runs random histories and compares every job with a model of the state
// machine after every step. Steps are what callers, handlers, the clock and
// crashes do; what the queue must do in answer is the model's to say.
func model(t *testing.T, install func(t *testing.T, clock selvedge.Clock) Installation) {
	rapid.Check(t, func(rt *rapid.T) {
		s := &site{clock: fakeclock.New(start)}
		s.Installation = install(t, s.clock)
		s.Process = s.Open(rt)
		m := &machine{site: s, jobs: map[job.ID]*job.Status{}, running: map[job.Kind]*run{}}
		m.worker = s.work(rt, kinds...)
		rt.Repeat(map[string]func(*rapid.T){
			"enqueue": m.enqueueOne,
			"answer":  m.answerOne,
			"cancel":  m.cancelOne,
			"advance": m.advance,
			"restart": m.restart,
			"crash":   m.crashOnce,
			"zombie":  m.zombie,
			"":        m.check,
		})
	})
}

var kinds = []job.Kind{"test.a", "test.b"}

// machine is the model: what every job must be, and which attempts are under
// way, one of a kind.
type machine struct {
	*site
	worker  *worker
	jobs    map[job.ID]*job.Status
	running map[job.Kind]*run
	zombies []*run // in the order of their deaths
}

// open returns the job of a kind and key that waits or runs.
func (m *machine) open(kind job.Kind, key string) *job.Status {
	for _, j := range m.jobs {
		if j.Kind == kind && j.Key == key && key != "" && !j.State.Ended() {
			return j
		}
	}
	return nil
}

func (m *machine) ids() []job.ID {
	var out []job.ID
	for id := range m.jobs {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}

func (m *machine) enqueueOne(rt *rapid.T) {
	kind, key := rapid.SampledFrom(kinds).Draw(rt, "kind"), rapid.SampledFrom([]string{"", "k", "l"}).Draw(rt, "key")
	id := m.worker.site(m.site).enqueue(rt, job.Spec{Kind: kind, Key: key})
	if j := m.open(kind, key); j != nil {
		if id != j.ID {
			rt.Fatalf("job %d, want %d", id, j.ID)
		}
		return
	}
	if m.jobs[id] != nil {
		rt.Fatalf("job %d is given twice", id)
	}
	now := m.clock.Now()
	m.jobs[id] = &job.Status{ID: id, Kind: kind, Key: key, State: job.Waiting, EnqueuedAt: now, DueAt: now}
}

func (m *machine) answerOne(rt *rapid.T) {
	kind := rapid.SampledFrom(kinds).Draw(rt, "kind")
	r := m.running[kind]
	if r == nil {
		rt.Skip("nothing runs")
	}
	delete(m.running, kind)
	j := m.jobs[r.ID]
	answer := rapid.SampledFrom([]error{
		nil, errUndo, selvedge.Errorf(selvedge.CodeUnavailable, "not now"), job.Permanent(selvedge.Errorf(selvedge.CodeInvalid, "no")),
	}).Draw(rt, "answer")
	r.finish(rt, answer)
	_, hopeless := errors.AsType[*selvedge.Error](answer)
	hopeless = hopeless && selvedge.CodeOf(answer) == selvedge.CodeInvalid
	j.Failure = selvedge.CodeOf(answer)
	switch {
	case answer == nil:
		m.end(j, job.Done)
	case j.Cancelling:
		m.end(j, job.Cancelled)
	case hopeless, j.Attempt == job.MaxAttempts:
		m.end(j, job.Failed)
	default:
		j.State = job.Waiting
		// How long it waits is drawn: what the queue says is checked and taken.
		v := m.become(rt, j.ID, job.Waiting)
		least, below := waits(j.Attempt)
		if d := v.DueAt.Sub(m.clock.Now()); d < least || d >= below {
			rt.Fatalf("job %d waits %s, want between %s and %s", j.ID, d, least, below)
		}
		j.DueAt = v.DueAt
	}
}

func (m *machine) end(j *job.Status, state job.State) {
	j.State, j.Cancelling, j.EndedAt = state, false, m.clock.Now()
}

func (m *machine) cancelOne(rt *rapid.T) {
	if len(m.jobs) == 0 {
		rt.Skip("no jobs")
	}
	j := m.jobs[rapid.SampledFrom(m.ids()).Draw(rt, "job")]
	err := m.worker.site(m.site).cancel(rt, j.ID)
	switch j.State {
	case job.Waiting:
		m.end(j, job.Cancelled)
	case job.Running:
		j.Cancelling = true
		if r := m.running[j.Kind]; r != nil && r.ID == j.ID {
			<-r.ctx.Done()
		}
	default:
		if selvedge.CodeOf(err) != selvedge.CodeConflict {
			rt.Fatalf("cancel of an ended job: %v", err)
		}
		return
	}
	if err != nil {
		rt.Fatal(err)
	}
}

func (m *machine) advance(rt *rapid.T) {
	d := rapid.SampledFrom([]time.Duration{time.Microsecond, 700 * time.Millisecond, 3 * time.Second, 10 * time.Minute}).Draw(rt, "by")
	m.clock.Add(d)
	m.worker.Wake()
}

// restart ends Run in good order and begins another one. Attempts that it cuts
// short do not count.
func (m *machine) restart(rt *rapid.T) {
	m.worker.stop()
	for kind, r := range m.running {
		r.finish(rt, errUndo)
		j := m.jobs[r.ID]
		j.Failure = selvedge.CodeInternal
		if j.Cancelling {
			m.end(j, job.Cancelled)
		} else {
			j.State, j.DueAt = job.Waiting, m.clock.Now()
			j.Attempt--
		}
		delete(m.running, kind)
	}
	// An answer makes room for the next job of its kind, until Run has taken notice.
	for _, r := range m.worker.shut(rt) {
		j, now := m.jobs[r.ID], m.clock.Now()
		if j.State != job.Waiting || j.DueAt.After(now) {
			rt.Fatalf("attempt %d at job %d begins; the model has %+v", r.Number, r.ID, j)
		}
		j.Failure, j.DueAt = selvedge.CodeInternal, now
	}
	m.worker = m.work(rt, kinds...)
}

// crashOnce has the process die. Its attempts become zombies.
func (m *machine) crashOnce(rt *rapid.T) {
	for kind, r := range m.running {
		m.zombies = append(m.zombies, r)
		j := m.jobs[r.ID]
		j.Failure = selvedge.CodeUnavailable
		delete(m.running, kind)
	}
	m.worker = m.crash(rt, m.worker, kinds...)
	for _, j := range m.jobs {
		if j.State != job.Running {
			continue
		}
		switch {
		case j.Cancelling:
			m.end(j, job.Cancelled)
		case j.Attempt == job.MaxAttempts:
			m.end(j, job.Failed)
		default:
			j.State, j.DueAt = job.Waiting, m.clock.Now()
		}
	}
}

// zombie has an attempt of a dead process come back: nothing may change.
func (m *machine) zombie(rt *rapid.T) {
	if len(m.zombies) == 0 {
		rt.Skip("nobody died")
	}
	z := m.zombies[0]
	m.zombies = m.zombies[1:]
	if err := m.fenced(rt, z); !errors.Is(err, job.ErrSuperseded) {
		rt.Fatalf("a zombie's fence: %v", err)
	}
	if err := z.Progress(rt.Context(), 1, 1); !errors.Is(err, job.ErrSuperseded) {
		rt.Fatalf("a zombie's progress: %v", err)
	}
	z.finish(rt, rapid.SampledFrom([]error{nil, errUndo}).Draw(rt, "answer"))
}

// check waits for the attempts that must begin now, and compares every job.
func (m *machine) check(rt *rapid.T) {
	for _, kind := range kinds {
		if m.running[kind] != nil {
			continue
		}
		var next *job.Status
		for _, id := range m.ids() {
			j := m.jobs[id]
			if j.Kind == kind && j.State == job.Waiting && !j.DueAt.After(m.clock.Now()) && (next == nil || j.DueAt.Before(next.DueAt)) {
				next = j
			}
		}
		if next != nil {
			next.State = job.Running
			next.Attempt++
			m.running[kind] = nil
		}
	}
	for _, j := range m.jobs {
		if r := m.running[j.Kind]; j.State == job.Running && r == nil {
			m.begin(rt, j)
		}
	}
	for _, id := range m.ids() {
		want, got := m.jobs[id], job.Status{}
		until(rt, func() string { return fmt.Sprintf("job %d (-want +got):\n%s", id, cmp.Diff(*want, got)) }, func() bool {
			got = m.look(rt, id)
			got.Args = nil
			return cmp.Equal(*want, got)
		})
	}
	m.worker.idle(rt)
}

// begin takes the attempt that begins at a job; one of another kind may come
// first.
func (m *machine) begin(rt *rapid.T, j *job.Status) {
	for m.running[j.Kind] == nil {
		select {
		case r := <-m.worker.begun:
			k := m.jobs[r.ID]
			if k == nil || k.State != job.Running || m.running[r.Kind] != nil || r.Number != k.Attempt {
				rt.Fatalf("attempt %d at job %d begins; the model has %+v", r.Number, r.ID, k)
			}
			m.running[r.Kind] = r
		case <-time.After(patience):
			rt.Fatalf("job %d does not begin", j.ID)
		}
	}
}
