package store

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/prompt"
)

// Prompts is the register of prompts in SQL.
type Prompts struct{ DB *DB }

var _ prompt.Repository = Prompts{}

// RegisterPrompt implements prompt.Repository. A name that an import has met
// before keeps its number.
func (Prompts) RegisterPrompt(ctx context.Context, tx selvedge.Tx, p prompt.Prompt, at int64) error {
	texts, err := json.Marshal(p.Texts)
	if err != nil {
		return err
	}
	approved, err := json.Marshal(p.ApprovedBy)
	if err != nil {
		return err
	}
	return execOne(ctx, tx, selvedge.Errorf(selvedge.CodeConflict, "the prompt is registered"), `
		INSERT INTO prompt (ref, id, version, registered_at, surface, legal_basis, purposes, ads_expiry_months, texts, approved_by)
		VALUES ((SELECT COALESCE(MAX(ref), 0) + 1 FROM prompt), ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id, version) DO UPDATE SET
			registered_at = excluded.registered_at, surface = excluded.surface, legal_basis = excluded.legal_basis,
			purposes = excluded.purposes, ads_expiry_months = excluded.ads_expiry_months,
			texts = excluded.texts, approved_by = excluded.approved_by
		WHERE prompt.registered_at IS NULL`,
		p.Name.ID, p.Name.Version, at, p.Surface, p.LegalBasis, p.Purposes, p.AdsExpiryMonths, string(texts), string(approved))
}

// Prompts implements prompt.Repository.
func (Prompts) Prompts(ctx context.Context, tx selvedge.Tx) (map[prompt.Name]prompt.Registered, error) {
	out := map[prompt.Name]prompt.Registered{}
	err := each(ctx, tx, func(s scanner) error {
		var r prompt.Registered
		var texts, approved string
		err := s.Scan(&r.Ref, &r.Name.ID, &r.Name.Version, &r.Surface, &r.LegalBasis, &r.Purposes, &r.AdsExpiryMonths, &texts, &approved)
		if err != nil {
			return err
		}
		out[r.Name] = r
		err = errors.Join(json.Unmarshal([]byte(texts), &r.Texts), json.Unmarshal([]byte(approved), &r.ApprovedBy))
		out[r.Name] = r
		return err
	}, `SELECT ref, id, version, surface, legal_basis, purposes, ads_expiry_months, texts, approved_by
		FROM prompt WHERE registered_at IS NOT NULL ORDER BY ref`)
	return out, err
}

// PromptRef implements prompt.Repository.
func (Prompts) PromptRef(ctx context.Context, tx selvedge.Tx, n prompt.Name) (prompt.Ref, error) {
	if _, err := exec(ctx, tx, `INSERT INTO prompt (ref, id, version) VALUES ((SELECT COALESCE(MAX(ref), 0) + 1 FROM prompt), ?, ?) ON CONFLICT (id, version) DO NOTHING`, n.ID, n.Version); err != nil {
		return 0, err
	}
	ref, err := one(ctx, tx, number, `SELECT ref FROM prompt WHERE id = ? AND version = ?`, n.ID, n.Version)
	return prompt.Ref(ref), err
}

// PromptName implements prompt.Repository.
func (Prompts) PromptName(ctx context.Context, tx selvedge.Tx, ref prompt.Ref) (prompt.Name, error) {
	return one(ctx, tx, func(s scanner) (n prompt.Name, err error) {
		err = s.Scan(&n.ID, &n.Version)
		return n, err
	}, `SELECT id, version FROM prompt WHERE ref = ?`, ref)
}
