package store

import (
	"context"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/org"
)

// InsertTerms implements org.TermsRepository.
func (Orgs) InsertTerms(ctx context.Context, tx selvedge.Tx, t org.Terms) error {
	return execOne(ctx, tx, selvedge.Errorf(selvedge.CodeConflict, "this is not the next version of the terms"), `
		INSERT INTO terms (version, text, sha256, published_at, published_by)
		SELECT last + 1, ?, ?, ?, ? FROM (SELECT COALESCE(MAX(version), 1) AS last FROM terms) AS versions WHERE last + 1 = ?`,
		t.Text, t.SHA256[:], micros{&t.PublishedAt}, t.PublishedBy, t.Version)
}

// LatestTerms implements org.TermsRepository.
func (Orgs) LatestTerms(ctx context.Context, tx selvedge.Tx) (org.Terms, error) {
	return one(ctx, tx, func(s scanner) (t org.Terms, err error) {
		err = s.Scan(&t.Version, &t.Text, fixed(t.SHA256[:]), micros{&t.PublishedAt}, &t.PublishedBy)
		return t, err
	}, `SELECT version, text, sha256, published_at, published_by FROM terms ORDER BY version DESC LIMIT 1`)
}

// InsertAcceptance implements org.TermsRepository.
func (Orgs) InsertAcceptance(ctx context.Context, tx selvedge.Tx, a org.Acceptance) error {
	_, err := exec(ctx, tx, `INSERT INTO terms_acceptance (org_id, version, sha256, accepted_at, role, actor) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (org_id, version) DO NOTHING`, a.Org, a.Version, a.SHA256[:], micros{&a.At}, a.Role, a.By)
	return err
}

// Acceptance implements org.TermsRepository.
func (Orgs) Acceptance(ctx context.Context, tx selvedge.Tx, id selvedge.OrgID, version int64) (org.Acceptance, error) {
	return one(ctx, tx, func(s scanner) (a org.Acceptance, err error) {
		err = s.Scan(&a.Org, &a.Version, fixed(a.SHA256[:]), micros{&a.At}, &a.Role, &a.By)
		return a, err
	}, `SELECT org_id, version, sha256, accepted_at, role, actor FROM terms_acceptance WHERE org_id = ? AND version = ?`, id, version)
}
