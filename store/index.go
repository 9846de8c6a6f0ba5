package store

import (
	"context"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/index"
	"github.com/selvedge/selvedge/purpose"
	"github.com/selvedge/selvedge/token"
)

// Index is what the index is derived from, in SQL.
type Index struct{ DB *DB }

var _ index.Source = Index{}

// Chunks implements index.Source.
func (Index) Chunks(ctx context.Context, tx selvedge.Tx) ([]contact.ChunkRow, error) {
	return all(ctx, tx, scanChunk, `SELECT `+chunkColumns+` FROM chunk WHERE replaces IS NULL ORDER BY sum`)
}

// Epoch implements index.Source.
func (i Index) Epoch(ctx context.Context, tx selvedge.Tx) (token.Epoch, error) {
	e, err := Keys(i).Epochs(ctx, tx)
	return e.Current, err
}

// States implements index.Source.
func (Index) States(ctx context.Context, tx selvedge.Tx, ordinals *roaring.Bitmap, fn func(index.State) error) error {
	return eachOrdinal(ctx, tx, ordinals, func(s scanner) error {
		var st index.State
		if err := s.Scan(&st.Ordinal, &st.Live, &st.Account.Age, &st.Account.State); err != nil {
			return err
		}
		if !ordinals.Contains(uint32(st.Ordinal)) {
			return nil
		}
		return fn(st)
	}, `SELECT g.ordinal, g.live, a.age_class, a.state
		FROM ads_grant g JOIN account a ON a.id = g.account_id WHERE g.ordinal BETWEEN ? AND ? ORDER BY g.ordinal`)
}

// Objections implements index.Source.
func (Index) Objections(ctx context.Context, tx selvedge.Tx, ordinals *roaring.Bitmap, fn func(selvedge.Ordinal, purpose.Set, selvedge.OrgID) error) error {
	return eachOrdinal(ctx, tx, ordinals, func(s scanner) error {
		var ordinal selvedge.Ordinal
		var o contact.Objection
		var handle contact.Handle
		if err := s.Scan(&ordinal, &o.Scope, &o.Org, optional(o.Handle[:]), fixed(handle[:])); err != nil {
			return err
		}
		if purposes, org := o.Covers(handle); purposes != 0 && ordinals.Contains(uint32(ordinal)) {
			return fn(ordinal, purposes, org)
		}
		return nil
	}, `SELECT g.ordinal, o.scope, o.org_id, o.handle, p.handle
		FROM ads_grant g JOIN objection o ON o.account_id = g.account_id JOIN contact_point p ON p.id = g.contact_id
		WHERE g.ordinal BETWEEN ? AND ? AND o.lifted_at IS NULL ORDER BY g.ordinal, o.id`)
}

// gap is how far apart two ordinals may be to be read in one go.
const gap = 64

// eachOrdinal runs a query over ranges of ordinals that together hold all of
// the bitmap's, and some between. So a few scattered ordinals cost a look-up
// each, and an import one scan.
func eachOrdinal(ctx context.Context, tx selvedge.Tx, ordinals *roaring.Bitmap, fn func(scanner) error, text string) error {
	it := ordinals.Iterator()
	for it.HasNext() {
		from := it.Next()
		to := from
		for it.HasNext() && it.PeekNext() <= to+gap {
			to = it.Next()
		}
		if err := each(ctx, tx, fn, text, from, to); err != nil {
			return err
		}
	}
	return nil
}

// Segment implements index.Source.
func (Index) Segment(ctx context.Context, tx selvedge.Tx, c identifier.Class) (blob.Ref, [32]byte, bool, error) {
	ref := blob.Ref{Kind: blob.KindSegment}
	source, err := one(ctx, tx, func(s scanner) (source [32]byte, err error) {
		err = s.Scan(fixed(source[:]), fixed(ref.Sum[:]), &ref.Size)
		return source, err
	}, `SELECT source, sum, size FROM segment WHERE class = ?`, c)
	if selvedge.CodeOf(err) == selvedge.CodeNotFound {
		return blob.Ref{}, [32]byte{}, false, nil
	}
	return ref, source, err == nil, err
}

// PutSegment implements index.Source.
func (i Index) PutSegment(ctx context.Context, tx selvedge.Tx, c identifier.Class, ref blob.Ref, source [32]byte) error {
	if err := i.DB.refer(ctx, tx, ref); err != nil {
		return err
	}
	_, err := exec(ctx, tx, `INSERT INTO segment (class, source, sum, size) VALUES (?, ?, ?, ?)
		ON CONFLICT (class) DO UPDATE SET source = excluded.source, sum = excluded.sum, size = excluded.size`, c, source[:], ref.Sum[:], ref.Size)
	return err
}

// DropSegment implements index.Source.
func (Index) DropSegment(ctx context.Context, tx selvedge.Tx, c identifier.Class) error {
	_, err := exec(ctx, tx, `DELETE FROM segment WHERE class = ?`, c)
	return err
}
