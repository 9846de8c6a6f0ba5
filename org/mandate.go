package org

import (
	"context"
	"regexp"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/change"
	"github.com/selvedge/selvedge/ledger"
)

// MandateID names a mandate.
type MandateID string

// Mandate is an org's word that another org, an agency, may act for it. The zero
// Mandate allows nothing.
type Mandate struct {
	ID        MandateID
	Org       selvedge.OrgID // for whom
	Agency    selvedge.OrgID // who acts
	Scopes    selvedge.Scopes
	GrantedAt time.Time
	GrantedBy string // the public part of the org's key
	ExpiresAt time.Time
	EndedAt   time.Time // zero while nobody has ended it
	EndedRole selvedge.Role
	EndedBy   string // the key or operator
}

// valid says whether the mandate may be used at a time.
func (m Mandate) valid(now time.Time) bool { return m.EndedAt.IsZero() && now.Before(m.ExpiresAt) }

// MandateScopes are all that a mandate can give: an agency issues no keys and
// accepts no terms in another's name.
const MandateScopes = selvedge.ReadAudiences | selvedge.WriteAudiences

// MandateLife is the longest that a mandate lasts.
const MandateLife = 366 * 24 * time.Hour

// MandateRepository keeps mandates.
type MandateRepository interface {
	InsertMandate(ctx context.Context, tx selvedge.Tx, m Mandate) error
	// Mandate returns a mandate, or a CodeNotFound error.
	Mandate(ctx context.Context, tx selvedge.Tx, id MandateID) (Mandate, error)
	// MandatesOf returns the mandates that an org gave or holds, in the order in
	// which they were given.
	MandatesOf(ctx context.Context, tx selvedge.Tx, id selvedge.OrgID) ([]Mandate, error)
	// MandatesBetween returns those that an org gave to an agency, in that order.
	MandatesBetween(ctx context.Context, tx selvedge.Tx, org, agency selvedge.OrgID) ([]Mandate, error)
	// EndMandate ends a mandate. It returns a CodeConflict error if there is no
	// such mandate, or if it was ended: the first end stands.
	EndMandate(ctx context.Context, tx selvedge.Tx, id MandateID, at time.Time, role selvedge.Role, by string) error
}

// ActFor returns the actor by which an org, the agency, acts for another one:
// with what both its key and its mandates allow. Only an org may, by its own key.
// It returns a CodeNotFound error, the same as if there were no such org, unless
// that org is active and has given it a mandate that is valid now.
func (s *Service) ActFor(ctx context.Context, actor selvedge.Actor, id selvedge.OrgID) (selvedge.Actor, error) {
	agency, ok := actor.Org()
	if _, already := actor.Agency(); !ok || already {
		return selvedge.Actor{}, selvedge.Errorf(selvedge.CodeForbidden, "only an org may act for another one")
	}
	agent := selvedge.Agent(id, agency, actor.Key())
	err := s.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		scopes, err := s.mandated(ctx, tx, id, agency)
		agent = agent.With(scopes & actor.Scopes())
		return err
	})
	if err != nil {
		return selvedge.Actor{}, err
	}
	return agent, nil
}

// mandated returns what an agency may do for an org now.
func (s *Service) mandated(ctx context.Context, tx selvedge.Tx, id, agency selvedge.OrgID) (scopes selvedge.Scopes, err error) {
	none := selvedge.Errorf(selvedge.CodeNotFound, "there is no such thing")
	// Asked first: an org that nobody gave anything looks at nobody's state.
	ms, err := s.Repo.MandatesBetween(ctx, tx, id, agency)
	if err != nil {
		return 0, err
	}
	now := s.Clock.Now()
	for _, m := range ms {
		if m.valid(now) {
			scopes |= m.Scopes
		}
	}
	if scopes == 0 {
		return 0, none
	}
	for _, party := range []selvedge.OrgID{id, agency} {
		o, err := s.Repo.Org(ctx, tx, party)
		if err != nil {
			return 0, err
		}
		if o.State != Active {
			return 0, none
		}
	}
	return scopes, nil
}

// MayAct returns an error if the actor is an agency whose mandate does not allow
// a scope any more, CodeNotFound as in ActFor or CodeForbidden, Reason "scope".
// Acts ask it in their transactions: a list may have been coming in for an hour.
// Other actors were asked when they came.
func (s *Service) MayAct(ctx context.Context, tx selvedge.Tx, actor selvedge.Actor, scope selvedge.Scopes) error {
	agency, ok := actor.Agency()
	if !ok {
		return nil
	}
	id, _ := actor.Org()
	scopes, err := s.mandated(ctx, tx, id, agency)
	if err == nil && scopes&scope == 0 {
		err = selvedge.Errorf(selvedge.CodeForbidden, "the mandate has not the scope for this").Because("scope")
	}
	return err
}

var orgText = regexp.MustCompile(`^org_[a-z2-7]{24}$`)

