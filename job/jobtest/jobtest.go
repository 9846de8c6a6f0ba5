package jobtest

import (
	"context"
	"errors"
	"runtime/pprof"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/fakeclock"
	"github.com/selvedge/selvedge/job"
)

// Installation is an empty database and the processes that open it.
type Installation struct {
	// Open returns what one more process has, and closes it when the test ends.
	Open func(t Tester) Process
	// Many says whether several processes may run jobs at once.
	Many bool
	// Grace is how long after a process died, by the clock, others see it.
	Grace time.Duration
}

// Process is what a process of the installation has.
type Process struct {
	Tx    selvedge.Transactor
	Queue job.Queue
	// Wake has a Run that is under way look at the clock, which was moved.
	Wake func()
}

// Run runs the contract. Install returns an empty installation on a clock; each
// case has its own.
func Run(t *testing.T, install func(t *testing.T, clock selvedge.Clock) Installation) {
	for area, cases := range map[string]map[string]func(*testing.T, *site){
		"Enqueue": enqueueCases(),
		"Run":     runCases(),
		"Retry":   retryCases(),
		"Cancel":  cancelCases(),
		"Crash":   crashCases(),
		"List":    listCases(),
	} {
		t.Run(area, func(t *testing.T) {
			t.Parallel()
			for name, test := range cases {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					test(t, newSite(t, install))
				})
			}
		})
	}
	t.Run("Model", func(t *testing.T) {
		t.Parallel()
		model(t, install)
	})
}

var start = time.Date(2026, 3, 14, 9, 26, 53, 589_793_000, time.UTC)

// site is an installation, its clock, and a process that runs nothing and
// enqueues and looks for the test.
type site struct {
	Installation
	Process
	clock *fakeclock.Clock
}

func newSite(t *testing.T, install func(t *testing.T, clock selvedge.Clock) Installation) *site {
	t.Helper()
	s := &site{clock: fakeclock.New(start)}
	s.Installation = install(t, s.clock)
	s.Process = s.Open(t)
	return s
}

