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
	err := inParts(len(platformIDs), func(from, to int) error {
		args := make([]any, 0, to-from)
		for _, id := range platformIDs[from:to] {
			args = append(args, id)
		}
		return each(ctx, tx, func(s scanner) error {
			var a contact.Account
			err := s.Scan(&a.ID, &a.PlatformID, &a.Country, &a.Age, micros{&a.ActiveOn}, &a.State, micros{&a.ObjectedAt}, &a.Person)
			out[a.PlatformID] = a
			return err
		}, `SELECT id, platform_id, country, age_class, active_on, state, objected_at, COALESCE(person, 0)
			FROM account WHERE platform_id IN `+places(1, to-from), args...)
	})
	return out, err
}

// PutAccounts implements contact.Repository.
func (Contacts) PutAccounts(ctx context.Context, tx selvedge.Tx, as []*contact.Account, at time.Time) error {
	var fresh []*contact.Account
	for _, a := range as {
		if a.ID == 0 {
			fresh = append(fresh, a)
			continue
		}
		_, err := exec(ctx, tx, `UPDATE account SET country = ?, age_class = ?, active_on = ?, state = ? WHERE id = ?`,
			a.Country, a.Age, micros{&a.ActiveOn}, a.State, a.ID)
		if err != nil {
			return err
		}
	}
	last, err := one(ctx, tx, number, `SELECT COALESCE(MAX(id), 0) FROM account`)
	if err != nil {
		return err
	}
	for i, a := range fresh {
		a.ID = selvedge.AccountID(last + 1 + int64(i))
	}
	err = load(ctx, tx, "account", []string{"id", "platform_id", "country", "age_class", "active_on", "state"}, fresh,
		func(a *contact.Account) []any {
			return []any{a.ID, a.PlatformID, a.Country, a.Age, micros{&a.ActiveOn}, a.State}
		})
	if err != nil {
		return err
	}
	ids := make([]any, len(as))
	for i, a := range as {
		ids[i] = a.ID
	}
	return keepHistory(ctx, tx, at, ids...)
}

// SetObjection implements contact.Repository.
func (Contacts) SetObjection(ctx context.Context, tx selvedge.Tx, id selvedge.AccountID, objects bool, at time.Time) error {
	var since time.Time
	if objects {
		since = at
	}
	if _, err := exec(ctx, tx, `UPDATE account SET objected_at = ? WHERE id = ?`, micros{&since}, id); err != nil {
		return err
	}
	return keepHistory(ctx, tx, at, id)
}

// keepHistory adds what accounts are now to their history.
func keepHistory(ctx context.Context, tx selvedge.Tx, at time.Time, ids ...any) error {
	return inParts(len(ids), func(from, to int) error {
		_, err := exec(ctx, tx, `INSERT INTO account_history (seq, account_id, at, country, age_class, state, objected_at)
			SELECT (SELECT COALESCE(MAX(seq), 0) FROM account_history) + ROW_NUMBER() OVER (ORDER BY id), id, ?, country, age_class, state, objected_at FROM account WHERE id IN `+places(1, to-from)+` ORDER BY id`,
			append([]any{micros{&at}}, ids[from:to]...)...)
		return err
	})
}

const pointColumns = `id, account_id, kind, handle, prompt, given_at, verified_at, verified_by, purposes, mask, import_id`

func scanPoint(s scanner) (p contact.Point, err error) {
	err = s.Scan(&p.ID, &p.Account, &p.Kind, fixed(p.Handle[:]), &p.Prompt, micros{&p.GivenAt}, micros{&p.VerifiedAt}, &p.VerifiedBy, &p.Purposes, &p.Mask, &p.Import)
	return p, err
}

// InsertPoints implements contact.Repository.
func (Contacts) InsertPoints(ctx context.Context, tx selvedge.Tx, ps []*contact.Point) ([]bool, error) {
	last, err := one(ctx, tx, number, `SELECT COALESCE(MAX(id), 0) FROM contact_point`)
	if err != nil {
		return nil, err
	}
	for i, p := range ps {
		p.ID = selvedge.ContactID(last + 1 + int64(i))
	}
	inserted := make([]bool, len(ps))
	err = insert(ctx, tx, `
		INSERT INTO contact_point (id, account_id, kind, handle, prompt, given_at, verified_at, verified_by, purposes, mask, import_id) VALUES `, 11, ps,
		func(p *contact.Point) []any {
			return []any{
				p.ID, p.Account, p.Kind, p.Handle[:], p.Prompt, micros{&p.GivenAt}, micros{&p.VerifiedAt}, p.VerifiedBy, p.Purposes, p.Mask, p.Import,
			}
		}, ` ON CONFLICT (account_id, handle, prompt, given_at) DO NOTHING RETURNING id`,
		func(s scanner) error {
			id, err := number(s)
			inserted[id-last-1] = true
			return err
		})
	if err != nil {
		return nil, err
	}
	for i, p := range ps {
		if inserted[i] {
			continue
		}
		kept, err := one(ctx, tx, scanPoint, `SELECT `+pointColumns+` FROM contact_point
			WHERE account_id = ? AND handle = ? AND prompt = ? AND given_at = ?`, p.Account, p.Handle[:], p.Prompt, micros{&p.GivenAt})
		if err != nil {
			return nil, err
		}
		*p = kept
	}
	return inserted, nil
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

// InsertAdsGrants implements contact.Repository.
func (Contacts) InsertAdsGrants(ctx context.Context, tx selvedge.Tx, gs []*contact.AdsGrant) error {
	if len(gs) == 0 {
		return nil
	}
	if err := givePersons(ctx, tx, gs); err != nil {
		return err
	}
	last, err := one(ctx, tx, number, `SELECT COALESCE(MAX(ordinal), 0) FROM ads_grant`)
	if err != nil {
		return err
	}
	for i, g := range gs {
		g.Ordinal = selvedge.Ordinal(last + 1 + int64(i))
	}
	return load(ctx, tx, "ads_grant", []string{"ordinal", "contact_id", "account_id", "person", "purposes", "live", "expires_at", "import_id"}, gs,
		func(g *contact.AdsGrant) []any {
			return []any{g.Ordinal, g.Contact, g.Account, g.Person, g.Purposes, g.Live, micros{&g.ExpiresAt}, g.Import}
		})
}

// givePersons gives accounts that come to their first ordinal their person
// number, from a sequence of its own: accounts without an ordinal must leave no
// trace in it.
func givePersons(ctx context.Context, tx selvedge.Tx, gs []*contact.AdsGrant) error {
	given := map[selvedge.AccountID]selvedge.Person{}
	for _, g := range gs {
		if g.Person != 0 {
			continue
		}
		if p, ok := given[g.Account]; ok {
			g.Person = p
			continue
		}
		n, err := one(ctx, tx, number, `UPDATE counter SET given = given + 1 WHERE name = 'person' RETURNING given`)
		if err != nil {
			return err
		}
		g.Person = selvedge.Person(n)
		given[g.Account] = g.Person
		err = execOne(ctx, tx, selvedge.Errorf(selvedge.CodeInternal, "the account has a person number"),
			`UPDATE account SET person = ? WHERE id = ? AND person IS NULL`, g.Person, g.Account)
		if err != nil {
			return err
		}
	}
	return nil
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
		if _, err := exec(ctx, tx, `UPDATE ads_grant SET live = live & ? WHERE contact_id = ?`, purpose.Matchable&^purpose.Of(e.Purpose), e.Contact); err != nil {
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