// Mandate lets an agency act for the asking org until a time. Only an org may, by
// a key of its own. Nobody is told whether there is such an agency. It returns a
// CodeInvalid error for an agency that is no org's id or the org itself, for
// scopes other than MandateScopes, and for an end that is past or further away
// than MandateLife.
func (s *Service) Mandate(ctx context.Context, actor selvedge.Actor, agency selvedge.OrgID, scopes selvedge.Scopes, until time.Time) (m Mandate, err error) {
	id, err := s.ownKey(actor)
	if err != nil {
		return Mandate{}, err
	}
	now := s.Clock.Now()
	switch {
	case !orgText.MatchString(string(agency)) || agency == id:
		return Mandate{}, selvedge.Errorf(selvedge.CodeInvalid, "must be the id of another org").At("agency").Because("bad_agency")
	case scopes == 0 || scopes&^MandateScopes != 0:
		return Mandate{}, selvedge.Errorf(selvedge.CodeInvalid, "must be audiences:read, audiences:write or both").At("scopes").Because("bad_scopes")
	case !until.After(now) || until.After(now.Add(MandateLife)):
		return Mandate{}, selvedge.Errorf(selvedge.CodeInvalid, "must be in the future, and at most %d days from now", MandateLife/(24*time.Hour)).
			At("expires_at").Because("bad_end")
	}
	m = Mandate{Org: id, Agency: agency, Scopes: scopes, GrantedAt: now, GrantedBy: actor.Key(), ExpiresAt: until.UTC().Truncate(time.Microsecond)}
	err = s.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		text, err := s.IDs.Next(ctx, tx, id, "mdt")
		if err != nil {
			return err
		}
		m.ID = MandateID(text)
		if err := s.Repo.InsertMandate(ctx, tx, m); err != nil {
			return err
		}
		if err := s.enterMandate(ctx, tx, actor, ledger.MandateGranted, m); err != nil {
			return err
		}
		return selvedge.Conclude(ctx, tx, m)
	})
	if err != nil {
		return Mandate{}, err
	}
	return m, nil
}

// party returns an error unless the actor is an operator, or the org by a key of
// its own: an agency neither sees nor ends what the org gave to others.
func (s *Service) party(actor selvedge.Actor, id selvedge.OrgID) error {
	if _, agent := actor.Agency(); agent {
		return selvedge.Errorf(selvedge.CodeForbidden, "only an org may do this, for itself")
	}
	return s.self(actor, id)
}

// ownKey returns the org that asks by a key of its own.
func (s *Service) ownKey(actor selvedge.Actor) (selvedge.OrgID, error) {
	id, ok := actor.Org()
	if _, agent := actor.Agency(); !ok || agent {
		return "", selvedge.Errorf(selvedge.CodeForbidden, "only an org may do this, for itself")
	}
	return id, nil
}

// Mandates returns the mandates that an org gave or holds, those that are over
// too. An org may ask for its own, by a key of its own, and an operator for any
// org's. It returns a CodeNotFound error if there is no such org, or it is not
// the asker's.
func (s *Service) Mandates(ctx context.Context, actor selvedge.Actor, id selvedge.OrgID) (ms []Mandate, err error) {
	if err := s.party(actor, id); err != nil {
		return nil, err
	}
	err = s.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		if _, err := s.Repo.Org(ctx, tx, id); err != nil {
			return err
		}
		ms, err = s.Repo.MandatesOf(ctx, tx, id)
		return err
	})
	return ms, err
}

// EndMandate ends a mandate that an org gave or holds: when it returns, nothing is
// done under it any more. The org may, by a key of its own, and an operator. One
// that is not there, or is no mandate of that org, or of another org than the
// asker's, is a CodeNotFound error. Ending it again changes nothing.
func (s *Service) EndMandate(ctx context.Context, actor selvedge.Actor, of selvedge.OrgID, id MandateID) (m Mandate, err error) {
	if err := s.party(actor, of); err != nil {
		return Mandate{}, err
	}
	err = s.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		if m, err = s.Repo.Mandate(ctx, tx, id); err != nil {
			return err
		}
		if of != m.Org && of != m.Agency {
			return selvedge.Errorf(selvedge.CodeNotFound, "there is no such thing")
		}
		if !m.EndedAt.IsZero() {
			return selvedge.Conclude(ctx, tx, m)
		}
		m.EndedAt, m.EndedRole, m.EndedBy = s.Clock.Now(), actor.Role(), actor.Name()
		if err := s.Repo.EndMandate(ctx, tx, id, m.EndedAt, m.EndedRole, m.EndedBy); err != nil {
			return err
		}
		if err := s.enterMandate(ctx, tx, actor, ledger.MandateEnded, m); err != nil {
			return err
		}
		return selvedge.Conclude(ctx, tx, m)
	})
	if err != nil {
		return Mandate{}, err
	}
	return m, nil
}

func (s *Service) enterMandate(ctx context.Context, tx selvedge.Tx, actor selvedge.Actor, kind ledger.Kind, m Mandate) error {
	if _, err := s.Changes.Append(ctx, tx, change.Change{Kind: change.Org, Subject: string(m.Org)}); err != nil {
		return err
	}
	return s.Outbox.Append(ctx, tx, ledger.Entry{
		Space: ledger.Ads, Kind: kind, Actor: actor,
		Body: struct {
			Mandate   MandateID      `json:"mandate"`
			Org       selvedge.OrgID `json:"org"`
			Agency    selvedge.OrgID `json:"agency"`
			Scopes    []string       `json:"scopes"`
			ExpiresAt time.Time      `json:"expires_at"`
		}{m.ID, m.Org, m.Agency, m.Scopes.Words(), m.ExpiresAt},
	})
}
