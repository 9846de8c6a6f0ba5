package audience

import (
	"context"
	"errors"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/job"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/token"
)

// errRotated says that tokens are of an epoch that is not in force.
var errRotated = errors.New("the token keys were rotated meanwhile")

// inForce returns errRotated unless the epoch is in force in tx. A row that
// names tokens is written only where it is: a rotation destroys keys that no row
// needs, so those of any other epoch may be gone before the row is there.
func inForce(ctx context.Context, tx selvedge.Tx, lists *list.Receiver, e token.Epoch) error {
	current, err := lists.Keys.Epoch(ctx, tx)
	if err == nil && current != e {
		err = errRotated
	}
	return err
}

// accept keeps a list that was read, under the keys that are in force when its
// row comes to be.
func (s *Service) accept(ctx context.Context, actor selvedge.Actor, l list.List, sealed list.Sealed) (list.List, error) {
	for {
		l.AcceptedAt = s.Clock.Now()
		l.ExpiresAt = l.AcceptedAt.Add(ListLife)
		l.Report, l.Spill, l.Epoch, l.RuleSet = sealed.Report, &sealed.Spill, sealed.Epoch, sealed.RuleSet
		err := s.Names.Name(ctx, func() error { return s.insert(ctx, actor, &l) }, sealed.Spill)
		if err != errRotated {
			return l, err
		}
		next, err := s.Receiver.Renew(ctx, sealed)
		if err != nil {
			return list.List{}, err
		}
		sealed = next // no row names the one before: the collector finds it
	}
}

// renew returns the list with tokens of the keys that are in force. If it was
// accepted before a rotation, they are converted and kept in the place of the
// older ones first. Until then its row keeps the older keys.
func (m *Matcher) renew(ctx context.Context, a job.Attempt, l list.List) (list.List, error) {
	err := m.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		return inForce(ctx, tx, m.Lists, l.Epoch)
	})
	for err == errRotated {
		var s list.Sealed
		s, err = m.Lists.Renew(ctx, list.Sealed{Spill: *l.Spill, Epoch: l.Epoch, RuleSet: l.RuleSet})
		if err != nil {
			return l, err
		}
		err = m.Names.Name(ctx, func() error {
			return m.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
				if err := a.Fence(ctx, tx); err != nil {
					return err
				}
				if err := inForce(ctx, tx, m.Lists, s.Epoch); err != nil {
					return err
				}
				return m.Repo.SetSpill(ctx, tx, l.ID, *l.Spill, s.Spill, s.Epoch)
			})
		}, s.Spill)
		switch err {
		case nil:
			m.drop(ctx, l.ID, *l.Spill)
			l.Spill, l.Epoch = &s.Spill, s.Epoch
		case errRotated: // once more
			m.drop(ctx, l.ID, s.Spill)
		}
	}
	return l, err
}

// drop deletes a spill that no row names any more, and that nobody else reads.
func (m *Matcher) drop(ctx context.Context, id selvedge.ListID, spill blob.Ref) {
	if err := m.Names.Discard(ctx, spill); err != nil {
		m.Log.WarnContext(ctx, "delete spill", "list", id, "error", err)
	}
}
