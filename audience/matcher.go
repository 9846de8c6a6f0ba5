package audience

import (
	"context"
	"encoding/hex"
	"errors"
	"log/slog"
	"slices"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/alert"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/change"
	"github.com/selvedge/selvedge/index"
	"github.com/selvedge/selvedge/job"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/org"
	"github.com/selvedge/selvedge/report"
)

// Matcher matches sealed drafts and seals the versions that they make. It is
// safe for concurrent use, also by several processes.
type Matcher struct {
	Repo    Repository
	Orgs    org.Repository
	Tx      selvedge.Transactor
	Changes change.Log
	Outbox  ledger.Outbox
	Alerts  *alert.Office
	Ledger  ledger.Gate
	Jobs    Jobs
	Blobs   blob.Store
	Names   *blob.Collector
	Index   *index.Keeper
	// Lists takes lists that wait to the keys that are in force.
	Lists *list.Receiver
	// Matched is called after a list was matched: older keys may not be needed
	// any more.
	Matched func(context.Context) error
	Ticks   report.Ticks
	Figures *report.Publisher
	Clock   selvedge.Clock
	Code    string // version of the code, for the ledger
	Log     *slog.Logger
}

var matcher = selvedge.System("matcher")

// match takes the lists of one draft to their version.
func (m *Matcher) match(ctx context.Context, a job.Attempt, draft []list.List) error {
	if err := m.intend(ctx, a, draft); err != nil {
		return err
	}
	if err := m.Ledger.Await(ctx, ledger.Ads); err != nil {
		return err
	}
	for tried := false; ; {
		now, err := m.renewAll(ctx, a, draft)
		if err == nil {
			err = m.reach(ctx, a, now)
		}
		switch {
		case err == nil:
			// No row names them from here on. A worker that tries the same draft may
			// find them gone, and then that it is matched.
			var spills []blob.Ref
			for _, l := range now {
				spills = append(spills, *l.Spill)
			}
			m.drop(ctx, now[0].ID, spills...)
			if err := m.Matched(ctx); err != nil && ctx.Err() == nil {
				m.Log.ErrorContext(ctx, "destroy older keys", "error", err)
			}
			return nil
		case errors.Is(err, errRebase):
			draft, tried = now, false
			continue
		case err != errRotated:
			return err
		case tried && sameEpochs(now, draft):
			return errors.New("the index is not of the key epoch that is in force")
		}
		draft, tried = now, true // a rotation ended in the middle
	}
}

func sameEpochs(a, b []list.List) bool {
	return slices.EqualFunc(a, b, func(l, k list.List) bool { return l.Epoch == k.Epoch })
}

// reach looks the lists of a draft up and seals the version that they make. It
// returns errRotated if their tokens are not of the keys that are in force, and
// errRebase if the audience got another version meanwhile. From the look-up on
// the index is held, so that the positions of an audience's versions never go
// back.
func (m *Matcher) reach(ctx context.Context, a job.Attempt, draft []list.List) error {
	return m.Index.Use(ctx, func(ads *index.Ads) error {
		for _, l := range draft {
			if ads.Epoch() != l.Epoch {
				return errRotated
			}
		}
		w, err := m.begin(ctx, draft[0].Org, draft[0].Audience, ads)
		if err != nil {
			return err
		}
		if err := w.lookUp(ctx, draft); err != nil {
			return err
		}
		return w.seal(ctx, a, draft)
	})
}

// intend enters the match in the outbox before anybody is looked up. It also
// settles the expiries that are due, so that no match sees a grant that is over.
func (m *Matcher) intend(ctx context.Context, a job.Attempt, draft []list.List) error {
	last := draft[len(draft)-1]
	return m.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		if err := a.Fence(ctx, tx); err != nil {
			return err
		}
		if err := m.active(ctx, tx, last.Org); err != nil { // nobody is looked up for one that is not
			return err
		}
		if _, err := m.Changes.Append(ctx, tx, change.Change{Kind: change.List, Subject: string(last.ID)}); err != nil {
			return err
		}
		return m.Outbox.Append(ctx, tx, ledger.Entry{
			Space: ledger.Ads, Kind: ledger.MatchIntended, Actor: matcher,
			Body: struct {
				List  selvedge.ListID `json:"list"` // the last of the draft
				Draft int64           `json:"draft"`
				Lists int             `json:"lists"`
				Code  string          `json:"code"`
			}{last.ID, last.Draft, len(draft), m.Code},
		})
	})
}

// active returns a CodeForbidden error unless an org is active.
func (m *Matcher) active(ctx context.Context, tx selvedge.Tx, id selvedge.OrgID) error {
	o, err := m.Orgs.Org(ctx, tx, id)
	if err == nil && o.State != org.Active {
		err = selvedge.Errorf(selvedge.CodeForbidden, "the org is not active")
	}
	return err
}

// spill calls fn with the tokens of a list that waits.
func (m *Matcher) spill(ctx context.Context, l list.List, fn func(*list.Spill) error) error {
	content, err := m.Blobs.Open(ctx, *l.Spill)
	if err != nil {
		return err
	}
	defer content.Close()
	spill, err := list.OpenSpill(content.Bytes())
	if err != nil {
		return err
	}
	return fn(spill)
}

// errRebase says that the audience has a newer version than the one that was
// built on.
var errRebase = errors.New("the audience has a newer version")

func digestText(sum [32]byte) string { return hex.EncodeToString(sum[:]) }
