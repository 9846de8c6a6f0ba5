package audience

import (
	"context"
	"errors"
	"fmt"
	"slices"

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

// renewAll returns lists with tokens of the keys that are in force.
func (m *Matcher) renewAll(ctx context.Context, a job.Attempt, lists []list.List) ([]list.List, error) {
	out := slices.Clone(lists)
	for i, l := range lists {
		var err error
		if out[i], err = m.renew(ctx, a, l); err != nil {
			return out, err
		}
	}
	return out, nil
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

// RenewSidecars writes the sidecars that are of an older epoch again, each in a
// transaction of its own. It comes after a rotation, and at the start of a server
// because a crash may have come between: older keys are kept until it is done.
// Removals go on beside it.
func (m *Matcher) RenewSidecars(ctx context.Context) error {
	var older []list.List
	err := m.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		e, err := m.Lists.Keys.Epoch(ctx, tx)
		if err != nil {
			return err
		}
		older, err = m.Repo.OlderSidecars(ctx, tx, e)
		return err
	})
	if err != nil {
		return fmt.Errorf("renew sidecars: %w", err)
	}
	for _, l := range older {
		next, err := m.Lists.RenewSidecar(ctx, *l.Sidecar)
		if err == nil {
			err = m.Names.Name(ctx, func() error {
				return m.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
					return m.Repo.SetSidecar(ctx, tx, l.ID, l.Sidecar.Ref, next)
				})
			}, next.Ref)
		}
		switch selvedge.CodeOf(err) {
		case "":
			m.drop(ctx, l.ID, l.Sidecar.Ref)
		case selvedge.CodeConflict: // its list is over meanwhile, or somebody else has renewed it
			m.drop(ctx, l.ID, next.Ref)
		case selvedge.CodeNotFound: // likewise, and it is gone; if it is not, its keys are kept
			continue
		default:
			return fmt.Errorf("renew sidecar of list %s: %w", l.ID, err)
		}
	}
	return nil
}

// drop deletes spills or sidecars of a list and of those that were sealed with
// it, that no row names any more and that nobody else reads.
func (m *Matcher) drop(ctx context.Context, id selvedge.ListID, refs ...blob.Ref) {
	if err := m.Names.Discard(ctx, refs...); err != nil {
		m.Log.WarnContext(ctx, "delete blobs", "kind", refs[0].Kind, "list", id, "error", err)
	}
}
