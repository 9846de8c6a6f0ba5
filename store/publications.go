package store

import (
	"context"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/report"
)

// Publications implements report.Repository.
type Publications struct{ *DB }

var _ report.Repository = Publications{}

// InsertPublication implements report.Repository.
func (p Publications) InsertPublication(ctx context.Context, tx selvedge.Tx, pub *report.Publication) (err error) {
	var sum, size, count any
	if pub.Own {
		if err := p.refer(ctx, tx, *pub.Members); err != nil {
			return err
		}
		sum, size, count = pub.Members.Sum[:], pub.Members.Size, pub.Count
	}
	if pub.ID, err = next(ctx, tx, "publication", 1); err != nil {
		return err
	}
	_, err = exec(ctx, tx, `
		INSERT INTO publication (id, entity, audience_id, version, at, size_step, members_sum, members_size, members)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		pub.ID, pub.Entity, pub.Audience, pub.Version, micros{&pub.At}, pub.Size.Step(), sum, size, count)
	return err
}

// Publications implements report.Repository.
func (Publications) Publications(ctx context.Context, tx selvedge.Tx, entity string, from time.Time) (int64, error) {
	return one(ctx, tx, func(s scanner) (n int64, err error) {
		err = s.Scan(&n)
		return n, err
	}, `SELECT COUNT(*) FROM publication WHERE entity = ? AND at >= ?`, entity, micros{&from})
}

// OwnFigures implements report.Repository.
func (Publications) OwnFigures(ctx context.Context, tx selvedge.Tx, entity string, least, most uint64, fn func(report.Publication) error) error {
	return each(ctx, tx, func(s scanner) error {
		p := report.Publication{Own: true}
		var step int
		var members nullRef
		if err := s.Scan(&p.ID, &p.Entity, &p.Audience, &p.Version, micros{&p.At}, &step, &members.sum, &members.size, &p.Count); err != nil {
			return err
		}
		p.Size, p.Members = report.SizeAt(step), members.ref(blob.KindBitmap)
		return fn(p)
	}, `SELECT id, entity, audience_id, version, at, size_step, members_sum, members_size, members FROM publication
		WHERE entity = ? AND members BETWEEN ? AND ? ORDER BY id DESC`, entity, least, most)
}
