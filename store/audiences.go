package store

import (
	"context"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/report"
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
func (Audiences) Audiences(ctx context.Context, tx selvedge.Tx, org selvedge.OrgID, after selvedge.AudienceID, n int) ([]audience.Audience, error) {
	return all(ctx, tx, scanAudience, `SELECT `+audienceColumns+` FROM audience WHERE org_id = ?
		AND seq > COALESCE((SELECT b.seq FROM audience b WHERE b.id = ? AND b.id <> '' AND b.org_id = ?), 0) ORDER BY seq LIMIT ?`, org, after, org, n)
}

// InsertVersion implements audience.Repository.
func (a Audiences) InsertVersion(ctx context.Context, tx selvedge.Tx, v audience.Version) error {
	var sums [2]any
	var sizes [2]*int64
	for i, ref := range []*blob.Ref{v.Members, v.Flips} {
		if ref == nil {
			continue
		}
		if err := a.DB.refer(ctx, tx, *ref); err != nil {
			return err
		}
		sums[i], sizes[i] = ref.Sum[:], &ref.Size
	}
	_, err := exec(ctx, tx, `
		INSERT INTO audience_version (audience_id, number, base, digest, members_sum, members_size, flips_sum, flips_size, added, removed,
			position, epoch, rule_set, accepted_at, sealed_at, publish_at, size_step, size_at, size_due)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		v.Audience, v.Number, v.Base[:], v.Digest[:], sums[0], sizes[0], sums[1], sizes[1], v.Added, v.Removed,
		v.Position, v.Epoch, v.RuleSet, micros{&v.AcceptedAt}, micros{&v.SealedAt}, micros{&v.PublishAt}, v.Figure.Size.Step(), micros{&v.Figure.At}, micros{&v.Figure.Due})
	return err
}

const versionColumns = `audience_id, number, base, digest, members_sum, members_size, flips_sum, flips_size, added, removed,
	position, epoch, rule_set, accepted_at, sealed_at, publish_at, size_step, size_at, size_due`

func scanVersion(s scanner) (v audience.Version, err error) {
	var step int
	var members, flips nullRef
	err = s.Scan(&v.Audience, &v.Number, fixed(v.Base[:]), fixed(v.Digest[:]), &members.sum, &members.size, &flips.sum, &flips.size, &v.Added, &v.Removed,
		&v.Position, &v.Epoch, &v.RuleSet, micros{&v.AcceptedAt}, micros{&v.SealedAt}, micros{&v.PublishAt}, &step, micros{&v.Figure.At}, micros{&v.Figure.Due})
	v.Members, v.Flips = members.ref(blob.KindBitmap), flips.ref(blob.KindBitmap)
	v.Figure.Size = report.SizeAt(step)
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
