package store

import (
	"context"
	"strings"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/prompt"
)

var (
	pointNames   = []string{"id", "account_id", "kind", "handle", "prompt", "given_at", "verified_at", "verified_by", "purposes", "mask", "import_id"}
	pointColumns = strings.Join(pointNames, ", ")
)

func scanPoint(s scanner) (p contact.Point, err error) {
	err = s.Scan(&p.ID, &p.Account, &p.Kind, fixed(p.Handle[:]), &p.Prompt, micros{&p.GivenAt}, micros{&p.VerifiedAt}, &p.VerifiedBy, &p.Purposes, &p.Mask, &p.Import)
	return p, err
}

func pointCells(c cells, p *contact.Point) {
	c.number(int64(p.ID))
	c.number(int64(p.Account))
	c.number(int64(p.Kind))
	c.bytes(p.Handle[:])
	c.number(int64(p.Prompt))
	c.time(p.GivenAt)
	c.time(p.VerifiedAt)
	c.text(p.VerifiedBy)
	c.number(int64(p.Purposes))
	c.bytes(p.Mask)
	c.number(int64(p.Import))
}

func pointRow(p *contact.Point) []any {
	return []any{p.ID, p.Account, p.Kind, p.Handle[:], p.Prompt, micros{&p.GivenAt}, micros{&p.VerifiedAt}, p.VerifiedBy, p.Purposes, p.Mask, p.Import}
}

// InsertPoints implements contact.Repository. Most contact points are an
// import's, of accounts that had none: those need not be looked for.
func (Contacts) InsertPoints(ctx context.Context, tx selvedge.Tx, ps []*contact.Point) ([]bool, error) {
	var lastID, lastAccount int64
	err := each(ctx, tx, func(s scanner) error { return s.Scan(&lastID, &lastAccount) },
		`SELECT COALESCE((SELECT MAX(id) FROM contact_point), 0), COALESCE((SELECT MAX(account_id) FROM contact_point), 0)`)
	if err != nil {
		return nil, err
	}
	at := make(map[selvedge.ContactID]int, len(ps)) // places in ps, by the id that each is to have
	var fresh, other []*contact.Point
	for i, p := range ps {
		p.ID = selvedge.ContactID(lastID + 1 + int64(i))
		at[p.ID] = i
		if int64(p.Account) > lastAccount {
			fresh = append(fresh, p)
		} else {
			other = append(other, p)
		}
	}
	inserted := make([]bool, len(ps))
	fresh, twice := unique(fresh)
	for _, p := range fresh {
		inserted[at[p.ID]] = true
	}
	if err := load(ctx, tx, "contact_point", pointNames, fresh, pointCells); err != nil {
		return nil, err
	}
	err = insert(ctx, tx, `INSERT INTO contact_point (`+pointColumns+`) VALUES `, len(pointNames), other, pointRow,
		` ON CONFLICT (account_id, handle, prompt, given_at) DO NOTHING RETURNING id`,
		func(s scanner) error {
			id, err := number(s)
			inserted[at[selvedge.ContactID(id)]] = true
			return err
		})
	if err != nil {
		return nil, err
	}
	for _, p := range append(twice, other...) {
		if inserted[at[p.ID]] {
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

// unique divides contact points into the first of each identity and the rest.
func unique(ps []*contact.Point) (first, rest []*contact.Point) {
	type identity struct {
		account selvedge.AccountID
		handle  contact.Handle
		prompt  prompt.Ref
		givenAt int64
	}
	seen := make(map[identity]bool, len(ps))
	for _, p := range ps {
		id := identity{p.Account, p.Handle, p.Prompt, p.GivenAt.UnixMicro()}
		if seen[id] {
			rest = append(rest, p)
			continue
		}
		seen[id] = true
		first = append(first, p)
	}
	return first, rest
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