// Tester is a *testing.T or a *rapid.T.
type Tester interface {
	Helper()
	Context() context.Context
	Cleanup(fn func())
	Error(args ...any)
	Errorf(format string, args ...any)
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// patience is how long a test waits for another goroutine before it fails.
const patience = 30 * time.Second

// until waits until ok.
func until(t Tester, what func() string, ok func() bool) {
	t.Helper()
	if ok() {
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	again := time.NewTicker(2 * time.Millisecond)
	defer again.Stop()
	for !ok() {
		select {
		case <-again.C:
		case <-ctx.Done():
			t.Fatalf("waited in vain: %s", what())
		}
	}
}

// worker is a process that runs jobs. Each attempt waits for the test to say how
// it ends.
type worker struct {
	Process
	begun chan *run
	over  chan struct{} // closed when the test is over
	ended chan error    // what Run returned
	stop  context.CancelFunc
}

// run is an attempt that is under way.
type run struct {
	job.Attempt
	ctx    context.Context
	answer chan error
}

var errOver = errors.New("the test is over")

// work opens a process that runs jobs of some kinds.
func (s *site) work(t Tester, kinds ...job.Kind) *worker {
	t.Helper()
	w := &worker{Process: s.Open(t), begun: make(chan *run, 1000), over: make(chan struct{}), ended: make(chan error, 1)}
	h := job.Handlers{}
	for _, k := range kinds {
		h[k] = w.handle
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	w.stop = stop
	var once sync.WaitGroup
	once.Go(func() { w.ended <- w.Queue.Run(ctx, h) })
	t.Cleanup(func() {
		close(w.over)
		stop()
		once.Wait()
	})
	return w
}

func (w *worker) handle(ctx context.Context, a job.Attempt) error {
	r := &run{Attempt: a, ctx: ctx, answer: make(chan error)}
	select {
	case w.begun <- r:
	case <-w.over:
		return errOver
	}
	select {
	case err := <-r.answer:
		if err, ok := errors.AsType[panicking](err); ok {
			panic(err)
		}
		return err
	case <-w.over: // not ctx: a handler may take no notice of it
		return errOver
	}
}

// panicking is an answer that has the handler panic.
type panicking struct{ error }

// next returns the next attempt that begins, which must be at the job.
func (w *worker) next(t Tester, id job.ID) *run {
	t.Helper()
	select {
	case r := <-w.begun:
		if r.ID != id {
			t.Fatalf("job %d begins, want %d", r.ID, id)
		}
		return r
	case err := <-w.ended:
		t.Fatalf("job %d does not begin: Run returned %v", id, err)
		return nil
	case <-time.After(patience):
		t.Fatalf("job %d does not begin", id)
		return nil
	}
}

// idle fails the test if an attempt has begun.
func (w *worker) idle(t Tester) {
	t.Helper()
	select {
	case r := <-w.begun:
		t.Errorf("job %d begins", r.ID)
	default:
	}
}

// finish has the attempt return an error, or nil.
func (r *run) finish(t Tester, err error) {
	t.Helper()
	select {
	case r.answer <- err:
	case <-time.After(patience):
		t.Fatalf("the handler of job %d does not listen", r.ID)
	}
}

// die has the process do nothing any more: what it runs does not come back.
func (w *worker) die() { w.stop() }

// shut ends Run and waits until it has returned. It returns the attempts that
// Run began meanwhile, which failed with errUndo.
func (w *worker) shut(t Tester) (late []*run) {
	t.Helper()
	w.stop()
	patient := time.After(patience)
	for {
		select {
		case err := <-w.ended:
			if err != nil {
				t.Errorf("Run returned %v", err)
			}
			return late
		case r := <-w.begun:
			r.finish(t, errUndo)
			late = append(late, r)
		case <-patient:
			var stacks strings.Builder
			_ = pprof.Lookup("goroutine").WriteTo(&stacks, 2)
			t.Fatalf("Run does not return:\n%s", stacks.String())
		}
	}
}

// enqueue adds a job.
func (s *site) enqueue(t Tester, spec job.Spec) (id job.ID) {
	t.Helper()
	must(t, s.Tx.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) (err error) {
		id, err = s.Queue.Enqueue(ctx, tx, spec)
		return err
	}))
	return id
}

// cancel cancels a job and returns the error.
func (s *site) cancel(t Tester, id job.ID) error {
	t.Helper()
	return s.Tx.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error { return s.Queue.Cancel(ctx, tx, id) })
}

// look returns a job's status, with its arguments in one form.
func (s *site) look(t Tester, id job.ID) job.Status {
	t.Helper()
	v, err := s.find(t, id)
	must(t, err)
	return v
}

func (s *site) find(t Tester, id job.ID) (v job.Status, err error) {
	t.Helper()
	err = s.Tx.View(t.Context(), func(ctx context.Context, tx selvedge.Tx) (err error) {
		v, err = s.Queue.Look(ctx, tx, id)
		return err
	})
	return v, err
}

func (s *site) list(t Tester, f job.Filter) (vs []job.Status) {
	t.Helper()
	must(t, s.Tx.View(t.Context(), func(ctx context.Context, tx selvedge.Tx) (err error) {
		vs, err = s.Queue.List(ctx, tx, f)
		return err
	}))
	return vs
}

// become waits until a job is in a state and returns its status.
func (s *site) become(t Tester, id job.ID, state job.State) (v job.Status) {
	t.Helper()
	until(t, func() string { return "job is " + string(v.State) + ", want " + string(state) }, func() bool {
		v = s.look(t, id)
		return v.State == state
	})
	return v
}

// later moves the clock and has the workers see it.
func (s *site) later(d time.Duration, ws ...*worker) {
	s.clock.Add(d)
	for _, w := range ws {
		w.Wake()
	}
}

func must(t Tester, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func same(t Tester, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func wantCode(t Tester, what string, err error, code selvedge.Code) {
	t.Helper()
	if selvedge.CodeOf(err) != code {
		t.Errorf("%s: error %v, want %s", what, err, code)
	}
}
