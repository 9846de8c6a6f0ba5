package blob

import (
	"context"
	"time"

	"github.com/selvedge/selvedge"
)

// Register is what SQL knows of blobs: which of them rows name, and which are
// on their way out. A blob that is on its way out is either condemned, which
// anybody undoes by naming it, or being deleted, which nobody undoes.
//
// The other half of the register is in every method, of any repository, that
// has a row name a blob. In its own transaction such a method first looks here,
// then in the Store. If the blob is being deleted, or is not in the Store at its
// size, it returns Overtaken and keeps nothing. If the blob is condemned, it is
// no longer.
type Register interface {
	// Condemn says of each blob whether a row names it, and enters those that
	// none does as condemned at the time. One that is entered already stays as
	// it is.
	Condemn(ctx context.Context, tx selvedge.Tx, refs []Ref, at time.Time) (named []bool, err error)
	// Due returns up to max blobs that were condemned at the time or before,
	// the longest condemned first.
	Due(ctx context.Context, tx selvedge.Tx, at time.Time, max int) ([]Ref, error)
	// Begin marks blobs as being deleted, condemned before or not. It strikes
	// off, and leaves out, those that a row names.
	Begin(ctx context.Context, tx selvedge.Tx, refs []Ref, at time.Time) error
	// Deleting returns all blobs that are being deleted.
	Deleting(ctx context.Context, tx selvedge.Tx) ([]Ref, error)
	// End strikes off blobs that are being deleted.
	End(ctx context.Context, tx selvedge.Tx, refs []Ref) error

	// PutHold keeps a hold and returns its number.
	PutHold(ctx context.Context, tx selvedge.Tx, until time.Time) (int64, error)
	// RenewHold moves the end of a hold, DropHold forgets it. If it is not kept
	// any more, it is a CodeConflict error.
	RenewHold(ctx context.Context, tx selvedge.Tx, id int64, until time.Time) error
	DropHold(ctx context.Context, tx selvedge.Tx, id int64) error
	// Held forgets the holds that end at the time or before, and says whether
	// any is left.
	Held(ctx context.Context, tx selvedge.Tx, at time.Time) (bool, error)
}
