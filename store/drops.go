package store

import (
	"context"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/drop"
)

// Drops keeps which files of drops became lists, in SQL.
type Drops struct{ DB *DB }

var _ drop.Repository = Drops{}

// Taken implements drop.Repository.
func (Drops) Taken(ctx context.Context, tx selvedge.Tx, id selvedge.AudienceID, mark [16]byte) (*drop.Taken, error) {
	t := drop.Taken{Audience: id, Mark: mark}
	_, err := one(ctx, tx, func(s scanner) (bool, error) {
		return true, s.Scan(fixed(t.Name[:]), &t.List, micros{&t.Until})
	}, `SELECT name, list_id, until FROM drop_taken WHERE audience_id = ? AND mark = ?`, id, mark[:])
	if selvedge.CodeOf(err) == selvedge.CodeNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &t, nil
}

// Take implements drop.Repository.
func (Drops) Take(ctx context.Context, tx selvedge.Tx, t drop.Taken) error {
	return execOne(ctx, tx, drop.ErrBefore(),
		`INSERT INTO drop_taken (audience_id, mark, name, list_id, until) VALUES (?, ?, ?, ?, ?) ON CONFLICT (audience_id, mark) DO NOTHING`,
		t.Audience, t.Mark[:], t.Name[:], t.List, micros{&t.Until})
}

// Forget implements drop.Repository.
func (Drops) Forget(ctx context.Context, tx selvedge.Tx, now time.Time) error {
	_, err := exec(ctx, tx, `DELETE FROM drop_taken WHERE until <= ?`, micros{&now})
	return err
}
