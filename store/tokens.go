package store

import (
	"context"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/compaction"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/token"
)

const tokenColumns = `seq, family, class, epoch, rule_set, token, ordinal`

func scanTokenRow(s scanner) (r token.Row, err error) {
	err = s.Scan(&r.Seq, &r.Family, &r.Class, &r.Epoch, &r.RuleSet, fixed(r.Token[:]), &r.Ordinal)
	return r, err
}

// InsertTokens implements contact.Repository.
func (Contacts) InsertTokens(ctx context.Context, tx selvedge.Tx, rows []token.Row) error {
	if len(rows) == 0 {
		return nil
	}
	first, err := next(ctx, tx, "token_row", len(rows))
	if err != nil {
		return err
	}
	for i, r := range rows {
		_, err := exec(ctx, tx, `INSERT INTO token_row (`+tokenColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			first+int64(i), r.Family, r.Class, r.Epoch, r.RuleSet, r.Token[:], r.Ordinal)
		if err != nil {
			return err
		}
	}
	return nil
}

// rowsGone says that token rows were deleted or changed.
func rowsGone(ctx context.Context, tx selvedge.Tx, n int64) error {
	if n == 0 {
		return nil
	}
	_, err := exec(ctx, tx, `UPDATE counter SET given = given + 1 WHERE name = 'token_row_gone'`)
	return err
}

// TokenRows implements index.Source.
func (Index) TokenRows(ctx context.Context, tx selvedge.Tx) (token.Rows, error) {
	return one(ctx, tx, func(s scanner) (r token.Rows, err error) {
		err = s.Scan(&r.Last, &r.Gone)
		return r, err
	}, `SELECT (SELECT given FROM counter WHERE name = 'token_row'), (SELECT given FROM counter WHERE name = 'token_row_gone')`)
}

// EachTokenRow implements index.Source.
func (Index) EachTokenRow(ctx context.Context, tx selvedge.Tx, after int64, fn func(token.Row) error) error {
	return each(ctx, tx, func(s scanner) error {
		r, err := scanTokenRow(s)
		if err != nil {
			return err
		}
		return fn(r)
	}, `SELECT `+tokenColumns+` FROM token_row WHERE seq > ? ORDER BY seq`, after)
}

// CountRows implements rotation.Repository.
func (Keys) CountRows(ctx context.Context, tx selvedge.Tx) (int64, error) {
	return one(ctx, tx, number, `SELECT COUNT(*) FROM token_row`)
}

// ConvertRows implements rotation.Repository.
func (Keys) ConvertRows(ctx context.Context, tx selvedge.Tx, to token.Epoch, convert func(token.Row) token.Token) error {
	rows, err := all(ctx, tx, scanTokenRow, `SELECT `+tokenColumns+` FROM token_row ORDER BY seq`)
	if err != nil {
		return err
	}
	for _, r := range rows {
		t := convert(r)
		if _, err := exec(ctx, tx, `UPDATE token_row SET epoch = ?, token = ? WHERE seq = ?`, to, t[:], r.Seq); err != nil {
			return err
		}
	}
	return rowsGone(ctx, tx, int64(len(rows)))
}

// Compaction keeps what a compaction does, in SQL.
type Compaction struct{ DB *DB }

var _ compaction.Repository = Compaction{}

// Pending implements compaction.Repository.
func (Compaction) Pending(ctx context.Context, tx selvedge.Tx) (compaction.Pending, error) {
	return one(ctx, tx, func(s scanner) (p compaction.Pending, err error) {
		err = s.Scan(&p.Rows, &p.Erased)
		return p, err
	}, `SELECT (SELECT COUNT(*) FROM token_row), (SELECT COUNT(*) FROM erased_token)`)
}

// Rows implements compaction.Repository.
func (Compaction) Rows(ctx context.Context, tx selvedge.Tx, max int) ([]token.Row, error) {
	return all(ctx, tx, scanTokenRow, `SELECT `+tokenColumns+` FROM token_row ORDER BY seq LIMIT ?`, max)
}

