package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/purpose"
)

// OpenImport implements contact.ImportRepository.
func (Contacts) OpenImport(ctx context.Context, tx selvedge.Tx) (contact.ImportID, [32]byte, bool, error) {
	type open struct {
		id     contact.ImportID
		digest [32]byte
	}
	o, err := one(ctx, tx, func(s scanner) (o open, err error) {
		err = s.Scan(&o.id, fixed(o.digest[:]))
		return o, err
	}, `SELECT id, digest FROM import WHERE completed_at IS NULL AND abandoned_at IS NULL`)
	if selvedge.CodeOf(err) == selvedge.CodeNotFound {
		return 0, [32]byte{}, false, nil
	}
	return o.id, o.digest, err == nil, err
}

// BeginImport implements contact.ImportRepository.
func (Contacts) BeginImport(ctx context.Context, tx selvedge.Tx, n contact.NewImport, at time.Time) (contact.ImportID, error) {
	id, err := one(ctx, tx, number, `INSERT INTO import (id, digest, sender_key, bytes, rows_all, begun_at, first_ordinal)
		VALUES ((SELECT COALESCE(MAX(id), 0) + 1 FROM import), ?, ?, ?, ?, ?, (SELECT COALESCE(MAX(ordinal), 0) + 1 FROM ads_grant)) RETURNING id`,
		n.Digest[:], n.Key, n.Bytes, n.Rows, micros{&at})
	return contact.ImportID(id), err
}

func errNotOpen() error {
	return selvedge.Errorf(selvedge.CodeConflict, "the import is not open").Because("import_closed")
}

const isOpen = ` AND completed_at IS NULL AND abandoning_at IS NULL`

// ImportStep implements contact.ImportRepository.
func (Contacts) ImportStep(ctx context.Context, tx selvedge.Tx, id contact.ImportID, step contact.ImportStep) error {
	err := execOne(ctx, tx, errNotOpen(), `UPDATE import SET bytes_done = ?, rows_done = ?, batches = batches + 1, points = points + ?, grants = grants + ?
		WHERE id = ?`+isOpen, step.Bytes, step.Rows, step.Points, step.Grants, id)
	if err != nil || step.Mark == (contact.ImportMark{}) {
		return err
	}
	_, err = exec(ctx, tx, `INSERT INTO import_mark (import_id, part, last_row, mark) VALUES (?, ?, ?, ?) ON CONFLICT (import_id, part, last_row) DO NOTHING`,
		id, step.Mark.Part, step.Mark.LastRow, step.Mark.Sum[:])
	return err
}

// ImportMarks implements contact.ImportRepository.
func (Contacts) ImportMarks(ctx context.Context, tx selvedge.Tx, id contact.ImportID) ([]contact.ImportMark, error) {
	return all(ctx, tx, func(s scanner) (m contact.ImportMark, err error) {
		err = s.Scan(&m.Part, &m.LastRow, fixed(m.Sum[:]))
		return m, err
	}, `SELECT part, last_row, mark FROM import_mark WHERE import_id = ? ORDER BY part, last_row`, id)
}

func forgetMarks(ctx context.Context, tx selvedge.Tx, id contact.ImportID) error {
	_, err := exec(ctx, tx, `DELETE FROM import_mark WHERE import_id = ?`, id)
	return err
}

// CompleteImport implements contact.ImportRepository.
func (c Contacts) CompleteImport(ctx context.Context, tx selvedge.Tx, id contact.ImportID, chunks []contact.ChunkRow, r contact.Report, at time.Time) error {
	for _, row := range chunks {
		if err := c.DB.refer(ctx, tx, row.Ref); err != nil {
			return err
		}
		_, err := exec(ctx, tx, `INSERT INTO chunk (sum, size, family, class, epoch, rule_set, entries, import_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			row.Ref.Sum[:], row.Ref.Size, row.Header.Family, row.Header.Class, row.Header.Epoch, row.Header.RuleSet, row.Header.Count, id)
		if err != nil {
			return err
		}
	}
	if err := forgetMarks(ctx, tx, id); err != nil {
		return err
	}
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("write the report of an import: %w", err)
	}
	return execOne(ctx, tx, errNotOpen(), `UPDATE import SET completed_at = ?, report = ? WHERE id = ?`+isOpen, micros{&at}, string(text), id)
}

// ImportedOrdinals implements contact.ImportRepository.
func (Contacts) ImportedOrdinals(ctx context.Context, tx selvedge.Tx, id contact.ImportID, fn func(selvedge.Ordinal, purpose.Set) error) error {
	return each(ctx, tx, func(s scanner) error {
		var o selvedge.Ordinal
		var live purpose.Set
		if err := s.Scan(&o, &live); err != nil {
			return err
		}
		return fn(o, live)
	}, `SELECT ordinal, live FROM ads_grant WHERE ordinal >= (SELECT first_ordinal FROM import WHERE id = ?) AND import_id = ? ORDER BY ordinal`, id, id)
}

// BeginAbandon implements contact.ImportRepository.
func (Contacts) BeginAbandon(ctx context.Context, tx selvedge.Tx, id contact.ImportID, at time.Time) error {
	if err := forgetMarks(ctx, tx, id); err != nil {
		return err
	}
	return execOne(ctx, tx, errNotOpen(), `UPDATE import SET abandoning_at = COALESCE(abandoning_at, ?) WHERE id = ? AND completed_at IS NULL AND abandoned_at IS NULL`,
		micros{&at}, id)
}

// DropImportGrants implements contact.ImportRepository.
func (Contacts) DropImportGrants(ctx context.Context, tx selvedge.Tx, id contact.ImportID, limit int) (int, error) {
	const some = ` WHERE ordinal IN (SELECT g.ordinal FROM import i JOIN ads_grant g ON g.ordinal >= i.first_ordinal AND g.import_id = i.id
		WHERE i.id = ? AND i.abandoning_at IS NOT NULL AND i.abandoned_at IS NULL ORDER BY g.ordinal LIMIT ?)`
	// Tokens of them never were in a chunk: none is to be taken out of one.
	if _, err := exec(ctx, tx, `DELETE FROM erased_token`+some, id, limit); err != nil {
		return 0, err
	}
	n, err := exec(ctx, tx, `DELETE FROM ads_grant`+some, id, limit)
	if err != nil {
		return 0, err
	}
	_, err = exec(ctx, tx, `UPDATE import SET grants_gone = grants_gone + ? WHERE id = ?`, n, id)
	return int(n), err
}

// EndAbandon implements contact.ImportRepository.
func (Contacts) EndAbandon(ctx context.Context, tx selvedge.Tx, id contact.ImportID, at time.Time) error {
	return execOne(ctx, tx, selvedge.Errorf(selvedge.CodeConflict, "the import is not being abandoned, or has grants left").Because("import_closed"),
		`UPDATE import SET abandoned_at = ? WHERE id = ? AND abandoning_at IS NOT NULL AND abandoned_at IS NULL
			AND NOT EXISTS (SELECT 1 FROM ads_grant g WHERE g.ordinal >= import.first_ordinal AND g.import_id = import.id)`, micros{&at}, id)
}
