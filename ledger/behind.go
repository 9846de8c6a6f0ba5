package ledger

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/selvedge/selvedge"
)

// Behind returns a CodeContained error if the newest leaf of a log is not what
// the database's entries make: the log holds acts that the database does not
// have. It reads one leaf and writes nothing, so that it can be asked beside a
// running server, as often as somebody wants to throw away what no row names.
// Nothing that it does not see is settled by it: the server and the verifier
// look at the rest.
func Behind(ctx context.Context, tx selvedge.Transactor, records Repository, space Space, log LogReader) error {
	// The log first: what is in it was committed before.
	size, err := log.Size(ctx)
	if errors.Is(err, fs.ErrNotExist) || err == nil && size == 0 {
		return tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) error {
			_, known, err := records.LastLeaf(ctx, tx, space)
			if err == nil && known {
				err = behind(space)
			}
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("read log: %w", err)
	}
	leaf, ok := surveyed(ctx, log, size-1)
	if !ok {
		return behind(space)
	}
	return tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		made, err := makes(ctx, tx, records, space, leaf.First-1, leaf)
		if err == nil && !made {
			err = behind(space)
		}
		return err
	})
}

func behind(space Space) error {
	return selvedge.Errorf(selvedge.CodeContained, "the %s log and the database contradict each other: nothing is thrown away until a person has looked", space)
}
