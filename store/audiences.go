package store

import (
	"context"
	"time"

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
			position, epoch, rule_set, accepted_at, sealed_at, publish_at, size_step, size_at, size_due, seq)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT COALESCE(MAX(seq), 0) + 1 FROM audience_version))`,
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

// Unpublished implements audience.Repository.
func (Audiences) Unpublished(ctx context.Context, tx selvedge.Tx, aud selvedge.AudienceID, at time.Time) ([]int64, error) {
	return all(ctx, tx, number, `SELECT number FROM audience_version WHERE audience_id = ? AND publish_at > ? ORDER BY number`, aud, micros{&at})
}

// Progress implements audience.Repository.
func (Audiences) Progress(ctx context.Context, tx selvedge.Tx, aud selvedge.AudienceID, at time.Time) (audience.Progress, error) {
	return one(ctx, tx, func(s scanner) (p audience.Progress, err error) {
		var lists, waiting int
		var step *int
		err = s.Scan(&lists, &waiting, &step, micros{&p.AsOf}, micros{&p.Figure.At}, micros{&p.Figure.Due})
		if step != nil {
			p.Figure.Size = report.SizeAt(*step)
		}
		p.Lists, p.Waiting = lists == 1, waiting == 1
		return p, err
	}, `SELECT CASE WHEN EXISTS (SELECT 1 FROM list WHERE audience_id = a.id) THEN 1 ELSE 0 END,
		CASE WHEN EXISTS (SELECT 1 FROM list WHERE audience_id = a.id AND version = 0)
			OR EXISTS (SELECT 1 FROM audience_version v JOIN list l ON l.audience_id = v.audience_id AND l.version = v.number
				WHERE v.audience_id = a.id AND v.publish_at > ?) THEN 1 ELSE 0 END,
		p.size_step, p.publish_at, p.size_at, p.size_due
		FROM (SELECT CAST(? AS TEXT) AS id) a LEFT JOIN audience_version p ON p.audience_id = a.id AND p.number = (
			SELECT q.number FROM audience_version q WHERE q.audience_id = a.id AND q.publish_at <= ? ORDER BY q.number DESC LIMIT 1)`,
		micros{&at}, aud, micros{&at})
}

// Backward implements audience.Repository.
func (Audiences) Backward(ctx context.Context, tx selvedge.Tx, aud selvedge.AudienceID, from int64, n int) ([]audience.Version, error) {
	return all(ctx, tx, scanVersion, `SELECT `+versionColumns+` FROM audience_version
		WHERE audience_id = ? AND number <= ? ORDER BY number DESC LIMIT ?`, aud, from, n)
}

// Sealed implements audience.Repository.
func (Audiences) Sealed(ctx context.Context, tx selvedge.Tx, after int64, fn func(audience.Sealed) error) error {
	const columns = `SELECT ` + versionColumns + `, org_id, v.seq FROM `
	query, args := columns+`audience_version v JOIN audience a ON a.id = v.audience_id WHERE v.seq > ? ORDER BY v.seq`, []any{after}
	if after == 0 {
		query, args = columns+`audience a JOIN audience_version v ON v.audience_id = a.id AND v.number >= (
			SELECT w.number FROM audience_version w WHERE w.audience_id = a.id AND w.members_sum IS NOT NULL ORDER BY w.number DESC LIMIT 1)
			ORDER BY v.audience_id, v.number`, nil
	}
	return each(ctx, tx, func(s scanner) error {
		var out audience.Sealed
		var err error
		if out.Version, err = scanVersion(&longer{s, []any{&out.Org, &out.Place}}); err != nil {
			return err
		}
		return fn(out)
	}, query, args...)
}

// longer scans more columns than who uses it knows of.
type longer struct {
	scanner
	more []any
}

// Scan implements scanner.
func (l *longer) Scan(into ...any) error { return l.scanner.Scan(append(into, l.more...)...) }

// Unexpired implements audience.Repository.
func (Audiences) Unexpired(ctx context.Context, tx selvedge.Tx, ids []selvedge.AudienceID, at time.Time) (out []selvedge.AudienceID, err error) {
	err = inParts(len(ids), func(from, to int) error {
		var args []any
		for _, id := range ids[from:to] {
			args = append(args, id)
		}
		part, err := all(ctx, tx, scanAudienceID, `SELECT id FROM audience WHERE id IN `+places(1, to-from)+` AND EXISTS (
			SELECT 1 FROM list WHERE audience_id = audience.id AND kind <> 'remove' AND expires_at > ? AND state = 'matched')`, append(args, micros{&at})...)
		out = append(out, part...)
		return err
	})
	return out, err
}
