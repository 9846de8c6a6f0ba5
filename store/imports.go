package store

import (
	"context"
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
	}, `SELECT id, digest FROM import WHERE completed_at IS NULL`)
	if selvedge.CodeOf(err) == selvedge.CodeNotFound {
		return 0, [32]byte{}, false, nil
	}
	return o.id, o.digest, err == nil, err
}

// BeginImport implements contact.ImportRepository.
func (Contacts) BeginImport(ctx context.Context, tx selvedge.Tx, digest [32]byte, at time.Time) (contact.ImportID, error) {
	id, err := one(ctx, tx, number, `INSERT INTO import (id, digest, begun_at, first_ordinal)
		VALUES ((SELECT COALESCE(MAX(id), 0) + 1 FROM import), ?, ?, (SELECT COALESCE(MAX(ordinal), 0) + 1 FROM ads_grant)) RETURNING id`, digest[:], micros{&at})
	return contact.ImportID(id), err
}

// CompleteImport implements contact.ImportRepository.
func (c Contacts) CompleteImport(ctx context.Context, tx selvedge.Tx, id contact.ImportID, chunks []contact.ChunkRow, at time.Time) error {
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
	return execOne(ctx, tx, selvedge.Errorf(selvedge.CodeConflict, "the import is not open"),
		`UPDATE import SET completed_at = ? WHERE id = ? AND completed_at IS NULL`, micros{&at}, id)
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
