package audience

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/change"
	"github.com/selvedge/selvedge/job"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/list"
)

// SealAfter is how long a draft waits for another list before it is sealed.
const SealAfter = 60 * time.Second

// MaxDraft is how many lists one draft may have.
const MaxDraft = 10_000

// SealKind is the kind of the job that seals a draft to which nothing comes any
// more.
const SealKind job.Kind = "draft.seal"

// sealArgs are the arguments of a SealKind job: the list that was the draft's
// last when the job was enqueued.
type sealArgs struct {
	Audience selvedge.AudienceID `json:"audience"`
	List     selvedge.ListID     `json:"list"`
}

// drafts does what the Service and the Matcher do to drafts alike.
type drafts struct {
	Repo    Repository
	Changes change.Log
	Outbox  ledger.Outbox
	Jobs    Jobs
	Clock   selvedge.Clock
}

// seal seals the draft of an audience, if it has one, so that its lists wait to
// be matched together.
func (d drafts) seal(ctx context.Context, tx selvedge.Tx, actor selvedge.Actor, id selvedge.AudienceID) (Draft, error) {
	was, err := d.Repo.Draft(ctx, tx, id)
	if err != nil || was.Lists == 0 {
		return Draft{}, err
	}
	number, err := d.Repo.NextDraft(ctx, tx, id)
	if err != nil {
		return Draft{}, err
	}
	if _, err := d.Repo.SealDraft(ctx, tx, id, number, d.Clock.Now()); err != nil {
		return Draft{}, err
	}
	if _, err := d.Changes.Append(ctx, tx, change.Change{Kind: change.List, Subject: string(was.Last)}); err != nil {
		return Draft{}, err
	}
	if err := enqueue(ctx, tx, d.Jobs, list.List{ID: was.Last, Audience: id}); err != nil {
		return Draft{}, err
	}
	return was, d.Outbox.Append(ctx, tx, ledger.Entry{
		Space: ledger.Ads, Kind: ledger.DraftSealed, Actor: actor,
		Body: struct {
			Audience selvedge.AudienceID `json:"audience"`
			Draft    int64               `json:"draft"`
			Lists    int64               `json:"lists"`
			Last     selvedge.ListID     `json:"last"`
		}{id, number, was.Lists, was.Last},
	})
}

// sealLater has a draft sealed once nothing has come to it for SealAfter.
func (d drafts) sealLater(ctx context.Context, tx selvedge.Tx, id selvedge.AudienceID, draft Draft) error {
	_, err := d.Jobs.Enqueue(ctx, tx, job.Spec{
		Kind: SealKind, Key: string(draft.Last), Args: sealArgs{id, draft.Last}, DueAt: draft.LastAt.Add(SealAfter),
	})
	return err
}

func (m *Matcher) drafts() drafts { return drafts{m.Repo, m.Changes, m.Outbox, m.Jobs, m.Clock} }

// SealIdle is the job.Handler of SealKind. A draft has one such job: if something
// has come since the job was enqueued, it enqueues the next one. If the draft was
// sealed meanwhile there is nothing to do.
func (m *Matcher) SealIdle(ctx context.Context, a job.Attempt) error {
	var args sealArgs
	if err := json.Unmarshal(a.Args, &args); err != nil {
		return job.Permanent(fmt.Errorf("read arguments: %w", err))
	}
	if err := m.Ledger.Contained(); err != nil {
		return err
	}
	return m.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		if err := a.Fence(ctx, tx); err != nil {
			return err
		}
		draft, err := m.Repo.Draft(ctx, tx, args.Audience)
		switch {
		case err != nil || draft.Lists == 0:
			return err
		case draft.LastAt.Add(SealAfter).After(m.Clock.Now()):
			if draft.Last == args.List { // then this job holds the place of the next one
				return errors.New("the draft is not idle yet")
			}
			// Another list is the last, or this is a later draft, which has a job then.
			return m.drafts().sealLater(ctx, tx, args.Audience, draft)
		}
		_, err = m.drafts().seal(ctx, tx, matcher, args.Audience)
		return err
	})
}
