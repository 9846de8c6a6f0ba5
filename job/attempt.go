package job

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/selvedge/selvedge"
)

// Handlers says who does what.
type Handlers map[Kind]Handler

// Handler makes one attempt at a job. What it returns decides (see Decide): nil
// is success, and a panic an error like any other.
//
// A handler is run again when its process dies, even between its last commit and
// its return. So what it does, it commits in transactions that begin with Fence
// and that can tell from what is there whether it was done before: then each
// effect happens once, however often the job is run.
type Handler func(ctx context.Context, a Attempt) error

// Attempt is one run of one job. Its functions may be called by any goroutine,
// until the handler returns.
type Attempt struct {
	ID     ID
	Kind   Kind
	Key    string
	Args   json.RawMessage
	Number int // from 1

	// Progress tells how far the attempt is, in a transaction of its own: called
	// within another one, it waits for itself. It returns ErrSuperseded and
	// ErrCancelled like Fence.
	Progress func(ctx context.Context, done, total int64) error
	// Fence holds tx back from what another attempt or Cancel does, until tx
	// ends. It returns ErrSuperseded if another attempt has taken over, or could,
	// and ErrCancelled once Cancel was called; then tx must not commit.
	Fence func(ctx context.Context, tx selvedge.Tx) error
}

// Errors of an Attempt's functions, and the causes of its context's end.
var (
	ErrSuperseded = errors.New("the attempt was given up for dead and superseded")
	ErrCancelled  = errors.New("the job was cancelled")
)

// Permanent returns err as one that no further attempt would mend.
func Permanent(err error) error { return permanent{err} }

type permanent struct{ error }

// Unwrap returns what Permanent was given.
func (p permanent) Unwrap() error { return p.error }
