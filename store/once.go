package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/org"
)

// Request implements org.OnceRepository.
func (Orgs) Request(ctx context.Context, tx selvedge.Tx, id selvedge.OrgID, key [16]byte) (*org.Request, error) {
	var found *org.Request
	err := each(ctx, tx, func(s scanner) error {
		r := org.Request{Org: id, Key: key}
		var body, answer []byte
		var status sql.NullInt64
		if err := s.Scan(fixed(r.What[:]), micros{&r.Until}, &body, &status, &answer); err != nil {
			return err
		}
		if body != nil {
			r.Kept = &org.Kept{Status: int(status.Int64), Answer: answer}
			if err := fixed(r.Kept.Body[:]).Scan(body); err != nil {
				return err
			}
		}
		found = &r
		return nil
	}, `SELECT what, until, body, status, answer FROM org_request WHERE org_id = ? AND key = ?`, id, key[:])
	return found, err
}

// PutRequest implements org.OnceRepository.
func (Orgs) PutRequest(ctx context.Context, tx selvedge.Tx, r org.Request) error {
	var body, answer []byte
	var status sql.NullInt64
	if k := r.Kept; k != nil {
		body, answer, status = k.Body[:], k.Answer, sql.NullInt64{Int64: int64(k.Status), Valid: true}
	}
	_, err := exec(ctx, tx, `INSERT INTO org_request (org_id, key, what, until, body, status, answer) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (org_id, key) DO UPDATE SET what = excluded.what, until = excluded.until,
			body = excluded.body, status = excluded.status, answer = excluded.answer`,
		r.Org, r.Key[:], r.What[:], micros{&r.Until}, body, status, answer)
	return err
}

// DropRequest implements org.OnceRepository.
func (Orgs) DropRequest(ctx context.Context, tx selvedge.Tx, id selvedge.OrgID, key [16]byte) error {
	_, err := exec(ctx, tx, `DELETE FROM org_request WHERE org_id = ? AND key = ? AND body IS NULL`, id, key[:])
	return err
}

// DropRequests implements org.OnceRepository.
func (Orgs) DropRequests(ctx context.Context, tx selvedge.Tx, now time.Time) error {
	_, err := exec(ctx, tx, `DELETE FROM org_request WHERE until <= ?`, micros{&now})
	return err
}
