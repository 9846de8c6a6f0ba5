package store

import (
	"context"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/org"
)

// Orgs keeps orgs and keys in SQL.
type Orgs struct{ DB *DB }

var _ org.Repository = Orgs{}

// InsertOrg implements org.Repository.
func (Orgs) InsertOrg(ctx context.Context, tx selvedge.Tx, o org.Org) error {
	_, err := exec(ctx, tx, `INSERT INTO org (id, name, legal_entity, kind, state, created_at, created_by, seq)
		VALUES (?, ?, ?, ?, ?, ?, ?, (SELECT COALESCE(MAX(seq), 0) + 1 FROM org))`,
		o.ID, o.Name, o.LegalEntity, o.Kind, o.State, micros{&o.CreatedAt}, o.CreatedBy)
	return err
}

const orgColumns = `id, name, legal_entity, kind, state, created_at, created_by`

func scanOrg(s scanner) (o org.Org, err error) {
	err = s.Scan(&o.ID, &o.Name, &o.LegalEntity, &o.Kind, &o.State, micros{&o.CreatedAt}, &o.CreatedBy)
	return o, err
}

// Org implements org.Repository.
func (Orgs) Org(ctx context.Context, tx selvedge.Tx, id selvedge.OrgID) (org.Org, error) {
	return one(ctx, tx, scanOrg, `SELECT `+orgColumns+` FROM org WHERE id = ?`, id)
}

// Orgs implements org.Repository.
func (Orgs) Orgs(ctx context.Context, tx selvedge.Tx) ([]org.Org, error) {
	return all(ctx, tx, scanOrg, `SELECT `+orgColumns+` FROM org ORDER BY seq`)
}

// SetOrgState implements org.Repository.
func (Orgs) SetOrgState(ctx context.Context, tx selvedge.Tx, id selvedge.OrgID, from, to org.State) error {
	return execOne(ctx, tx, selvedge.Errorf(selvedge.CodeConflict, "there is no such org in that state"),
		`UPDATE org SET state = ? WHERE id = ? AND state = ?`, to, id, from)
}

const keyColumns = `public, hash, role, org_id, name, scopes, created_at, expires_at, revoked_at`

func scanKey(s scanner) (k org.Key, err error) {
	err = s.Scan(&k.Public, fixed(k.Hash[:]), &k.Role, &k.Org, &k.Name, &k.Scopes, micros{&k.CreatedAt}, micros{&k.ExpiresAt}, micros{&k.RevokedAt})
	return k, err
}

// InsertKey implements org.Repository.
func (Orgs) InsertKey(ctx context.Context, tx selvedge.Tx, k org.Key) error {
	_, err := exec(ctx, tx, `INSERT INTO access_key (`+keyColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		k.Public, k.Hash[:], k.Role, k.Org, k.Name, k.Scopes, micros{&k.CreatedAt}, micros{&k.ExpiresAt}, micros{&k.RevokedAt})
	return err
}

// KeyByPublic implements org.Repository.
func (Orgs) KeyByPublic(ctx context.Context, tx selvedge.Tx, public string) (org.Key, error) {
	return one(ctx, tx, scanKey, `SELECT `+keyColumns+` FROM access_key WHERE public = ?`, public)
}

// Keys implements org.Repository.
func (Orgs) Keys(ctx context.Context, tx selvedge.Tx) ([]org.Key, error) {
	return all(ctx, tx, scanKey, `SELECT `+keyColumns+` FROM access_key ORDER BY created_at, public`)
}

// KeysOf implements org.Repository.
func (Orgs) KeysOf(ctx context.Context, tx selvedge.Tx, id selvedge.OrgID) ([]org.Key, error) {
	return all(ctx, tx, scanKey, `SELECT `+keyColumns+` FROM access_key WHERE org_id = ? AND role = ? ORDER BY created_at, public`, id, selvedge.OrgRole)
}

// RevokeKey implements org.Repository.
func (Orgs) RevokeKey(ctx context.Context, tx selvedge.Tx, public string, at time.Time) error {
	return execOne(ctx, tx, selvedge.Errorf(selvedge.CodeConflict, "there is no such key, or it is revoked"),
		`UPDATE access_key SET revoked_at = ? WHERE public = ? AND revoked_at IS NULL`, micros{&at}, public)
}

// NextID implements org.Repository.
func (Orgs) NextID(ctx context.Context, tx selvedge.Tx, id selvedge.OrgID, prefix string) (uint64, error) {
	n, err := one(ctx, tx, number, `INSERT INTO id_stream (org_id, prefix, given) VALUES (?, ?, 1)
		ON CONFLICT (org_id, prefix) DO UPDATE SET given = id_stream.given + 1 RETURNING given`, id, prefix)
	return uint64(n), err
}
