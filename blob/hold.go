package blob

import (
	"context"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/killpoint"
)

// HoldLife is how long a hold stands unless it is renewed, so that a backup
// which crashed does not stop the deletion of blobs for ever.
const HoldLife = killpoint.Hour

// Hold keeps every blob that a row names, in any transaction after it was taken,
// although the row should go: nothing is marked for deletion while it stands. A
// backup takes one, copies the database, copies the blobs that it names, and
// releases it. What was marked before is deleted all the same: no row names it.
//
// Whether a hold stood to the end is decided by its row, not by two clocks: the
// collector takes away the row of a hold that ran out before it goes on.
type Hold struct {
	c  *Collector
	id int64
}

// Hold takes a hold. Only the system or an operator may.
func (c *Collector) Hold(ctx context.Context, actor selvedge.Actor) (*Hold, error) {
	if err := actor.Must(selvedge.SystemRole, selvedge.OperatorRole); err != nil {
		return nil, err
	}
	h := &Hold{c: c}
	err := c.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) (err error) {
		h.id, err = c.Repo.PutHold(ctx, tx, c.Clock.Now().Add(HoldLife))
		return err
	})
	if err != nil {
		return nil, err
	}
	return h, nil
}

// Renew has the hold stand for HoldLife from now. It returns a CodeConflict
// error if the hold ran out and blobs may have been deleted since: what was
// copied under it may not be whole.
func (h *Hold) Renew(ctx context.Context) error {
	return h.c.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		return h.c.Repo.RenewHold(ctx, tx, h.id, h.c.Clock.Now().Add(HoldLife))
	})
}

// Release ends the hold. It returns a CodeConflict error as Renew does: only a
// release without error says that the hold stood until now.
func (h *Hold) Release(ctx context.Context) error {
	return h.c.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		return h.c.Repo.DropHold(ctx, tx, h.id)
	})
}
