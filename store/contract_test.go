package store_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/pgtest"
	"github.com/selvedge/selvedge/store"
	"github.com/selvedge/selvedge/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func TestContractOnSQLite(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, clock selvedge.Clock) storetest.Backend {
		path := filepath.Join(t.TempDir(), "test.db")
		return backend(open(t, path, clock), raw(t, path))
	})
}

func TestContractOnPostgres(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, clock selvedge.Clock) storetest.Backend {
		url := pgtest.Schema(t)
		return backend(openPostgres(t, url, clock), rawPostgres(t, url))
	})
}

// backend returns what the contract is about, and readers beside it.
func backend(db *store.DB, beside *sql.DB) storetest.Backend {
	shelf := &storetest.Shelf{}
	db.Blobs = shelf
	return storetest.Backend{
		Tx: db, Prompts: store.Prompts{DB: db}, Contacts: store.Contacts{DB: db}, Orgs: store.Orgs{DB: db},
		Audiences: store.Audiences{DB: db}, Labels: store.Audiences{DB: db}, Publications: store.Publications{DB: db}, Alerts: store.Alerts{DB: db}, Changes: store.Changes{DB: db}, Outbox: store.Outbox{DB: db},
		Records: store.Outbox{DB: db}, Eraser: store.Outbox{DB: db}, Verdict: store.Outbox{DB: db}, Index: store.Index{DB: db}, Blobs: store.BlobRegister{DB: db}, Shelf: shelf,
		Uploads: store.Uploads{DB: db}, Drops: store.Drops{DB: db}, Keys: store.Keys{DB: db}, Rotation: store.Keys{DB: db}, Compaction: store.Compaction{DB: db},
		History: func(t *testing.T, id selvedge.AccountID) []storetest.Moment { return history(t, beside, id) },
	}
}

func openPostgres(t *testing.T, url string, clock selvedge.Clock) *store.DB {
	t.Helper()
	db, err := store.OpenPostgres(t.Context(), url, clock, selvedge.NewSeededEntropy("test"))
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

// rawPostgres opens the schema beside the store.
func rawPostgres(t *testing.T, url string) *sql.DB {
	t.Helper()
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	db := stdlib.OpenDB(*cfg)
	t.Cleanup(func() { db.Close() })
	return db
}

func history(t *testing.T, db *sql.DB, id selvedge.AccountID) (out []storetest.Moment) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), `
		SELECT since, country, age_class, state, seq FROM account_past WHERE account_id = $1
		UNION ALL SELECT since, country, age_class, state, 9223372036854775807 FROM account WHERE id = $1 ORDER BY 5`, id)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var m storetest.Moment
		var at, seq int64
		if err := rows.Scan(&at, &m.Country, &m.Age, &m.State, &seq); err != nil {
			t.Fatal(err)
		}
		m.At = time.UnixMicro(at).UTC()
		out = append(out, m)
	}
	return out
}
