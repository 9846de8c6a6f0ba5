package store

import (
	"context"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
)

// EndAddress implements contact.Repository.
func (Contacts) EndAddress(ctx context.Context, tx selvedge.Tx, e contact.AddressEnd) (bool, error) {
	n, err := exec(ctx, tx, `INSERT INTO address_end (account_id, handle, at, reason, purposes) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (account_id, handle, reason, purposes) DO UPDATE SET at = excluded.at WHERE address_end.at < excluded.at`,
		e.Account, e.Handle[:], micros{&e.At}, e.Reason, e.Purposes)
	return n == 1, err
}

// AddressEnds implements contact.Repository.
func (Contacts) AddressEnds(ctx context.Context, tx selvedge.Tx, ids []selvedge.AccountID) (out []contact.AddressEnd, err error) {
	err = among(ctx, tx, func(s scanner) error {
		var e contact.AddressEnd
		err := s.Scan(&e.Account, fixed(e.Handle[:]), micros{&e.At}, &e.Reason, &e.Purposes)
		out = append(out, e)
		return err
	}, `SELECT account_id, handle, at, reason, purposes FROM address_end WHERE account_id`, ids)
	return out, err
}

// AnyAddressEnd implements contact.Repository.
func (Contacts) AnyAddressEnd(ctx context.Context, tx selvedge.Tx) (bool, error) {
	n, err := one(ctx, tx, number, `SELECT COUNT(*) FROM (SELECT 1 FROM address_end LIMIT 1) AS first`)
	return n > 0, err
}
