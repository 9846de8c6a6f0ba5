package audience

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/job"
	"github.com/selvedge/selvedge/list"
)

// MatchKind is the kind of the job that matches a list.
const MatchKind job.Kind = "list.match"

// Jobs is where the matches of accepted lists wait.
type Jobs interface {
	Enqueue(ctx context.Context, tx selvedge.Tx, s job.Spec) (job.ID, error)
}

// matchArgs are the arguments of a MatchKind job.
type matchArgs struct {
	Audience selvedge.AudienceID `json:"audience"`
	List     selvedge.ListID     `json:"list"`
}

// enqueue has a list matched once tx has committed.
func enqueue(ctx context.Context, tx selvedge.Tx, jobs Jobs, l list.List) error {
	_, err := jobs.Enqueue(ctx, tx, job.Spec{Kind: MatchKind, Key: string(l.ID), Args: matchArgs{l.Audience, l.ID}})
	return err
}

// EnqueueWaiting gives a job to every list that waits and has none: one that was
// accepted before there were jobs, or whose job failed or was cancelled.
func (m *Matcher) EnqueueWaiting(ctx context.Context) error {
	return m.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		waiting, err := m.Repo.Unmatched(ctx, tx)
		if err != nil {
			return err
		}
		for _, l := range waiting {
			if err := enqueue(ctx, tx, m.Jobs, l); err != nil {
				return err
			}
		}
		return nil
	})
}

// Match is the job.Handler of MatchKind. It matches a list and, before it, those
// of the same audience that were accepted earlier and still wait: versions build
// on each other in the order of acceptance, whoever runs the jobs. An earlier
// list that cannot be matched is left to its own job and does not hold this one
// up. While the server is contained it matches none and returns a CodeContained
// error.
func (m *Matcher) Match(ctx context.Context, a job.Attempt) error {
	var args matchArgs
	if err := json.Unmarshal(a.Args, &args); err != nil {
		return job.Permanent(fmt.Errorf("read arguments: %w", err))
	}
	if err := m.Ledger.Contained(); err != nil {
		return err
	}
	waiting, err := m.waiting(ctx, args.Audience, args.List)
	if err != nil {
		return err
	}
	for _, l := range waiting {
		err := m.match(ctx, a, l)
		if err == nil {
			continue
		}
		// Another worker may have matched it meanwhile, and deleted its spill.
		left, lookErr := m.waiting(ctx, l.Audience, l.ID)
		if n := len(left); lookErr == nil && (n == 0 || left[n-1].ID != l.ID) {
			continue
		}
		if l.ID == args.List || ctx.Err() != nil {
			return fmt.Errorf("match list %s: %w", l.ID, err)
		}
		m.Log.WarnContext(ctx, "list overtaken", "list", l.ID, "by", args.List, "error", err)
	}
	return nil
}

// waiting returns the lists of an audience that wait to be matched, up to and
// including one, in the order of acceptance.
func (m *Matcher) waiting(ctx context.Context, audience selvedge.AudienceID, upTo selvedge.ListID) (out []list.List, err error) {
	err = m.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		lists, err := m.Repo.Lists(ctx, tx, audience)
		for _, l := range lists {
			if l.State == list.StateAccepted {
				out = append(out, l)
			}
			if l.ID == upTo {
				break
			}
		}
		return err
	})
	return out, err
}
