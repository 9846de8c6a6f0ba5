package store

import (
	"context"
	"encoding/json"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/report"
	"github.com/selvedge/selvedge/token"
)

// Audiences keeps audiences, lists and versions in SQL.
type Audiences struct{ DB *DB }

var _ audience.Repository = Audiences{}

// InsertAudience implements audience.Repository.
func (Audiences) InsertAudience(ctx context.Context, tx selvedge.Tx, a audience.Audience) error {
	_, err := exec(ctx, tx, `INSERT INTO audience (id, org_id, name, created_at, seq)
		VALUES (?, ?, ?, ?, (SELECT COALESCE(MAX(seq), 0) + 1 FROM audience))`, a.ID, a.Org, a.Name, micros{&a.CreatedAt})
	return err
}

const audienceColumns = `id, org_id, name, created_at`

func scanAudience(s scanner) (a audience.Audience, err error) {
	err = s.Scan(&a.ID, &a.Org, &a.Name, micros{&a.CreatedAt})
	return a, err
}

// Audience implements audience.Repository.
func (Audiences) Audience(ctx context.Context, tx selvedge.Tx, org selvedge.OrgID, id selvedge.AudienceID) (audience.Audience, error) {
	return one(ctx, tx, scanAudience, `SELECT `+audienceColumns+` FROM audience WHERE id = ? AND org_id = ?`, id, org)
}

// Audiences implements audience.Repository.
func (Audiences) Audiences(ctx context.Context, tx selvedge.Tx, org selvedge.OrgID) ([]audience.Audience, error) {
	return all(ctx, tx, scanAudience, `SELECT `+audienceColumns+` FROM audience WHERE org_id = ? ORDER BY seq`, org)
}

// InsertList implements audience.Repository.
func (a Audiences) InsertList(ctx context.Context, tx selvedge.Tx, l list.List) error {
	if err := a.DB.refer(ctx, tx, *l.Spill); err != nil {
		return err
	}
	text, err := json.Marshal(l.Report)
	if err != nil {
		return err
	}
	_, err = exec(ctx, tx, `
		INSERT INTO list (id, org_id, audience_id, state, report, spill_sum, spill_size, epoch, rule_set, accepted_at, expires_at, version, seq)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, (SELECT COALESCE(MAX(seq), 0) + 1 FROM list))`,
		l.ID, l.Org, l.Audience, l.State, string(text), l.Spill.Sum[:], l.Spill.Size, l.Epoch, l.RuleSet, micros{&l.AcceptedAt}, micros{&l.ExpiresAt})
	return err
}

const listColumns = `id, org_id, audience_id, state, report, spill_sum, spill_size, epoch, rule_set, accepted_at, expires_at, members_sum, members_size, version`

func scanList(s scanner) (l list.List, err error) {
	var text string
	var spill, members nullRef
	err = s.Scan(&l.ID, &l.Org, &l.Audience, &l.State, &text, &spill.sum, &spill.size, &l.Epoch, &l.RuleSet,
		micros{&l.AcceptedAt}, micros{&l.ExpiresAt}, &members.sum, &members.size, &l.Version)
	if err != nil {
		return l, err
	}
	l.Spill, l.Members = spill.ref(blob.KindSpill), members.ref(blob.KindBitmap)
	return l, json.Unmarshal([]byte(text), &l.Report)
}

// nullRef is a blob's name in two columns that are null together.
type nullRef struct {
	sum  []byte
	size *int64
}

func (n nullRef) ref(kind blob.Kind) *blob.Ref {
	if n.size == nil || len(n.sum) != 32 {
		return nil
	}
	return &blob.Ref{Kind: kind, Sum: [32]byte(n.sum), Size: *n.size}
}

// List implements audience.Repository.
func (Audiences) List(ctx context.Context, tx selvedge.Tx, org selvedge.OrgID, aud selvedge.AudienceID, id selvedge.ListID) (list.List, error) {
	return one(ctx, tx, scanList, `SELECT `+listColumns+` FROM list WHERE id = ? AND audience_id = ? AND org_id = ?`, id, aud, org)
}

