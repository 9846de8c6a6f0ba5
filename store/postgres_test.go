package store_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/change"
	"github.com/selvedge/selvedge/internal/fakeclock"
	"github.com/selvedge/selvedge/internal/pgtest"
	"github.com/selvedge/selvedge/store"
)

// draw draws the next number of a stream: the smallest thing that writes.
func draw(ctx context.Context, db *store.DB, tx selvedge.Tx) (uint64, error) {
	return store.Orgs{DB: db}.NextID(ctx, tx, "org", "x")
}

// drawn returns how many numbers were committed.
func drawn(t *testing.T, db *store.DB) (n uint64) {
	t.Helper()
	undo := errors.New("undo")
	err := db.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) (err error) {
		if n, err = draw(ctx, db, tx); err == nil {
			err = undo
		}
		return err
	})
	if err != undo {
		t.Fatal(err)
	}
	return n - 1
}

// TestProcessesTakeTurns has two processes write at once, each reading what it
// then writes, and a third follow the change log.
func TestProcessesTakeTurns(t *testing.T) {
	t.Parallel()
	const each = 100
	where := pgtest.Schema(t)
	var opening sync.WaitGroup
	var dbs [3]*store.DB
	var errs [3]error
	for i := range dbs {
		// All at once: each finds an empty schema or one that is up to date.
		opening.Go(func() {
			dbs[i], errs[i] = store.OpenPostgres(t.Context(), where, fakeclock.New(start), selvedge.NewSeededEntropy("test"))
		})
	}
	opening.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	for _, db := range dbs {
		defer db.Close()
	}
	var writing sync.WaitGroup
	var done atomic.Int32
	for _, db := range dbs[:2] {
		writing.Go(func() {
			defer done.Add(1)
			for range each {
				err := db.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
					head, err := store.Changes{DB: db}.Head(ctx, tx)
					if err != nil {
						return err
					}
					n, err := draw(ctx, db, tx)
					if err == nil && uint64(head) != n-1 {
						t.Errorf("at position %d number %d is drawn", head, n)
					}
					if err != nil {
						return err
					}
					_, err = store.Changes{DB: db}.Append(ctx, tx, change.Change{Kind: change.Org, Subject: "o"})
					return err
				})
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	var last selvedge.Position
	for more := true; more; {
		more = done.Load() < 2
		db := dbs[2]
		err := db.View(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
			return store.Changes{DB: db}.Since(ctx, tx, last, func(e change.Entry) error {
				if e.First != last+1 {
					t.Errorf("position %d comes after %d: a reader that is past it never sees what lies between", e.First, last)
				}
				last = e.Last
				return nil
			})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	writing.Wait()
	if last != 2*each {
		t.Errorf("the log ends at %d, want %d", last, 2*each)
	}
}

// relay passes connections on to a server and can cut them.
type relay struct {
	dir string
	// cut makes the relay pass nothing more to the client, and cut its
	// connections, once the server has answered.
	cut atomic.Bool
}

func newRelay(t *testing.T, server string) *relay {
	t.Helper()
	const socket = ".s.PGSQL.5432"
	dir, err := os.MkdirTemp("", "relay-") // short: a socket's path has a limit
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	r := &relay{dir: dir}
	l, err := net.Listen("unix", filepath.Join(dir, socket))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go r.pass(client, filepath.Join(server, socket))
		}
	}()
	return r
}

func (r *relay) pass(client net.Conn, server string) {
	defer client.Close()
	up, err := net.Dial("unix", server)
	if err != nil {
		return
	}
	defer up.Close()
	go func() { _, _ = io.Copy(up, client) }()
	buf := make([]byte, 1<<16)
	for {
		n, err := up.Read(buf)
		if err != nil || r.cut.Load() {
			r.cut.Store(false)
			return
		}
		if _, err := client.Write(buf[:n]); err != nil {
			return
		}
	}
}

// TestAnswerToCommitIsLost cuts the connection after the server has committed
// and before it could say so.
func TestAnswerToCommitIsLost(t *testing.T) {
	t.Parallel()
	where, err := url.Parse(pgtest.Schema(t))
	if err != nil {
		t.Fatal(err)
	}
	q := where.Query()
	r := newRelay(t, q.Get("host"))
	q.Set("host", r.dir)
	where.RawQuery = q.Encode()
	db := openPostgres(t, where.String(), fakeclock.New(start))
	err = db.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		_, err := draw(ctx, db, tx)
		r.cut.Store(true) // nothing but the commit is asked from here on
		return err
	})
	if err != nil {
		t.Errorf("error %v of a transaction that was committed", err)
	}
	if n := drawn(t, db); n != 1 {
		t.Errorf("%d committed, want 1", n)
	}
}

// TestServerEndsTransaction has the server close the connection before the
// commit, as it does with one that idles.
func TestServerEndsTransaction(t *testing.T) {
	t.Parallel()
	db := openPostgres(t, pgtest.Schema(t), fakeclock.New(start))
	err := db.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		if _, err := draw(ctx, db, tx); err != nil {
			return err
		}
		_, err := db.Postgres().Exec(ctx, `SELECT pg_terminate_backend($1)`, store.PostgresTx(tx).Conn().PgConn().PID())
		return err
	})
	if err == nil {
		t.Error("no error, though nothing was committed")
	}
	if n := drawn(t, db); n != 0 {
		t.Errorf("%d committed, want none", n)
	}
}

func TestPostgresURLIsNotShown(t *testing.T) {
	t.Parallel()
	_, err := store.OpenPostgres(t.Context(), "postgres://user:canary-password@:no-port/canary", fakeclock.New(start), selvedge.NewSeededEntropy("test"))
	if selvedge.CodeOf(err) != selvedge.CodeInvalid {
		t.Fatalf("error %v, want invalid", err)
	}
	if strings.Contains(err.Error(), "canary") {
		t.Error("the error shows the URL")
	}
	dead := t.TempDir()
	_, err = store.OpenPostgres(t.Context(), "postgres://user:canary-password@/canary-database?host="+dead, fakeclock.New(start), selvedge.NewSeededEntropy("test"))
	if err == nil || strings.Contains(err.Error(), "canary-password") {
		t.Errorf("error %v", err)
	}
}
