package store

import (
	"context"
	"math"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
)

// RaiseAlert implements contact.AlertRepository.
func (Contacts) RaiseAlert(ctx context.Context, tx selvedge.Tx, a *contact.Alert) error {
	id, err := next(ctx, tx, "alert", 1)
	if err != nil {
		return err
	}
	a.ID = contact.AlertID(id)
	_, err = exec(ctx, tx, `INSERT INTO alert (id, kind, account_id, raised_at, since, matchable) VALUES (?, ?, ?, ?, ?, ?)`,
		a.ID, a.Kind, a.Account, micros{&a.RaisedAt}, micros{&a.Since}, a.Matchable)
	return err
}

// Alerts implements contact.AlertRepository.
func (Contacts) Alerts(ctx context.Context, tx selvedge.Tx, before contact.AlertID, max int) ([]contact.Alert, error) {
	if before == 0 {
		before = math.MaxInt64
	}
	return all(ctx, tx, func(s scanner) (a contact.Alert, err error) {
		err = s.Scan(&a.ID, &a.Kind, &a.Account, &a.PlatformID, micros{&a.RaisedAt}, micros{&a.Since}, &a.Matchable)
		return a, err
	}, `SELECT t.id, t.kind, COALESCE(t.account_id, 0), COALESCE(a.platform_id, ''), t.raised_at, t.since, t.matchable
		FROM alert t LEFT JOIN account a ON a.id = t.account_id WHERE t.id < ? ORDER BY t.id DESC LIMIT ?`, before, max)
}
