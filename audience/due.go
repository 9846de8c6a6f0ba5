package audience

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/index"
	"github.com/selvedge/selvedge/job"
	"github.com/selvedge/selvedge/list"
)

// DueKind is the kind of the job that comes when lists of an audience expire or
// take effect.
const DueKind job.Kind = "audience.due"

type dueArgs struct {
	Org      selvedge.OrgID      `json:"org"`
	Audience selvedge.AudienceID `json:"audience"`
}

// Due is the job.Handler of DueKind. What expired or took effect counts from that
// moment at every use, with or without it: Due seals the version that says so,
// whether or not anybody entered or left, and destroys the sidecars of
// lists that are over. An audience has one such job, for the next moment.
func (m *Matcher) Due(ctx context.Context, a job.Attempt) error {
	var args dueArgs
	if err := json.Unmarshal(a.Args, &args); err != nil {
		return job.Permanent(fmt.Errorf("read arguments: %w", err))
	}
	if err := m.Ledger.Contained(); err != nil {
		return err
	}
	err := m.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		if err := a.Fence(ctx, tx); err != nil {
			return err
		}
		_, err := m.Changes.Append(ctx, tx) // without changes of its own, this settles the grants that are due to expire
		return err
	})
	if err != nil {
		return err
	}
	for {
		err := m.Index.Use(ctx, func(ads *index.Ads) error {
			w, err := m.begin(ctx, args.Org, args.Audience, ads)
			if err != nil {
				return err
			}
			return w.seal(ctx, a, nil)
		})
		if err != errRotated && !errors.Is(err, errRebase) {
			return err
		}
	}
}

// dated says whether a list took effect or expired since the last version. It
// looks at the lists' dates alone: a version that comes only if somebody enters or
// leaves would tell whether anybody is in the list.
func (w *work) dated() bool {
	var last time.Time
	if n := len(w.versions); n > 0 {
		last = w.versions[n-1].SealedAt
	}
	for _, l := range since(w.lists) {
		if l.State != list.StateMatched || !l.Adds() {
			continue
		}
		for _, at := range []time.Time{l.EffectiveAt, l.ExpiresAt} {
			if at.After(last) && !at.After(w.now) {
				return true
			}
		}
	}
	return false
}

// ended returns the lists with a sidecar or a row report that can count no more.
func (w *work) ended() (out []list.List) {
	over := len(w.lists) - len(since(w.lists))
	for i, l := range w.lists {
		if (l.Sidecar != nil || l.Rows != nil) && l.State != list.StateOpen && (i < over || !w.now.Before(l.ExpiresAt)) {
			out = append(out, l)
		}
	}
	return out
}

// settle forgets the sidecars and row reports of lists that are over, and enqueues the job for the
// next moment at which something expires or takes effect.
func (w *work) settle(ctx context.Context, tx selvedge.Tx) error {
	var ids []selvedge.ListID
	for _, l := range w.ended() {
		ids = append(ids, l.ID)
	}
	if err := w.Repo.DropSidecars(ctx, tx, ids); err != nil {
		return err
	}
	var due time.Time
	for _, l := range since(w.lists) {
		if l.State != list.StateMatched || !l.Adds() {
			continue
		}
		for _, at := range []time.Time{l.EffectiveAt, l.ExpiresAt} {
			if at.After(w.now) && (due.IsZero() || at.Before(due)) {
				due = at
			}
		}
	}
	if due.IsZero() {
		return nil
	}
	return w.enqueueDue(ctx, tx, dueArgs{w.owner.ID, w.audience}, due)
}

func (m *Matcher) enqueueDue(ctx context.Context, tx selvedge.Tx, args dueArgs, at time.Time) error {
	_, err := m.Jobs.Enqueue(ctx, tx, job.Spec{
		Kind: DueKind, Key: string(args.Audience) + ":" + strconv.FormatInt(at.UnixMicro(), 10), Args: args, DueAt: at,
	})
	return err
}

// tidy is what there is to do when no date has come since the last version.
func (w *work) tidy(ctx context.Context, a job.Attempt) error {
	err := w.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		if err := a.Fence(ctx, tx); err != nil {
			return err
		}
		return w.settle(ctx, tx)
	})
	if err == nil {
		w.dropEnded(ctx)
	}
	return err
}

// dropEnded deletes the sidecars and row reports that settle has forgotten. A
// sidecar is nobody's to read without its key.
func (w *work) dropEnded(ctx context.Context) {
	var refs []blob.Ref
	ended := w.ended()
	for _, l := range ended {
		if l.Sidecar != nil {
			refs = append(refs, l.Sidecar.Ref)
		}
		if l.Rows != nil {
			refs = append(refs, *l.Rows)
		}
	}
	if len(ended) > 0 {
		w.drop(ctx, ended[0].ID, refs...)
	}
}
