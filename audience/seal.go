package audience

import (
	"context"
	"slices"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/change"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/index"
	"github.com/selvedge/selvedge/job"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/match"
	"github.com/selvedge/selvedge/org"
	"github.com/selvedge/selvedge/report"
)

// work is a version in the making, on what was there when it began.
type work struct {
	*Matcher
	now      time.Time
	ads      *index.Ads
	owner    org.Org
	audience selvedge.AudienceID
	lists    []list.List // of the audience; those of the draft become matched
	versions []Version
	runs     []run
	suspects []list.List
}

// run are consecutive lists of a draft of which nothing tells the members apart:
// they share one bitmap.
type run struct {
	ids     []selvedge.ListID
	members blob.Ref
}

func (m *Matcher) begin(ctx context.Context, o selvedge.OrgID, id selvedge.AudienceID, ads *index.Ads) (*work, error) {
	w := &work{Matcher: m, now: m.Clock.Now(), ads: ads, audience: id}
	err := m.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) (err error) {
		if w.owner, err = m.Orgs.Org(ctx, tx, o); err != nil {
			return err
		}
		if w.versions, err = m.Repo.Versions(ctx, tx, id); err != nil {
			return err
		}
		w.lists, err = m.Repo.Lists(ctx, tx, id)
		return err
	})
	return w, err
}

// sameRun says whether two consecutive lists of a draft belong to one run.
func sameRun(a, b list.List) bool {
	at := func(l list.List) time.Time {
		if l.EffectiveAt.After(l.SealedAt) {
			return l.EffectiveAt
		}
		return l.SealedAt
	}
	return a.Adds() == b.Adds() && (!a.Adds() || a.ExpiresAt.Equal(b.ExpiresAt) && at(a).Equal(at(b)))
}

// lookUp looks the lists of a draft up, run by run.
func (w *work) lookUp(ctx context.Context, draft []list.List) error {
	first := slices.IndexFunc(w.lists, func(l list.List) bool { return l.ID == draft[0].ID })
	if first < 0 || first+len(draft) > len(w.lists) {
		return errRebase
	}
	at := w.lists[first:][:len(draft)]
	void := max(0, slices.IndexFunc(draft, func(l list.List) bool { return l.Kind == list.Replace }))
	for from := 0; from < len(draft); {
		to := from + 1
		for to < len(draft) && to != void && sameRun(draft[from], draft[to]) {
			to++
		}
		ref, err := w.run(ctx, draft[from:to], w.lists[:first+from], from < void)
		if err != nil {
			return err
		}
		r := run{members: ref}
		for i := from; i < to; i++ {
			r.ids = append(r.ids, draft[i].ID)
			at[i].State, at[i].Members, at[i].Draft = list.StateMatched, &ref, draft[i].Draft
		}
		w.runs = append(w.runs, r)
		from = to
	}
	return nil
}

// run puts the members of one run, which comes after the lists before. What
// stands in its draft before a replacement reaches nobody.
func (w *work) run(ctx context.Context, lists, before []list.List, void bool) (blob.Ref, error) {
	switch {
	case void:
		return putBitmap(ctx, w.Blobs, roaring.New())
	case !lists[0].Adds():
		taken, err := w.takeOut(ctx, lists, before, w.ads, w.now)
		if err != nil {
			return blob.Ref{}, err
		}
		return put(ctx, w.Blobs, taken)
	}
	members := roaring.New()
	for _, l := range lists {
		err := w.spill(ctx, l, func(s *list.Spill) error {
			res, err := match.Run(ctx, matcher, s, w.ads)
			if err != nil {
				return err
			}
			members.Or(res.Members)
			if hardlyMatches(l, res.Members.GetCardinality()) {
				w.suspects = append(w.suspects, l)
			}
			return nil
		})
		if err != nil {
			return blob.Ref{}, err
		}
	}
	return putBitmap(ctx, w.Blobs, members)
}

