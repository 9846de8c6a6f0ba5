package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/change"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/internal/fakeclock"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/org"
	"github.com/selvedge/selvedge/store"
)

var start = time.Date(2026, 3, 14, 9, 26, 53, 589_793_000, time.UTC)

func open(t *testing.T, path string, clock selvedge.Clock) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), path, clock, selvedge.NewSeededEntropy("test"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// raw opens the file beside the store.
func raw(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// TestOpenAgain closes the file and opens it again: all is as it was, and the
// schema is left alone.
func TestOpenAgain(t *testing.T) {
	t.Parallel()
	path, clock := filepath.Join(t.TempDir(), "test.db"), fakeclock.New(start)
	fill(t, path, clock)
	before, schema := dump(t, path), query(t, path, `SELECT type, name, sql FROM sqlite_master ORDER BY name`)
	versions := query(t, path, `SELECT * FROM goose_db_version`)
	for range 2 {
		db := open(t, path, clock)
		err := db.View(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
			o, err := store.Orgs{DB: db}.Org(ctx, tx, "o")
			if err == nil && o.Name != "Harrow" {
				t.Errorf("the org is %+v", o)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(before, dump(t, path)); diff != "" {
		t.Errorf("the content changed:\n%s", diff)
	}
	if diff := cmp.Diff(schema, query(t, path, `SELECT type, name, sql FROM sqlite_master ORDER BY name`)); diff != "" {
		t.Errorf("the schema changed:\n%s", diff)
	}
	if diff := cmp.Diff(versions, query(t, path, `SELECT * FROM goose_db_version`)); diff != "" {
		t.Errorf("a migration ran twice:\n%s", diff)
	}
}

// fill writes something through a store that is closed again.
func fill(t *testing.T, path string, clock selvedge.Clock) {
	t.Helper()
	db, err := store.Open(t.Context(), path, clock, selvedge.NewSeededEntropy("test"))
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		o := org.Org{ID: "o", Name: "Harrow", LegalEntity: "Harrow Ltd", Kind: org.Advertiser, State: org.Active, CreatedAt: start}
		if err := (store.Orgs{DB: db}).InsertOrg(ctx, tx, o); err != nil {
			return err
		}
		if _, err := (store.Changes{DB: db}).Append(ctx, tx, change.Change{Kind: change.Org, Subject: "o"}); err != nil {
			return err
		}
		return store.Outbox{DB: db}.Append(ctx, tx, ledger.Entry{Space: ledger.Ads, Kind: ledger.OrgCreated, Actor: selvedge.Operator("anna")})
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// query returns every cell of a query's answer.
func query(t *testing.T, path, text string) (out [][]any) {
	t.Helper()
	rows, err := raw(t, path).QueryContext(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		row, to := make([]any, len(columns)), make([]any, len(columns))
		for i := range row {
			to[i] = &row[i]
		}
		if err := rows.Scan(to...); err != nil {
			t.Fatal(err)
		}
		out = append(out, row)
	}
	return out
}

// dump returns every row of every table.
func dump(t *testing.T, path string) map[string][][]any {
	t.Helper()
	out := map[string][][]any{}
	for _, row := range query(t, path, `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`) {
		name := row[0].(string)
		out[name] = query(t, path, `SELECT * FROM "`+name+`"`)
	}
	return out
}

// TestJournal asks the file itself: a store without a write-ahead log passes
// every other test, and its readers hold up its writer.
func TestJournal(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	open(t, path, fakeclock.New(start))
	if got := query(t, path, `PRAGMA journal_mode`); got[0][0] != "wal" {
		t.Errorf("journal mode %v, want wal", got)
	}
}

// TestPathIsTakenAsItIs opens files whose names mean something in a URI.
func TestPathIsTakenAsItIs(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a b.db", "a?mode=memory.db", "a#b.db", "a%20b.db", "ä.db"} {
		path := filepath.Join(t.TempDir(), name)
		fill(t, path, fakeclock.New(start))
		db := open(t, path, fakeclock.New(start))
		err := db.View(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
			_, err := store.Orgs{DB: db}.Org(ctx, tx, "o")
			return err
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestOpenRefuses has files that are no database of ours.
func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	noise := filepath.Join(dir, "noise.db")
	if err := os.WriteFile(noise, bytes.Repeat([]byte("no database "), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	for what, path := range map[string]string{"noise": noise, "no such folder": filepath.Join(dir, "none", "a.db"), "a folder": dir} {
		if db, err := store.Open(t.Context(), path, fakeclock.New(start), selvedge.NewSeededEntropy("test")); err == nil {
			t.Errorf("%s: opened", what)
			db.Close()
		}
	}
}

// TestSchemaRefuses writes past every rule in Go: the schema is the last guard.
func TestSchemaRefuses(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	fill(t, path, fakeclock.New(start))
	db := raw(t, path)
	const grant = `INSERT INTO ads_grant (ordinal, contact_id, account_id, person, purposes, live, expires_at, import_id) VALUES `
	const entry = `INSERT INTO ledger_entry (space, seq, at, kind, role, actor, body, salt, commitment) VALUES `
	const leaf = `INSERT INTO ledger_leaf (space, idx, first, last, root) VALUES `
	const list = `INSERT INTO list (id, org_id, audience_id, report, epoch, rule_set, accepted_at, expires_at, seq, state, spill_sum, members_sum, version, kind, draft, sealed_at, effective_at, sidecar_sum, sidecar_key) VALUES `
	const proposal = `INSERT INTO prompt_proposal (surface, legal_basis, ads_expiry_months, texts, proposed_at, ref, purposes, proposed_by, state, decided_at, decided_by, stated)
		SELECT 's', 'consent', 13, '[]', 1, * FROM (VALUES `
	for what, text := range map[string]string{
		"sec beside ads in one prompt":             `INSERT INTO prompt (id, version, registered_at, purposes, approved_by) VALUES ('a', 1, 1, 2 + 16777216, '["a","b"]')`,
		"a prompt widened from sec to ads":         `INSERT INTO prompt (id, version, registered_at, purposes, approved_by) VALUES ('b', 1, 1, 4, '["a","b"]'); UPDATE prompt SET purposes = purposes | 67108864 WHERE id = 'b'`,
		"an ads prompt of one person":              `INSERT INTO prompt (id, version, registered_at, purposes) VALUES ('d', 1, 1, 16777216)`,
		"a prompt widened to ads by one person":    `INSERT INTO prompt (id, version, registered_at, purposes) VALUES ('e', 1, 1, 256); UPDATE prompt SET purposes = 16777216 WHERE id = 'e'`,
		"a proposal with sec beside ads":           proposal + `(1, 2 + 16777216, 'a', 'pending', NULL, '', ''))`,
		"a proposal without ads":                   proposal + `(1, 256, 'a', 'pending', NULL, '', ''))`,
		"a proposal of nobody":                     proposal + `(1, 16777216, '', 'pending', NULL, '', ''))`,
		"a proposal of another state":              proposal + `(1, 16777216, 'a', 'approved', 1, 'b', 'ads'))`,
		"a pending proposal that is decided":       proposal + `(1, 16777216, 'a', 'pending', 1, 'b', 'ads'))`,
		"an approval by nobody":                    proposal + `(1, 16777216, 'a', 'in_effect', 1, '', 'ads'))`,
		"an approval by who proposed":              proposal + `(1, 16777216, 'a', 'in_effect', 1, 'a', 'ads'))`,
		"an approval at no time":                   proposal + `(1, 16777216, 'a', 'in_effect', NULL, 'b', 'ads'))`,
		"an approval that states security":         proposal + `(1, 16777216, 'a', 'in_effect', 1, 'b', 'security'))`,
		"an approval without a statement":          proposal + `(1, 16777216, 'a', 'in_effect', 1, 'b', ''))`,
		"a refusal that states ads":                proposal + `(1, 16777216, 'a', 'refused', 1, 'b', 'ads'))`,
		"a refusal by who proposed":                proposal + `(1, 16777216, 'a', 'refused', 1, 'a', 'security'))`,
		"two proposals of one name":                proposal + `(2, 16777216, 'a', 'pending', NULL, '', ''), (2, 16777216, 'a', 'pending', NULL, '', ''))`,
		"purposes of an unregistered prompt":       `INSERT INTO prompt (id, version, purposes) VALUES ('c', 1, 256)`,
		"a grant of nothing":                       grant + `(1, 1, 1, 1, 0, 0, 1, 1)`,
		"a grant for security":                     grant + `(1, 1, 1, 1, 2, 0, 1, 1)`,
		"a grant for mail":                         grant + `(1, 1, 1, 1, 65536 + 16777216, 0, 1, 1)`,
		"live beyond what was granted":             grant + `(1, 1, 1, 1, 16777216, 33554432, 1, 1)`,
		"two ordinals of one contact point":        grant + `(1, 1, 1, 1, 16777216, 0, 1, 1), (2, 1, 1, 1, 16777216, 0, 1, 1)`,
		"two open imports":                         `INSERT INTO import (digest, begun_at, first_ordinal) VALUES (x'01', 1, 1), (x'02', 1, 1)`,
		"a chunk of another family":                `INSERT INTO chunk (sum, size, family, class, epoch, rule_set, entries, import_id) VALUES (x'01', 1, 2, 1, 1, 1, 1, 1)`,
		"a key of another family":                  `INSERT INTO token_key (family, epoch, class, sealed, created_at) VALUES (2, 1, 1, x'01', 1)`,
		"two keys of one place":                    `INSERT INTO token_key (family, epoch, class, sealed, created_at) VALUES (1, 1, 1, x'01', 1), (1, 1, 1, x'02', 1)`,
		"a rotation that skips an epoch":           `INSERT INTO key_epoch (family, epoch, next_epoch) VALUES (1, 1, 3)`,
		"a rotation backwards":                     `INSERT INTO key_epoch (family, epoch, next_epoch) VALUES (1, 2, 1)`,
		"two chunks in one place":                  `INSERT INTO chunk (sum, size, family, class, epoch, rule_set, entries, import_id, replaces) VALUES (x'01', 1, 1, 1, 1, 1, 1, 1, x'03'), (x'02', 1, 1, 1, 1, 1, 1, 1, x'03')`,
		"one person of two accounts":               `INSERT INTO person (number, account_id) VALUES (7, 1), (7, 2)`,
		"two persons of one account":               `INSERT INTO person (number, account_id) VALUES (1, 7), (2, 7)`,
		"an age of no class":                       `INSERT INTO account (platform_id, country, age_class, state, since) VALUES ('a', '', '', 'active', 1)`,
		"a third space":                            entry + `('x', 9, 1, '', '', '', '', zeroblob(16), zeroblob(32))`,
		"an entry twice":                           entry + `('ads', 1, 1, '', '', '', '', zeroblob(16), zeroblob(32))`,
		"an entry of no number":                    entry + `('ads', 0, 1, '', '', '', '', zeroblob(16), zeroblob(32))`,
		"a commitment cut short":                   entry + `('ads', 9, 1, '', '', '', '', zeroblob(16), zeroblob(31))`,
		"a salt cut short":                         entry + `('ads', 9, 1, '', '', '', '', zeroblob(15), zeroblob(32))`,
		"a body left behind":                       entry + `('ads', 9, 1, '', '', '', '{}', NULL, zeroblob(32))`,
		"a salt left behind":                       entry + `('ads', 9, 1, '', '', '', NULL, zeroblob(16), zeroblob(32))`,
		"a leaf of a third space":                  leaf + `('x', 0, 1, 1, zeroblob(32))`,
		"a leaf of nothing":                        leaf + `('ads', 0, 2, 1, zeroblob(32))`,
		"a leaf of too much":                       leaf + `('ads', 0, 1, 4097, zeroblob(32))`,
		"two leaves from one entry on":             leaf + `('ads', 0, 1, 1, zeroblob(32)), ('ads', 1, 1, 1, zeroblob(32))`,
		"a leaf before the first":                  leaf + `('ads', -1, 1, 1, zeroblob(32))`,
		"a root cut short":                         leaf + `('ads', 0, 1, 1, zeroblob(31))`,
		"an end for no reason":                     `INSERT INTO grant_end VALUES (1, 1, 1, 'lost')`,
		"two ends of one grant":                    `INSERT INTO grant_end VALUES (1, 1, 1, 'expired'), (1, 1, 2, 'withdrawn')`,
		"a list that waits without its tokens":     list + `('l', 'o', 'a', '', 1, 1, 1, 1, 1, 'accepted', NULL, NULL, 0, 'add', 1, 1, 1, NULL, NULL)`,
		"a matched list that keeps its tokens":     list + `('l', 'o', 'a', '', 1, 1, 1, 1, 1, 'matched', x'01', x'01', 1, 'add', 1, 1, 1, NULL, NULL)`,
		"a matched list without members":           list + `('l', 'o', 'a', '', 1, 1, 1, 1, 1, 'matched', NULL, NULL, 1, 'add', 1, 1, 1, NULL, NULL)`,
		"an open list that was sealed":             list + `('l', 'o', 'a', '', 1, 1, 1, 1, 1, 'open', x'01', NULL, 0, 'add', 0, 1, 1, NULL, NULL)`,
		"an open list of a draft":                  list + `('l', 'o', 'a', '', 1, 1, 1, 1, 1, 'open', x'01', NULL, 0, 'add', 1, NULL, 1, NULL, NULL)`,
		"a sealed list of no draft":                list + `('l', 'o', 'a', '', 1, 1, 1, 1, 1, 'accepted', x'01', NULL, 0, 'add', 0, 1, 1, NULL, NULL)`,
		"a removal with a sidecar":                 list + `('l', 'o', 'a', '', 1, 1, 1, 1, 1, 'accepted', x'01', NULL, 0, 'remove', 1, 1, 1, x'01', x'01')`,
		"a sidecar without its key":                list + `('l', 'o', 'a', '', 1, 1, 1, 1, 1, 'accepted', x'01', NULL, 0, 'add', 1, 1, 1, x'01', NULL)`,
		"a key without its sidecar":                list + `('l', 'o', 'a', '', 1, 1, 1, 1, 1, 'accepted', x'01', NULL, 0, 'add', 1, 1, 1, NULL, x'01')`,
		"a list of no kind":                        list + `('l', 'o', 'a', '', 1, 1, 1, 1, 1, 'accepted', x'01', NULL, 0, '', 1, 1, 1, NULL, NULL)`,
		"a matched list that counts in no version": list + `('l', 'o', 'a', '', 1, 1, 1, 1, 1, 'matched', NULL, x'01', 0, 'add', 1, 1, 1, NULL, NULL)`,
	} {
		if _, err := db.ExecContext(t.Context(), text); err == nil {
			t.Errorf("%s: the schema takes it", what)
		}
	}
	for what, text := range map[string]string{
		"pending":   proposal + `(11, 16777216, 'a', 'pending', NULL, '', ''))`,
		"in effect": proposal + `(12, 16777216, 'a', 'in_effect', 1, 'b', 'ads'))`,
		"refused":   proposal + `(13, 16777216, 'a', 'refused', 1, 'b', 'security'))`,
	} {
		if _, err := db.ExecContext(t.Context(), text); err != nil {
			t.Errorf("%s: the schema refuses a good proposal, and so the bad ones above: %v", what, err)
		}
	}
}

// TestWriterIsTaken has one transaction hold the writer.
func TestWriterIsTaken(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "test.db"), fakeclock.New(start))
	inside, leave := make(chan struct{}), make(chan struct{})
	go func() {
		_ = db.Update(t.Context(), func(context.Context, selvedge.Tx) error {
			close(inside)
			<-leave
			return nil
		})
	}()
	<-inside
	// While the writer is taken, who gives up waiting is let go, and readers read.
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan error)
	go func() {
		gone <- db.Update(ctx, func(context.Context, selvedge.Tx) error { t.Error("it ran"); return nil })
	}()
	cancel()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the context's", err)
	}
	err := db.View(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		_, err := store.Contacts{DB: db}.Accounts(ctx, tx, []string{"u"})
		return err
	})
	if err != nil {
		t.Error(err)
	}
	close(leave)
	err = db.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		return store.Contacts{DB: db}.PutAccounts(ctx, tx, []*contact.Account{{PlatformID: "u", Age: contact.Adult, State: contact.Active}}, start)
	})
	if err != nil {
		t.Error(err)
	}
}

// TestCancelledAtTheBegin ends contexts while transactions begin. Each
// connection must be fit for the next transaction.
func TestCancelledAtTheBegin(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "test.db"), fakeclock.New(start))
	nothing := func(context.Context, selvedge.Tx) error { return nil }
	for i := range 3000 {
		ctx, cancel := context.WithCancel(t.Context())
		go cancel()
		begin := db.View
		if i%2 == 0 {
			begin = db.Update
		}
		if err := begin(ctx, nothing); err != nil && ctx.Err() == nil {
			t.Fatal(err)
		}
		cancel()
		if err := begin(t.Context(), nothing); err != nil {
			t.Fatalf("after %d: %v", i, err)
		}
	}
}
