package jobs_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/pgtest"
	"github.com/selvedge/selvedge/job/jobtest"
	"github.com/selvedge/selvedge/store"
	"github.com/selvedge/selvedge/store/jobs"
)

// TestMain also fails if the tests left a goroutine behind.
func TestMain(m *testing.M) {
	if url := os.Getenv(workerURL); url != "" {
		if err := beWorker(url); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	// Each history starts several processes; -rapid.checks asks for more.
	if err := flag.Set("rapid.checks", "12"); err != nil {
		panic(err)
	}
	code := pgtest.Main(m)
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

var quiet = slog.New(slog.DiscardHandler)

func TestContractOnSQLite(t *testing.T) {
	t.Parallel()
	jobtest.Run(t, func(t *testing.T, clock selvedge.Clock) jobtest.Installation {
		path := filepath.Join(t.TempDir(), "test.db")
		return jobtest.Installation{Open: func(t jobtest.Tester) jobtest.Process {
			entropy := selvedge.NewSeededEntropy("jobs")
			db, err := store.Open(t.Context(), path, clock, entropy)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := db.Close(); err != nil {
					t.Error(err)
				}
			})
			q := &jobs.Rows{DB: db, Clock: clock, Entropy: entropy, Log: quiet}
			return jobtest.Process{Tx: db, Queue: q, Wake: q.Wake}
		}}
	})
}

func TestContractOnPostgres(t *testing.T) {
	t.Parallel()
	jobtest.Run(t, func(t *testing.T, clock selvedge.Clock) jobtest.Installation {
		url := pgtest.Schema(t)
		const lease = 10 * time.Second
		return jobtest.Installation{Many: true, Grace: lease + time.Second, Open: func(t jobtest.Tester) jobtest.Process {
			q, db := openRiver(t, url, clock)
			q.SetPace(time.Hour, lease) // it beats when it is woken
			return jobtest.Process{Tx: db, Queue: q, Wake: q.Wake}
		}}
	})
}

func openRiver(t jobtest.Tester, url string, clock selvedge.Clock) (*jobs.River, *store.DB) {
	t.Helper()
	q, db, err := open(t.Context(), url, clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return q, db
}

func open(ctx context.Context, url string, clock selvedge.Clock) (*jobs.River, *store.DB, error) {
	entropy := selvedge.NewSeededEntropy("jobs")
	db, err := store.OpenPostgres(ctx, url, clock, entropy)
	if err != nil {
		return nil, nil, err
	}
	q, err := jobs.OpenRiver(ctx, db, clock, entropy, quiet)
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return q, db, nil
}
