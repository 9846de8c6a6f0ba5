package store

import (
	"context"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/ledger"
)

// EraseAccount implements contact.Repository.
func (Contacts) EraseAccount(ctx context.Context, tx selvedge.Tx, id selvedge.AccountID, m contact.Mark, at time.Time) error {
	for _, s := range []struct {
		text string
		args []any
	}{
		{`INSERT INTO tombstone (mark, erased_at) VALUES (?, ?) ON CONFLICT (mark) DO UPDATE SET erased_at = excluded.erased_at`, []any{m[:], micros{&at}}},
		{`INSERT INTO erased_token (ordinal, erased_at) SELECT g.ordinal, t.erased_at FROM ads_grant g, tombstone t WHERE g.account_id = ? AND t.mark = ?`, []any{id, m[:]}},
		{`UPDATE counter SET given = given + 1 WHERE name = 'token_row_gone' AND EXISTS
			(SELECT 1 FROM token_row t JOIN ads_grant g ON g.ordinal = t.ordinal WHERE g.account_id = ?)`, []any{id}},
		{`DELETE FROM token_row WHERE ordinal IN (SELECT ordinal FROM ads_grant WHERE account_id = ?)`, []any{id}},
		{`UPDATE ads_grant SET live = 0, contact_id = NULL, account_id = NULL WHERE account_id = ?`, []any{id}},
		{`DELETE FROM grant_end WHERE contact_id IN (SELECT id FROM contact_point WHERE account_id = ?)`, []any{id}},
		{`UPDATE counter SET given = (SELECT MAX(id) FROM contact_point) WHERE name = 'contact_point' AND given < (SELECT MAX(id) FROM contact_point)`, nil},
		{`DELETE FROM contact_point WHERE account_id = ?`, []any{id}},
		{`DELETE FROM objection WHERE account_id = ?`, []any{id}},
		{`DELETE FROM address_end WHERE account_id = ?`, []any{id}},
		{`UPDATE alert SET account_id = NULL WHERE account_id = ?`, []any{id}},
		{`DELETE FROM account_past WHERE account_id = ?`, []any{id}},
		{`DELETE FROM person WHERE account_id = ?`, []any{id}},
		{`DELETE FROM account WHERE id = ?`, []any{id}},
	} {
		if _, err := exec(ctx, tx, s.text, s.args...); err != nil {
			return err
		}
	}
	return nil
}

// AnyErased implements contact.Repository.
func (Contacts) AnyErased(ctx context.Context, tx selvedge.Tx) (bool, error) {
	n, err := one(ctx, tx, number, `SELECT COUNT(*) FROM (SELECT 1 FROM tombstone LIMIT 1) AS first`)
	return n > 0, err
}

// Erased implements contact.Repository.
func (Contacts) Erased(ctx context.Context, tx selvedge.Tx, marks []contact.Mark) (map[contact.Mark]time.Time, error) {
	out := map[contact.Mark]time.Time{}
	err := inParts(len(marks), func(from, to int) error {
		args := make([]any, 0, to-from)
		for _, m := range marks[from:to] {
			args = append(args, m[:])
		}
		return each(ctx, tx, func(s scanner) error {
			var m contact.Mark
			var at time.Time
			err := s.Scan(fixed(m[:]), micros{&at})
			out[m] = at
			return err
		}, `SELECT mark, erased_at FROM tombstone WHERE mark IN `+places(1, to-from), args...)
	})
	return out, err
}

// CountPeople implements contact.Repository.
func (Contacts) CountPeople(ctx context.Context, tx selvedge.Tx, ordinals *roaring.Bitmap) (people, erased int64, err error) {
	seen := roaring.New() // person numbers are fewer than ordinals
	err = eachOrdinal(ctx, tx, ordinals, func(s scanner) error {
		var ordinal, person, gone int64
		if err := s.Scan(&ordinal, &person, &gone); err != nil {
			return err
		}
		if ordinals.Contains(uint32(ordinal)) && seen.CheckedAdd(uint32(person)) {
			people++
			erased += gone
		}
		return nil
	}, `SELECT ordinal, person, CASE WHEN account_id IS NULL THEN 1 ELSE 0 END FROM ads_grant WHERE ordinal BETWEEN ? AND ? ORDER BY ordinal`)
	return people, erased, err
}

// Erase implements ledger.Eraser.
func (Outbox) Erase(ctx context.Context, tx selvedge.Tx, id selvedge.AccountID) ([]ledger.Ref, error) {
	refs, err := all(ctx, tx, func(s scanner) (r ledger.Ref, err error) {
		err = s.Scan(&r.Space, &r.Seq)
		return r, err
	}, `SELECT space, seq FROM ledger_about WHERE account_id = ? ORDER BY space, seq`, id)
	if err != nil {
		return nil, err
	}
	for _, r := range refs {
		// An entry may speak of two accounts, and the other may be gone.
		if _, err := exec(ctx, tx, `UPDATE ledger_entry SET body = NULL, salt = NULL WHERE space = ? AND seq = ?`, r.Space, r.Seq); err != nil {
			return nil, err
		}
	}
	_, err = exec(ctx, tx, `DELETE FROM ledger_about WHERE account_id = ?`, id)
	return refs, err
}
