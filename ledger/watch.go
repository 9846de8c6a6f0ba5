package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/selvedge/selvedge"
)

// Verdict is where the process that has the logs keeps whether it is contained,
// for those that do not have them. Until it was ever said, all are.
type Verdict interface {
	SetContained(ctx context.Context, tx selvedge.Tx, contained bool) error
	IsContained(ctx context.Context, tx selvedge.Tx) (bool, error)
}

// Watch is the Gate of a process that does not have the logs. It goes by the
// database: an entry is in its log when the process that has it has recorded the
// leaf. If that process is gone or contained, an intent that was just entered is
// never recorded, and nothing passes.
type Watch struct {
	Tx       selvedge.Transactor
	Records  Repository
	Verdict  Verdict
	Every    time.Duration // between two looks
	Patience time.Duration // after which Await gives up
}

var _ Gate = (*Watch)(nil)

// Await implements Gate. It returns a CodeUnavailable error when its patience
// is at an end.
func (w *Watch) Await(ctx context.Context, space Space) error {
	var head int64
	err := w.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) (err error) {
		head, err = w.Records.Head(ctx, tx, space)
		return err
	})
	if err != nil {
		return fmt.Errorf("read outbox: %w", err)
	}
	again := time.NewTicker(w.Every)
	defer again.Stop()
	enough := time.NewTimer(w.Patience)
	defer enough.Stop()
	for {
		if in, err := w.entered(ctx, space, head); in || err != nil {
			return err
		}
		select {
		case <-again.C:
		case <-enough.C:
			return selvedge.Errorf(selvedge.CodeUnavailable, "nothing is entered in the ledger: is a server running?")
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// entered says whether the log has the entries of a space up to one.
func (w *Watch) entered(ctx context.Context, space Space, head int64) (in bool, err error) {
	err = w.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		if err := w.contained(ctx, tx); err != nil {
			return err
		}
		leaf, _, err := w.Records.LastLeaf(ctx, tx, space)
		in = leaf.Last >= head
		return err
	})
	return in && err == nil, err
}

// Contained implements Gate.
func (w *Watch) Contained() error {
	return w.Tx.View(context.Background(), w.contained)
}

func (w *Watch) contained(ctx context.Context, tx selvedge.Tx) error {
	if is, err := w.Verdict.IsContained(ctx, tx); !is || err != nil {
		return err
	}
	return selvedge.Errorf(selvedge.CodeContained,
		"the server is contained, or was never started: nothing is matched or shown until a person has looked")
}
