package audience

import (
	"context"
	"encoding/hex"
	"errors"
	"log/slog"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/change"
	"github.com/selvedge/selvedge/index"
	"github.com/selvedge/selvedge/job"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/match"
	"github.com/selvedge/selvedge/org"
	"github.com/selvedge/selvedge/report"
)

// Matcher matches accepted lists and seals the versions that they make. It is
// safe for concurrent use, also by several processes.
type Matcher struct {
	Repo    Repository
	Orgs    org.Repository
	Tx      selvedge.Transactor
	Changes change.Log
	Outbox  ledger.Outbox
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
	Clock   selvedge.Clock
	Code    string // version of the code, for the ledger
	Log     *slog.Logger
}

var matcher = selvedge.System("matcher")

// match takes one accepted list to its version.
func (m *Matcher) match(ctx context.Context, a job.Attempt, l list.List) error {
	if err := m.intend(ctx, a, l); err != nil {
		return err
	}
	if err := m.Ledger.Await(ctx, ledger.Ads); err != nil {
		return err
	}
	for tried := false; ; {
		now, err := m.renew(ctx, a, l)
		if err == nil {
			err = m.reach(ctx, a, now)
		}
		switch {
		case err == nil:
			// No row names it from here on. A worker that tries the same list may
			// find it gone, and then that the list is matched.
			m.drop(ctx, now.ID, *now.Spill)
			if err := m.Matched(ctx); err != nil && ctx.Err() == nil {
				m.Log.ErrorContext(ctx, "destroy older keys", "error", err)
			}
			return nil
		case errors.Is(err, errRebase):
			l, tried = now, false
			continue
		case err != errRotated:
			return err
		case tried && now.Epoch == l.Epoch:
			return errors.New("the index is not of the key epoch that is in force")
		}
		l, tried = now, true // a rotation ended in the middle
	}
}

// reach looks the list up and seals the version that it makes. It returns
// errRotated if the list's tokens are not of the keys that are in force, and
// errRebase if the audience got another version meanwhile. From the look-up on
// the index is held, so that the positions of an audience's versions never go
// back.
func (m *Matcher) reach(ctx context.Context, a job.Attempt, l list.List) error {
	return m.Index.Use(ctx, func(ads *index.Ads) error {
		if ads.Epoch() != l.Epoch {
			return errRotated
		}
		members, err := m.lookUp(ctx, l, ads)
		if err != nil {
			return err
		}
		ref, err := putBitmap(ctx, m.Blobs, members)
		if err != nil {
			return err
		}
		return m.seal(ctx, a, l, ads, members, ref)
	})
}

// intend enters the match in the outbox before anybody is looked up. It also
// settles the expiries that are due, so that no match sees a grant that is over.
func (m *Matcher) intend(ctx context.Context, a job.Attempt, l list.List) error {
	return m.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		if err := a.Fence(ctx, tx); err != nil {
			return err
		}
		if _, err := m.Changes.Append(ctx, tx, change.Change{Kind: change.List, Subject: string(l.ID)}); err != nil {
			return err
		}
		return m.Outbox.Append(ctx, tx, ledger.Entry{
			Space: ledger.Ads, Kind: ledger.MatchIntended, Actor: matcher,
			Body: struct {
				List selvedge.ListID `json:"list"`
				Code string          `json:"code"`
			}{l.ID, m.Code},
		})
	})
}

func (m *Matcher) lookUp(ctx context.Context, l list.List, ads *index.Ads) (*roaring.Bitmap, error) {
	content, err := m.Blobs.Open(ctx, *l.Spill)
	if err != nil {
		return nil, err
	}
	defer content.Close()
	spill, err := list.OpenSpill(content.Bytes())
	if err != nil {
		return nil, err
	}
	res, err := match.Run(ctx, matcher, spill, ads)
	return res.Members, err
}

// errRebase says that the audience has a newer version than the one that was
// built on.
var errRebase = errors.New("the audience has a newer version")

