package store

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
)

// blobColumns are the columns that name blobs: every one, or the collector
// deletes what a row names. A table that gets such a column gets a line here, an
// index on it, and a case in storetest; what writes the column calls refer.
var blobColumns = []struct {
	kind          blob.Kind
	table, column string
}{
	{blob.KindChunk, "chunk", "sum"},
	{blob.KindSegment, "segment", "sum"},
	{blob.KindSpill, "list", "spill_sum"},
	{blob.KindBitmap, "list", "members_sum"},
	{blob.KindSidecar, "list", "sidecar_sum"},
	{blob.KindRows, "list", "rows_sum"},
	{blob.KindBitmap, "audience_version", "members_sum"},
	{blob.KindBitmap, "audience_version", "flips_sum"},
	{blob.KindBitmap, "publication", "members_sum"},
	{blob.KindUpload, "upload_part", "part_sum"},
}

// refer comes before whatever has a row name blobs, in the same transaction: it
// is the half of blob.Register that everybody else keeps. The register is asked
// first, and the blob store after it.
func (d *DB) refer(ctx context.Context, tx selvedge.Tx, refs ...blob.Ref) error {
	if d.Blobs == nil {
		return selvedge.Errorf(selvedge.CodeInternal, "the store was given no blobs to name")
	}
	for _, ref := range refs {
		state, err := one(ctx, tx, func(s scanner) (state string, err error) {
			err = s.Scan(&state)
			return state, err
		}, `SELECT state FROM blob_condemned WHERE kind = ? AND sum = ?`, ref.Kind, ref.Sum[:])
		switch {
		case selvedge.CodeOf(err) == selvedge.CodeNotFound:
		case err != nil:
			return err
		case state != "condemned":
			return blob.Overtaken(ref.Kind)
		default:
			if err := strike(ctx, tx, ref); err != nil {
				return err
			}
		}
		err = d.Blobs.Stat(ctx, ref)
		if selvedge.CodeOf(err) == selvedge.CodeNotFound {
			return blob.Overtaken(ref.Kind)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// strike takes a blob out of the register.
func strike(ctx context.Context, tx selvedge.Tx, ref blob.Ref) error {
	_, err := exec(ctx, tx, `DELETE FROM blob_condemned WHERE kind = ? AND sum = ?`, ref.Kind, ref.Sum[:])
	return err
}

// BlobRegister is what SQL knows of blobs.
type BlobRegister struct{ DB *DB }

var _ blob.Register = BlobRegister{}

// named says of each blob whether a row names it.
func named(ctx context.Context, tx selvedge.Tx, refs []blob.Ref) ([]bool, error) {
	type name struct {
		kind blob.Kind
		sum  [32]byte
	}
	found := map[name]bool{}
	for _, c := range blobColumns {
		var sums []any
		for _, ref := range refs {
			if ref.Kind == c.kind {
				sums = append(sums, ref.Sum[:])
			}
		}
		err := inParts(len(sums), func(from, to int) error {
			return each(ctx, tx, func(s scanner) error {
				n := name{kind: c.kind}
				err := s.Scan(fixed(n.sum[:]))
				found[n] = true
				return err
			}, `SELECT DISTINCT `+c.column+` FROM `+c.table+` WHERE `+c.column+` IN `+places(1, to-from), sums[from:to]...)
		})
		if err != nil {
			return nil, err
		}
	}
	out := make([]bool, len(refs))
	for i, ref := range refs {
		out[i] = found[name{ref.Kind, ref.Sum}]
	}
	return out, nil
}

// Condemn implements blob.Register.
func (BlobRegister) Condemn(ctx context.Context, tx selvedge.Tx, refs []blob.Ref, at time.Time) ([]bool, error) {
	is, err := named(ctx, tx, refs)
	if err != nil {
		return nil, err
	}
	for i, ref := range refs {
		if is[i] {
			continue
		}
		_, err := exec(ctx, tx, `INSERT INTO blob_condemned (kind, sum, size, state, at) VALUES (?, ?, ?, 'condemned', ?)
			ON CONFLICT (kind, sum) DO NOTHING`, ref.Kind, ref.Sum[:], ref.Size, micros{&at})
		if err != nil {
			return nil, err
		}
	}
	return is, nil
}

func scanCondemned(s scanner) (ref blob.Ref, err error) {
	err = s.Scan(&ref.Kind, fixed(ref.Sum[:]), &ref.Size)
	return ref, err
}

// Due implements blob.Register.
func (BlobRegister) Due(ctx context.Context, tx selvedge.Tx, at time.Time, max int) ([]blob.Ref, error) {
	return all(ctx, tx, scanCondemned, `SELECT kind, sum, size FROM blob_condemned WHERE state = 'condemned' AND at <= ?
		ORDER BY at, kind, sum LIMIT ?`, micros{&at}, max)
}

// Begin implements blob.Register.
func (BlobRegister) Begin(ctx context.Context, tx selvedge.Tx, refs []blob.Ref, at time.Time) error {
	is, err := named(ctx, tx, refs)
	if err != nil {
		return err
	}
	for i, ref := range refs {
		if is[i] {
			err = strike(ctx, tx, ref)
		} else {
			_, err = exec(ctx, tx, `INSERT INTO blob_condemned (kind, sum, size, state, at) VALUES (?, ?, ?, 'deleting', ?)
				ON CONFLICT (kind, sum) DO UPDATE SET state = 'deleting'`, ref.Kind, ref.Sum[:], ref.Size, micros{&at})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Deleting implements blob.Register.
func (BlobRegister) Deleting(ctx context.Context, tx selvedge.Tx) ([]blob.Ref, error) {
	return all(ctx, tx, scanCondemned, `SELECT kind, sum, size FROM blob_condemned WHERE state = 'deleting' ORDER BY at, kind, sum`)
}

// End implements blob.Register.
func (BlobRegister) End(ctx context.Context, tx selvedge.Tx, refs []blob.Ref) error {
	for _, ref := range refs {
		_, err := exec(ctx, tx, `DELETE FROM blob_condemned WHERE kind = ? AND sum = ? AND state = 'deleting'`, ref.Kind, ref.Sum[:])
		if err != nil {
			return err
		}
	}
	return nil
}

// PutHold implements blob.Register.
func (BlobRegister) PutHold(ctx context.Context, tx selvedge.Tx, until time.Time) (int64, error) {
	id, err := one(ctx, tx, number, `UPDATE counter SET given = given + 1 WHERE name = 'blob_hold' RETURNING given`)
	if err != nil {
		return 0, err
	}
	_, err = exec(ctx, tx, `INSERT INTO blob_hold (id, expires_at) VALUES (?, ?)`, id, micros{&until})
	return id, err
}

func errHoldIsOver() error {
	return selvedge.Errorf(selvedge.CodeConflict, "the hold on blobs is over: some may have been deleted since")
}

// RenewHold implements blob.Register.
func (BlobRegister) RenewHold(ctx context.Context, tx selvedge.Tx, id int64, until time.Time) error {
	return execOne(ctx, tx, errHoldIsOver(), `UPDATE blob_hold SET expires_at = ? WHERE id = ?`, micros{&until}, id)
}

// DropHold implements blob.Register.
func (BlobRegister) DropHold(ctx context.Context, tx selvedge.Tx, id int64) error {
	return execOne(ctx, tx, errHoldIsOver(), `DELETE FROM blob_hold WHERE id = ?`, id)
}

// Held implements blob.Register.
func (BlobRegister) Held(ctx context.Context, tx selvedge.Tx, at time.Time) (bool, error) {
	if _, err := exec(ctx, tx, `DELETE FROM blob_hold WHERE expires_at <= ?`, micros{&at}); err != nil {
		return false, err
	}
	n, err := one(ctx, tx, number, `SELECT COUNT(*) FROM blob_hold`)
	return n > 0, err
}

// NamedBlobs returns every blob that a row names, once.
func (d *DB) NamedBlobs(ctx context.Context, tx selvedge.Tx) ([]blob.Ref, error) {
	var out []blob.Ref
	for _, c := range blobColumns {
		refs, err := all(ctx, tx, func(s scanner) (blob.Ref, error) {
			ref := blob.Ref{Kind: c.kind}
			err := s.Scan(fixed(ref.Sum[:]), &ref.Size)
			return ref, err
		}, `SELECT DISTINCT `+c.column+`, `+strings.TrimSuffix(c.column, "sum")+`size FROM `+c.table+` WHERE `+c.column+` IS NOT NULL`)
		if err != nil {
			return nil, err
		}
		out = append(out, refs...)
	}
	return slices.Compact(slices.SortedFunc(slices.Values(out), func(a, b blob.Ref) int {
		return cmp.Or(strings.Compare(string(a.Kind), string(b.Kind)), bytes.Compare(a.Sum[:], b.Sum[:]))
	})), nil
}
