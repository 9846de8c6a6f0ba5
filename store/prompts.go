package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/prompt"
)

// Prompts is the register of prompts in SQL. What is in effect is in the table
// prompt, with the names that imports have met; proposals are in one of their
// own.
type Prompts struct{ DB *DB }

var _ prompt.Repository = Prompts{}

// Prompts implements prompt.Repository.
func (Prompts) Prompts(ctx context.Context, tx selvedge.Tx) (map[prompt.Name]prompt.Registered, error) {
	out := map[prompt.Name]prompt.Registered{}
	err := each(ctx, tx, func(s scanner) error {
		var r prompt.Registered
		var texts, approved string
		err := s.Scan(&r.Ref, &r.Name.ID, &r.Name.Version, &r.Surface, &r.LegalBasis, &r.Purposes, &r.AdsExpiryMonths, &texts,
			micros{&r.At}, &r.By, &approved)
		if err != nil {
			return err
		}
		err = errors.Join(json.Unmarshal([]byte(texts), &r.Texts), json.Unmarshal([]byte(approved), &r.ApprovedBy))
		out[r.Name] = r
		return err
	}, `SELECT ref, id, version, surface, legal_basis, purposes, ads_expiry_months, texts, registered_at, registered_by, approved_by
		FROM prompt WHERE registered_at IS NOT NULL ORDER BY ref`)
	return out, err
}

// Proposals implements prompt.Repository.
func (Prompts) Proposals(ctx context.Context, tx selvedge.Tx) (map[prompt.Name]prompt.Proposal, error) {
	out := map[prompt.Name]prompt.Proposal{}
	err := each(ctx, tx, func(s scanner) error {
		var p prompt.Proposal
		var texts string
		err := s.Scan(&p.Ref, &p.Name.ID, &p.Name.Version, &p.Surface, &p.LegalBasis, &p.Purposes, &p.AdsExpiryMonths, &texts,
			micros{&p.At}, &p.By, &p.State, micros{&p.Decision.At}, &p.Decision.By, &p.Decision.Stated)
		if err != nil {
			return err
		}
		err = json.Unmarshal([]byte(texts), &p.Texts)
		out[p.Name] = p
		return err
	}, `SELECT q.ref, p.id, p.version, q.surface, q.legal_basis, q.purposes, q.ads_expiry_months, q.texts,
			q.proposed_at, q.proposed_by, q.state, q.decided_at, q.decided_by, q.stated
		FROM prompt_proposal q JOIN prompt p ON p.ref = q.ref ORDER BY q.ref`)
	return out, err
}

// RegisterPrompt implements prompt.Repository. The schema refuses a prompt that
// grants ads.*: nobody has approved it.
func (ps Prompts) RegisterPrompt(ctx context.Context, tx selvedge.Tx, p prompt.Prompt, by string, at time.Time) error {
	ref, err := ps.PromptRef(ctx, tx, p.Name)
	if err != nil {
		return err
	}
	texts, err := json.Marshal(p.Texts)
	if err != nil {
		return err
	}
	return execOne(ctx, tx, registered(), `
		UPDATE prompt SET registered_at = ?, registered_by = ?, surface = ?, legal_basis = ?, purposes = ?, ads_expiry_months = ?, texts = ?
		WHERE ref = ? AND registered_at IS NULL AND NOT EXISTS (SELECT 1 FROM prompt_proposal q WHERE q.ref = prompt.ref)`,
		micros{&at}, by, p.Surface, p.LegalBasis, p.Purposes, p.AdsExpiryMonths, string(texts), ref)
}

// ProposePrompt implements prompt.Repository.
func (ps Prompts) ProposePrompt(ctx context.Context, tx selvedge.Tx, p prompt.Prompt, by string, at time.Time) error {
	ref, err := ps.PromptRef(ctx, tx, p.Name)
	if err != nil {
		return err
	}
	texts, err := json.Marshal(p.Texts)
	if err != nil {
		return err
	}
	inEffect, err := one(ctx, tx, number, `SELECT COUNT(*) FROM prompt WHERE ref = ? AND registered_at IS NOT NULL`, ref)
	if err != nil {
		return err
	}
	if inEffect > 0 {
		return registered()
	}
	return execOne(ctx, tx, registered(), `
		INSERT INTO prompt_proposal (ref, surface, legal_basis, purposes, ads_expiry_months, texts, proposed_at, proposed_by, state)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (ref) DO NOTHING`,
		ref, p.Surface, p.LegalBasis, p.Purposes, p.AdsExpiryMonths, string(texts), micros{&at}, by, prompt.Pending)
}

