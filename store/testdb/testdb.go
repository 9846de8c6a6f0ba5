// Package testdb gives tests an SQLite database of their own.
//
// The promise: it is the same as one that store.Open makes at a new path, and
// costs a copy of a small file. The migrations run once per test process; with
// the race detector, to run them for each test took most of a suite's time.
package testdb

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/fakeclock"
	"github.com/selvedge/selvedge/store"
)

// Open opens a new database at path, dated by the clock and salted from entropy,
// and closes it when the test ends, if it is still open. An error fails the test.
func Open(t testing.TB, path string, clock selvedge.Clock, entropy selvedge.Entropy) *store.DB {
	t.Helper()
	schema, err := migrated()
	if err != nil {
		t.Fatalf("make the schema: %v", err)
	}
	if err := os.WriteFile(path, schema, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), path, clock, entropy)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close the database: %v", err)
		}
	})
	return db
}

// migrated returns the file of a database without a row.
var migrated = sync.OnceValues(func() (_ []byte, err error) {
	dir, err := os.MkdirTemp("", "testdb")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "new.db")
	clock := fakeclock.New(time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC))
	db, err := store.Open(context.Background(), path, clock, selvedge.NewSeededEntropy("testdb"))
	if err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})
