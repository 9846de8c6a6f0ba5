package job

import (
	"context"
	"encoding/json"
	"time"

	"github.com/selvedge/selvedge"
)

// ID names a job within an installation. It is not for the eyes of an org. An ID
// is never given twice, and a later job of an installation has a higher one
// unless their transactions overlapped.
type ID int64

// Kind says what is to be done. The words are kept for ever and never change
// their meaning: a job of last week's release must find its handler.
type Kind string

// State is how far a job is. The words are kept for ever.
type State string

// The states. A job waits and runs, more than once if need be, and ends in one
// of the last three, which it never leaves.
const (
	Waiting   State = "waiting"
	Running   State = "running"
	Done      State = "done"
	Failed    State = "failed"    // a handler said that it is hopeless, or MaxAttempts failed
	Cancelled State = "cancelled" // by Cancel, before it was done
)

// Ended says whether the state is one that a job never leaves.
func (s State) Ended() bool { return s == Done || s == Failed || s == Cancelled }

// Spec is what to do.
type Spec struct {
	Kind Kind
	// Key makes the job the only one of its kind with this key that waits or
	// runs. Without a key there may be any number.
	Key string
	// Args is written as JSON and is for the handler: ids, never personal data.
	Args any
	// DueAt is when the first attempt is due. It is due at once if that is past,
	// or the zero time.
	DueAt time.Time
}

// Progress is how far a handler says that it is.
type Progress struct {
	Done  int64
	Total int64 // 0 if it is not known
}

// Status is what is known of a job.
type Status struct {
	ID         ID
	Kind       Kind
	Key        string
	Args       json.RawMessage // the JSON of Spec.Args, perhaps in other white space and order
	State      State
	Cancelling bool          // it runs, and Cancel was called
	Attempt    int           // how many attempts count so far, the running one included
	Progress   Progress      // as last told, by whichever attempt
	Failure    selvedge.Code // why the last attempt that ended did not succeed; CodeUnavailable if its process died
	EnqueuedAt time.Time
	DueAt      time.Time // the last attempt did not begin before this, or the next will not
	EndedAt    time.Time // zero until it has
}

// Filter says which jobs to list. The zero Filter is all of them.
type Filter struct {
	Kind   Kind  // "" for all
	State  State // "" for all
	Before ID    // only those with a lower one, for the next page; 0 for all
}

// Page is how many jobs List returns at most.
const Page = 200

// Kept is how long a job that ended can still be looked at. Then it is dropped,
// some time after.
const Kept = 7 * 24 * time.Hour

// Queue keeps jobs and runs them. It is safe for concurrent use. Methods that
// take a Tx do what they do if and only if tx commits.
type Queue interface {
	// Enqueue adds a job that waits and is due at s.DueAt, or now if that is past.
	// If one of its kind and key waits or runs already, Enqueue adds nothing and
	// returns that one's ID, whatever its arguments and due time. It returns a CodeInvalid error, at "kind", "key"
	// or "args", for a Spec that Encode refuses.
	Enqueue(ctx context.Context, tx selvedge.Tx, s Spec) (ID, error)
	// Cancel ends a job that waits: it never runs again. One that runs is asked
	// to end: once tx has committed, nothing commits through its Fence any more,
	// its context ends soon, and it is Cancelled when its handler returns an
	// error, Done if that returns nil all the same. Asking twice does no harm.
	// Cancel returns a CodeConflict error for a job that ended and a
	// CodeNotFound error for one that there is not.
	Cancel(ctx context.Context, tx selvedge.Tx, id ID) error
	// Look returns what is known of a job, or a CodeNotFound error.
	Look(ctx context.Context, tx selvedge.Tx, id ID) (Status, error)
	// List returns jobs, the highest ID first, at most a Page.
	List(ctx context.Context, tx selvedge.Tx, f Filter) ([]Status, error)
	// Run runs jobs of the kinds that have a handler, until ctx ends; others
	// wait. One Run runs the jobs of a kind one after the other, by DueAt and
	// then ID, and those of different kinds side by side. When ctx ends, so do
	// the contexts of the handlers; Run returns nil once they have returned. An
	// attempt that this cuts short does not count: its job waits, due at once.
	// Run returns an error if it cannot begin, CodeConflict if this Queue runs
	// already; nothing that happens to a job later makes it return.
	//
	// A job whose process died in an attempt waits again, due at once, and the
	// attempt counts. When that is found out is the adapter's to say, and so is
	// how many Runs an installation may have.
	Run(ctx context.Context, h Handlers) error
}
