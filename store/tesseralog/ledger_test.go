package tesseralog_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/fakeclock"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/ledger/ledgertest"
	"github.com/selvedge/selvedge/ledger/proof"
	"github.com/selvedge/selvedge/store/tesseralog"
)

// newStore returns a database in memory with n entries of ads.
func newStore(t testing.TB, n int) *ledgertest.Store {
	t.Helper()
	s := ledgertest.NewStore(fakeclock.New(time.Date(2019, 10, 8, 12, 0, 0, 0, time.UTC)), selvedge.NewSeededEntropy("test"))
	commit(t, s, n)
	return s
}

func commit(t testing.TB, s *ledgertest.Store, n int) {
	t.Helper()
	err := s.Update(context.Background(), func(ctx context.Context, tx selvedge.Tx) error {
		for i := range n {
			if err := s.Append(ctx, tx, ledgertest.Entry(ledger.Ads, i)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func sequencer(s *ledgertest.Store, l ledger.Log) *ledger.Sequencer {
	return &ledger.Sequencer{Space: ledger.Ads, Tx: s, Records: s, Log: l, Logger: slog.New(slog.DiscardHandler)}
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

func verify(t testing.TB, s *ledgertest.Store, dir string) ledger.Report {
	t.Helper()
	v := ledger.Verifier{Tx: s, Records: s, Sources: []ledger.Source{{
		Space: ledger.Ads, Log: tesseralog.NewView(dir), Keys: []string{newSigner(t, origin).VerifierKey()},
	}}}
	report, err := v.Verify(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// TestLedger takes entries from the outbox to a proof, over a crash and a
// reopening, and then damages a tile.
func TestLedger(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := newStore(t, proof.MaxEntries+3)
	l := open(t, dir)
	drain(t, sequencer(store, l))
	// A leaf that was added and not recorded, as after a crash.
	store.Tamper(ledger.Ads, func(r []ledger.Record, l []ledger.RecordedLeaf) ([]ledger.Record, []ledger.RecordedLeaf) {
		return r, l[:1]
	})
	commit(t, store, 2)
	shut(t, l)
	l = open(t, dir)
	drain(t, sequencer(store, l))
	if size, err := l.Size(t.Context()); size != 3 || err != nil {
		t.Fatalf("%d leaves, %v", size, err)
	}
	key := newSigner(t, origin).VerifierKey()
	p := ledger.Prover{Space: ledger.Ads, Tx: store, Records: store, Log: l}
	for _, seq := range []int64{1, proof.MaxEntries, proof.MaxEntries + 1, proof.MaxEntries + 5} {
		b, err := p.Prove(t.Context(), seq)
		if err != nil {
			t.Fatal(err)
		}
		if err := proof.Verify(b, key); err != nil || b.Event.Seq != seq {
			t.Errorf("entry %d: %v", seq, err)
		}
	}
	if report := verify(t, store, dir); len(report.Findings) > 0 || report.Spaces[0].Entries != proof.MaxEntries+5 {
		t.Errorf("%+v", report)
	}
	write(t, filepath.Join(dir, "tile", "0", "000.p", "3"), string(make([]byte, 96)))
	report := verify(t, store, dir)
	if len(report.Findings) != 1 || report.Findings[0].Fault != ledger.LeafUnprovable {
		t.Errorf("a bad tile: %v", report.Findings)
	}
}

// BenchmarkSequencer moves full leaves from a database in memory to a log on
// disk.
func BenchmarkSequencer(b *testing.B) {
	store := newStore(b, 0)
	s := sequencer(store, open(b, b.TempDir()))
	for b.Loop() {
		b.StopTimer()
		commit(b, store, proof.MaxEntries)
		b.StartTimer()
		if n, err := s.Step(context.Background()); n != proof.MaxEntries || err != nil {
			b.Fatal(n, err)
		}
	}
	b.ReportMetric(float64(b.N)*proof.MaxEntries/b.Elapsed().Seconds(), "entries/s")
}

// BenchmarkOneEntry takes one entry at a time to the log, and to a checkpoint.
func BenchmarkOneEntry(b *testing.B) {
	store := newStore(b, 0)
	l := open(b, b.TempDir())
	s := sequencer(store, l)
	var sequenced, published []time.Duration
	for b.Loop() {
		commit(b, store, 1)
		begin := time.Now()
		if _, err := s.Step(context.Background()); err != nil {
			b.Fatal(err)
		}
		sequenced = append(sequenced, time.Since(begin))
		if _, err := l.AwaitPublished(context.Background(), int64(len(sequenced))-1); err != nil {
			b.Fatal(err)
		}
		published = append(published, time.Since(begin))
	}
	for name, d := range map[string][]time.Duration{"sequenced": sequenced, "published": published} {
		slices.Sort(d)
		b.ReportMetric(float64(d[len(d)/2].Microseconds())/1000, "ms-p50-"+name)
		b.ReportMetric(float64(d[len(d)*99/100].Microseconds())/1000, "ms-p99-"+name)
	}
}

// BenchmarkVerify verifies a ledger of a hundred full leaves.
func BenchmarkVerify(b *testing.B) {
	const leaves = 100
	store := newStore(b, leaves*proof.MaxEntries)
	dir := b.TempDir()
	drain(b, sequencer(store, open(b, dir)))
	for b.Loop() {
		if report := verify(b, store, dir); len(report.Findings) > 0 {
			b.Fatal(report.Findings)
		}
	}
	b.ReportMetric(float64(b.N)*leaves*proof.MaxEntries/b.Elapsed().Seconds(), "entries/s")
}

// BenchmarkRecord makes records, as the outbox does at each act.
func BenchmarkRecord(b *testing.B) {
	e := ledgertest.Entry(ledger.Ads, 1)
	e.Body = json.RawMessage(`{"list":"lst_1","audience":"aud_1","rows":100000,"digest":"0123456789abcdef0123456789abcdef"}`)
	for b.Loop() {
		if _, err := ledger.NewRecord(e, 1, time.Unix(0, 0), selvedge.SystemEntropy{}); err != nil {
			b.Fatal(err)
		}
	}
}
