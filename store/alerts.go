package store

import (
	"context"
	"math"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/alert"
)

// Alerts is the alert.Repository.
type Alerts struct{ DB *DB }

var _ alert.Repository = Alerts{}

// InsertAlert implements alert.Repository.
func (Alerts) InsertAlert(ctx context.Context, tx selvedge.Tx, a *alert.Alert) error {
	id, err := next(ctx, tx, "alert", 1)
	if err != nil {
		return err
	}
	a.ID = alert.ID(id)
	var account any
	if a.Account != 0 {
		account = a.Account
	}
	_, err = exec(ctx, tx, `INSERT INTO alert (id, kind, account_id, raised_at, since, matchable, org_id, audience_id, list_id, row_count)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		a.ID, a.Kind, account, micros{&a.RaisedAt}, micros{&a.Since}, a.Matchable, a.Org, a.Audience, a.List, a.Rows)
	return err
}

// Alerts implements alert.Repository.
func (Alerts) Alerts(ctx context.Context, tx selvedge.Tx, before alert.ID, max int) ([]alert.Alert, error) {
	if before == 0 {
		before = math.MaxInt64
	}
	return all(ctx, tx, func(s scanner) (a alert.Alert, err error) {
		err = s.Scan(&a.ID, &a.Kind, &a.Account, &a.PlatformID, micros{&a.RaisedAt}, micros{&a.Since}, &a.Matchable, &a.Org, &a.Audience, &a.List, &a.Rows)
		return a, err
	}, `SELECT t.id, t.kind, COALESCE(t.account_id, 0), COALESCE(a.platform_id, ''), t.raised_at, t.since, t.matchable,
		t.org_id, t.audience_id, t.list_id, t.row_count
		FROM alert t LEFT JOIN account a ON a.id = t.account_id WHERE t.id < ? ORDER BY t.id DESC LIMIT ?`, before, max)
}
