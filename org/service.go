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
}

// Create makes an active org with one key, and returns the key: it cannot be
// shown again. Only an operator may. It returns a CodeInvalid error as
// Org.Validate does.
func (s *Service) Create(ctx context.Context, actor selvedge.Actor, name, legalEntity string, kind Kind) (Org, string, error) {
	if err := actor.Must(selvedge.OperatorRole); err != nil {
		return Org{}, "", err
	}
	o := Org{Name: name, LegalEntity: legalEntity, Kind: kind, State: Active, CreatedAt: s.Clock.Now()}
	if err := o.Validate(); err != nil {
		return Org{}, "", err
	}
	var secret string
	err := s.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		id, err := s.IDs.Next(ctx, tx, "", "org")
		if err != nil {
			return err
		}
		o.ID = selvedge.OrgID(id)
		if err := s.Repo.InsertOrg(ctx, tx, o); err != nil {
			return err
		}
		var k Key
		secret, k = newKey(s.Entropy, "org-key/"+id)
		k.Role, k.Org, k.Name = selvedge.OrgRole, o.ID, "first"
		if err := s.insertKey(ctx, tx, actor, k); err != nil {
			return err
		}
		if _, err := s.Changes.Append(ctx, tx, change.Change{Kind: change.Org, Subject: id}); err != nil {
			return err
		}
		return s.Outbox.Append(ctx, tx, ledger.Entry{
			Space: ledger.Ads, Kind: ledger.OrgCreated, Actor: actor,
			Body: struct {
				Org  selvedge.OrgID `json:"org"`
				Kind Kind           `json:"kind"`
			}{o.ID, kind},
		})
	})
	if err != nil {
		return Org{}, "", err
	}
	return o, secret, nil
}

// IssuePlatformKey makes a key for the platform's own systems and returns it:
// it cannot be shown again. Only an operator may.
func (s *Service) IssuePlatformKey(ctx context.Context, actor selvedge.Actor, name string) (string, error) {
	if err := actor.Must(selvedge.OperatorRole); err != nil {
		return "", err
	}
	if !validName(name) {
		return "", selvedge.Errorf(selvedge.CodeInvalid, "must be 1 to %d characters of text", MaxName).At("name")
	}
	secret, k := newKey(s.Entropy, "platform-key")
	k.Role, k.Name = selvedge.PlatformRole, name
	err := s.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		return s.insertKey(ctx, tx, actor, k)
	})
	if err != nil {
		return "", err
	}
	return secret, nil
}

// IssueOperatorKey makes a key for a member of staff and returns it: it cannot
// be shown again. All keys of one name are one operator's. Only an operator may;
// the ledger keeps who made a key for whom. It returns a CodeInvalid error as
// ParseOperatorName does.
func (s *Service) IssueOperatorKey(ctx context.Context, actor selvedge.Actor, name string) (string, error) {
	if err := actor.Must(selvedge.OperatorRole); err != nil {
		return "", err
	}
	name, err := ParseOperatorName(name)
	if err != nil {
		return "", err
	}
	secret, k := newKey(s.Entropy, "operator-key")
	k.Role, k.Name = selvedge.OperatorRole, name
	err = s.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		return s.insertKey(ctx, tx, actor, k)
	})
	if err != nil {
		return "", err
	}
	return secret, nil
}

// Keys returns every key, by creation. Only an operator may.
func (s *Service) Keys(ctx context.Context, actor selvedge.Actor) (ks []Key, err error) {
	if err := actor.Must(selvedge.OperatorRole); err != nil {
		return nil, err
	}
	err = s.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		ks, err = s.Repo.Keys(ctx, tx)
		return err
	})
	return ks, err
}

// RevokeKey takes a key back, named by its public part: nothing that begins
// afterwards is done with it. Only an operator may. It returns a CodeNotFound
// error if there is no such key. Revoking again changes nothing.
func (s *Service) RevokeKey(ctx context.Context, actor selvedge.Actor, public string) error {
	if err := actor.Must(selvedge.OperatorRole); err != nil {
		return err
	}
	return s.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		k, err := s.Repo.KeyByPublic(ctx, tx, public)
		if err != nil || !k.RevokedAt.IsZero() {
			return err
		}
		if err := s.Repo.RevokeKey(ctx, tx, public, s.Clock.Now()); err != nil {
			return err
		}
		return s.Outbox.Append(ctx, tx, ledger.Entry{
			Space: ledger.Registry, Kind: ledger.KeyRevoked, Actor: actor,
			Body: struct {
				Key string `json:"key"`
			}{public},
		})
	})
}

func (s *Service) insertKey(ctx context.Context, tx selvedge.Tx, actor selvedge.Actor, k Key) error {
	k.CreatedAt = s.Clock.Now()
	k.ExpiresAt = k.CreatedAt.Add(KeyLife)
	if err := s.Repo.InsertKey(ctx, tx, k); err != nil {
		return err
	}
	return s.Outbox.Append(ctx, tx, ledger.Entry{
		Space: ledger.Registry, Kind: ledger.KeyIssued, Actor: actor,
		Body: struct {
			Key  string         `json:"key"`
			Role string         `json:"role"`
			Org  selvedge.OrgID `json:"org,omitempty"`
			// The keys of one name are one person's, so that the ledger alone
			// shows whose a statement was.
			Operator string `json:"operator,omitempty"`
		}{k.Public, k.Role.String(), k.Org, operatorOf(k)},
	})
}

// operatorOf returns the name of the operator whose key it is. The names of
// other keys are the owner's own words, and stay out of the ledger.
func operatorOf(k Key) string {
	if k.Role != selvedge.OperatorRole {
		return ""
	}
	return k.Name
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
