package store

import (
	"context"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/org"
)

const mandateColumns = `id, org_id, agency_id, scopes, granted_at, granted_by, expires_at, ended_at, ended_role, ended_by`

func scanMandate(s scanner) (m org.Mandate, err error) {
	err = s.Scan(&m.ID, &m.Org, &m.Agency, &m.Scopes, micros{&m.GrantedAt}, &m.GrantedBy, micros{&m.ExpiresAt}, micros{&m.EndedAt}, &m.EndedRole, &m.EndedBy)
	return m, err
}

// InsertMandate implements org.MandateRepository.
func (Orgs) InsertMandate(ctx context.Context, tx selvedge.Tx, m org.Mandate) error {
	_, err := exec(ctx, tx, `INSERT INTO mandate (`+mandateColumns+`, seq)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT COALESCE(MAX(seq), 0) + 1 FROM mandate))`,
		m.ID, m.Org, m.Agency, m.Scopes, micros{&m.GrantedAt}, m.GrantedBy, micros{&m.ExpiresAt}, micros{&m.EndedAt}, m.EndedRole, m.EndedBy)
	return err
}

// Mandate implements org.MandateRepository.
func (Orgs) Mandate(ctx context.Context, tx selvedge.Tx, id org.MandateID) (org.Mandate, error) {
	return one(ctx, tx, scanMandate, `SELECT `+mandateColumns+` FROM mandate WHERE id = ?`, id)
}

// MandatesOf implements org.MandateRepository.
func (Orgs) MandatesOf(ctx context.Context, tx selvedge.Tx, id selvedge.OrgID) ([]org.Mandate, error) {
	return all(ctx, tx, scanMandate, `SELECT `+mandateColumns+` FROM mandate WHERE org_id = ? OR agency_id = ? ORDER BY seq`, id, id)
}

// MandatesBetween implements org.MandateRepository.
func (Orgs) MandatesBetween(ctx context.Context, tx selvedge.Tx, id, agency selvedge.OrgID) ([]org.Mandate, error) {
	return all(ctx, tx, scanMandate, `SELECT `+mandateColumns+` FROM mandate WHERE org_id = ? AND agency_id = ? ORDER BY seq`, id, agency)
}

// EndMandate implements org.MandateRepository.
func (Orgs) EndMandate(ctx context.Context, tx selvedge.Tx, id org.MandateID, at time.Time, role selvedge.Role, by string) error {
	return execOne(ctx, tx, selvedge.Errorf(selvedge.CodeConflict, "there is no such mandate, or it was ended"),
		`UPDATE mandate SET ended_at = ?, ended_role = ?, ended_by = ? WHERE id = ? AND ended_at IS NULL`, micros{&at}, role, by, id)
}
