package contact

import (
	"context"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/ledger"
)

// AlertID is the number of an alert. Numbers ascend.
type AlertID int64

// AlertKind says what an alert is about. The words are kept in databases and
// never change.
type AlertKind string

// AdultToMinor is the alert that an account which counted as an adult's is a
// minor's: it may have been in audiences that it should never have been in.
const AdultToMinor AlertKind = "adult_to_minor"

// Alert is something that the data-protection office is to look at. It is kept,
// and entered in the ledger, in the transaction of what it is about.
type Alert struct {
	ID         AlertID
	Kind       AlertKind
	Account    selvedge.AccountID // 0 once erased
	PlatformID string             // "" once erased
	RaisedAt   time.Time
	Since      time.Time // when it came to be so, by the platform's clock
	Matchable  int       // contact points that a list could meet until then
}

// AlertRepository keeps alerts.
type AlertRepository interface {
	// RaiseAlert keeps an alert under the next number, which it fills in.
	// PlatformID is not read: it is the account's.
	RaiseAlert(ctx context.Context, tx selvedge.Tx, a *Alert) error
	// Alerts returns the last alerts before a number, at most max, the last first;
	// before 0 is before none.
	Alerts(ctx context.Context, tx selvedge.Tx, before AlertID, max int) ([]Alert, error)
}

// alerts raises alerts.
type alerts struct {
	repo   AlertRepository
	outbox ledger.Outbox
	clock  selvedge.Clock
}

// aged raises an alert if an account that was an adult's is a minor's now.
func (r alerts) aged(ctx context.Context, tx selvedge.Tx, actor selvedge.Actor, old, now Account, grants []AdsGrant) error {
	if old.Age != Adult || now.Age != Minor {
		return nil
	}
	a := Alert{Kind: AdultToMinor, Account: old.ID, RaisedAt: r.clock.Now(), Since: now.AgeAt}
	if a.Since.IsZero() {
		a.Since = a.RaisedAt
	}
	for _, g := range grants {
		if g.Live != 0 && old.State == Active {
			a.Matchable++
		}
	}
	if err := r.repo.RaiseAlert(ctx, tx, &a); err != nil {
		return err
	}
	return r.outbox.Append(ctx, tx, ledger.Entry{
		Space: ledger.Registry, Kind: ledger.AlertRaised, Actor: actor, About: []selvedge.AccountID{old.ID}, Body: struct {
			Alert     AlertID            `json:"alert"`
			Kind      AlertKind          `json:"kind"`
			Account   selvedge.AccountID `json:"account"`
			Matchable int                `json:"matchable"`
		}{a.ID, a.Kind, a.Account, a.Matchable},
	})
}

// Alerts returns at most so many of the last alerts before a number, the last
// first, and whether there are more; before 0 is before none. They name accounts, so only an operator may ask, and nothing is
// shown before the look-up is in the ledger's log. It returns a CodeContained
// error if the server is contained.
func (p *People) Alerts(ctx context.Context, actor selvedge.Actor, before AlertID, most int) (as []Alert, more bool, err error) {
	if err := actor.Must(selvedge.OperatorRole); err != nil {
		return nil, false, err
	}
	if err := p.Ledger.Contained(); err != nil {
		return nil, false, err
	}
	err = p.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		if as, err = p.Repo.Alerts(ctx, tx, before, most+1); err != nil || len(as) == 0 {
			return err
		}
		more = len(as) > most
		as = as[:min(most, len(as))] // the ledger has what is shown, not what was read
		shown := struct {
			Alerts []AlertID `json:"alerts"`
		}{}
		about := map[selvedge.AccountID]bool{}
		entry := ledger.Entry{Space: ledger.Registry, Kind: ledger.StaffLookup, Actor: actor}
		for _, a := range as {
			shown.Alerts = append(shown.Alerts, a.ID)
			if a.Account != 0 && !about[a.Account] {
				about[a.Account] = true
				entry.About = append(entry.About, a.Account)
			}
		}
		entry.Body = shown
		return p.Outbox.Append(ctx, tx, entry)
	})
	if err == nil {
		err = p.Ledger.Await(ctx, ledger.Registry)
	}
	if err != nil {
		return nil, false, err
	}
	return as, more, nil
}
