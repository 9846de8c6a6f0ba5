package store_test

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/internal/fakeclock"
	"github.com/selvedge/selvedge/store"
	"github.com/selvedge/selvedge/store/storetest"
)

// TestEveryBlobColumnIsKnown holds the list of columns that name blobs against
// the schema, where they are called sum or end in _sum, and against the contract
// suite, which tries each of them. A column that is not on the list has its
// blobs collected.
func TestEveryBlobColumnIsKnown(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	open(t, path, fakeclock.New(start))
	var schema []string
	for _, row := range query(t, path, `SELECT t.name || '.' || c.name FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table'`) {
		name := row[0].(string)
		_, column, _ := strings.Cut(name, ".")
		if (column == "sum" || strings.HasSuffix(column, "_sum")) && name != "blob_condemned.sum" {
			schema = append(schema, name)
		}
	}
	known, tried := store.BlobColumns(), storetest.Namings()
	for _, names := range [][]string{schema, known, tried} {
		slices.Sort(names)
	}
	if diff := cmp.Diff(schema, known); diff != "" {
		t.Errorf("store/blobs.go lists other columns than the schema has (-schema +listed):\n%s", diff)
	}
	if diff := cmp.Diff(known, tried); diff != "" {
		t.Errorf("storetest tries other columns than are listed (-listed +tried):\n%s", diff)
	}
	for _, name := range known {
		table, column, _ := strings.Cut(name, ".")
		if name == "segment.sum" {
			continue // a row for each form class
		}
		plan := query(t, path, `EXPLAIN QUERY PLAN SELECT DISTINCT `+column+` FROM `+table+` WHERE `+column+` IN (x'01', x'02')`)
		if detail := plan[0][3].(string); !strings.HasPrefix(detail, "SEARCH") {
			t.Errorf("%s has no index, and the collector asks for each blob: %s", name, detail)
		}
	}
}

// TestNamingWithoutBlobs: a store that was not given its blobs names none.
func TestNamingWithoutBlobs(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "test.db"), fakeclock.New(start))
	err := db.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		return store.Index{DB: db}.PutSegment(ctx, tx, identifier.ClassEmail, blob.Ref{Kind: blob.KindSegment}, [32]byte{})
	})
	if selvedge.CodeOf(err) != selvedge.CodeInternal {
		t.Errorf("error %v, want internal", err)
	}
}
