package change

import (
	"context"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/purpose"
)

// Kind says what happened. The words are kept in databases and never change.
type Kind string

// The kinds.
const (
	GrantOn  Kind = "grant_on"  // ordinals became matchable for Purposes
	GrantOff Kind = "grant_off" // Purposes ended for ordinals: withdrawn, expired or erased
	Mask     Kind = "mask"      // what masks ordinals changed; Subject says which mask
	Org      Kind = "org"       // the org in Subject changed
	List     Kind = "list"      // the list in Subject changed
	Keys     Kind = "keys"      // the keys of the epoch in Subject came into force
)

// Change is one entry of the log.
type Change struct {
	Kind     Kind
	Purposes purpose.Set     // for grants
	Ordinals *roaring.Bitmap // for grants and masks; nil otherwise
	Subject  string          // org or list id, or the mask: objection, age or state
}

// Entry is a change with its place. A change that stands for several single
// ones, such as an import's, takes a range and is found at its last position.
type Entry struct {
	Change
	First, Last selvedge.Position
	At          int64 // microseconds since 1970, UTC
}

// Log is the change log.
type Log interface {
	// Append adds changes in order, each taking as many positions as it has
	// ordinals (at least one), and returns the position of the last. Grants
	// that are due to expire at the log's time are appended, as GrantOff,
	// before any of them: so no position is ever handed out that an expired
	// grant is still live at.
	Append(ctx context.Context, tx selvedge.Tx, changes ...Change) (selvedge.Position, error)
	// Head returns the position of the last change, 0 if there is none.
	Head(ctx context.Context, tx selvedge.Tx) (selvedge.Position, error)
	// Since calls fn with every change after the position, in order. An error
	// of fn ends it and is returned.
	Since(ctx context.Context, tx selvedge.Tx, after selvedge.Position, fn func(Entry) error) error
}
