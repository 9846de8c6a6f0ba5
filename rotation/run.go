package rotation

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/change"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/internal/killpoint"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/token"
)

// run is one rotation at work. Whatever it commits can tell from what is there
// what was done before, so it may be cut off anywhere and begun again.
type run struct {
	*Service
	by selvedge.Actor // who puts the next epoch in force
	// fence begins each transaction that moves the rotation on.
	fence func(ctx context.Context, tx selvedge.Tx) error
	// tell is called between these, with how many tokens are there of how many;
	// an error ends the run.
	tell func(ctx context.Context, done, of int64) error
}

func unfenced(context.Context, selvedge.Tx) error   { return nil }
func unwatched(context.Context, int64, int64) error { return nil }

// to takes every token to the next epoch, and puts that in force.
func (r run) to(ctx context.Context, e token.Epochs) (Result, error) {
	c := token.Conversion{Dir: r.Dir, Memory: r.Memory}
	res := Result{From: e.Current, To: e.Next}
	var err error
	if c.From, err = r.Keys.Of(ctx, e.Current); err != nil {
		return Result{}, err
	}
	if c.To, err = r.Keys.Of(ctx, e.Next); err != nil {
		return Result{}, err
	}
	for done := false; !done; {
		if err := r.Fold(ctx); err != nil {
			return Result{}, fmt.Errorf("rotate from epoch %d: %w", res.From, err)
		}
		if err := r.stageAll(ctx, c); err != nil {
			return Result{}, fmt.Errorf("rotate from epoch %d: %w", res.From, err)
		}
		// Imports that were completed meanwhile have brought chunks of the old epoch,
		// and events rows, maybe many.
		if done, err = r.change(ctx, c, &res); err != nil {
			return Result{}, fmt.Errorf("put epoch %d in force: %w", res.To, err)
		}
	}
	if err := r.Renew(ctx); err != nil {
		return Result{}, err
	}
	res.Lists, err = r.retire(ctx)
	return res, err
}

// stageAll converts the chunks that are not, each in a transaction of its own.
func (r run) stageAll(ctx context.Context, c token.Conversion) error {
	var left []contact.ChunkRow
	var n Counts
	err := r.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) (err error) {
		if left, err = r.Repo.Unstaged(ctx, tx); err != nil {
			return err
		}
		n, err = r.Repo.Counts(ctx, tx)
		return err
	})
	if err != nil {
		return err
	}
	for _, old := range left {
		if err := r.tell(ctx, n.TokensDone, n.Tokens); err != nil {
			return err
		}
		if err := r.stage(ctx, c, old); err != nil {
			return err
		}
		n.TokensDone += int64(old.Header.Count)
	}
	return r.tell(ctx, n.TokensDone, n.Tokens)
}

// stage converts one chunk.
func (r run) stage(ctx context.Context, c token.Conversion, old contact.ChunkRow) (err error) {
	var next contact.ChunkRow
	if next.Ref, next.Header, err = c.Chunk(ctx, r.Blobs, old.Ref); err != nil {
		return err
	}
	killpoint.Reach("before a chunk is staged")
	err = r.Names.Name(ctx, func() error {
		return r.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
			if err := r.fence(ctx, tx); err != nil {
				return err
			}
			return r.Repo.Stage(ctx, tx, old.Ref, next)
		})
	}, next.Ref)
	if err == nil {
		killpoint.Reach("after a chunk is staged")
	}
	return err
}

// mostRows is how many rows are converted in the transaction that puts an epoch
// in force: few enough that a withdrawal does not wait long behind it.
const mostRows = 2000

// change puts the next epoch in force, in one transaction, and returns true;
// false if there are chunks again that were not converted, or too many rows.
func (r run) change(ctx context.Context, c token.Conversion, res *Result) (done bool, err error) {
	err = r.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		if err := r.fence(ctx, tx); err != nil {
			return err
		}
		left, err := r.Repo.Unstaged(ctx, tx)
		if err != nil {
			return err
		}
		rows, err := r.Repo.CountRows(ctx, tx)
		if done = err == nil && len(left) == 0 && rows <= mostRows; !done {
			return err
		}
		n, err := r.Repo.Counts(ctx, tx)
		if err != nil {
			return err
		}
		if n.ChunksDone != n.Chunks || n.TokensDone != n.Tokens {
			return errors.New("the staged chunks do not hold as many tokens as those whose places they take")
		}
		res.Chunks, res.Tokens = n.Chunks, n.Tokens+rows
		if err := r.Repo.ConvertRows(ctx, tx, res.To, func(row token.Row) token.Token { return c.Token(row.Class, row.Token) }); err != nil {
			return err
		}
		if err := r.Repo.Replace(ctx, tx); err != nil {
			return err
		}
		if err := r.Keys.Repo.SetEpochs(ctx, tx, token.Epochs{Current: res.From, Next: res.To}, token.Epochs{Current: res.To}); err != nil {
			return err
		}
		// A position of its own, so that what was valid before is told from what is
		// valid after.
		if _, err := r.Changes.Append(ctx, tx, change.Change{Kind: change.Keys, Subject: strconv.FormatUint(uint64(res.To), 10)}); err != nil {
			return err
		}
		return r.enter(ctx, tx, ledger.KeysRotated, r.by, struct {
			From   token.Epoch `json:"from_epoch"`
			To     token.Epoch `json:"to_epoch"`
			Chunks int64       `json:"chunks"`
			Tokens int64       `json:"tokens"`
		}{res.From, res.To, n.Chunks, res.Tokens})
	})
	return done && err == nil, err
}
