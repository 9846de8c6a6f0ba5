package rotation_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/pgtest"
	"github.com/selvedge/selvedge/job"
	"github.com/selvedge/selvedge/ledger/ledgertest"
	"github.com/selvedge/selvedge/rotation"
	"github.com/selvedge/selvedge/server/servertest"
)

// asked has a rotation asked for, and returns an attempt at its job.
func (p *platform) asked(t *testing.T) job.Attempt {
	t.Helper()
	id, err := p.Rotation.Ask(t.Context(), anna)
	must(t, err)
	v, err := p.Job(t.Context(), anna, id)
	must(t, err)
	if v.Kind != rotation.Kind || v.State != job.Waiting {
		t.Fatalf("the job is %+v", v)
	}
	a := servertest.Attempt(string(v.Args))
	a.ID, a.Kind, a.Key = v.ID, v.Kind, v.Key
	return a
}

// TestAsk: a running server takes every token to new keys because an operator
// asked, who is in the ledger from that moment on. Whoever asks meanwhile is told
// of the same job.
func TestAsk(t *testing.T) {
	t.Parallel()
	for name, database := range map[string]func(testing.TB) string{"SQLite": func(testing.TB) string { return "" }, "PostgreSQL": pgtest.Schema} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlatformOn(t, database(t))
			p.bring(t, 5)
			p.ask(t, "account-1", "nobody")
			first, again := p.asked(t), p.asked(t)
			if first.ID != again.ID || first.Key != "2" {
				t.Errorf("jobs %d and %d, of epoch %s", first.ID, again.ID, first.Key)
			}
			if got := p.epoch(t); got != 1 {
				t.Errorf("epoch %d before the job ran", got)
			}
			servertest.Drain(t, p.Server, p.clock)
			p.drained()
			p.check(t)
			if got := p.epoch(t); got != 2 {
				t.Errorf("epoch %d", got)
			}
			v, err := p.Job(t.Context(), anna, first.ID)
			must(t, err)
			if want := (job.Progress{Done: 5 * forms, Total: 5 * forms}); v.State != job.Done || v.Progress != want {
				t.Errorf("the job is %+v", v)
			}
			if next := p.asked(t); next.ID == first.ID || next.Key != "3" {
				t.Errorf("the next rotation is job %d, to epoch %s", next.ID, next.Key)
			}
		})
	}
}

// TestAskInTheLedger: an operator asks, and the system does it.
func TestAskInTheLedger(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.bring(t, 2)
	must(t, p.Rotation.Handle(t.Context(), p.asked(t)))
	want := []string{"operator keys.rotating", "system keys.rotated", "system keys.destroyed"}
	got := p.column(t, `SELECT role || ' ' || kind FROM ledger_entry WHERE space = 'ads' AND kind LIKE 'keys.%' ORDER BY seq`)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the ledger (-want +got):\n%s", diff)
	}
	p.settled(t, 2)
}

// TestAskRefused: nobody but an operator asks, and nobody while the server is
// contained; nothing has begun then. A job that was asked for before waits.
func TestAskRefused(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.bring(t, 2)
	for _, a := range []selvedge.Actor{{}, selvedge.Platform("x"), selvedge.OrgActor("org_x", "x"), selvedge.System("x")} {
		if _, err := p.Rotation.Ask(t.Context(), a); selvedge.CodeOf(err) != selvedge.CodeForbidden {
			t.Errorf("%s: error %v", a.Role(), err)
		}
	}
	open, gate := p.Rotation.Ledger, &ledgertest.Gate{}
	gate.Contain(selvedge.Errorf(selvedge.CodeContained, "until a person has looked"))
	p.Rotation.Ledger = gate
	if _, err := p.Rotation.Ask(t.Context(), anna); selvedge.CodeOf(err) != selvedge.CodeContained {
		t.Errorf("contained: error %v", err)
	}
	if got := p.column(t, `SELECT 'next ' || next_epoch FROM key_epoch`); !slices.Equal(got, []string{"next 0"}) {
		t.Errorf("begun: %v", got)
	}
	p.Rotation.Ledger = open
	a := p.asked(t)
	p.Rotation.Ledger = gate
	if err := p.Rotation.Handle(t.Context(), a); selvedge.CodeOf(err) != selvedge.CodeContained {
		t.Errorf("the job, contained: error %v", err)
	}
	if got := p.column(t, `SELECT 'staged' FROM chunk WHERE replaces IS NOT NULL`); len(got) > 0 {
		t.Errorf("%d chunks were staged", len(got))
	}
	p.Rotation.Ledger = open
	must(t, p.Rotation.Handle(t.Context(), a))
	p.settled(t, 2)
}

