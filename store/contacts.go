package store

import (
	"context"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/purpose"
)

// Contacts keeps accounts, contact points, grants and imports in SQL.
type Contacts struct{ DB *DB }

var _ contact.Repository = Contacts{}

// Accounts implements contact.Repository.
func (Contacts) Accounts(ctx context.Context, tx selvedge.Tx, platformIDs []string) (map[string]contact.Account, error) {
	out := make(map[string]contact.Account, len(platformIDs))
	for _, id := range platformIDs {
		a, err := one(ctx, tx, func(s scanner) (a contact.Account, err error) {
			err = s.Scan(&a.ID, &a.PlatformID, &a.Country, &a.Age, micros{&a.ActiveOn}, &a.State, micros{&a.ObjectedAt}, &a.Person)
			return a, err
		}, `SELECT id, platform_id, country, age_class, active_on, state, objected_at, COALESCE(person, 0) FROM account WHERE platform_id = ?`, id)
		switch {
		case selvedge.CodeOf(err) == selvedge.CodeNotFound:
		case err != nil:
			return nil, err
		default:
			out[id] = a
		}
	}
	return out, nil
}

// PutAccounts implements contact.Repository.
func (Contacts) PutAccounts(ctx context.Context, tx selvedge.Tx, as []*contact.Account, at time.Time) error {
	for _, a := range as {
		var err error
		if a.ID == 0 {
			var id int64
			id, err = one(ctx, tx, number, `INSERT INTO account (platform_id, country, age_class, active_on, state) VALUES (?, ?, ?, ?, ?) RETURNING id`,
				a.PlatformID, a.Country, a.Age, micros{&a.ActiveOn}, a.State)
			a.ID = selvedge.AccountID(id)
		} else {
			_, err = exec(ctx, tx, `UPDATE account SET country = ?, age_class = ?, active_on = ?, state = ? WHERE id = ?`,
				a.Country, a.Age, micros{&a.ActiveOn}, a.State, a.ID)
		}
		if err == nil {
			err = keepHistory(ctx, tx, a.ID, at)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// SetObjection implements contact.Repository.
func (Contacts) SetObjection(ctx context.Context, tx selvedge.Tx, id selvedge.AccountID, at time.Time) error {
	if _, err := exec(ctx, tx, `UPDATE account SET objected_at = ? WHERE id = ?`, micros{&at}, id); err != nil {
		return err
	}
	return keepHistory(ctx, tx, id, at)
}

// keepHistory adds what an account is now to its history.
func keepHistory(ctx context.Context, tx selvedge.Tx, id selvedge.AccountID, at time.Time) error {
	_, err := exec(ctx, tx, `INSERT INTO account_history (account_id, at, country, age_class, state, objected_at)
		SELECT id, ?, country, age_class, state, objected_at FROM account WHERE id = ?`, micros{&at}, id)
	return err
}

const pointColumns = `id, account_id, kind, handle, prompt, given_at, verified_at, verified_by, purposes, mask, import_id`

func scanPoint(s scanner) (p contact.Point, err error) {
	err = s.Scan(&p.ID, &p.Account, &p.Kind, fixed(p.Handle[:]), &p.Prompt, micros{&p.GivenAt}, micros{&p.VerifiedAt}, &p.VerifiedBy, &p.Purposes, &p.Mask, &p.Import)
	return p, err
}

// InsertPoint implements contact.Repository.
func (Contacts) InsertPoint(ctx context.Context, tx selvedge.Tx, p *contact.Point) (bool, error) {
	id, err := one(ctx, tx, number, `
		INSERT INTO contact_point (account_id, kind, handle, prompt, given_at, verified_at, verified_by, purposes, mask, import_id)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (account_id, handle, prompt, given_at) DO NOTHING RETURNING id`,
		p.Account, p.Kind, p.Handle[:], p.Prompt, micros{&p.GivenAt}, micros{&p.VerifiedAt}, p.VerifiedBy, p.Purposes, p.Mask, p.Import)
	if err == nil {
		p.ID = selvedge.ContactID(id)
		return true, nil
	}
	if selvedge.CodeOf(err) != selvedge.CodeNotFound {
		return false, err
	}
	kept, err := one(ctx, tx, scanPoint, `SELECT `+pointColumns+` FROM contact_point
		WHERE account_id = ? AND handle = ? AND prompt = ? AND given_at = ?`, p.Account, p.Handle[:], p.Prompt, micros{&p.GivenAt})
	*p = kept
	return false, err
}

// SetVerified implements contact.Repository.
func (Contacts) SetVerified(ctx context.Context, tx selvedge.Tx, id selvedge.ContactID, at time.Time, by string) error {
	return execOne(ctx, tx, selvedge.Errorf(selvedge.CodeConflict, "the contact point is verified"),
		`UPDATE contact_point SET verified_at = ?, verified_by = ? WHERE id = ? AND verified_at IS NULL`, micros{&at}, by, id)
}

// Points implements contact.Repository.
func (Contacts) Points(ctx context.Context, tx selvedge.Tx, id selvedge.AccountID) ([]contact.Point, error) {
	return all(ctx, tx, scanPoint, `SELECT `+pointColumns+` FROM contact_point WHERE account_id = ? ORDER BY given_at, id`, id)
}

// InsertAdsGrant implements contact.Repository.
func (Contacts) InsertAdsGrant(ctx context.Context, tx selvedge.Tx, g *contact.AdsGrant) error {
	if g.Person == 0 {
		if err := givePerson(ctx, tx, g); err != nil {
			return err
		}
	}
	ordinal, err := one(ctx, tx, number, `
		INSERT INTO ads_grant (ordinal, contact_id, account_id, person, purposes, live, expires_at, import_id)
		VALUES ((SELECT COALESCE(MAX(ordinal), 0) + 1 FROM ads_grant), ?, ?, ?, ?, ?, ?, ?) RETURNING ordinal`,
		g.Contact, g.Account, g.Person, g.Purposes, g.Live, micros{&g.ExpiresAt}, g.Import)
	g.Ordinal = selvedge.Ordinal(ordinal)
	return err
}

// givePerson gives an account its person number, from a sequence of its own:
// accounts without an ordinal must leave no trace in it.
func givePerson(ctx context.Context, tx selvedge.Tx, g *contact.AdsGrant) error {
	n, err := one(ctx, tx, number, `UPDATE counter SET given = given + 1 WHERE name = 'person' RETURNING given`)
	if err != nil {
		return err
	}
	g.Person = selvedge.Person(n)
	return execOne(ctx, tx, selvedge.Errorf(selvedge.CodeInternal, "the account has a person number"),
		`UPDATE account SET person = ? WHERE id = ? AND person IS NULL`, g.Person, g.Account)
}

// AdsGrants implements contact.Repository.
func (Contacts) AdsGrants(ctx context.Context, tx selvedge.Tx, id selvedge.AccountID) ([]contact.AdsGrant, error) {
	return all(ctx, tx, func(s scanner) (g contact.AdsGrant, err error) {
		err = s.Scan(&g.Ordinal, &g.Contact, &g.Account, &g.Person, &g.Purposes, &g.Live, micros{&g.ExpiresAt}, &g.Import)
		return g, err
	}, `SELECT ordinal, contact_id, account_id, person, purposes, live, expires_at, import_id FROM ads_grant WHERE account_id = ? ORDER BY ordinal`, id)
}

// Ends implements contact.Repository.
func (Contacts) Ends(ctx context.Context, tx selvedge.Tx, id selvedge.AccountID) ([]contact.End, error) {
	return all(ctx, tx, func(s scanner) (e contact.End, err error) {
		err = s.Scan(&e.Contact, &e.Purpose, micros{&e.At}, &e.Reason)
		return e, err
	}, `SELECT e.contact_id, e.purpose, e.at, e.reason FROM contact_point p JOIN grant_end e ON e.contact_id = p.id
		WHERE p.account_id = ? ORDER BY e.contact_id, e.purpose`, id)
}

// EndGrants implements contact.Repository.
func (Contacts) EndGrants(ctx context.Context, tx selvedge.Tx, ends []contact.End) error {
	for _, e := range ends {
		_, err := exec(ctx, tx, `INSERT INTO grant_end (contact_id, purpose, at, reason) VALUES (?, ?, ?, ?) ON CONFLICT (contact_id, purpose) DO NOTHING`,
			e.Contact, e.Purpose, micros{&e.At}, e.Reason)
		if err != nil {
			return err
		}
		if !e.Purpose.Matchable() {
			continue
		}
		if _, err := exec(ctx, tx, `UPDATE ads_grant SET live = live & ~? WHERE contact_id = ?`, purpose.Of(e.Purpose), e.Contact); err != nil {
			return err
		}
	}
	return nil
}

// Owners implements contact.Repository.
func (Contacts) Owners(ctx context.Context, tx selvedge.Tx, ordinals *roaring.Bitmap, fn func(contact.Owner) error) error {
	return eachOrdinal(ctx, tx, ordinals, func(s scanner) error {
		var o contact.Owner
		if err := s.Scan(&o.Ordinal, &o.Contact, &o.PlatformID, micros{&o.GivenAt}); err != nil {
			return err
		}
		if !ordinals.Contains(uint32(o.Ordinal)) {
			return nil
		}
		return fn(o)
	}, `SELECT g.ordinal, g.contact_id, a.platform_id, p.given_at FROM ads_grant g
		JOIN account a ON a.id = g.account_id JOIN contact_point p ON p.id = g.contact_id
		WHERE g.ordinal BETWEEN ? AND ? ORDER BY g.ordinal`)
}
