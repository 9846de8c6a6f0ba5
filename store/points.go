package store

import (
	"context"
	"math"
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

// identity is what tells contact points apart.
type identity struct {
	account selvedge.AccountID
	handle  contact.Handle
	prompt  prompt.Ref
	givenAt int64
}

func identityOf(p *contact.Point) identity {
	return identity{p.Account, p.Handle, p.Prompt, p.GivenAt.UnixMicro()}
}

// InsertPoints implements contact.Repository. However many they are, it costs
// two queries and one load.
func (c Contacts) InsertPoints(ctx context.Context, tx selvedge.Tx, ps []*contact.Point) ([]bool, error) {
	var lastID, erased, lastAccount int64
	err := each(ctx, tx, func(s scanner) error { return s.Scan(&lastID, &erased, &lastAccount) },
		`SELECT COALESCE((SELECT MAX(id) FROM contact_point), 0), (SELECT given FROM counter WHERE name = 'contact_point'),
			COALESCE((SELECT MAX(account_id) FROM contact_point), 0)`)
	lastID = max(lastID, erased)
	if err != nil {
		return nil, err
	}
	kept, err := c.keptPoints(ctx, tx, ps, selvedge.AccountID(lastAccount))
	if err != nil {
		return nil, err
	}
	inserted := make([]bool, len(ps))
	fresh := make([]*contact.Point, 0, len(ps))
	for i, p := range ps {
		id := identityOf(p)
		if k, ok := kept[id]; ok {
			*p = k
			continue
		}
		lastID++
		p.ID = selvedge.ContactID(lastID)
		inserted[i], kept[id] = true, asKept(*p)
		fresh = append(fresh, p)
	}
	return inserted, load(ctx, tx, "contact_point", pointNames, fresh, pointCells)
}

// FindPoints implements contact.Repository.
func (c Contacts) FindPoints(ctx context.Context, tx selvedge.Tx, ps []*contact.Point) ([]bool, error) {
	kept, err := c.keptPoints(ctx, tx, ps, math.MaxInt64)
	found := make([]bool, len(ps))
	for i, p := range ps {
		if k, ok := kept[identityOf(p)]; ok {
			*p, found[i] = k, true
		}
	}
	return found, err
}

// keptPoints returns the contact points of the accounts that ps are of. Accounts
// beyond the last one that has any, such as those of a first import, need not be
// looked for.
func (Contacts) keptPoints(ctx context.Context, tx selvedge.Tx, ps []*contact.Point, last selvedge.AccountID) (map[identity]contact.Point, error) {
	kept := make(map[identity]contact.Point, len(ps))
	var accounts []int64
	asked := map[selvedge.AccountID]bool{}
	for _, p := range ps {
		if p.Account <= last && !asked[p.Account] {
			asked[p.Account] = true
			accounts = append(accounts, int64(p.Account))
		}
	}
	if accounts == nil {
		return kept, nil
	}
	err := among(ctx, tx, func(s scanner) error {
		p, err := scanPoint(s)
		kept[identityOf(&p)] = p
		return err
	}, `SELECT `+pointColumns+` FROM contact_point WHERE account_id`, accounts)
	return kept, err
}

// asKept is a contact point as it comes back.
func asKept(p contact.Point) contact.Point {
	p.GivenAt = time.UnixMicro(p.GivenAt.UnixMicro()).UTC()
	if !p.VerifiedAt.IsZero() {
		p.VerifiedAt = time.UnixMicro(p.VerifiedAt.UnixMicro()).UTC()
	}
	return p
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
