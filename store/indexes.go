package store

import (
	"context"
	"fmt"

	"github.com/selvedge/selvedge"
)

// indexing is an index, or a constraint that is kept by one: how to take it away, and
// how to make it.
type indexing struct{ drop, make string }

// withoutIndexes takes away every index of the tables that can be made again, and
// returns what makes them. To fill a table without them and to make them over all
// of its rows takes a fraction of what an entry for each single row does.
func (d *DB) withoutIndexes(ctx context.Context, tables []table) (again func(context.Context) error, err error) {
	var taken []indexing
	err = d.Update(ctx, func(ctx context.Context, tx selvedge.Tx) (err error) {
		taken, err = all(ctx, tx, func(s scanner) (i indexing, err error) {
			var of string
			if err = s.Scan(&of, &i.drop, &i.make); !isOne(of, tables) {
				return indexing{}, err
			}
			return i, err
		}, d.indexes())
		for _, i := range taken {
			if err == nil && i.drop != "" {
				_, err = exec(ctx, tx, i.drop)
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("take indexes away: %w", err)
	}
	return func(ctx context.Context) error {
		for _, i := range taken {
			if i.make == "" {
				continue
			}
			err := d.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
				_, err := exec(ctx, tx, i.make)
				return err
			})
			if err != nil {
				return fmt.Errorf("make indexes: %w", err)
			}
		}
		return nil
	}, nil
}

// isOne says whether a name is that of one of the tables.
func isOne(name string, tables []table) bool {
	for _, t := range tables {
		if t.name == name {
			return true
		}
	}
	return false
}
