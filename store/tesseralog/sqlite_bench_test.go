package tesseralog_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/ledger/ledgertest"
	"github.com/selvedge/selvedge/ledger/proof"
	"github.com/selvedge/selvedge/store"
	"github.com/selvedge/selvedge/store/tesseralog"
)

func benchDB(b *testing.B) *store.DB {
	b.Helper()
	db, err := store.Open(context.Background(), filepath.Join(b.TempDir(), "selvedge.db"), selvedge.WallClock{}, selvedge.SystemEntropy{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	return db
}

func benchAppend(b *testing.B, db *store.DB, n int) {
	b.Helper()
	entries := slices.Repeat([]ledger.Entry{ledgertest.Entry(ledger.Ads, 1)}, n)
	err := db.Update(context.Background(), func(ctx context.Context, tx selvedge.Tx) error {
		return store.Outbox{DB: db}.Append(ctx, tx, entries...)
	})
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkActs commits transactions on SQLite: a smallest write alone, with one
// entry, with three, and a thousand entries at once.
func BenchmarkActs(b *testing.B) {
	for name, entries := range map[string]int{"without": 0, "one": 1, "three": 3, "thousand": 1000} {
		b.Run(name, func(b *testing.B) {
			db := benchDB(b)
			batch := slices.Repeat([]ledger.Entry{ledgertest.Entry(ledger.Ads, 1)}, entries)
			orgs := store.Orgs{DB: db}
			for b.Loop() {
				err := db.Update(context.Background(), func(ctx context.Context, tx selvedge.Tx) error {
					if _, err := orgs.NextID(ctx, tx, "org", "x"); err != nil {
						return err
					}
					return store.Outbox{DB: db}.Append(ctx, tx, batch...)
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "acts/s")
			b.ReportMetric(float64(b.N*entries)/b.Elapsed().Seconds(), "entries/s")
		})
	}
}

// BenchmarkSequencerOnSQLite moves full leaves from the database file to a log,
// both on disk.
func BenchmarkSequencerOnSQLite(b *testing.B) {
	db := benchDB(b)
	s := &ledger.Sequencer{Space: ledger.Ads, Tx: db, Records: store.Outbox{DB: db}, Log: open(b, b.TempDir()), Logger: slog.New(slog.DiscardHandler)}
	for b.Loop() {
		b.StopTimer()
		benchAppend(b, db, proof.MaxEntries)
		b.StartTimer()
		if n, err := s.Step(context.Background()); n != proof.MaxEntries || err != nil {
			b.Fatal(n, err)
		}
	}
	b.ReportMetric(float64(b.N)*proof.MaxEntries/b.Elapsed().Seconds(), "entries/s")
}

// BenchmarkWait has one act wait for each stage: its commit, its place in the
// log, a checkpoint over it, with a checkpoint every 200 ms as in the server.
func BenchmarkWait(b *testing.B) {
	db := benchDB(b)
	log, err := tesseralog.Open(context.Background(), b.TempDir(), newSigner(b, origin), tesseralog.Config{CheckpointInterval: 200 * time.Millisecond})
	if err != nil {
		b.Fatal(err)
	}
	defer log.Close()
	s := &ledger.Sequencer{Space: ledger.Ads, Tx: db, Records: store.Outbox{DB: db}, Log: log, Logger: slog.New(slog.DiscardHandler)}
	waits := map[string][]time.Duration{}
	for i := int64(0); b.Loop(); i++ {
		begin := time.Now()
		note := func(stage string) { waits[stage] = append(waits[stage], time.Since(begin)) }
		benchAppend(b, db, 1)
		note("committed")
		if err := s.Await(context.Background()); err != nil {
			b.Fatal(err)
		}
		note("sequenced")
		if _, err := log.AwaitPublished(context.Background(), i); err != nil {
			b.Fatal(err)
		}
		note("published")
	}
	for stage, d := range waits {
		slices.Sort(d)
		b.ReportMetric(float64(d[len(d)/2].Microseconds())/1000, "ms-p50-"+stage)
		b.ReportMetric(float64(d[len(d)*99/100].Microseconds())/1000, "ms-p99-"+stage)
	}
}
