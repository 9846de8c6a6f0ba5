package contact

import (
	"context"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/alert"
)

// alertOfAge raises an alert if an account that was an adult's is a minor's now.
func alertOfAge(ctx context.Context, tx selvedge.Tx, office *alert.Office, actor selvedge.Actor, old, now Account, grants []AdsGrant) error {
	if old.Age != Adult || now.Age != Minor {
		return nil
	}
	a := alert.Alert{Kind: alert.AdultToMinor, Account: old.ID, Since: now.AgeAt}
	for _, g := range grants {
		if g.Live != 0 && old.State == Active {
			a.Matchable++
		}
	}
	return office.Raise(ctx, tx, actor, a)
}