// seal makes the list's members count: the next version of its audience, the
// list's new state and the entry, in one transaction that reads again all that
// may have been revoked meanwhile. It returns errRebase if the version that it
// built on is no longer the last.
func (m *Matcher) seal(ctx context.Context, a job.Attempt, l list.List, ads *index.Ads, members *roaring.Bitmap, ref blob.Ref) error {
	now := m.Clock.Now()
	var owner org.Org
	var before []Version
	var lists []list.List
	err := m.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) (err error) {
		if owner, err = m.Orgs.Org(ctx, tx, l.Org); err != nil {
			return err
		}
		if before, err = m.Repo.Versions(ctx, tx, l.Audience); err != nil {
			return err
		}
		lists, err = m.Repo.Lists(ctx, tx, l.Audience)
		return err
	})
	if err != nil {
		return err
	}
	all, err := m.union(ctx, lists, members, now)
	if err != nil {
		return err
	}
	v := Version{
		Audience: l.Audience, Number: 1, Position: ads.Position(), Epoch: ads.Epoch(), RuleSet: l.RuleSet,
		SealedAt: now, PublishAt: m.Ticks.Publish(l.AcceptedAt, now),
		Size: report.SizeOf(all.AndCardinality(ads.Eligible(owner.Kind.Purpose()))),
	}
	old := roaring.New()
	if n := len(before); n > 0 {
		last := before[n-1]
		v.Number, v.Base = last.Number+1, last.Members.Sum
		if old, err = getBitmap(ctx, m.Blobs, last.Members); err != nil {
			return err
		}
	}
	v.Added, v.Removed = roaring.AndNot(all, old).GetCardinality(), roaring.AndNot(old, all).GetCardinality()
	if v.Members, err = putBitmap(ctx, m.Blobs, all); err != nil {
		return err
	}
	return m.Names.Name(ctx, func() error { return m.keep(ctx, a, l, v, all.GetCardinality(), ref) }, ref, v.Members)
}

// keep is the transaction of seal.
func (m *Matcher) keep(ctx context.Context, a job.Attempt, l list.List, v Version, members uint64, ref blob.Ref) error {
	return m.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		if err := a.Fence(ctx, tx); err != nil {
			return err
		}
		versions, err := m.Repo.Versions(ctx, tx, l.Audience)
		if err != nil {
			return err
		}
		if int64(len(versions)) != v.Number-1 { // they are numbered from 1 without a gap
			return errRebase
		}
		// A version names the keys that are in force when it comes to be.
		if err := inForce(ctx, tx, m.Lists, v.Epoch); err != nil {
			return err
		}
		o, err := m.Orgs.Org(ctx, tx, l.Org)
		if err != nil {
			return err
		}
		if o.State != org.Active {
			return selvedge.Errorf(selvedge.CodeForbidden, "the org is not active")
		}
		if err := m.Repo.SetMatched(ctx, tx, l.ID, ref, v.Number); err != nil {
			return err
		}
		if err := m.Repo.InsertVersion(ctx, tx, v); err != nil {
			return err
		}
		if _, err := m.Changes.Append(ctx, tx, change.Change{Kind: change.List, Subject: string(l.ID)}); err != nil {
			return err
		}
		return m.Outbox.Append(ctx, tx, sealedEntry(l, v, members, m.Code))
	})
}

// union returns the members of all lists that have not expired, with those of
// the one that was just matched.
func (m *Matcher) union(ctx context.Context, lists []list.List, members *roaring.Bitmap, now time.Time) (*roaring.Bitmap, error) {
	all := members.Clone()
	for _, l := range lists {
		if l.State != list.StateMatched || !now.Before(l.ExpiresAt) {
			continue
		}
		b, err := getBitmap(ctx, m.Blobs, *l.Members)
		if err != nil {
			return nil, err
		}
		all.Or(b)
	}
	return all, nil
}

func sealedEntry(l list.List, v Version, members uint64, code string) ledger.Entry {
	body := sealingOf(v)
	body.List, body.Members, body.Code = l.ID, members, code
	return ledger.Entry{Space: ledger.Ads, Kind: ledger.VersionSealed, Actor: matcher, Body: body}
}

func digestText(sum [32]byte) string { return hex.EncodeToString(sum[:]) }
