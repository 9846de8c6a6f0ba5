package store

import (
	"context"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
)

// handleOf returns an objection's handle as it is kept: none unless it is about
// an address.
func handleOf(o contact.Objection) []byte {
	if o.Scope != contact.ScopeAddress {
		return []byte{}
	}
	return o.Handle[:]
}

// Object implements contact.Repository.
func (Contacts) Object(ctx context.Context, tx selvedge.Tx, id selvedge.AccountID, o contact.Objection) (bool, error) {
	n, err := exec(ctx, tx, `INSERT INTO objection (id, account_id, scope, org_id, handle, made_at)
		VALUES ((SELECT COALESCE(MAX(id), 0) + 1 FROM objection), ?, ?, ?, ?, ?)
		ON CONFLICT (account_id, scope, org_id, handle) WHERE lifted_at IS NULL DO NOTHING`, id, o.Scope, o.Org, handleOf(o), micros{&o.MadeAt})
	return n == 1, err
}

// LiftObjection implements contact.Repository.
func (Contacts) LiftObjection(ctx context.Context, tx selvedge.Tx, id selvedge.AccountID, o contact.Objection) (bool, error) {
	n, err := exec(ctx, tx, `UPDATE objection SET lifted_at = ?
		WHERE account_id = ? AND scope = ? AND org_id = ? AND handle = ? AND lifted_at IS NULL`, micros{&o.LiftedAt}, id, o.Scope, o.Org, handleOf(o))
	return n == 1, err
}

// Objections implements contact.Repository.
func (Contacts) Objections(ctx context.Context, tx selvedge.Tx, id selvedge.AccountID) ([]contact.Objection, error) {
	return all(ctx, tx, func(s scanner) (o contact.Objection, err error) {
		err = s.Scan(&o.Scope, &o.Org, optional(o.Handle[:]), micros{&o.MadeAt}, micros{&o.LiftedAt})
		return o, err
	}, `SELECT scope, org_id, handle, made_at, lifted_at FROM objection WHERE account_id = ? ORDER BY id`, id)
}
