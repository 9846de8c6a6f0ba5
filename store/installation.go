package store

import (
	"context"

	"github.com/selvedge/selvedge"
)

// Installation returns the id of the installation that the database belongs to.
// It returns a CodeNotFound error if it was never claimed.
func (d *DB) Installation(ctx context.Context) (id string, err error) {
	err = d.View(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		id, err = one(ctx, tx, func(s scanner) (id string, err error) {
			err = s.Scan(&id)
			return id, err
		}, `SELECT id FROM installation`)
		return err
	})
	return id, err
}

// Claim makes the database that of an installation. It returns a CodeConflict
// error if it is one's already.
func (d *DB) Claim(ctx context.Context, id string) error {
	return d.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		return execOne(ctx, tx, selvedge.Errorf(selvedge.CodeConflict, "the database belongs to an installation").At("database"),
			`INSERT INTO installation (one, id) VALUES (1, ?) ON CONFLICT (one) DO NOTHING`, id)
	})
}
