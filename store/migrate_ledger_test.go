package store_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/fakeclock"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/ledger/ledgertest"
	"github.com/selvedge/selvedge/ledger/proof"
	"github.com/selvedge/selvedge/store"
)

// schema1 makes the database of testdata/schema1.sql: a small world with imports,
// withdrawals, lists and versions, as the first schema kept it.
func schema1(t *testing.T) (path string) {
	t.Helper()
	text, err := os.ReadFile("testdata/schema1.sql")
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "old.db")
	if _, err := raw(t, path).ExecContext(t.Context(), string(text)); err != nil {
		t.Fatal(err)
	}
	return path
}

// records returns the records of a space.
func records(t *testing.T, db *store.DB, space ledger.Space) (out []ledger.Record) {
	t.Helper()
	err := db.View(t.Context(), func(ctx context.Context, tx selvedge.Tx) (err error) {
		out, err = store.Outbox{DB: db}.Records(ctx, tx, space, 0, 10_000)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestOutboxIsCarriedOver opens a database of the first schema: each entry of
// the outbox is a ledger entry, in the order of its space, and can be proved.
func TestOutboxIsCarriedOver(t *testing.T) {
	t.Parallel()
	path := schema1(t)
	// As odd as the old schema let them be.
	_, err := raw(t, path).ExecContext(t.Context(), `INSERT INTO outbox (space, at, kind, role, actor, body) VALUES
		('ads', 1773480414000001, 'org.created', 'nobody', 'a' || char(10) || 'b', '"\u2028<&>"'),
		('registry', 0, 'staff.lookup', 'org', '', 'null')`)
	if err != nil {
		t.Fatal(err)
	}
	before := query(t, path, `SELECT space, at, kind, role, actor, body FROM outbox ORDER BY id`)
	db := open(t, path, fakeclock.New(start))
	if n := len(query(t, path, `SELECT name FROM sqlite_master WHERE name = 'outbox'`)); n != 0 {
		t.Error("the outbox is still there")
	}
	salts := map[string]bool{}
	for _, space := range []ledger.Space{ledger.Ads, ledger.Registry} {
		var want []ledger.Record
		for _, row := range before {
			if row[0] == string(space) {
				want = append(want, ledger.Record{
					Space: space, Seq: int64(len(want)) + 1, At: time.UnixMicro(row[1].(int64)).UTC(),
					Kind: ledger.Kind(row[2].(string)), Role: row[3].(string), Actor: row[4].(string), Body: []byte(row[5].(string)),
				})
			}
		}
		got := records(t, db, space)
		for i := range got {
			if !got[i].Holds() || got[i].IsErased() || got[i].Commitment == (proof.Commitment{}) || salts[string(got[i].Salt)] {
				t.Errorf("entry %d of %s: %+v", i+1, space, got[i])
			}
			salts[string(got[i].Salt)] = true
			got[i].Salt, got[i].Commitment = nil, proof.Commitment{}
		}
		if diff := cmp.Diff(want, got); diff != "" || len(got) < 10 {
			t.Errorf("%s (-want +got):\n%s", space, diff)
		}
		// What comes next goes on from there.
		err := db.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
			return store.Outbox{DB: db}.Append(ctx, tx, ledgertest.Entry(space, 1))
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := records(t, db, space); got[len(got)-1].Seq != int64(len(want))+1 {
			t.Errorf("the next entry of %s is %d", space, got[len(got)-1].Seq)
		}
	}
}

// TestOldSchemasKeepTheRest: no migration loses a row of anything else.
func TestOldSchemasKeepTheRest(t *testing.T) {
	t.Parallel()
	path := schema1(t)
	before := dump(t, path)
	open(t, path, fakeclock.New(start))
	after := dump(t, path)
	for _, table := range []string{
		"prompt", "contact_point", "ads_grant", "grant_end", "import", "chunk", "segment", "change_ads",
		"org", "access_key", "id_stream", "audience", "list", "audience_version",
	} {
		if was, is := len(before[table]), len(after[table]); was != is || was == 0 {
			t.Errorf("%s had %d rows and has %d", table, was, is)
		}
	}
}

// TestOutboxThatIsNot has a row that can be no entry: the schema stays as it
// was, whole.
func TestOutboxThatIsNot(t *testing.T) {
	t.Parallel()
	path := schema1(t)
	if _, err := raw(t, path).ExecContext(t.Context(), `UPDATE outbox SET body = '{' WHERE id = 20`); err != nil {
		t.Fatal(err)
	}
	before := dump(t, path)
	db, err := store.Open(t.Context(), path, fakeclock.New(start), selvedge.NewSeededEntropy("test"))
	if err == nil {
		db.Close()
		t.Fatal("opened")
	}
	if !strings.Contains(err.Error(), "is not JSON") {
		t.Errorf("error %v", err)
	}
	if diff := cmp.Diff(before, dump(t, path)); diff != "" {
		t.Errorf("the content changed:\n%s", diff)
	}
}

// TestErasedEntries: what an erasure leaves comes back as that.
func TestErasedEntries(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	fill(t, path, fakeclock.New(start))
	db := open(t, path, fakeclock.New(start))
	whole := records(t, db, ledger.Ads)[0]
	if _, err := raw(t, path).ExecContext(t.Context(), `UPDATE ledger_entry SET salt = NULL, body = NULL`); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(whole.Erased(), records(t, db, ledger.Ads)[0]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestLostEntries: a number that was given is not given again, whatever became
// of its row.
func TestLostEntries(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	fill(t, path, fakeclock.New(start))
	db := open(t, path, fakeclock.New(start))
	if _, err := raw(t, path).ExecContext(t.Context(), `DELETE FROM ledger_entry`); err != nil {
		t.Fatal(err)
	}
	err := db.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		if head, err := (store.Outbox{DB: db}).Head(ctx, tx, ledger.Ads); head != 1 || err != nil {
			t.Errorf("head %d, %v", head, err)
		}
		return store.Outbox{DB: db}.Append(ctx, tx, ledgertest.Entry(ledger.Ads, 1))
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := records(t, db, ledger.Ads); len(got) != 1 || got[0].Seq != 2 {
		t.Errorf("%+v", got)
	}
}

// TestEntered: whoever asked hears of each commit that appended entries, once
// for each of their spaces, and of nothing else.
func TestEntered(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "test.db"), fakeclock.New(start))
	var heard []string
	db.Entered = func(space ledger.Space) {
		// The commit is behind it.
		heard = append(heard, string(space)+" "+hex.EncodeToString([]byte{byte(len(records(t, db, space)))}))
	}
	outbox := store.Outbox{DB: db}
	for _, fn := range []func(ctx context.Context, tx selvedge.Tx) error{
		func(ctx context.Context, tx selvedge.Tx) error {
			return outbox.Append(ctx, tx, ledgertest.Entry(ledger.Ads, 1), ledgertest.Entry(ledger.Ads, 2))
		},
		func(context.Context, selvedge.Tx) error { return nil },
		func(ctx context.Context, tx selvedge.Tx) error {
			for range 2 {
				if err := outbox.Append(ctx, tx, ledgertest.Entry(ledger.Registry, 1), ledgertest.Entry(ledger.Ads, 2)); err != nil {
					return err
				}
			}
			return nil
		},
		func(ctx context.Context, tx selvedge.Tx) error { return outbox.Append(ctx, tx) },
	} {
		if err := db.Update(t.Context(), fn); err != nil {
			t.Fatal(err)
		}
	}
	undo := selvedge.Errorf(selvedge.CodeConflict, "no")
	err := db.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		if err := outbox.Append(ctx, tx, ledgertest.Entry(ledger.Ads, 1)); err != nil {
			return err
		}
		return undo
	})
	if err != undo {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"ads 02", "ads 04", "registry 02"}, heard); diff != "" {
		t.Errorf("heard (-want +got):\n%s", diff)
	}
}