// seal makes a draft's members count: the next version of its audience, the
// lists' new state and the entry, in one transaction that reads again all that
// may have been revoked meanwhile. It returns errRebase if the version that it
// built on is no longer the last. Without a draft it seals what the lists make
// by now, if a date of theirs has come.
func (w *work) seal(ctx context.Context, a job.Attempt, draft []list.List) error {
	members, err := membership(ctx, w.Blobs, w.lists, w.now)
	if err != nil {
		return err
	}
	v := Version{
		Audience: w.audience, Position: w.ads.Position(), Epoch: w.ads.Epoch(), RuleSet: identifier.RuleSet,
		AcceptedAt: w.now, SealedAt: w.now,
	}
	if n := len(draft); n > 0 {
		v.AcceptedAt, v.RuleSet = draft[n-1].SealedAt, draft[n-1].RuleSet
	}
	v.PublishAt = w.Ticks.Publish(v.AcceptedAt, w.now)
	if err := next(ctx, w.Blobs, &v, w.versions, members); err != nil {
		return err
	}
	if len(draft) == 0 && !w.dated() {
		return w.tidy(ctx, a)
	}
	set := report.Set{Members: roaring.And(members, w.ads.Eligible(w.owner.ID, w.owner.Kind.Purpose()))}
	if set.Ref, err = putBitmap(ctx, w.Blobs, set.Members); err != nil {
		return err
	}
	refs := []blob.Ref{v.named(), set.Ref}
	for _, r := range w.runs {
		refs = append(refs, r.members)
	}
	err = w.Names.Name(ctx, func() error { return w.keep(ctx, a, draft, v, members.GetCardinality(), set) }, refs...)
	if err == nil {
		w.dropEnded(ctx)
	}
	return err
}

// keep is the transaction of seal.
func (w *work) keep(ctx context.Context, a job.Attempt, draft []list.List, v Version, members uint64, set report.Set) error {
	return w.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		if err := a.Fence(ctx, tx); err != nil {
			return err
		}
		versions, err := w.Repo.Versions(ctx, tx, w.audience)
		if err != nil {
			return err
		}
		if int64(len(versions)) != v.Number-1 { // they are numbered from 1 without a gap
			return errRebase
		}
		// A version names the keys that are in force when it comes to be.
		if err := inForce(ctx, tx, w.Lists, v.Epoch); err != nil {
			return err
		}
		if err := w.active(ctx, tx, w.owner.ID); err != nil {
			return err
		}
		for _, r := range w.runs {
			if err := w.Repo.SetMatched(ctx, tx, r.ids, r.members, v.Number); err != nil {
				return err
			}
		}
		if err := w.tell(ctx, tx, &v, versions, set); err != nil {
			return err
		}
		if err := w.Repo.InsertVersion(ctx, tx, v); err != nil {
			return err
		}
		if err := w.settle(ctx, tx); err != nil {
			return err
		}
		if err := w.suspect(ctx, tx); err != nil {
			return err
		}
		body := sealingOf(v)
		body.Members, body.Code = members, w.Code
		if n := len(draft); n > 0 {
			body.List, body.Draft = draft[n-1].ID, draft[n-1].Draft
			if _, err := w.Changes.Append(ctx, tx, change.Change{Kind: change.List, Subject: string(body.List)}); err != nil {
				return err
			}
		}
		return w.Outbox.Append(ctx, tx, ledger.Entry{Space: ledger.Ads, Kind: ledger.VersionSealed, Actor: matcher, Body: body})
	})
}

// tell fills in what the org is told of a version.
func (w *work) tell(ctx context.Context, tx selvedge.Tx, v *Version, before []Version, set report.Set) (err error) {
	q := report.Question{Entity: w.owner.LegalEntity, Audience: v.Audience, Version: v.Number, At: v.PublishAt}
	if n := len(before); n > 0 {
		q.Last = before[n-1].Figure
	}
	v.Figure, err = w.Figures.Tell(ctx, tx, q, set)
	return err
}
