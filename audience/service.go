package audience

import (
	"context"
	"slices"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/alert"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/change"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/report"
)

// How long a list's members stay in the audience: ListLife unless its sender says
// otherwise, and MaxListLife at most. What nobody renews in one and a half years is
// no list of customers any more.
const (
	ListLife    = 180 * 24 * time.Hour
	MaxListLife = 540 * 24 * time.Hour
)

// Service is what an org may ask of its audiences. It is safe for concurrent
// use. Another org's audience is answered exactly like one that does not exist.
// Every method returns a CodeContained error while the server is contained.
type Service struct {
	Repo     Repository
	Orgs     Standing
	Tx       selvedge.Transactor
	Changes  change.Log
	Outbox   ledger.Outbox
	Alerts   *alert.Office
	Ledger   ledger.Gate
	IDs      selvedge.IDSource
	Receiver *list.Receiver
	Names    *blob.Collector
	Clock    selvedge.Clock
	Jobs     Jobs
	Labels   *Labels
}

// Standing says whether an org may bring lists.
type Standing interface {
	// MayAct returns an error if the actor is an agency that may not do so any more.
	MayAct(ctx context.Context, tx selvedge.Tx, actor selvedge.Actor, scope selvedge.Scopes) error
	// MayUpload returns the version of the terms that are in force, and an error
	// unless the org has accepted it and may bring a list now.
	MayUpload(ctx context.Context, tx selvedge.Tx, org selvedge.OrgID) (terms int64, err error)
}

// Status is how far an audience or list has come.
type Status string

// The statuses. An upload turns from processing to ready at a tick of the
// clock, never in between: when it does tells nothing about who is in it.
const (
	Empty      Status = "empty"      // nothing was uploaded yet
	Processing Status = "processing" // something uploaded is not published yet
	Ready      Status = "ready"
)

// View is what an org is told of one of its audiences.
type View struct {
	Audience
	Status Status
	Figure report.Answer // as last published
	AsOf   time.Time     // when a version was last published; zero until then
}

// ListView is what an org is told of one of its lists.
type ListView struct {
	list.List
	Status Status
}

// asker returns the org that asks, or a CodeForbidden error if none does.
func (s *Service) asker(actor selvedge.Actor) (selvedge.OrgID, error) {
	org, ok := actor.Org()
	if !ok {
		return "", selvedge.Errorf(selvedge.CodeForbidden, "only an org may do this, for itself")
	}
	return org, s.Ledger.Contained()
}

// published waits until what an org is told is in the ledger's log, if it is
// told something that was published: its entry came with the seal.
func (s *Service) published(ctx context.Context, shown bool) error {
	if !shown {
		return nil
	}
	return s.Ledger.Await(ctx, ledger.Ads)
}

// Create makes an empty audience. Only an org may, for itself.
func (s *Service) Create(ctx context.Context, actor selvedge.Actor, name string) (View, error) {
	org, err := s.asker(actor)
	if err != nil {
		return View{}, err
	}
	if err := validateName(name); err != nil {
		return View{}, err
	}
	a := Audience{Org: org, Name: name, CreatedAt: s.Clock.Now()}
	err = s.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		if err := s.Orgs.MayAct(ctx, tx, actor, selvedge.WriteAudiences); err != nil {
			return err
		}
		id, err := s.IDs.Next(ctx, tx, org, "aud")
		if err != nil {
			return err
		}
		a.ID = selvedge.AudienceID(id)
		if err := s.Repo.InsertAudience(ctx, tx, a); err != nil {
			return err
		}
		err = s.Outbox.Append(ctx, tx, ledger.Entry{
			Space: ledger.Ads, Kind: ledger.AudienceCreated, Actor: actor,
			Body: struct {
				Audience selvedge.AudienceID `json:"audience"`
				Org      selvedge.OrgID      `json:"org"`
			}{a.ID, org},
		})
		if err != nil {
			return err
		}
		return selvedge.Conclude(ctx, tx, View{Audience: a, Status: Empty})
	})
	return View{Audience: a, Status: Empty}, err
}

