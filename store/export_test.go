package store

import (
	"context"
	"database/sql"

	"github.com/pressly/goose/v3"

	"github.com/selvedge/selvedge"
)

// MigrateTo brings a schema to where a release left it whose last migration was
// the given one.
func MigrateTo(ctx context.Context, dialect goose.Dialect, db *sql.DB, last int64) error {
	p, err := provider(dialect, db, selvedge.NewSeededEntropy("test"))
	if err != nil {
		return err
	}
	_, err = p.UpTo(ctx, last)
	return err
}
