package store

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
)

const importColumns = `id, sender_key, digest, begun_at, completed_at, abandoning_at, abandoned_at,
	bytes, bytes_done, rows_all, rows_done, batches, points, grants, grants_gone`

func scanImport(s scanner, more ...any) (v contact.ImportStatus, err error) {
	var completed, abandoning, abandoned time.Time
	err = s.Scan(append([]any{
		&v.ID, &v.Key, fixed(v.Digest[:]),
		micros{&v.BegunAt},
		micros{&completed},
		micros{&abandoning},
		micros{&abandoned},
		&v.Bytes, &v.BytesDone, &v.Rows, &v.RowsDone, &v.Batches, &v.Points, &v.Grants, &v.Gone,
	}, more...)...)
	switch {
	case !abandoned.IsZero():
		v.State, v.EndedAt = contact.ImportAbandoned, abandoned
	case !completed.IsZero():
		v.State, v.EndedAt = contact.ImportComplete, completed
	case !abandoning.IsZero():
		v.State = contact.ImportAbandoning
	default:
		v.State = contact.ImportOpen
	}
	return v, err
}

func scanReported(s scanner) (contact.ImportStatus, error) {
	var report string
	v, err := scanImport(s, &report)
	if err == nil && report != "" {
		v.Report = &contact.Report{}
		if err = json.Unmarshal([]byte(report), v.Report); err != nil {
			err = fmt.Errorf("read the report of an import: %w", err)
		}
	}
	return v, err
}

// Import implements contact.ImportRepository.
func (Contacts) Import(ctx context.Context, tx selvedge.Tx, id contact.ImportID) (contact.ImportStatus, error) {
	return one(ctx, tx, scanReported, `SELECT `+importColumns+`, report FROM import WHERE id = ?`, id)
}

// ImportOfKey implements contact.ImportRepository.
func (Contacts) ImportOfKey(ctx context.Context, tx selvedge.Tx, key string) (contact.ImportStatus, bool, error) {
	v, err := one(ctx, tx, scanReported, `SELECT `+importColumns+`, report FROM import WHERE sender_key = ? AND sender_key <> '' AND abandoned_at IS NULL`, key)
	if selvedge.CodeOf(err) == selvedge.CodeNotFound {
		return contact.ImportStatus{}, false, nil
	}
	return v, err == nil, err
}

// Imports implements contact.ImportRepository.
func (Contacts) Imports(ctx context.Context, tx selvedge.Tx, before contact.ImportID, limit int) ([]contact.ImportStatus, error) {
	if before == 0 {
		before = math.MaxInt64
	}
	scan := func(s scanner) (contact.ImportStatus, error) { return scanImport(s) }
	return all(ctx, tx, scan, `SELECT `+importColumns+` FROM import WHERE id < ? ORDER BY id DESC LIMIT ?`, before, limit)
}
