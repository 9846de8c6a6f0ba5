package store

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/ledger"
)

// ledgerFile is migration 2, which goose leaves to carryOutbox.
const ledgerFile = "00002_ledger.sql"

// carryOutbox is migration 2: it runs the file, and makes ledger entries of what
// is in the outbox of schema 1, in its order.
func carryOutbox(dialect goose.Dialect, files fs.FS, entropy selvedge.Entropy) *goose.Migration {
	text := func(s string) string { return s }
	if dialect == goose.DialectPostgres {
		text = numbered
	}
	return goose.NewGoMigration(2, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
		tables, err := fs.ReadFile(files, ledgerFile)
		if err != nil {
			return fmt.Errorf("read migration: %w", err)
		}
		if _, err := tx.ExecContext(ctx, string(tables)); err != nil {
			return fmt.Errorf("make ledger tables: %w", err)
		}
		records, err := readOutbox(ctx, tx)
		if err != nil {
			return fmt.Errorf("read outbox: %w", err)
		}
		given := map[ledger.Space]int64{}
		for _, r := range records {
			given[r.Space]++
			r.Seq = given[r.Space]
			if err := r.Seal(entropy); err != nil {
				return err
			}
			row := recordRow(r)
			if _, err := tx.ExecContext(ctx, text(insertRecords+places(len(row), 1)), row...); err != nil {
				return fmt.Errorf("carry entry over: %w", err)
			}
		}
		for space, n := range given {
			if _, err := tx.ExecContext(ctx, text(`UPDATE ledger_head SET given = ? WHERE space = ?`), n, string(space)); err != nil {
				return fmt.Errorf("count entries: %w", err)
			}
		}
		_, err = tx.ExecContext(ctx, `DROP TABLE outbox`)
		return err
	}}, nil)
}

// readOutbox returns the rows of schema 1's outbox, without salts.
func readOutbox(ctx context.Context, tx *sql.Tx) (out []ledger.Record, err error) {
	found, err := tx.QueryContext(ctx, `SELECT space, at, kind, role, actor, body FROM outbox ORDER BY id`)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	for found.Next() {
		var r ledger.Record
		var at int64
		if err := found.Scan(&r.Space, &at, &r.Kind, &r.Role, &r.Actor, &r.Body); err != nil {
			return nil, err
		}
		r.At = time.UnixMicro(at).UTC()
		out = append(out, r)
	}
	return out, found.Err()
}
