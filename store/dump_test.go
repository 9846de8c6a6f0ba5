package store_test

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/internal/fakeclock"
	"github.com/selvedge/selvedge/internal/pgtest"
	"github.com/selvedge/selvedge/store"
)

// place is a database on one of the engines, by the way in which it is opened.
type place struct {
	name string
	at   func(version int64) (*store.DB, error)
	open func() *store.DB
	dump func() map[string][][]any // everything but goose's own
}

func places(t *testing.T) []place {
	clock := fakeclock.New(start)
	path, where := filepath.Join(t.TempDir(), "test.db"), pgtest.Schema(t)
	return []place{
		{
			"SQLite",
			func(v int64) (*store.DB, error) {
				return store.OpenAt(t.Context(), path, clock, selvedge.SystemEntropy{}, v)
			},
			func() *store.DB { return open(t, path, clock) },
			func() map[string][][]any { return dump(t, path) },
		},
		{
			"PostgreSQL",
			func(v int64) (*store.DB, error) {
				return store.OpenPostgresAt(t.Context(), where, clock, selvedge.SystemEntropy{}, v)
			},
			func() *store.DB { return openPostgres(t, where, clock) },
			nil,
		},
	}
}

// dumped returns the dump of a database.
func dumped(t *testing.T, db *store.DB) []byte {
	t.Helper()
	var b bytes.Buffer
	err := db.View(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		_, err := db.Dump(ctx, tx, &b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestDumpGoesAnywhere fills a database and takes it from engine to engine: in
// the end it is what it was.
func TestDumpGoesAnywhere(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "first.db")
	clock := fakeclock.New(start)
	fill(t, path, clock)
	db := open(t, path, clock)
	err := db.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		var as []*contact.Account
		for i := range 25_000 { // more than one transaction takes
			as = append(as, &contact.Account{PlatformID: fmt.Sprint("u", i), Age: contact.Adult, State: contact.Active})
		}
		return store.Contacts{DB: db}.PutAccounts(ctx, tx, as, start)
	})
	if err != nil {
		t.Fatal(err)
	}
	first := dumped(t, db)
	before := dump(t, path)
	for _, from := range places(t) {
		if _, err := store.Restore(t.Context(), bytes.NewReader(first), from.at); err != nil {
			t.Fatal(err)
		}
		second := dumped(t, from.open())
		for _, to := range places(t) {
			t.Run(from.name+" to "+to.name, func(t *testing.T) {
				if _, err := store.Restore(t.Context(), bytes.NewReader(second), to.at); err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(dumped(t, to.open()), first) {
					t.Error("the dump of what was restored is another")
				}
				if to.dump == nil {
					return
				}
				after := to.dump()
				delete(before, "goose_db_version")
				delete(after, "goose_db_version")
				if diff := cmp.Diff(before, after); diff != "" {
					t.Errorf("what was restored is another:\n%s", diff)
				}
			})
		}
	}
}

// TestDamagedDump changes each byte, and cuts it at each.
func TestDamagedDump(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "first.db")
	fill(t, path, fakeclock.New(start))
	whole := dumped(t, open(t, path, fakeclock.New(start)))
	dir := t.TempDir()
	n := 0
	restore := func(b []byte) error {
		n++
		_, err := store.Restore(t.Context(), bytes.NewReader(b), func(v int64) (*store.DB, error) {
			return store.OpenAt(t.Context(), filepath.Join(dir, fmt.Sprint(n, ".db")), fakeclock.New(start), selvedge.SystemEntropy{}, v)
		})
		return err
	}
	if err := restore(whole); err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(whole); i += 1 + len(whole)/40 {
		if err := restore(whole[:i]); selvedge.CodeOf(err) != selvedge.CodeInvalid {
			t.Errorf("cut after %d of %d bytes: error %v", i, len(whole), err)
		}
		changed := bytes.Clone(whole)
		changed[i] ^= 1
		if err := restore(changed); err == nil {
			t.Errorf("byte %d of %d changed: no error", i, len(whole))
		}
	}
	if err := restore(append(bytes.Clone(whole), 0)); selvedge.CodeOf(err) != selvedge.CodeInvalid {
		t.Errorf("something follows: error %v", err)
	}
}