func registered() error { return selvedge.Errorf(selvedge.CodeConflict, "the prompt is registered") }

// DecidePrompt implements prompt.Repository. The schema refuses a decision of
// who proposed.
func (Prompts) DecidePrompt(ctx context.Context, tx selvedge.Tx, n prompt.Name, d prompt.Decision) error {
	state := prompt.Refused
	if d.Stated == prompt.ForAds {
		state = prompt.InEffect
	}
	err := execOne(ctx, tx, selvedge.Errorf(selvedge.CodeConflict, "the prompt waits for no decision"), `
		UPDATE prompt_proposal SET state = ?, decided_at = ?, decided_by = ?, stated = ?
		WHERE state = ? AND ref = (SELECT ref FROM prompt WHERE id = ? AND version = ?)`,
		state, micros{&d.At}, d.By, d.Stated, prompt.Pending, n.ID, n.Version)
	if err != nil || state == prompt.Refused {
		return err
	}
	by, err := one(ctx, tx, word, `SELECT q.proposed_by FROM prompt_proposal q JOIN prompt p ON p.ref = q.ref WHERE p.id = ? AND p.version = ?`,
		n.ID, n.Version)
	if err != nil {
		return err
	}
	both, err := json.Marshal([]string{by, d.By})
	if err != nil {
		return err
	}
	// What comes into effect is what was proposed: copied here, not sent again.
	return execOne(ctx, tx, registered(), `
		UPDATE prompt SET registered_at = q.decided_at, registered_by = q.proposed_by, surface = q.surface, legal_basis = q.legal_basis,
			purposes = q.purposes, ads_expiry_months = q.ads_expiry_months, texts = q.texts, approved_by = ?
		FROM prompt_proposal q
		WHERE q.ref = prompt.ref AND q.state = ? AND prompt.id = ? AND prompt.version = ? AND prompt.registered_at IS NULL`,
		string(both), prompt.InEffect, n.ID, n.Version)
}

// word reads one text.
func word(s scanner) (t string, err error) {
	err = s.Scan(&t)
	return t, err
}

// PromptRef implements prompt.Repository.
func (Prompts) PromptRef(ctx context.Context, tx selvedge.Tx, n prompt.Name) (prompt.Ref, error) {
	_, err := exec(ctx, tx, `INSERT INTO prompt (ref, id, version) VALUES ((SELECT COALESCE(MAX(ref), 0) + 1 FROM prompt), ?, ?)
		ON CONFLICT (id, version) DO NOTHING`, n.ID, n.Version)
	if err != nil {
		return 0, err
	}
	ref, err := one(ctx, tx, number, `SELECT ref FROM prompt WHERE id = ? AND version = ?`, n.ID, n.Version)
	return prompt.Ref(ref), err
}

// FindPromptRef implements prompt.Repository.
func (Prompts) FindPromptRef(ctx context.Context, tx selvedge.Tx, n prompt.Name) (prompt.Ref, bool, error) {
	ref, err := one(ctx, tx, number, `SELECT ref FROM prompt WHERE id = ? AND version = ?`, n.ID, n.Version)
	if selvedge.CodeOf(err) == selvedge.CodeNotFound {
		return 0, false, nil
	}
	return prompt.Ref(ref), err == nil, err
}

// PromptName implements prompt.Repository.
func (Prompts) PromptName(ctx context.Context, tx selvedge.Tx, ref prompt.Ref) (prompt.Name, error) {
	return one(ctx, tx, func(s scanner) (n prompt.Name, err error) {
		err = s.Scan(&n.ID, &n.Version)
		return n, err
	}, `SELECT id, version FROM prompt WHERE ref = ?`, ref)
}
