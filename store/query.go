package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/selvedge/selvedge"
)

// exec runs a statement and returns how many rows it changed. A Tx that is not
// this store's is a fault in the program.
func exec(ctx context.Context, tx selvedge.Tx, text string, args ...any) (int64, error) {
	return tx.(session).exec(context.WithoutCancel(ctx), text, args)
}

// execOne runs a statement that must change exactly one row; otherwise it
// returns the error none.
func execOne(ctx context.Context, tx selvedge.Tx, none error, text string, args ...any) error {
	n, err := exec(ctx, tx, text, args...)
	if err == nil && n != 1 {
		err = none
	}
	return err
}

// scanner is a row being read.
type scanner interface{ Scan(dest ...any) error }

// one reads the single row of a query. Without a row it returns a CodeNotFound
// error, which is the same whatever was looked for.
func one[T any](ctx context.Context, tx selvedge.Tx, scan func(scanner) (T, error), text string, args ...any) (T, error) {
	var v T
	found := false
	err := each(ctx, tx, func(s scanner) (err error) {
		found = true
		v, err = scan(s)
		return err
	}, text, args...)
	if err == nil && !found {
		err = selvedge.Errorf(selvedge.CodeNotFound, "there is no such thing")
	}
	return v, err
}

// each calls fn with every row of a query. Nothing else can be asked of tx
// until it returns.
func each(ctx context.Context, tx selvedge.Tx, fn func(scanner) error, text string, args ...any) error {
	// A statement is not to be cancelled half way: it is short, and the
	// transaction looks at the context when it commits.
	rows, err := tx.(session).query(context.WithoutCancel(ctx), text, args)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// all reads every row of a query.
func all[T any](ctx context.Context, tx selvedge.Tx, scan func(scanner) (T, error), text string, args ...any) ([]T, error) {
	var out []T
	err := each(ctx, tx, func(s scanner) error {
		v, err := scan(s)
		out = append(out, v)
		return err
	}, text, args...)
	return out, err
}

// number reads one integer.
func number(s scanner) (n int64, err error) {
	err = s.Scan(&n)
	return n, err
}

// micros is a time as it is kept: microseconds since 1970, null for the zero
// time.
type micros struct{ *time.Time }

// Value implements driver.Valuer.
func (m micros) Value() (driver.Value, error) {
	if m.Time == nil || m.IsZero() {
		return nil, nil
	}
	return m.UnixMicro(), nil
}

// Scan implements sql.Scanner.
func (m micros) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*m.Time = time.Time{}
	case int64:
		*m.Time = time.UnixMicro(v).UTC()
	default:
		return fmt.Errorf("a time is kept as %T", v)
	}
	return nil
}

// next takes n numbers from a sequence whose numbers are never given twice, and
// returns the first of them.
func next(ctx context.Context, tx selvedge.Tx, name string, n int) (int64, error) {
	last, err := one(ctx, tx, number, `UPDATE counter SET given = given + ? WHERE name = ? RETURNING given`, n, name)
	return last - int64(n) + 1, err
}

// optional is a column of exactly as many bytes as the slice it points at, or of
// none, which leaves the slice as it is.
type optional []byte

// Scan implements sql.Scanner.
func (o optional) Scan(v any) error {
	if b, ok := v.([]byte); ok && len(b) == 0 {
		return nil
	}
	return fixed(o).Scan(v)
}

// fixed is a column of exactly as many bytes as the slice it points at.
type fixed []byte

// Scan implements sql.Scanner.
func (f fixed) Scan(v any) error {
	b, ok := v.([]byte)
	if !ok || len(b) != len(f) {
		return errors.New("a column of fixed length has another one")
	}
	copy(f, b)
	return nil
}
