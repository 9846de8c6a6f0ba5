package contact

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/change"
	"github.com/selvedge/selvedge/identifier"
)

const accountsFile = "accounts.csv"

var accountColumns = []string{"account", "country", "age_class", "active_on", "state"}

// accountRow is one row of accounts.csv, understood.
type accountRow struct {
	row int64
	Account
	refused identifier.Reason
}

func parseAccount(row int64, f []string) accountRow {
	a := accountRow{row: row, Account: Account{PlatformID: f[0], Country: f[1], Age: AgeClass(f[2]), State: State(f[4])}}
	switch {
	case !isPlatformID(a.PlatformID):
		a.refused = reasonBadAccount
	case a.Country != "" && !isCountry(a.Country):
		a.refused = reasonBadCountry
	case a.Age != Adult && a.Age != Minor && a.Age != AgeUnknown:
		a.refused = reasonBadAge
	case a.State != Active && a.State != Deactivated:
		a.refused = reasonBadState
	case f[3] != "":
		day, err := time.Parse(time.DateOnly, f[3])
		if err != nil {
			a.refused = reasonBadDate
		}
		a.ActiveOn = day
	}
	return a
}

// accounts applies the accounts and returns the digest of the file that they are
// in.
func (r *run) accounts(ctx context.Context) ([sha256.Size]byte, error) {
	r.refusedAccounts = refusals{}
	var batch []accountRow
	var last place
	rows := newRowSum()
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		s := span{part: accountPart, from: batch[0].row, to: last.row, end: last, sum: r.Handles.mark(rows)}
		err := r.batch(ctx, s, func(ctx context.Context, tx selvedge.Tx) (int, int, error) {
			return 0, 0, r.accountBatch(ctx, tx, batch)
		})
		batch = batch[:0]
		return err
	}
	sum, err := r.content.rows(ctx, accountPart, func(at place, f []string) error {
		r.report.Accounts.Read++
		if r.key != "" {
			rows.add(f)
		}
		last = at
		a := parseAccount(at.row, f)
		if a.refused != "" {
			r.report.Accounts.Refused++
			r.refusedAccounts.add(a.refused, at.row)
			return nil
		}
		if batch = append(batch, a); len(batch) < r.Batch {
			return nil
		}
		return flush()
	})
	if err == nil {
		err = flush()
	}
	return sum, err
}

func (r *run) accountBatch(ctx context.Context, tx selvedge.Tx, batch []accountRow) error {
	ids := make([]string, len(batch))
	for i, a := range batch {
		ids[i] = a.PlatformID
	}
	known, err := r.Repo.Accounts(ctx, tx, ids)
	if err != nil {
		return err
	}
	if err := r.setAside(ctx, tx, batch, known); err != nil {
		return err
	}
	var put []*Account
	pending := map[string]bool{}
	flush := func() error {
		if err := r.Repo.PutAccounts(ctx, tx, put, r.Clock.Now()); err != nil {
			return err
		}
		for _, a := range put {
			known[a.PlatformID] = *a
		}
		put = put[:0]
		clear(pending)
		return nil
	}
	var created, changed, unchanged int64
	touched := map[Mask]*roaring.Bitmap{MaskAge: roaring.New(), MaskState: roaring.New()}
	for i := range batch {
		a := &batch[i].Account
		if batch[i].refused != "" {
			continue
		}
		if pending[a.PlatformID] {
			// A second row of one account counts after the first, as it would
			// if a batch ended between them.
			if err := flush(); err != nil {
				return err
			}
		}
		old, ok := known[a.PlatformID]
		switch {
		case !ok:
			created++
		case old.sameFacts(*a):
			unchanged++
			continue
		default:
			changed++
			a.ID, a.Person = old.ID, old.Person
			if err := r.touch(ctx, tx, old, *a, touched); err != nil {
				return err
			}
		}
		put = append(put, a)
		pending[a.PlatformID] = true
	}
	if err := flush(); err != nil {
		return err
	}
	for _, m := range []Mask{MaskAge, MaskState} {
		if touched[m].IsEmpty() {
			continue
		}
		if _, err := r.Changes.Append(ctx, tx, change.Change{Kind: change.Mask, Subject: string(m), Ordinals: touched[m]}); err != nil {
			return err
		}
	}
	r.report.Accounts.Created += created
	r.report.Accounts.Changed += changed
	r.report.Accounts.Unchanged += unchanged
	return nil
}

// touch adds the account's ordinals to those whose masks may have changed.
func (r *run) touch(ctx context.Context, tx selvedge.Tx, old, now Account, touched map[Mask]*roaring.Bitmap) error {
	if old.Age == now.Age && old.State == now.State {
		return nil
	}
	var grants []AdsGrant
	if old.Person != 0 { // who has no ordinal has no grant
		var err error
		if grants, err = r.Repo.AdsGrants(ctx, tx, old.ID); err != nil {
			return err
		}
	}
	if err := alertOfAge(ctx, tx, r.Alerts, r.actor, old, now, grants); err != nil {
		return err
	}
	for _, g := range grants {
		if old.Age != now.Age {
			touched[MaskAge].Add(uint32(g.Ordinal))
		}
		if old.State != now.State {
			touched[MaskState].Add(uint32(g.Ordinal))
		}
	}
	return nil
}
