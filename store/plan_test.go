package store_test

import (
	"context"
	"testing"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/fakeclock"
	"github.com/selvedge/selvedge/internal/pgtest"
	"github.com/selvedge/selvedge/store"
)

// TestPlansAreMadeForTheirArguments asks the same so often that PostgreSQL would
// make a plan for any arguments, and keep it while the table grows.
func TestPlansAreMadeForTheirArguments(t *testing.T) {
	t.Parallel()
	db := openPostgres(t, pgtest.Schema(t), fakeclock.New(start))
	err := db.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		for range 10 {
			if _, err := (store.Changes{DB: db}).Append(ctx, tx); err != nil {
				return err
			}
		}
		var custom, generic int64
		err := store.PostgresTx(tx).QueryRow(ctx, `SELECT COALESCE(SUM(custom_plans), 0), COALESCE(SUM(generic_plans), 0)
			FROM pg_prepared_statements WHERE parameter_types <> '{}'`).Scan(&custom, &generic)
		if custom < 10 || generic != 0 {
			t.Errorf("%d plans were made for their arguments and %d for any", custom, generic)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