// TestContainedInTheMiddle: a rotation stops where it is when the server is
// contained, and goes on when it no longer is.
func TestContainedInTheMiddle(t *testing.T) {
	t.Parallel()
	p := begun(t)
	a := p.asked(t)
	open, gate := p.Rotation.Ledger, &ledgertest.Gate{}
	p.Rotation.Ledger = gate
	tx := p.Rotation.Tx
	p.Rotation.Tx = &faulty{Transactor: tx, before: func(n int) error {
		if n == 1 {
			gate.Contain(selvedge.Errorf(selvedge.CodeContained, "until a person has looked"))
		}
		return nil
	}}
	if err := p.Rotation.Handle(t.Context(), a); selvedge.CodeOf(err) != selvedge.CodeContained {
		t.Fatalf("error %v", err)
	}
	if got := p.epoch(t); got != 1 {
		t.Errorf("epoch %d", got)
	}
	if got := p.column(t, `SELECT 'staged' FROM chunk WHERE replaces IS NOT NULL`); len(got) != 1 {
		t.Errorf("%d chunks were staged", len(got))
	}
	p.Rotation.Tx, p.Rotation.Ledger = tx, open
	must(t, p.Rotation.Handle(t.Context(), a))
	p.settled(t, 2)
}

// TestJobCutOffAnywhere kills the job's process at each transaction, before and
// after its commit. The same job, run again, ends at the epoch that was asked
// for: it is not rotated twice.
func TestJobCutOffAnywhere(t *testing.T) {
	t.Parallel()
	for n := 1; n <= 6; n++ { // a chunk each, change over, destroy
		for _, persists := range []bool{false, true} {
			t.Run(fmt.Sprint("transaction ", n, ", persists: ", persists), func(t *testing.T) {
				t.Parallel()
				p := begun(t)
				a := p.asked(t)
				at := func(i int) error {
					if i == n {
						return errFault
					}
					return nil
				}
				f := &faulty{Transactor: p.Rotation.Tx}
				if f.before = at; persists {
					f.before, f.after = nil, at
				}
				p.Rotation.Tx = f
				if err := p.Rotation.Handle(t.Context(), a); !errors.Is(err, errFault) {
					t.Fatalf("error %v, want the fault's", err)
				}
				p.crash(t)
				p.bring(t, 2)
				p.ask(t, "account-2", "account-8")
				for range 2 {
					must(t, p.Rotation.Handle(t.Context(), a))
				}
				p.drain(t)
				p.check(t)
				p.settled(t, 2)
			})
		}
	}
}

// TestSuperseded: an attempt that was given up for dead commits nothing any more,
// wherever it was.
func TestSuperseded(t *testing.T) {
	t.Parallel()
	for n := 1; n <= 5; n++ { // four chunks, and the change
		t.Run(fmt.Sprint("at transaction ", n), func(t *testing.T) {
			t.Parallel()
			p := begun(t)
			a := p.asked(t)
			left := n
			a.Fence = func(context.Context, selvedge.Tx) error {
				if left--; left <= 0 {
					return job.ErrSuperseded
				}
				return nil
			}
			if err := p.Rotation.Handle(t.Context(), a); !errors.Is(err, job.ErrSuperseded) {
				t.Fatalf("error %v", err)
			}
			got, err := p.Rotation.Progress(t.Context(), anna)
			must(t, err)
			if got.Current != 1 || got.ChunksDone != int64(n-1) {
				t.Errorf("%+v", got)
			}
		})
	}
}

// TestJobOfNothing: a job that no keys were made for is hopeless.
func TestJobOfNothing(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	for _, args := range []string{`{"to_epoch":7}`, `[]`} {
		err := p.Rotation.Handle(t.Context(), servertest.Attempt(args))
		o := job.Decide(job.End{Number: 1, Err: err}, start, selvedge.NewSeededEntropy("x"))
		if o.State != job.Failed {
			t.Errorf("%s: %v", args, err)
		}
	}
	if got := p.epoch(t); got != 1 {
		t.Errorf("epoch %d", got)
	}
}
