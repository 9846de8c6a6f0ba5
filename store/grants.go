package store

import (
	"context"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/purpose"
)

var (
	grantNames   = []string{"ordinal", "contact_id", "account_id", "person", "purposes", "live", "expires_at", "import_id"}
	grantColumns = strings.Join(grantNames, ", ")
)

func scanGrant(s scanner) (g contact.AdsGrant, err error) {
	err = s.Scan(&g.Ordinal, &g.Contact, &g.Account, &g.Person, &g.Purposes, &g.Live, micros{&g.ExpiresAt}, &g.Import)
	return g, err
}

// InsertAdsGrants implements contact.Repository.
func (Contacts) InsertAdsGrants(ctx context.Context, tx selvedge.Tx, gs []*contact.AdsGrant) error {
	if len(gs) == 0 {
		return nil
	}
	if err := givePersons(ctx, tx, gs); err != nil {
		return err
	}
	first, err := next(ctx, tx, "ordinal", len(gs))
	if err != nil {
		return err
	}
	for i, g := range gs {
		g.Ordinal = selvedge.Ordinal(first + int64(i))
	}
	return load(ctx, tx, "ads_grant", grantNames, gs,
		func(c cells, g *contact.AdsGrant) {
			c.number(int64(g.Ordinal))
			c.number(int64(g.Contact))
			c.number(int64(g.Account))
			c.number(int64(g.Person))
			c.number(int64(g.Purposes))
			c.number(int64(g.Live))
			c.time(g.ExpiresAt)
			c.number(int64(g.Import))
		})
}

// givePersons gives accounts that come to their first ordinal their person
// number, from a sequence of its own: accounts without an ordinal must leave no
// trace in it.
func givePersons(ctx context.Context, tx selvedge.Tx, gs []*contact.AdsGrant) error {
	given := map[selvedge.AccountID]*selvedge.Person{}
	var owners []selvedge.AccountID
	for _, g := range gs {
		if g.Person == 0 && given[g.Account] == nil {
			given[g.Account] = new(selvedge.Person)
			owners = append(owners, g.Account)
		}
	}
	if len(owners) == 0 {
		return nil
	}
	first, err := next(ctx, tx, "person", len(owners))
	if err != nil {
		return err
	}
	for i, o := range owners {
		*given[o] = selvedge.Person(first + int64(i))
	}
	for _, g := range gs {
		if g.Person == 0 {
			g.Person = *given[g.Account]
		}
	}
	return load(ctx, tx, "person", []string{"number", "account_id"}, owners,
		func(c cells, o selvedge.AccountID) {
			c.number(int64(*given[o]))
			c.number(int64(o))
		})
}

// AdsGrants implements contact.Repository.
func (Contacts) AdsGrants(ctx context.Context, tx selvedge.Tx, id selvedge.AccountID) ([]contact.AdsGrant, error) {
	return all(ctx, tx, scanGrant, `SELECT `+grantColumns+` FROM ads_grant WHERE account_id = ? ORDER BY ordinal`, id)
}

// AdsGrantsOf implements contact.Repository.
func (Contacts) AdsGrantsOf(ctx context.Context, tx selvedge.Tx, ids []selvedge.ContactID) (map[selvedge.ContactID]contact.AdsGrant, error) {
	out := make(map[selvedge.ContactID]contact.AdsGrant, len(ids))
	err := among(ctx, tx, func(s scanner) error {
		g, err := scanGrant(s)
		out[g.Contact] = g
		return err
	}, `SELECT `+grantColumns+` FROM ads_grant WHERE contact_id`, ids)
	return out, err
}

// EndedOf implements contact.Repository.
func (Contacts) EndedOf(ctx context.Context, tx selvedge.Tx, ids []selvedge.ContactID) (map[selvedge.ContactID]purpose.Set, error) {
	out := map[selvedge.ContactID]purpose.Set{}
	err := among(ctx, tx, func(s scanner) error {
		var id selvedge.ContactID
		var p purpose.Purpose
		err := s.Scan(&id, &p)
		out[id] |= purpose.Of(p)
		return err
	}, `SELECT contact_id, purpose FROM grant_end WHERE contact_id`, ids)
	return out, err
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
