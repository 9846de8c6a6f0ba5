package rotation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/job"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/token"
)

// Kind is the kind of the job that rotates. Its key is the epoch that it goes
// to, of which there is one at a time.
const Kind job.Kind = "keys.rotate"

// Jobs is where a rotation that was asked for waits.
type Jobs interface {
	Enqueue(ctx context.Context, tx selvedge.Tx, s job.Spec) (job.ID, error)
}

type jobArgs struct {
	To token.Epoch `json:"to_epoch"`
}

// Ask has every token taken to keys of a new epoch by whoever runs jobs: it makes
// the keys, enters in the ledger who asked, and enqueues the job, in one
// transaction. If a rotation is under way, or was cut off, it is that one's job,
// and nothing new is begun. Only an operator may. It returns a CodeContained error
// while the server is contained.
func (s *Service) Ask(ctx context.Context, actor selvedge.Actor) (id job.ID, err error) {
	if err := actor.Must(selvedge.OperatorRole); err != nil {
		return 0, err
	}
	if err := s.Ledger.Contained(); err != nil {
		return 0, err
	}
	err = s.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		e, err := s.begin(ctx, tx, actor)
		if err != nil {
			return err
		}
		id, err = s.Jobs.Enqueue(ctx, tx, job.Spec{Kind: Kind, Key: strconv.FormatUint(uint64(e.Next), 10), Args: jobArgs{e.Next}})
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("ask for a rotation: %w", err)
	}
	return id, nil
}

// Handle is the job.Handler of Kind. It rotates once the ledger's log says that
// it was asked for, and stops with a CodeContained error when the server is
// contained. An epoch that is in force, because an attempt before came that far
// or somebody else did, is not rotated to again.
func (s *Service) Handle(ctx context.Context, a job.Attempt) error {
	var args jobArgs
	if err := json.Unmarshal(a.Args, &args); err != nil {
		return job.Permanent(fmt.Errorf("read arguments: %w", err))
	}
	if !s.running.TryLock() {
		return errRunning() // a moment longer: another one's end
	}
	defer s.running.Unlock()
	if err := s.Ledger.Await(ctx, ledger.Ads); err != nil {
		return err
	}
	var e token.Epochs
	err := s.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) (err error) {
		e, err = s.Keys.Repo.Epochs(ctx, tx)
		return err
	})
	switch {
	case err != nil:
		return err
	case e.Current >= args.To:
		if err := s.Renew(ctx); err != nil { // it may have been cut off
			return err
		}
		_, err := s.retire(ctx)
		return err
	case e.Next != args.To:
		return job.Permanent(errors.New("the keys of the epoch to rotate to were never made"))
	}
	r := run{Service: s, by: system, fence: a.Fence, tell: func(ctx context.Context, done, of int64) error {
		if err := s.Ledger.Contained(); err != nil {
			return err
		}
		return a.Progress(ctx, done, of)
	}}
	_, err = r.to(ctx, e)
	return err
}
