package org

import (
	"context"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/change"
	"github.com/selvedge/selvedge/ledger"
)

// Service is what may be done with orgs and keys. It is safe for concurrent
// use.
type Service struct {
	Repo    Repository
	Tx      selvedge.Transactor
	Changes change.Log
	Outbox  ledger.Outbox
	IDs     selvedge.IDSource
	Clock   selvedge.Clock
	Entropy selvedge.Entropy
	// Resumed is called in the transaction that makes a suspended org active
	// again, so that what waited goes on. It may be nil.
	Resumed func(ctx context.Context, tx selvedge.Tx) error
}

// Create makes an active org with one key, and returns the key: it cannot be
// shown again. Only an operator may. It returns a CodeInvalid error as
// Org.Validate does. It is for whoever has the data folder; a door proposes, and
// has a second operator approve.
func (s *Service) Create(ctx context.Context, actor selvedge.Actor, name, legalEntity string, kind Kind) (Org, string, error) {
	if err := actor.Must(selvedge.OperatorRole); err != nil {
		return Org{}, "", err
	}
	var secret string
	o := Org{Name: name, LegalEntity: legalEntity, Kind: kind, State: Active}
	err := s.create(ctx, actor, &o, func(ctx context.Context, tx selvedge.Tx) error {
		var k Key
		secret, k = newKey(s.Entropy, orgKeys(o.ID))
		k.Role, k.Org, k.Name, k.Scopes = selvedge.OrgRole, o.ID, "first", selvedge.AllScopes
		return s.insertKey(ctx, tx, actor, &k)
	})
	if err != nil {
		return Org{}, "", err
	}
	return o, secret, nil
}

// orgKeys names the entropy stream of an org's keys.
func orgKeys(id selvedge.OrgID) string { return "org-key/" + string(id) }

// create keeps a new org, fills in what it lacks and does what comes with it.
func (s *Service) create(ctx context.Context, actor selvedge.Actor, o *Org, with func(context.Context, selvedge.Tx) error) error {
	o.CreatedAt, o.CreatedBy = s.Clock.Now(), actor.Name()
	if err := o.Validate(); err != nil {
		return err
	}
	return s.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		id, err := s.IDs.Next(ctx, tx, "", "org")
		if err != nil {
			return err
		}
		o.ID = selvedge.OrgID(id)
		if err := s.Repo.InsertOrg(ctx, tx, *o); err != nil {
			return err
		}
		if err := with(ctx, tx); err != nil {
			return err
		}
		if _, err := s.Changes.Append(ctx, tx, change.Change{Kind: change.Org, Subject: id}); err != nil {
			return err
		}
		return s.Outbox.Append(ctx, tx, ledger.Entry{
			Space: ledger.Ads, Kind: ledger.OrgCreated, Actor: actor,
			Body: struct {
				Org   selvedge.OrgID `json:"org"`
				Kind  Kind           `json:"kind"`
				State State          `json:"state"`
			}{o.ID, o.Kind, o.State},
		})
	})
}

// Authenticate returns the actor behind a bearer key. Every refusal is the same
// CodeUnauthenticated error: unknown, wrong, expired, revoked, or of an org
// that is not active.
func (s *Service) Authenticate(ctx context.Context, bearer string) (selvedge.Actor, error) {
	refused := selvedge.Errorf(selvedge.CodeUnauthenticated, "the key is not known")
	public, ok := publicPart(bearer)
	if !ok {
		return selvedge.Actor{}, refused
	}
	var k Key
	err := s.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		var err error
		if k, err = s.Repo.KeyByPublic(ctx, tx, public); err != nil || k.Role != selvedge.OrgRole {
			return err
		}
		o, err := s.Repo.Org(ctx, tx, k.Org)
		if err == nil && o.State != Active {
			err = refused
		}
		return err
	})
	switch {
	case selvedge.CodeOf(err) == selvedge.CodeNotFound:
		return selvedge.Actor{}, refused
	case err != nil:
		return selvedge.Actor{}, err
	case !k.opens(bearer) || !k.valid(s.Clock.Now()):
		return selvedge.Actor{}, refused
	}
	return k.actor(), nil
}

// Get returns an org.
func (s *Service) Get(ctx context.Context, id selvedge.OrgID) (o Org, err error) {
	err = s.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		o, err = s.Repo.Org(ctx, tx, id)
		return err
	})
	return o, err
}

// List returns every org in the order of creation. Only an operator may.
func (s *Service) List(ctx context.Context, actor selvedge.Actor) (os []Org, err error) {
	if err := actor.Must(selvedge.OperatorRole); err != nil {
		return nil, err
	}
	err = s.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		os, err = s.Repo.Orgs(ctx, tx)
		return err
	})
	return os, err
}
