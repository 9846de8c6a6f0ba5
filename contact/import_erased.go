package contact

import (
	"context"

	"github.com/selvedge/selvedge"
)

// An account that was erased does not come back because a platform's nightly
// file still holds it: its row is refused and set aside, and so is what was given
// before the erasure. Something given after it is a new beginning: then the row
// counts, as that of an account that nobody ever met.

// setAside refuses the rows of accounts that are not known and were erased.
func (r *run) setAside(ctx context.Context, tx selvedge.Tx, batch []accountRow, known map[string]Account) error {
	var ids []string
	for i := range batch {
		if _, ok := known[batch[i].PlatformID]; !ok {
			ids = append(ids, batch[i].PlatformID)
		}
	}
	erased, err := r.erasedAt(ctx, tx, ids)
	if err != nil {
		return err
	}
	for i := range batch {
		a := batch[i]
		_, ok := known[a.PlatformID]
		if at := erased[a.PlatformID]; ok || at.IsZero() {
			continue
		}
		batch[i].refused = reasonErased
		r.erased[a.PlatformID] = &a
		r.report.Accounts.Refused++
		r.refusedAccounts.add(reasonErased, a.row)
	}
	return nil
}

// comeBack refuses the rows that were given before their accounts were erased,
// and makes the accounts that were set aside where something was given since. It
// adds these to holders.
func (r *run) comeBack(ctx context.Context, tx selvedge.Tx, rows []pointRow, holders map[string]Holder) error {
	erased, err := r.erasedAt(ctx, tx, platformIDs(rows))
	if err != nil {
		return err
	}
	var back []*Account
	for i := range rows {
		p := &rows[i]
		at := erased[p.platformID]
		switch {
		case p.refused != "" || at.IsZero():
			continue
		case !p.givenAt.After(at):
			p.refused = reasonErased
			continue
		}
		row := r.erased[p.platformID]
		if _, ok := holders[p.platformID]; ok || row == nil {
			continue
		}
		delete(r.erased, p.platformID)
		back = append(back, &row.Account)
		r.report.Accounts.Refused--
		r.report.Accounts.Created++
		r.refusedAccounts.take(reasonErased, row.row)
	}
	if len(back) == 0 {
		return nil
	}
	if err := r.Repo.PutAccounts(ctx, tx, back, r.Clock.Now()); err != nil {
		return err
	}
	for _, a := range back {
		holders[a.PlatformID] = Holder{Account: a.ID}
	}
	return nil
}
