package ledger_test

import (
	"context"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/ledger"
)

// verdict is a Verdict in memory.
type verdict struct{ contained bool }

func (v *verdict) SetContained(_ context.Context, _ selvedge.Tx, contained bool) error {
	v.contained = contained
	return nil
}

func (v *verdict) IsContained(context.Context, selvedge.Tx) (bool, error) { return v.contained, nil }

func watch(w *world, v *verdict, patience time.Duration) *ledger.Watch {
	return &ledger.Watch{Tx: w.store, Records: w.store, Verdict: v, Every: time.Millisecond, Patience: patience}
}

// TestWatchWaitsForTheOther: what was entered before the call must be in the
// log; that there is nothing to wait for is no reason to wait.
func TestWatchWaitsForTheOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	gate := watch(w, &verdict{}, time.Minute)
	if err := gate.Await(t.Context(), ledger.Ads); err != nil {
		t.Fatal(err)
	}
	w.append(t, ledger.Ads, 3)
	done := make(chan error, 1)
	go func() { done <- gate.Await(t.Context(), ledger.Ads) }()
	if err := gate.Await(t.Context(), ledger.Registry); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-done:
		t.Fatalf("it waited for nothing: %v", err)
	default:
	}
	if _, err := w.sequencer(ledger.Ads).Step(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestWatchGivesUp: when nobody enters anything, when its context ends, and when
// the process that has the logs is contained, whatever is in them.
func TestWatchGivesUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.append(t, ledger.Ads, 3)
	wantCode(t, "out of patience", watch(w, &verdict{}, time.Microsecond).Await(t.Context(), ledger.Ads), selvedge.CodeUnavailable)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := watch(w, &verdict{}, time.Minute).Await(ctx, ledger.Ads); err == nil {
		t.Error("it passes when its context has ended")
	}
	if _, err := w.sequencer(ledger.Ads).Step(t.Context()); err != nil {
		t.Fatal(err)
	}
	v := &verdict{}
	gate := watch(w, v, time.Minute)
	wantCode(t, "open", gate.Contained(), "")
	v.contained = true
	wantCode(t, "contained", gate.Contained(), selvedge.CodeContained)
	wantCode(t, "contained", gate.Await(t.Context(), ledger.Ads), selvedge.CodeContained)
}
