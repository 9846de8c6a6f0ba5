package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/ledger"
)

// Outbox is the ledger's outbox and records in SQL.
type Outbox struct{ DB *DB }

var (
	_ ledger.Outbox     = Outbox{}
	_ ledger.Repository = Outbox{}
	_ ledger.Eraser     = Outbox{}
)

// Append implements ledger.Outbox. It costs one statement for each space that
// the entries are of, and one for each entry or part of many.
func (o Outbox) Append(ctx context.Context, tx selvedge.Tx, entries ...ledger.Entry) error {
	of := map[ledger.Space][]ledger.Entry{}
	for _, e := range entries {
		of[e.Space] = append(of[e.Space], e)
	}
	// In a fixed order, so that of two that append neither waits for the other.
	for _, space := range slices.Sorted(maps.Keys(of)) {
		if err := o.append(ctx, tx, space, of[space]); err != nil {
			return fmt.Errorf("enter in the outbox: %w", err)
		}
	}
	return nil
}

// append adds the entries of one space.
func (o Outbox) append(ctx context.Context, tx selvedge.Tx, space ledger.Space, entries []ledger.Entry) error {
	if space != ledger.Ads && space != ledger.Registry {
		return errors.New("there is no such space")
	}
	last, err := one(ctx, tx, number, `UPDATE ledger_head SET given = given + ? WHERE space = ? RETURNING given`, len(entries), space)
	if err != nil {
		return err
	}
	records, now := make([]ledger.Record, len(entries)), o.DB.clock.Now()
	for i, e := range entries {
		if records[i], err = ledger.NewRecord(e, last-int64(len(entries)-1-i), now, o.DB.entropy); err != nil {
			return err
		}
	}
	tx.(session).act(space, entries[len(entries)-1].Kind)
	for i, e := range entries {
		for _, account := range e.About {
			if _, err := exec(ctx, tx, `INSERT INTO ledger_about (account_id, space, seq) VALUES (?, ?, ?)`, account, space, records[i].Seq); err != nil {
				return err
			}
		}
	}
	return inParts(len(records), func(from, to int) error {
		var args []any
		for _, r := range records[from:to] {
			args = append(args, recordRow(r)...)
		}
		_, err := exec(ctx, tx, insertRecords+places(len(args)/(to-from), to-from), args...)
		return err
	})
}

const recordColumns = `space, seq, at, kind, role, actor, body, salt, commitment`

const insertRecords = `INSERT INTO ledger_entry (` + recordColumns + `) VALUES `

func recordRow(r ledger.Record) []any {
	return []any{r.Space, r.Seq, micros{&r.At}, r.Kind, r.Role, r.Actor, nullText(r.Body), r.Salt, r.Commitment[:]}
}

// nullText is bytes as a column of text: null if there are none.
func nullText(b []byte) any {
	if b == nil {
		return nil
	}
	return string(b)
}

func scanRecord(s scanner) (r ledger.Record, err error) {
	err = s.Scan(&r.Space, &r.Seq, micros{&r.At}, &r.Kind, &r.Role, &r.Actor, &r.Body, &r.Salt, fixed(r.Commitment[:]))
	return r, err
}

// Records implements ledger.Repository.
func (Outbox) Records(ctx context.Context, tx selvedge.Tx, space ledger.Space, after int64, limit int) ([]ledger.Record, error) {
	return all(ctx, tx, scanRecord, `SELECT `+recordColumns+` FROM ledger_entry WHERE space = ? AND seq > ? ORDER BY seq LIMIT ?`, space, after, limit)
}

// Head implements ledger.Repository.
func (Outbox) Head(ctx context.Context, tx selvedge.Tx, space ledger.Space) (int64, error) {
	return one(ctx, tx, number, `SELECT given FROM ledger_head WHERE space = ?`, space)
}

const leafColumns = `space, idx, first, last, root`

func scanLeaf(s scanner) (l ledger.RecordedLeaf, err error) {
	err = s.Scan(&l.Space, &l.Index, &l.First, &l.Last, fixed(l.Root[:]))
	return l, err
}

// RecordLeaf implements ledger.Repository.
func (o Outbox) RecordLeaf(ctx context.Context, tx selvedge.Tx, leaf ledger.RecordedLeaf) error {
	last, ok, err := o.LastLeaf(ctx, tx, leaf.Space)
	if err != nil {
		return err
	}
	if !ok {
		last.Index = -1
	}
	if leaf.Index != last.Index+1 || leaf.First != last.Last+1 {
		return selvedge.Errorf(selvedge.CodeConflict, "leaf %d from entry %d on is the next", last.Index+1, last.Last+1)
	}
	_, err = exec(ctx, tx, `INSERT INTO ledger_leaf (`+leafColumns+`) VALUES (?, ?, ?, ?, ?)`,
		leaf.Space, leaf.Index, leaf.First, leaf.Last, leaf.Root[:])
	return err
}

// ForgetLeaves implements ledger.Repository.
func (Outbox) ForgetLeaves(ctx context.Context, tx selvedge.Tx, space ledger.Space) error {
	_, err := exec(ctx, tx, `DELETE FROM ledger_leaf WHERE space = ?`, space)
	return err
}

// Leaves implements ledger.Repository.
func (Outbox) Leaves(ctx context.Context, tx selvedge.Tx, space ledger.Space, from int64, limit int) ([]ledger.RecordedLeaf, error) {
	return all(ctx, tx, scanLeaf, `SELECT `+leafColumns+` FROM ledger_leaf WHERE space = ? AND idx >= ? ORDER BY idx LIMIT ?`, space, from, limit)
}

// LastLeaf implements ledger.Repository.
func (Outbox) LastLeaf(ctx context.Context, tx selvedge.Tx, space ledger.Space) (ledger.RecordedLeaf, bool, error) {
	l, err := one(ctx, tx, scanLeaf, `SELECT `+leafColumns+` FROM ledger_leaf WHERE space = ? ORDER BY idx DESC LIMIT 1`, space)
	if selvedge.CodeOf(err) == selvedge.CodeNotFound {
		return ledger.RecordedLeaf{}, false, nil
	}
	return l, err == nil, err
}

// LeafOf implements ledger.Repository.
func (Outbox) LeafOf(ctx context.Context, tx selvedge.Tx, space ledger.Space, seq int64) (ledger.RecordedLeaf, error) {
	return one(ctx, tx, scanLeaf, `SELECT `+leafColumns+` FROM ledger_leaf
		WHERE space = ? AND last >= ? AND first = (SELECT MAX(first) FROM ledger_leaf WHERE space = ? AND first <= ?)`, space, seq, space, seq)
}

var _ ledger.Verdict = Outbox{}

// SetContained implements ledger.Verdict.
func (Outbox) SetContained(ctx context.Context, tx selvedge.Tx, contained bool) error {
	bit := 0
	if contained {
		bit = 1
	}
	_, err := exec(ctx, tx, `UPDATE verdict SET contained = ?`, bit)
	return err
}

// IsContained implements ledger.Verdict.
func (Outbox) IsContained(ctx context.Context, tx selvedge.Tx) (bool, error) {
	n, err := one(ctx, tx, number, `SELECT contained FROM verdict`)
	return n != 0, err
}
