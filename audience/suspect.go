package audience

import (
	"context"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/alert"
	"github.com/selvedge/selvedge/list"
)

// A list of so many rows that meets fewer than one in so many of them looks for
// people, and does not bring customers.
const (
	hardlyRows  = 1_000_000
	hardlyShare = 100
)

// hardlyMatches says that a list is large and met hardly anybody.
func hardlyMatches(l list.List, members uint64) bool {
	return l.Report.Rows.Used >= hardlyRows && members < uint64(l.Report.Rows.Used)/hardlyShare
}

// refused returns err, why a list of the actor's org was not taken, after the
// office was told of one whose numbers were counted up.
func (s *Service) refused(ctx context.Context, actor selvedge.Actor, id selvedge.AudienceID, err error) error {
	if !list.CountedUp(err) {
		return err
	}
	a := alert.Alert{Kind: alert.Enumeration, Audience: id}
	a.Org, _ = actor.Org()
	ctx = context.WithoutCancel(ctx) // who hangs up is told of all the same
	if err := s.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error { return s.Alerts.Raise(ctx, tx, actor, a) }); err != nil {
		return err
	}
	return err
}

// suspect tells the office of the lists of a draft that hardly met anybody, when
// the version is there. Nothing of the version depends on it.
func (w *work) suspect(ctx context.Context, tx selvedge.Tx) error {
	for _, l := range w.suspects {
		a := alert.Alert{Kind: alert.HardlyMatches, Org: l.Org, Audience: l.Audience, List: l.ID, Rows: l.Report.Rows.Used}
		if err := w.Alerts.Raise(ctx, tx, matcher, a); err != nil {
			return err
		}
	}
	return nil
}
