package audience

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"

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

// enqueue has the draft of a sealed list matched once tx has committed. The list
// is the draft's last.
func enqueue(ctx context.Context, tx selvedge.Tx, jobs Jobs, l list.List) error {
	_, err := jobs.Enqueue(ctx, tx, job.Spec{Kind: MatchKind, Key: string(l.ID), Args: matchArgs{l.Audience, l.ID}})
	return err
}

// EnqueueWaiting gives a job to whatever waits and has none: what was accepted
// before there were jobs, or whose job failed, was cancelled or was not restored.
func (m *Matcher) EnqueueWaiting(ctx context.Context) error {
	return m.Tx.Update(ctx, m.Resume)
}

// Resume does what EnqueueWaiting does, in tx: jobs of an org may have failed
// while it was suspended.
func (m *Matcher) Resume(ctx context.Context, tx selvedge.Tx) error {
	waiting, err := m.Repo.Unmatched(ctx, tx)
	if err != nil {
		return err
	}
	for i, l := range waiting {
		if i+1 < len(waiting) && sameDraft(l, waiting[i+1]) {
			continue
		}
		if err := enqueue(ctx, tx, m.Jobs, l); err != nil {
			return err
		}
	}
	return m.enqueueLater(ctx, tx)
}

// enqueueLater gives a job to the drafts that wait for more, and to the audiences
// of which something may be due.
func (m *Matcher) enqueueLater(ctx context.Context, tx selvedge.Tx) error {
	open, err := m.Repo.Drafts(ctx, tx)
	if err != nil {
		return err
	}
	for _, id := range open {
		draft, err := m.Repo.Draft(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := m.drafts().sealLater(ctx, tx, id, draft); err != nil {
			return err
		}
	}
	now := m.Clock.Now()
	living, err := m.Repo.Living(ctx, tx, now)
	if err != nil {
		return err
	}
	for _, l := range living {
		if err := m.enqueueDue(ctx, tx, dueArgs{l.Org, l.ID}, now); err != nil {
			return err
		}
	}
	return nil
}

// sameDraft says whether two lists that were sealed were sealed together.
func sameDraft(a, b list.List) bool { return a.Audience == b.Audience && a.Draft == b.Draft }

// Match is the job.Handler of MatchKind. It matches a draft and, before it, those
// of the same audience that were sealed earlier and still wait: versions build on
// each other in the order of the seals, whoever runs the jobs. An earlier draft
// that cannot be matched is left to its own job and does not hold this one up.
// While the server is contained it matches none and returns a CodeContained
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
	for draft := range byDraft(waiting) {
		last := draft[len(draft)-1]
		err := m.match(ctx, a, draft)
		if err == nil {
			continue
		}
		// Another worker may have matched it meanwhile, and deleted its spills.
		left, lookErr := m.waiting(ctx, last.Audience, last.ID)
		if n := len(left); lookErr == nil && (n == 0 || left[n-1].ID != last.ID) {
			continue
		}
		if last.ID == args.List || ctx.Err() != nil {
			return fmt.Errorf("match list %s: %w", last.ID, err)
		}
		m.Log.WarnContext(ctx, "list overtaken", "list", last.ID, "by", args.List, "error", err)
	}
	return nil
}

// byDraft hands out lists draft by draft.
func byDraft(lists []list.List) iter.Seq[[]list.List] {
	return func(yield func([]list.List) bool) {
		for from := 0; from < len(lists); {
			to := from + 1
			for to < len(lists) && sameDraft(lists[from], lists[to]) {
				to++
			}
			if !yield(lists[from:to]) {
				return
			}
			from = to
		}
	}
}

// waiting returns the lists of an audience that were sealed and wait to be
// matched, up to and including one, in their order.
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
