package store

import (
	"context"
	"fmt"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/change"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/purpose"
)

// Changes is the change log in SQL.
type Changes struct{ DB *DB }

var _ change.Log = Changes{}

// Append implements change.Log.
func (c Changes) Append(ctx context.Context, tx selvedge.Tx, changes ...change.Change) (selvedge.Position, error) {
	now := c.DB.clock.Now()
	head, err := c.Head(ctx, tx)
	if err != nil {
		return 0, err
	}
	due, err := c.expire(ctx, tx, now)
	if err != nil {
		return 0, err
	}
	for _, ch := range append(due, changes...) {
		first := head + 1
		head += max(1, width(ch))
		var ordinals []byte
		if ch.Ordinals != nil {
			if ordinals, err = ch.Ordinals.ToBytes(); err != nil {
				return 0, fmt.Errorf("write bitmap: %w", err)
			}
		}
		_, err := exec(ctx, tx, `INSERT INTO change_ads (position, first, at, kind, purposes, subject, ordinals) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			head, first, micros{&now}, ch.Kind, ch.Purposes, ch.Subject, ordinals)
		if err != nil {
			return 0, err
		}
	}
	return head, nil
}

func width(ch change.Change) selvedge.Position {
	if ch.Ordinals == nil {
		return 0
	}
	return selvedge.Position(ch.Ordinals.GetCardinality())
}

// expire ends the grants that are over by now and returns the changes that say
// so.
func (c Changes) expire(ctx context.Context, tx selvedge.Tx, now time.Time) ([]change.Change, error) {
	type over struct {
		ordinal selvedge.Ordinal
		contact selvedge.ContactID
		live    purpose.Set
	}
	due, err := all(ctx, tx, func(s scanner) (o over, err error) {
		err = s.Scan(&o.ordinal, &o.contact, &o.live)
		return o, err
	}, `SELECT ordinal, contact_id, live FROM ads_grant WHERE live <> 0 AND expires_at <= ? ORDER BY ordinal`, micros{&now})
	if err != nil || len(due) == 0 {
		return nil, err
	}
	var ends []contact.End
	gone := roaring.New()
	for _, o := range due {
		gone.Add(uint32(o.ordinal))
		for _, p := range o.live.List() {
			ends = append(ends, contact.End{Contact: o.contact, Purpose: p, At: now, Reason: contact.Expired})
		}
	}
	if err := Contacts(c).EndGrants(ctx, tx, ends); err != nil {
		return nil, err
	}
	entry := ledger.Entry{Space: ledger.Ads, Kind: ledger.GrantExpired, Actor: selvedge.System("expiry"), Body: struct {
		Ordinals []uint32 `json:"ordinals"`
	}{gone.ToArray()}}
	if err := Outbox(c).Append(ctx, tx, entry); err != nil {
		return nil, err
	}
	// All purposes of an ads grant expire together.
	return []change.Change{{Kind: change.GrantOff, Purposes: purpose.Matchable, Ordinals: gone}}, nil
}

// Head implements change.Log.
func (c Changes) Head(ctx context.Context, tx selvedge.Tx) (selvedge.Position, error) {
	n, err := one(ctx, tx, number, `SELECT COALESCE(MAX(position), 0) FROM change_ads`)
	return selvedge.Position(n), err
}

// Since implements change.Log.
func (c Changes) Since(ctx context.Context, tx selvedge.Tx, after selvedge.Position, fn func(change.Entry) error) error {
	return each(ctx, tx, func(s scanner) error {
		var e change.Entry
		var ordinals []byte
		if err := s.Scan(&e.Last, &e.First, &e.At, &e.Kind, &e.Purposes, &e.Subject, &ordinals); err != nil {
			return err
		}
		if ordinals != nil {
			e.Ordinals = roaring.New()
			if err := e.Ordinals.UnmarshalBinary(ordinals); err != nil {
				return fmt.Errorf("read bitmap: %w", err)
			}
		}
		return fn(e)
	}, `SELECT position, first, at, kind, purposes, subject, ordinals FROM change_ads WHERE position > ? ORDER BY position`, after)
}
