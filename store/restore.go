package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/selvedge/selvedge"
)

// loadRows is how many rows of a dump one transaction takes.
const loadRows = 5_000

// Restore fills a new database from a dump and closes it. Open makes the
// database at the schema's version that the dump has (see OpenAt and
// OpenPostgresAt); the next ordinary opening brings it up to date. It returns
// how many rows there were. It returns a CodeConflict error if the database holds
// anything, and a CodeInvalid error if what it reads is no whole dump, was
// changed, or fits no such schema: the database is then to be thrown away.
func Restore(ctx context.Context, r io.Reader, open func(version int64) (*DB, error)) (rows int64, err error) {
	in, version, err := begin(r)
	if err != nil {
		return 0, err
	}
	d, err := open(version)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	var tables []table
	err = d.Update(ctx, func(ctx context.Context, tx selvedge.Tx) (err error) {
		if tables, err = d.tables(ctx, tx); err != nil {
			return err
		}
		return empty(ctx, tx, tables)
	})
	if err != nil {
		return 0, err
	}
	again, err := d.withoutIndexes(ctx, tables)
	if err != nil {
		return 0, err
	}
	for {
		t, ok, err := in.next()
		if err != nil {
			return rows, err
		}
		if !ok {
			return rows, again(ctx)
		}
		if err := fits(t, tables); err != nil {
			return rows, err
		}
		n, err := d.fill(ctx, t, in)
		rows += n
		if err != nil {
			return rows, err
		}
	}
}

// fits checks that a table of a dump is one of the schema. Its names go into
// statements, so they must be those that we know.
func fits(t table, known []table) error {
	i := slices.IndexFunc(known, func(k table) bool { return k.name == t.name })
	if i < 0 || len(t.columns) != len(known[i].columns) {
		return errDump("it has a table that the schema of its version has not")
	}
	for _, c := range t.columns {
		if !slices.Contains(known[i].columns, c) {
			return errDump("it has a column that the schema of its version has not")
		}
	}
	return nil
}

// fill puts the rows of a table into the one of its name. The next rows are read
// while those before are written.
func (d *DB) fill(ctx context.Context, t table, in *undumper) (rows int64, err error) {
	type batch struct {
		rows [][]any
		more bool
		err  error
	}
	batches := make(chan batch, 1)
	ctx, stop := context.WithCancel(ctx)
	go func() {
		defer close(batches)
		for read, more := int64(0), true; more; {
			var b batch
			b.rows, b.more, b.err = in.rows(t, read, loadRows)
			read, more = read+int64(len(b.rows)), b.more && b.err == nil
			select {
			case batches <- b:
			case <-ctx.Done():
				return
			}
		}
	}()
	defer func() { // the reader is this function's until it returns
		stop()
		for range batches {
		}
	}()
	for b := range batches {
		if b.err != nil {
			return rows, b.err
		}
		err := d.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
			return load(ctx, tx, t.name, t.columns, b.rows, anyCells)
		})
		if err != nil {
			return rows, fmt.Errorf("restore %s: %w", t.name, err)
		}
		rows += int64(len(b.rows))
	}
	return rows, ctx.Err()
}

// empty checks that nobody's data is in the tables, and takes out the rows that a
// new schema begins with: numbers of which none was given.
func empty(ctx context.Context, tx selvedge.Tx, tables []table) error {
	for _, t := range tables {
		if slices.Contains(t.columns, "given") {
			if _, err := exec(ctx, tx, `DELETE FROM `+t.name+` WHERE given = 0`); err != nil {
				return err
			}
		}
		n, err := one(ctx, tx, number, `SELECT COUNT(*) FROM `+t.name)
		if err != nil {
			return err
		}
		if n != 0 {
			return selvedge.Errorf(selvedge.CodeConflict, "is not empty: a backup is restored into a new one").At("database")
		}
	}
	return nil
}

// anyCells gives the cells of a row as a dump has them.
func anyCells(c cells, row []any) {
	for _, v := range row {
		switch v := v.(type) {
		case int64:
			c.number(v)
		case string:
			c.text(v)
		case []byte:
			c.bytes(v)
		default:
			c.null()
		}
	}
}