// Lists implements audience.Repository.
func (Audiences) Lists(ctx context.Context, tx selvedge.Tx, aud selvedge.AudienceID) ([]list.List, error) {
	return all(ctx, tx, scanList, `SELECT `+listColumns+` FROM list WHERE audience_id = ? ORDER BY seq`, aud)
}

// Unmatched implements audience.Repository.
func (Audiences) Unmatched(ctx context.Context, tx selvedge.Tx) ([]list.List, error) {
	return all(ctx, tx, scanList, `SELECT `+listColumns+` FROM list WHERE state = 'accepted' ORDER BY seq`)
}

// SetSpill implements audience.Repository.
func (a Audiences) SetSpill(ctx context.Context, tx selvedge.Tx, id selvedge.ListID, old, spill blob.Ref, e token.Epoch) error {
	if err := a.DB.refer(ctx, tx, spill); err != nil {
		return err
	}
	return execOne(ctx, tx, selvedge.Errorf(selvedge.CodeConflict, "the list does not wait with this spill"), `
		UPDATE list SET spill_sum = ?, spill_size = ?, epoch = ? WHERE id = ? AND state = 'accepted' AND spill_sum = ?`,
		spill.Sum[:], spill.Size, e, id, old.Sum[:])
}

// SetMatched implements audience.Repository.
func (a Audiences) SetMatched(ctx context.Context, tx selvedge.Tx, id selvedge.ListID, members blob.Ref, version int64) error {
	if err := a.DB.refer(ctx, tx, members); err != nil {
		return err
	}
	return execOne(ctx, tx, selvedge.Errorf(selvedge.CodeConflict, "the list does not wait to be matched"), `
		UPDATE list SET state = 'matched', spill_sum = NULL, spill_size = NULL, members_sum = ?, members_size = ?, version = ?
		WHERE id = ? AND state = 'accepted'`, members.Sum[:], members.Size, version, id)
}

// InsertVersion implements audience.Repository.
func (a Audiences) InsertVersion(ctx context.Context, tx selvedge.Tx, v audience.Version) error {
	if err := a.DB.refer(ctx, tx, v.Members); err != nil {
		return err
	}
	_, err := exec(ctx, tx, `
		INSERT INTO audience_version (audience_id, number, base, members_sum, members_size, added, removed, position, epoch, rule_set, sealed_at, publish_at, size_step)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		v.Audience, v.Number, v.Base[:], v.Members.Sum[:], v.Members.Size, v.Added, v.Removed, v.Position, v.Epoch, v.RuleSet,
		micros{&v.SealedAt}, micros{&v.PublishAt}, v.Size.Step())
	return err
}

const versionColumns = `audience_id, number, base, members_sum, members_size, added, removed, position, epoch, rule_set, sealed_at, publish_at, size_step`

func scanVersion(s scanner) (v audience.Version, err error) {
	var step int
	v.Members.Kind = blob.KindBitmap
	err = s.Scan(&v.Audience, &v.Number, fixed(v.Base[:]), fixed(v.Members.Sum[:]), &v.Members.Size, &v.Added, &v.Removed,
		&v.Position, &v.Epoch, &v.RuleSet, micros{&v.SealedAt}, micros{&v.PublishAt}, &step)
	v.Size = report.SizeAt(step)
	return v, err
}

// Versions implements audience.Repository.
func (Audiences) Versions(ctx context.Context, tx selvedge.Tx, aud selvedge.AudienceID) ([]audience.Version, error) {
	return all(ctx, tx, scanVersion, `SELECT `+versionColumns+` FROM audience_version WHERE audience_id = ? ORDER BY number`, aud)
}

// AllVersions implements audience.Repository.
func (Audiences) AllVersions(ctx context.Context, tx selvedge.Tx, fn func(audience.Version) error) error {
	return each(ctx, tx, func(s scanner) error {
		v, err := scanVersion(s)
		if err != nil {
			return err
		}
		return fn(v)
	}, `SELECT `+versionColumns+` FROM audience_version ORDER BY audience_id, number`)
}
