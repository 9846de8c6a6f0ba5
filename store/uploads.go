package store

import (
	"context"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/upload"
)

// Uploads keeps files that arrive in parts, in SQL.
type Uploads struct{ DB *DB }

var _ upload.Repository = Uploads{}

// InsertUpload implements upload.Repository.
func (Uploads) InsertUpload(ctx context.Context, tx selvedge.Tx, u upload.Upload) error {
	_, err := exec(ctx, tx, `INSERT INTO upload (id, org_id, length, expires_at, sealed_key) VALUES (?, ?, ?, ?, ?)`,
		u.ID, u.Org, u.Length, micros{&u.ExpiresAt}, u.Key)
	return err
}

// Upload implements upload.Repository.
func (Uploads) Upload(ctx context.Context, tx selvedge.Tx, org selvedge.OrgID, id upload.ID, now time.Time) (upload.Upload, error) {
	return one(ctx, tx, func(s scanner) (upload.Upload, error) {
		u := upload.Upload{ID: id, Org: org}
		err := s.Scan(&u.Length, &u.Offset, &u.Parts, micros{&u.ExpiresAt}, &u.Key)
		return u, err
	}, `SELECT length, received, parts, expires_at, sealed_key FROM upload WHERE id = ? AND org_id = ? AND expires_at > ?`, id, org, micros{&now})
}

// CountUploads implements upload.Repository.
func (Uploads) CountUploads(ctx context.Context, tx selvedge.Tx, org selvedge.OrgID, now time.Time) (int64, error) {
	return one(ctx, tx, number, `SELECT COUNT(*) FROM upload WHERE org_id = ? AND expires_at > ?`, org, micros{&now})
}

// AddPart implements upload.Repository.
func (u Uploads) AddPart(ctx context.Context, tx selvedge.Tx, id upload.ID, from int64, p upload.Part) error {
	if err := u.DB.refer(ctx, tx, p.Blob); err != nil {
		return err
	}
	n, err := one(ctx, tx, number, `UPDATE upload SET received = received + ?, parts = parts + 1 WHERE id = ? AND received = ? RETURNING parts`, p.Length, id, from)
	if selvedge.CodeOf(err) == selvedge.CodeNotFound {
		return upload.WrongOffset()
	}
	if err != nil {
		return err
	}
	_, err = exec(ctx, tx, `INSERT INTO upload_part (upload_id, number, length, salt, part_sum, part_size) VALUES (?, ?, ?, ?, ?, ?)`,
		id, n, p.Length, p.Salt[:], p.Blob.Sum[:], p.Blob.Size)
	return err
}

// Parts implements upload.Repository.
func (Uploads) Parts(ctx context.Context, tx selvedge.Tx, id upload.ID) ([]upload.Part, error) {
	return all(ctx, tx, func(s scanner) (p upload.Part, err error) {
		p.Blob.Kind = blob.KindUpload
		err = s.Scan(&p.Number, &p.Length, fixed(p.Salt[:]), fixed(p.Blob.Sum[:]), &p.Blob.Size)
		return p, err
	}, `SELECT number, length, salt, part_sum, part_size FROM upload_part WHERE upload_id = ? ORDER BY number`, id)
}

// DeleteUpload implements upload.Repository.
func (Uploads) DeleteUpload(ctx context.Context, tx selvedge.Tx, id upload.ID) error {
	if _, err := exec(ctx, tx, `DELETE FROM upload_part WHERE upload_id = ?`, id); err != nil {
		return err
	}
	return execOne(ctx, tx, selvedge.Errorf(selvedge.CodeNotFound, "there is no such thing"), `DELETE FROM upload WHERE id = ?`, id)
}

// DeleteUploads implements upload.Repository.
func (Uploads) DeleteUploads(ctx context.Context, tx selvedge.Tx, now time.Time) (int64, error) {
	if _, err := exec(ctx, tx, `DELETE FROM upload_part WHERE upload_id IN (SELECT id FROM upload WHERE expires_at <= ?)`, micros{&now}); err != nil {
		return 0, err
	}
	return exec(ctx, tx, `DELETE FROM upload WHERE expires_at <= ?`, micros{&now})
}
