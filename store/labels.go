package store

import (
	"context"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/audience"
)

var _ audience.LabelRepository = Audiences{}

const labelColumns = `id, audience_id, org_id, text, state, proposed_at, proposed_by, decided_at, decided_by`

func scanLabel(s scanner) (l audience.Label, err error) {
	err = s.Scan(&l.ID, &l.Audience, &l.Org, &l.Text, &l.State, micros{&l.ProposedAt}, &l.ProposedBy, micros{&l.DecidedAt}, &l.DecidedBy)
	return l, err
}

// InsertLabel implements audience.LabelRepository.
func (Audiences) InsertLabel(ctx context.Context, tx selvedge.Tx, l audience.Label) error {
	_, err := exec(ctx, tx, `INSERT INTO audience_label (`+labelColumns+`, seq)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT COALESCE(MAX(seq), 0) + 1 FROM audience_label))`,
		l.ID, l.Audience, l.Org, l.Text, l.State, micros{&l.ProposedAt}, l.ProposedBy, micros{&l.DecidedAt}, l.DecidedBy)
	return err
}

// Label implements audience.LabelRepository.
func (Audiences) Label(ctx context.Context, tx selvedge.Tx, id audience.LabelID) (audience.Label, error) {
	return one(ctx, tx, scanLabel, `SELECT `+labelColumns+` FROM audience_label WHERE id = ?`, id)
}

// Labels implements audience.LabelRepository.
func (Audiences) Labels(ctx context.Context, tx selvedge.Tx) ([]audience.Label, error) {
	return all(ctx, tx, scanLabel, `SELECT `+labelColumns+` FROM audience_label ORDER BY seq`)
}

// LabelsOf implements audience.LabelRepository.
func (Audiences) LabelsOf(ctx context.Context, tx selvedge.Tx, id selvedge.AudienceID) ([]audience.Label, error) {
	return all(ctx, tx, scanLabel, `SELECT `+labelColumns+` FROM audience_label WHERE audience_id = ? ORDER BY seq`, id)
}

// ReplaceLabel implements audience.LabelRepository.
func (Audiences) ReplaceLabel(ctx context.Context, tx selvedge.Tx, id selvedge.AudienceID, at time.Time) error {
	_, err := exec(ctx, tx, `UPDATE audience_label SET state = 'replaced', decided_at = ?,
			decided_seq = (SELECT COALESCE(MAX(decided_seq), 0) + 1 FROM audience_label)
		WHERE audience_id = ? AND state = 'pending'`, micros{&at}, id)
	return err
}

// DecideLabel implements audience.LabelRepository.
func (Audiences) DecideLabel(ctx context.Context, tx selvedge.Tx, id audience.LabelID, to audience.LabelState, by string, at time.Time) error {
	return execOne(ctx, tx, selvedge.Errorf(selvedge.CodeConflict, "there is no such label that is pending"), `
		UPDATE audience_label SET state = ?, decided_at = ?, decided_by = ?,
			decided_seq = (SELECT COALESCE(MAX(decided_seq), 0) + 1 FROM audience_label)
		WHERE id = ? AND state = 'pending'`, to, micros{&at}, by, id)
}

// ShownLabel implements audience.LabelRepository.
func (Audiences) ShownLabel(ctx context.Context, tx selvedge.Tx, id selvedge.AudienceID, at time.Time) (audience.Label, error) {
	return one(ctx, tx, scanLabel, `SELECT `+labelColumns+` FROM audience_label
		WHERE audience_id = ? AND state = 'approved' AND decided_at <= ? ORDER BY decided_seq DESC LIMIT 1`, id, micros{&at})
}