// Get returns one of the org's audiences.
func (s *Service) Get(ctx context.Context, actor selvedge.Actor, id selvedge.AudienceID) (v View, err error) {
	org, err := s.asker(actor)
	if err != nil {
		return View{}, err
	}
	err = s.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		a, err := s.Repo.Audience(ctx, tx, org, id)
		if err != nil {
			return err
		}
		v, err = s.view(ctx, tx, a)
		return err
	})
	if err == nil {
		err = s.published(ctx, !v.AsOf.IsZero())
	}
	if err != nil {
		return View{}, err
	}
	return v, nil
}

// List returns at most n of the org's audiences in the order of creation: those
// after the one with an id, all for "".
func (s *Service) List(ctx context.Context, actor selvedge.Actor, after selvedge.AudienceID, n int) (vs []View, err error) {
	org, err := s.asker(actor)
	if err != nil {
		return nil, err
	}
	err = s.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		as, err := s.Repo.Audiences(ctx, tx, org, after, n)
		if err != nil {
			return err
		}
		for _, a := range as {
			v, err := s.view(ctx, tx, a)
			if err != nil {
				return err
			}
			vs = append(vs, v)
		}
		return nil
	})
	if err == nil {
		err = s.published(ctx, slices.ContainsFunc(vs, func(v View) bool { return !v.AsOf.IsZero() }))
	}
	if err != nil {
		return nil, err
	}
	return vs, nil
}

func (s *Service) view(ctx context.Context, tx selvedge.Tx, a Audience) (View, error) {
	v := View{Audience: a, Status: Empty}
	p, err := s.Repo.Progress(ctx, tx, a.ID, s.Clock.Now())
	switch v.Figure, v.AsOf = p.Figure, p.AsOf; {
	case p.Waiting:
		v.Status = Processing
	case p.Lists:
		v.Status = Ready
	}
	return v, err
}

// status says how far a list has come. Only the publication of the version that
// holds it shows, never the match itself.
func status(l list.List, unpublished []int64) Status {
	if l.Version == 0 || slices.Contains(unpublished, l.Version) {
		return Processing
	}
	return Ready
}

// GetList returns one list of one of the org's audiences.
func (s *Service) GetList(ctx context.Context, actor selvedge.Actor, audience selvedge.AudienceID, id selvedge.ListID) (ListView, error) {
	vs, err := s.lists(ctx, actor, audience, func(ctx context.Context, tx selvedge.Tx, org selvedge.OrgID) ([]list.List, error) {
		l, err := s.Repo.List(ctx, tx, org, audience, id)
		return []list.List{l}, err
	})
	if err != nil {
		return ListView{}, err
	}
	return vs[0], nil
}

// Lists returns at most n of the lists of one of the org's audiences in the order
// of acceptance: those after the one with an id, all for "".
func (s *Service) Lists(ctx context.Context, actor selvedge.Actor, audience selvedge.AudienceID, after selvedge.ListID, n int) ([]ListView, error) {
	return s.lists(ctx, actor, audience, func(ctx context.Context, tx selvedge.Tx, _ selvedge.OrgID) ([]list.List, error) {
		return s.Repo.ListsAfter(ctx, tx, audience, after, n)
	})
}

// lists reads lists of one of the org's audiences and says how far they are.
func (s *Service) lists(ctx context.Context, actor selvedge.Actor, audience selvedge.AudienceID,
	read func(context.Context, selvedge.Tx, selvedge.OrgID) ([]list.List, error),
) (vs []ListView, err error) {
	org, err := s.asker(actor)
	if err != nil {
		return nil, err
	}
	err = s.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		if _, err := s.Repo.Audience(ctx, tx, org, audience); err != nil {
			return err
		}
		ls, err := read(ctx, tx, org)
		if err != nil {
			return err
		}
		unpublished, err := s.Repo.Unpublished(ctx, tx, audience, s.Clock.Now())
		if err != nil {
			return err
		}
		vs = nil
		for _, l := range ls {
			vs = append(vs, ListView{l, status(l, unpublished)})
		}
		return nil
	})
	if err == nil {
		err = s.published(ctx, slices.ContainsFunc(vs, func(v ListView) bool { return v.Status == Ready }))
	}
	if err != nil {
		return nil, err
	}
	return vs, nil
}
