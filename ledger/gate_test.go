package ledger_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/ledger"
)

func both(w *world) *ledger.Both {
	return &ledger.Both{Ads: w.sequencer(ledger.Ads), Registry: w.sequencer(ledger.Registry)}
}

// wantCode checks the code of an error.
func wantCode(t *testing.T, what string, err error, code selvedge.Code) {
	t.Helper()
	if selvedge.CodeOf(err) != code {
		t.Errorf("%s: error %v, want %q", what, err, code)
	}
}

// TestZeroGateIsShut: what was never opened lets nothing pass.
func TestZeroGateIsShut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for what, b := range map[string]*ledger.Both{
		"none": {}, "ads alone": {Ads: w.sequencer(ledger.Ads)}, "the registry alone": {Registry: w.sequencer(ledger.Registry)},
	} {
		wantCode(t, what, b.Contained(), selvedge.CodeUnavailable)
		for _, space := range spaces {
			wantCode(t, what, b.Await(t.Context(), space), selvedge.CodeUnavailable)
		}
	}
}

// TestGateAwaitsItsSpace: who waits for one space has nothing done in the other.
func TestGateAwaitsItsSpace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.append(t, ledger.Ads, 3)
	w.append(t, ledger.Registry, 2)
	b := both(w)
	for _, want := range [][2]int64{{3, 0}, {3, 2}} {
		space := ledger.Ads
		if want[1] > 0 {
			space = ledger.Registry
		}
		if err := b.Await(t.Context(), space); err != nil {
			t.Fatal(err)
		}
		w.wantOnce(t, ledger.Ads, want[0])
		w.wantOnce(t, ledger.Registry, want[1])
	}
	wantCode(t, "nothing is wrong", b.Contained(), "")
}

// TestOneContainsBoth: a contradiction in either space shuts the gate for both,
// for good, and the cause is in the error.
func TestOneContainsBoth(t *testing.T) {
	t.Parallel()
	for _, bad := range spaces {
		t.Run(string(bad), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.append(t, bad, 3)
			w.drain(t)
			w.append(t, ledger.Ads, 1)
			w.append(t, ledger.Registry, 1)
			var kept []ledger.Record
			w.store.Tamper(bad, func(r []ledger.Record, l []ledger.RecordedLeaf) ([]ledger.Record, []ledger.RecordedLeaf) {
				kept = r
				return r[:3:3], l[:0]
			})
			w.store.Tamper(bad, func(r []ledger.Record, l []ledger.RecordedLeaf) ([]ledger.Record, []ledger.RecordedLeaf) {
				return r[:1], l
			})
			b := both(w)
			wantCode(t, "it waits for what contradicts", b.Await(t.Context(), bad), selvedge.CodeContained)
			for _, space := range spaces {
				err := b.Await(t.Context(), space)
				wantCode(t, "afterwards", err, selvedge.CodeContained)
				if !errors.Is(err, ledger.ErrLogAhead) {
					t.Errorf("the cause is %v", err)
				}
			}
			// What was put right under its feet is not noticed: a person looks.
			w.store.Tamper(bad, func(_ []ledger.Record, l []ledger.RecordedLeaf) ([]ledger.Record, []ledger.RecordedLeaf) {
				return kept, l
			})
			wantCode(t, "put right", b.Await(t.Context(), ledger.Ads), selvedge.CodeContained)
			wantCode(t, "a new one", both(w).Await(t.Context(), bad), "")
		})
	}
}

// TestAwaitTogether has many wait at once: all that they wait for is in the log,
// in fewer leaves than there are of them or as many.
func TestAwaitTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := both(w)
	const n = 40
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			w.append(t, ledger.Ads, 1)
			if err := b.Await(t.Context(), ledger.Ads); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	w.wantOnce(t, ledger.Ads, n)
	if leaves := len(w.leaves(t, ledger.Ads)); leaves > n {
		t.Errorf("%d leaves of %d entries", leaves, n)
	}
	w.wantFindings(t)
}

// TestRunSaysIt: a contradiction that comes up while both run is said once,
// and the other space goes on being entered.
func TestRunSaysIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.append(t, ledger.Ads, 2)
	w.drain(t)
	w.append(t, ledger.Ads, 2)
	w.store.Lose(ledger.Ads, 2)
	var said bytes.Buffer
	ctx, cancel := context.WithCancel(t.Context())
	b, wake, done := both(w), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		b.Run(ctx, slog.New(slog.NewTextHandler(&said, nil)), nil, wake)
	}()
	w.append(t, ledger.Registry, 1)
	wake <- struct{}{} // it has looked by the next
	wake <- struct{}{}
	w.wantOnce(t, ledger.Registry, 1)
	for b.Contained() == nil {
		if _, err := b.Ads.Step(t.Context()); err == nil {
			t.Fatal("entries are gone, and nothing is wrong")
		}
	}
	cancel()
	<-done
	if n := strings.Count(said.String(), "entry 3 is not in the database, and 4 were given"); n != 1 {
		t.Errorf("said %d times: %s", n, said.String())
	}
}

// TestContain: the first reason stands, and Step and Reconcile give it.
func TestContain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.sequencer(ledger.Ads)
	s.Log = nil // none could be opened
	first := errors.New("first")
	s.Contain(first)
	s.Contain(errors.New("second"))
	w.append(t, ledger.Ads, 1)
	_, step := s.Step(t.Context())
	for what, err := range map[string]error{
		"Step": step, "Reconcile": s.Reconcile(t.Context()), "Await": s.Await(t.Context()), "Run": s.Run(t.Context(), nil), "Contained": s.Contained(),
	} {
		if err != first {
			t.Errorf("%s returned %v", what, err)
		}
	}
}
