package jobs_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/pgtest"
	"github.com/selvedge/selvedge/job"
	"github.com/selvedge/selvedge/store"
	"github.com/selvedge/selvedge/store/jobs"
)

// BenchmarkJob enqueues a job that does nothing, in a transaction of its own,
// and waits until its handler is called: what a job costs, and how long an idle
// process takes to begin it.
func BenchmarkJob(b *testing.B) {
	for name, open := range map[string]func(b *testing.B) (job.Queue, *store.DB){
		"SQLite": func(b *testing.B) (job.Queue, *store.DB) {
			entropy := selvedge.NewSeededEntropy("jobs")
			db, err := store.Open(b.Context(), filepath.Join(b.TempDir(), "bench.db"), selvedge.WallClock{}, entropy)
			if err != nil {
				b.Fatal(err)
			}
			return &jobs.Rows{DB: db, Clock: selvedge.WallClock{}, Entropy: entropy, Log: quiet}, db
		},
		"PostgreSQL": func(b *testing.B) (job.Queue, *store.DB) {
			q, db, err := open(b.Context(), pgtest.Schema(b), selvedge.WallClock{})
			if err != nil {
				b.Fatal(err)
			}
			return q, db
		},
	} {
		b.Run(name, func(b *testing.B) {
			q, db := open(b)
			begun, ended := make(chan struct{}), make(chan error, 1)
			ctx, stop := context.WithCancel(b.Context())
			go func() {
				ended <- q.Run(ctx, job.Handlers{"test.a": func(context.Context, job.Attempt) error {
					begun <- struct{}{}
					return nil
				}})
			}()
			for b.Loop() {
				err := db.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
					_, err := q.Enqueue(ctx, tx, job.Spec{Kind: "test.a"})
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
				<-begun
			}
			stop()
			if err := <-ended; err != nil {
				b.Error(err)
			}
			if err := db.Close(); err != nil {
				b.Error(err)
			}
		})
	}
}
