package org

import (
	"context"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/ledger"
)

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
		return s.insertKey(ctx, tx, actor, &k)
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
		return s.insertKey(ctx, tx, actor, &k)
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
		if err != nil {
			return err
		}
		_, err = s.revoke(ctx, tx, actor, k)
		return err
	})
}

func (s *Service) insertKey(ctx context.Context, tx selvedge.Tx, actor selvedge.Actor, k *Key) error {
	k.CreatedAt = s.Clock.Now()
	k.ExpiresAt = k.CreatedAt.Add(KeyLife)
	if err := s.Repo.InsertKey(ctx, tx, *k); err != nil {
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
			Operator string   `json:"operator,omitempty"`
			Scopes   []string `json:"scopes,omitempty"`
		}{k.Public, k.Role.String(), k.Org, operatorOf(*k), k.Scopes.Words()},
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
