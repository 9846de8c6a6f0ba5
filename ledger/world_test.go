package ledger_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/fakeclock"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/ledger/ledgertest"
	"github.com/selvedge/selvedge/ledger/proof"
)

var spaces = []ledger.Space{ledger.Ads, ledger.Registry}

func origin(space ledger.Space) string { return "selvedge.example/ledger/" + string(space) }

// world is a database and two logs, in memory.
type world struct {
	store  *ledgertest.Store
	clock  *fakeclock.Clock
	faults *ledgertest.Faults
	logs   map[ledger.Space]*ledgertest.Log
	keys   map[ledger.Space]string
	kept   map[ledger.Space][][]byte
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{
		clock:  fakeclock.New(time.Date(2019, 10, 8, 12, 0, 0, 0, time.UTC)),
		faults: &ledgertest.Faults{},
		logs:   map[ledger.Space]*ledgertest.Log{},
		keys:   map[ledger.Space]string{},
		kept:   map[ledger.Space][][]byte{},
	}
	w.store = ledgertest.NewStore(w.clock, selvedge.NewSeededEntropy("test"))
	w.store.Faults = w.faults
	for i, space := range spaces {
		signer, key := ledgertest.Key(t, origin(space), byte(i+1))
		w.logs[space], w.keys[space] = ledgertest.NewLog(signer), key
		w.logs[space].Faults = w.faults
	}
	return w
}

// append commits n entries, a second apart.
func (w *world) append(t testing.TB, space ledger.Space, n int) {
	t.Helper()
	err := w.store.Update(context.Background(), func(ctx context.Context, tx selvedge.Tx) error {
		for i := range n {
			w.clock.Add(time.Second)
			if err := w.store.Append(ctx, tx, ledgertest.Entry(space, i)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) erase(t testing.TB, refs ...ledger.Ref) {
	t.Helper()
	err := w.store.Update(context.Background(), func(ctx context.Context, tx selvedge.Tx) error {
		return w.store.Erase(ctx, tx, refs...)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) sequencer(space ledger.Space) *ledger.Sequencer {
	return &ledger.Sequencer{Space: space, Tx: w.store, Records: w.store, Log: w.logs[space], Logger: slog.New(slog.DiscardHandler)}
}

func (w *world) prover(space ledger.Space) *ledger.Prover {
	return &ledger.Prover{Space: space, Tx: w.store, Records: w.store, Log: w.logs[space]}
}

// drain enters everything that waits in both spaces.
func (w *world) drain(t testing.TB) {
	t.Helper()
	for _, space := range spaces {
		drain(t, w.sequencer(space))
	}
}

func drain(t testing.TB, s *ledger.Sequencer) {
	t.Helper()
	for {
		n, err := s.Step(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

func (w *world) verify(t testing.TB) ledger.Report {
	t.Helper()
	v := ledger.Verifier{Tx: w.store, Records: w.store}
	for _, space := range spaces {
		v.Sources = append(v.Sources, ledger.Source{
			Space: space, Log: w.logs[space], Keys: []string{w.keys[space]}, Kept: w.kept[space],
		})
	}
	report, err := v.Verify(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// wantFindings verifies and compares what is found, word for word.
func (w *world) wantFindings(t testing.TB, want ...string) ledger.Report {
	t.Helper()
	report := w.verify(t)
	var got []string
	for _, f := range report.Findings {
		got = append(got, f.String())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	return report
}

// leaves returns the leaves in a log.
func (w *world) leaves(t testing.TB, space ledger.Space) []proof.Leaf {
	t.Helper()
	size, err := w.logs[space].Size(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var out []proof.Leaf
	for i := range size {
		text, err := w.logs[space].Leaf(context.Background(), i)
		if err != nil {
			t.Fatal(err)
		}
		l, err := proof.ParseLeaf(text)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, l)
	}
	return out
}

// wantOnce checks that each of n entries is in exactly one leaf, in order.
func (w *world) wantOnce(t testing.TB, space ledger.Space, n int64) {
	t.Helper()
	next := int64(1)
	for i, l := range w.leaves(t, space) {
		if l.First != next || l.Space != string(space) || l.Count() > proof.MaxEntries {
			t.Errorf("leaf %d has entries %d to %d of %s, and %d is the next of %s", i, l.First, l.Last, l.Space, next, space)
		}
		next = l.Last + 1
	}
	if next != n+1 {
		t.Errorf("%d entries of %s in the log, want %d", next-1, space, n)
	}
}

func TestFakesKeepTheContracts(t *testing.T) {
	t.Parallel()
	t.Run("Log", func(t *testing.T) {
		t.Parallel()
		ledgertest.RunLog(t, func(t *testing.T) ledgertest.LogUnderTest {
			signer, key := ledgertest.Key(t, origin(ledger.Ads), 1)
			l := ledgertest.NewLog(signer)
			return ledgertest.LogUnderTest{Log: l, Key: key, Reopen: func(*testing.T) ledger.Log { return l }}
		})
	})
	t.Run("Repository", func(t *testing.T) {
		t.Parallel()
		ledgertest.RunRepository(t, func(_ *testing.T, now time.Time) ledgertest.Database {
			return ledgertest.NewStore(fakeclock.New(now), selvedge.NewSeededEntropy("test"))
		})
	})
}