// TestOutboxOnEachEngine has a few entries carried over wherever they were.
func TestOutboxOnEachEngine(t *testing.T) {
	t.Parallel()
	for engine, db := range fromSchema(t, 1, `INSERT INTO outbox (id, space, at, kind, role, actor, body) VALUES
		(1, 'registry', 1700000000000001, 'key.issued', 'operator', 'anna', '{}'),
		(2, 'ads', 1700000000000002, 'org.created', 'operator', 'ben', '{"org":"ö"}'),
		(4, 'registry', 1700000000000002, 'key.issued', 'system', '', '[]')`) {
		for space, want := range map[ledger.Space][]string{
			ledger.Ads:      {`1 1700000000000002 org.created operator ben {"org":"ö"}`},
			ledger.Registry: {`1 1700000000000001 key.issued operator anna {}`, `2 1700000000000002 key.issued system  []`},
		} {
			var got []string
			for _, r := range records(t, db, space) {
				if !r.Holds() {
					t.Errorf("%s: entry %d of %s does not hold", engine, r.Seq, space)
				}
				got = append(got, fmt.Sprint(r.Seq, " ", r.At.UnixMicro(), " ", r.Kind, " ", r.Role, " ", r.Actor, " ", string(r.Body)))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", engine, diff)
			}
		}
	}
}
