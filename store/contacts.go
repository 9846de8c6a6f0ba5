package store

import (
	"context"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
)

// Contacts keeps accounts, contact points, grants and imports in SQL.
type Contacts struct{ DB *DB }

var _ contact.Repository = Contacts{}

// Accounts implements contact.Repository.
func (Contacts) Accounts(ctx context.Context, tx selvedge.Tx, platformIDs []string) (map[string]contact.Account, error) {
	out := make(map[string]contact.Account, len(platformIDs))
	err := among(ctx, tx, func(s scanner) error {
		var a contact.Account
		err := s.Scan(&a.ID, &a.PlatformID, &a.Country, &a.Age, micros{&a.ActiveOn}, &a.State, micros{&a.AgeAt}, micros{&a.StateAt}, &a.Person)
		out[a.PlatformID] = a
		return err
	}, `SELECT a.id, a.platform_id, a.country, a.age_class, a.active_on, a.state, COALESCE(a.age_at, a.since), COALESCE(a.state_at, a.since), COALESCE(p.number, 0)
		FROM account a LEFT JOIN person p ON p.account_id = a.id WHERE a.platform_id`, platformIDs)
	return out, err
}

// Holders implements contact.Repository. An import asks it for every row, so it
// reads into plain integers, which takes half as long.
func (Contacts) Holders(ctx context.Context, tx selvedge.Tx, platformIDs []string) (map[string]contact.Holder, error) {
	out := make(map[string]contact.Holder, len(platformIDs))
	var platformID string
	var id, person int64
	err := among(ctx, tx, func(s scanner) error {
		err := s.Scan(&id, &platformID, &person)
		out[platformID] = contact.Holder{Account: selvedge.AccountID(id), Person: selvedge.Person(person)}
		return err
	}, `SELECT a.id, a.platform_id, COALESCE(p.number, 0) FROM account a LEFT JOIN person p ON p.account_id = a.id WHERE a.platform_id`, platformIDs)
	return out, err
}

// PutAccounts implements contact.Repository.
func (Contacts) PutAccounts(ctx context.Context, tx selvedge.Tx, as []*contact.Account, at time.Time) error {
	var fresh []*contact.Account
	for _, a := range as {
		if a.AgeAt.IsZero() {
			a.AgeAt = at
		}
		if a.StateAt.IsZero() {
			a.StateAt = at
		}
		if a.ID == 0 {
			fresh = append(fresh, a)
			continue
		}
		if err := putKnown(ctx, tx, a, at); err != nil {
			return err
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	first, err := next(ctx, tx, "account", len(fresh))
	if err != nil {
		return err
	}
	for i, a := range fresh {
		a.ID = selvedge.AccountID(first + int64(i))
	}
	return load(ctx, tx, "account", []string{"id", "platform_id", "country", "age_class", "active_on", "state", "since", "age_at", "state_at"}, fresh,
		func(c cells, a *contact.Account) {
			c.number(int64(a.ID))
			c.text(a.PlatformID)
			c.text(a.Country)
			c.text(string(a.Age))
			c.time(a.ActiveOn)
			c.text(string(a.State))
			c.time(at)
			c.time(a.AgeAt)
			c.time(a.StateAt)
		})
}

// putKnown gives an account that is there new facts. When it was last active has
// no history: it changes daily, and no judgement rests on what it was.
func putKnown(ctx context.Context, tx selvedge.Tx, a *contact.Account, at time.Time) error {
	const other = `id = ? AND (country <> ? OR age_class <> ? OR state <> ?)`
	if err := keepPast(ctx, tx, other, a.ID, a.Country, a.Age, a.State); err != nil {
		return err
	}
	_, err := exec(ctx, tx, `UPDATE account SET since = ? WHERE `+other, micros{&at}, a.ID, a.Country, a.Age, a.State)
	if err != nil {
		return err
	}
	_, err = exec(ctx, tx, `UPDATE account SET country = ?, age_class = ?, active_on = ?, state = ?, age_at = ?, state_at = ? WHERE id = ?`,
		a.Country, a.Age, micros{&a.ActiveOn}, a.State, micros{&a.AgeAt}, micros{&a.StateAt}, a.ID)
	return err
}

// keepPast adds to the past what the account of a condition is now.
func keepPast(ctx context.Context, tx selvedge.Tx, which string, args ...any) error {
	_, err := exec(ctx, tx, `INSERT INTO account_past (seq, account_id, since, country, age_class, state)
		SELECT (SELECT COALESCE(MAX(seq), 0) + 1 FROM account_past), id, since, country, age_class, state FROM account WHERE `+which, args...)
	return err
}
