package alert

import (
	"context"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/ledger"
)

// ID is the number of an alert. Numbers ascend.
type ID int64

// Kind says what an alert is about. The words are kept in databases and never
// change.
type Kind string

// The kinds.
const (
	// AdultToMinor: an account which counted as an adult's is a minor's. It may have
	// been in audiences that it should never have been in.
	AdultToMinor Kind = "adult_to_minor"
	// Enumeration: an org brought a list of numbers that were counted up. It was
	// refused before anybody was looked up.
	Enumeration Kind = "enumeration"
	// HardlyMatches: a large list of an org hardly met anybody. The org was told
	// what it always is.
	HardlyMatches Kind = "hardly_matches"
)

// Alert is something that the office is to look at: about an account, or about
// what an org did.
type Alert struct {
	ID       ID
	Kind     Kind
	RaisedAt time.Time
	Since    time.Time // when it came to be so, by the clock of who knows

	Account    selvedge.AccountID // 0 if it is about no account, or once erased
	PlatformID string             // of the account; Raise does not read it
	Matchable  int                // contact points of the account that a list could meet until then

	Org      selvedge.OrgID // "" if it is about no org
	Audience selvedge.AudienceID
	List     selvedge.ListID // "" if the list was refused
	Rows     int64           // of the list that were understood
}

// Repository keeps alerts.
type Repository interface {
	// InsertAlert keeps an alert under the next number, which it fills in.
	// PlatformID is not read: it is the account's.
	InsertAlert(ctx context.Context, tx selvedge.Tx, a *Alert) error
	// Alerts returns the last alerts before a number, at most max, the last first;
	// before 0 is before none.
	Alerts(ctx context.Context, tx selvedge.Tx, before ID, max int) ([]Alert, error)
}

// Office raises alerts, and shows them to operators. It is safe for concurrent
// use.
type Office struct {
	Repo   Repository
	Tx     selvedge.Transactor
	Outbox ledger.Outbox
	Ledger ledger.Gate
	Clock  selvedge.Clock
}

// Raise keeps an alert in the transaction of what it is about, and enters it in
// the ledger: the registry's if it is about an account, the ads ledger's
// otherwise. It fills in the ID and RaisedAt, and Since if that is zero.
func (o *Office) Raise(ctx context.Context, tx selvedge.Tx, actor selvedge.Actor, a Alert) error {
	a.RaisedAt = o.Clock.Now()
	if a.Since.IsZero() {
		a.Since = a.RaisedAt
	}
	if err := o.Repo.InsertAlert(ctx, tx, &a); err != nil {
		return err
	}
	e := ledger.Entry{Space: ledger.Ads, Kind: ledger.AlertRaised, Actor: actor}
	if a.Account != 0 {
		e.Space, e.About = ledger.Registry, []selvedge.AccountID{a.Account}
		e.Body = struct {
			Alert     ID                 `json:"alert"`
			Kind      Kind               `json:"kind"`
			Account   selvedge.AccountID `json:"account"`
			Matchable int                `json:"matchable"`
		}{a.ID, a.Kind, a.Account, a.Matchable}
	} else {
		e.Body = struct {
			Alert    ID                  `json:"alert"`
			Kind     Kind                `json:"kind"`
			Org      selvedge.OrgID      `json:"org"`
			Audience selvedge.AudienceID `json:"audience"`
			List     selvedge.ListID     `json:"list,omitempty"`
			Rows     int64               `json:"rows"`
		}{a.ID, a.Kind, a.Org, a.Audience, a.List, a.Rows}
	}
	return o.Outbox.Append(ctx, tx, e)
}

// Alerts returns at most so many of the last alerts before a number, the last
// first, and whether there are more; before 0 is before none. They name accounts,
// so only an operator may ask, and nothing is shown before the look-up is in the
// ledger's log. It returns a CodeContained error if the server is contained.
func (o *Office) Alerts(ctx context.Context, actor selvedge.Actor, before ID, most int) (as []Alert, more bool, err error) {
	if err := actor.Must(selvedge.OperatorRole); err != nil {
		return nil, false, err
	}
	if err := o.Ledger.Contained(); err != nil {
		return nil, false, err
	}
	err = o.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		if as, err = o.Repo.Alerts(ctx, tx, before, most+1); err != nil || len(as) == 0 {
			return err
		}
		more = len(as) > most
		as = as[:min(most, len(as))] // the ledger has what is shown, not what was read
		return o.Outbox.Append(ctx, tx, lookedUp(actor, as))
	})
	if err == nil {
		err = o.Ledger.Await(ctx, ledger.Registry)
	}
	if err != nil {
		return nil, false, err
	}
	return as, more, nil
}

// lookedUp is the entry of a look-up.
func lookedUp(actor selvedge.Actor, as []Alert) ledger.Entry {
	shown := struct {
		Alerts []ID `json:"alerts"`
	}{}
	about := map[selvedge.AccountID]bool{}
	e := ledger.Entry{Space: ledger.Registry, Kind: ledger.StaffLookup, Actor: actor}
	for _, a := range as {
		shown.Alerts = append(shown.Alerts, a.ID)
		if a.Account != 0 && !about[a.Account] {
			about[a.Account] = true
			e.About = append(e.About, a.Account)
		}
	}
	e.Body = shown
	return e
}