// Young implements compaction.Repository.
func (Compaction) Young(ctx context.Context, tx selvedge.Tx, below uint64) ([]contact.ChunkRow, error) {
	return all(ctx, tx, scanChunk, `SELECT `+chunkColumns+` FROM chunk WHERE import_id = 0 AND replaces IS NULL AND entries < ? ORDER BY sum`, below)
}

// Fold implements compaction.Repository.
func (c Compaction) Fold(ctx context.Context, tx selvedge.Tx, through int64, rows int, old []blob.Ref, chunks []contact.ChunkRow) error {
	gone, err := exec(ctx, tx, `DELETE FROM token_row WHERE seq <= ?`, through)
	if err != nil {
		return err
	}
	if gone != int64(rows) {
		return selvedge.Errorf(selvedge.CodeConflict, "the token rows are others by now")
	}
	if err := rowsGone(ctx, tx, gone); err != nil {
		return err
	}
	for _, ref := range old {
		if _, err := unname(ctx, tx, ref); err != nil {
			return err
		}
	}
	for _, row := range chunks {
		if err := c.name(ctx, tx, row, 0); err != nil {
			return err
		}
	}
	return nil
}

// unname takes a chunk out of the manifest and returns the import that brought
// it.
func unname(ctx context.Context, tx selvedge.Tx, ref blob.Ref) (contact.ImportID, error) {
	id, err := one(ctx, tx, number, `DELETE FROM chunk
		WHERE sum = ? AND replaces IS NULL AND sum NOT IN (SELECT replaces FROM chunk WHERE replaces IS NOT NULL) RETURNING import_id`, ref.Sum[:])
	if selvedge.CodeOf(err) == selvedge.CodeNotFound {
		err = selvedge.Errorf(selvedge.CodeConflict, "the chunk does not count, or has one in its place already")
	}
	return contact.ImportID(id), err
}

// name puts a chunk into the manifest.
func (c Compaction) name(ctx context.Context, tx selvedge.Tx, row contact.ChunkRow, id contact.ImportID) error {
	if err := c.DB.refer(ctx, tx, row.Ref); err != nil {
		return err
	}
	_, err := exec(ctx, tx, `INSERT INTO chunk (`+chunkColumns+`, import_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		row.Ref.Sum[:], row.Ref.Size, row.Header.Family, row.Header.Class, row.Header.Epoch, row.Header.RuleSet, row.Header.Count, id)
	return err
}

// Erased implements compaction.Repository.
func (Compaction) Erased(ctx context.Context, tx selvedge.Tx) (*roaring.Bitmap, []contact.ChunkRow, error) {
	const settled = ` FROM erased_token e JOIN ads_grant g ON g.ordinal = e.ordinal
		WHERE g.import_id NOT IN (SELECT id FROM import WHERE completed_at IS NULL)`
	erased := roaring.New()
	err := each(ctx, tx, func(s scanner) error {
		n, err := number(s)
		erased.Add(uint32(n))
		return err
	}, `SELECT e.ordinal`+settled)
	if err != nil {
		return nil, nil, err
	}
	chunks, err := all(ctx, tx, scanChunk, `SELECT `+chunkColumns+` FROM chunk
		WHERE replaces IS NULL AND import_id IN (SELECT g.import_id`+settled+`) ORDER BY sum`)
	return erased, chunks, err
}

// Rewrite implements compaction.Repository.
func (c Compaction) Rewrite(ctx context.Context, tx selvedge.Tx, old blob.Ref, with *contact.ChunkRow) error {
	id, err := unname(ctx, tx, old)
	if err != nil || with == nil {
		return err
	}
	return c.name(ctx, tx, *with, id)
}

// Forget implements compaction.Repository.
func (Compaction) Forget(ctx context.Context, tx selvedge.Tx, ordinals *roaring.Bitmap) error {
	it := ordinals.Iterator()
	for it.HasNext() {
		if _, err := exec(ctx, tx, `DELETE FROM erased_token WHERE ordinal = ?`, it.Next()); err != nil {
			return err
		}
	}
	return nil
}
