package jobs_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/fakeclock"
	"github.com/selvedge/selvedge/internal/pgtest"
	"github.com/selvedge/selvedge/job"
)

// workerURL is the environment of a test binary that is to be a worker process.
const workerURL = "SELVEDGE_TEST_WORKER_URL"

// The pace of worker processes: short, so that the test is.
const (
	workerBeat  = 100 * time.Millisecond
	workerLease = time.Second
)

// beWorker runs jobs until it is told to end. It says which attempts begin; the
// first at each job never ends by itself.
func beWorker(url string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	q, db, err := open(ctx, url, selvedge.WallClock{})
	if err != nil {
		return err
	}
	defer db.Close()
	q.SetPace(workerBeat, workerLease)
	return q.Run(ctx, job.Handlers{"test.a": func(ctx context.Context, a job.Attempt) error {
		fmt.Printf("%d %d\n", a.ID, a.Number)
		if a.Number == 1 {
			<-ctx.Done()
			return ctx.Err()
		}
		return nil
	}})
}

// process is a running worker process.
type process struct {
	cmd  *exec.Cmd
	said *bufio.Reader
}

func startWorker(t *testing.T, url string) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: exec.Command(self)}
	p.cmd.Env = append(os.Environ(), workerURL+"="+url)
	p.cmd.Stderr = os.Stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.said = bufio.NewReader(out)
	t.Cleanup(func() { p.end(syscall.SIGKILL) })
	return p
}

func (p *process) end(s syscall.Signal) {
	_ = p.cmd.Process.Signal(s)
	_ = p.cmd.Wait()
}

// begins waits until an attempt begins in the process, and checks which.
func (p *process) begins(t *testing.T, id job.ID, attempt int) {
	t.Helper()
	var gotID job.ID
	var got int
	if _, err := fmt.Fscanln(p.said, &gotID, &got); err != nil || gotID != id || got != attempt {
		t.Fatalf("attempt %d at job %d begins (%v), want attempt %d at job %d", got, gotID, err, attempt, id)
	}
}

// TestKilledWorker kills a worker process in the middle of a job, as the kernel
// or an operator does. Another one that was there all the while runs it again.
func TestKilledWorker(t *testing.T) {
	t.Parallel()
	url := pgtest.Schema(t)
	q, db := openRiver(t, url, selvedge.WallClock{})
	var id job.ID
	enqueue := func(key string) {
		err := db.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) (err error) {
			id, err = q.Enqueue(ctx, tx, job.Spec{Kind: "test.a", Key: key})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	victim := startWorker(t, url)
	enqueue("k")
	victim.begins(t, id, 1)
	first := id
	heir := startWorker(t, url)
	enqueue("another") // the heir is there, and busy
	heir.begins(t, id, 1)
	second := startWorker(t, url)
	killed := time.Now()
	victim.end(syscall.SIGKILL)
	second.begins(t, first, 2)
	t.Logf("begun again %s after the kill, with a lease of %s", time.Since(killed).Round(time.Millisecond), workerLease)

	// One that is told to end gives its job back at once, and uncounted.
	heir.end(syscall.SIGTERM)
	second.begins(t, id, 1)
	second.end(syscall.SIGTERM)
	err := db.View(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		for id, want := range map[job.ID]job.Status{first: {State: job.Done, Attempt: 2}, id: {State: job.Waiting}} {
			v, err := q.Look(ctx, tx, id)
			if err != nil {
				return err
			}
			if v.State != want.State || v.Attempt != want.Attempt {
				t.Errorf("job %d: %+v, want %+v", id, v, want)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestSoleProcess: what the one process of a name left running when it died, it
// takes up when it runs again, without a lease; what another left it does not.
func TestSoleProcess(t *testing.T) {
	t.Parallel()
	url, clock := pgtest.Schema(t), fakeclock.New(time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC))
	begun, over := make(chan job.Attempt, 9), make(chan struct{})
	next := func() (a job.Attempt) {
		t.Helper()
		select {
		case a = <-begun:
		case <-time.After(30 * time.Second):
			t.Fatal("no attempt begins")
		}
		return a
	}
	work := func(sole string, kind job.Kind) (die func()) {
		q, _ := openRiver(t, url, clock)
		q.SetPace(time.Hour, time.Hour)
		q.Sole = sole
		ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
		ended := make(chan error, 1)
		go func() {
			ended <- q.Run(ctx, job.Handlers{kind: func(_ context.Context, a job.Attempt) error {
				begun <- a
				<-over
				return nil
			}})
		}()
		t.Cleanup(func() {
			stop()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
		return stop
	}
	defer close(over) // before the cleanups, which wait for the handlers
	q, db := openRiver(t, url, clock)
	ids := map[job.Kind]job.ID{"test.a": 0, "test.b": 0}
	for kind := range ids {
		if err := db.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) (err error) {
			ids[kind], err = q.Enqueue(ctx, tx, job.Spec{Kind: kind})
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	for kind, sole := range map[job.Kind]string{"test.a": "server", "test.b": ""} {
		die := work(sole, kind)
		if a := next(); a.ID != ids[kind] || a.Number != 1 {
			t.Errorf("job %d, attempt %d begins", a.ID, a.Number)
		}
		die()
	}
	work("server", "test.a")
	if a := next(); a.ID != ids["test.a"] || a.Number != 2 {
		t.Errorf("job %d, attempt %d begins", a.ID, a.Number)
	}
	if err := db.View(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		v, err := q.Look(ctx, tx, ids["test.b"])
		if err == nil && (v.State != job.Running || v.Attempt != 1) {
			t.Errorf("another's job: %+v", v)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// TestCutOffJudgesNobody: a process that could not reach the database takes
// nobody for dead for a lease after it can again: the others may have been cut
// off as well, and have had no time to show that they live.
func TestCutOffJudgesNobody(t *testing.T) {
	t.Parallel()
	url, clock := pgtest.Schema(t), fakeclock.New(time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC))
	q, db := openRiver(t, url, clock)
	judge, _ := openRiver(t, url, clock)
	q.SetPace(time.Hour, 10*time.Second)
	var id job.ID
	if err := db.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) (err error) {
		id, err = q.Enqueue(ctx, tx, job.Spec{Kind: "test.a"})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	begun, answer := make(chan struct{}, 9), make(chan struct{})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- q.Run(ctx, job.Handlers{"test.a": func(context.Context, job.Attempt) error {
			begun <- struct{}{}
			<-answer
			return nil
		}})
	}()
	<-begun
	state := func() (v job.Status) {
		t.Helper()
		if err := db.View(t.Context(), func(ctx context.Context, tx selvedge.Tx) (err error) {
			v, err = q.Look(ctx, tx, id)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return v
	}
	judge.CutOff()
	clock.Add(11 * time.Second) // nobody could renew anything
	judge.Wake()
	clock.Add(9 * time.Second)
	judge.Wake()
	if v := state(); v.State != job.Running {
		t.Errorf("judged too soon: %+v", v)
	}
	clock.Add(time.Second)
	judge.Wake()
	if v := state(); v.State != job.Waiting || v.Attempt != 1 {
		t.Errorf("after a lease: %+v", v)
	}
	close(answer)
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
