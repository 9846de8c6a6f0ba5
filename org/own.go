package org

import (
	"context"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/ledger"
)

// MaxLiveKeys is how many keys of an org may be valid at one time: the one in
// use and the one that follows it.
const MaxLiveKeys = 2

// IssueOrgKey makes a key for an org and returns it: the secret cannot be shown
// again. An org may, for itself, and an operator for any. It returns a
// CodeForbidden error, Reason "scope", if an org's key would give another one
// more than it has; a CodeInvalid error for a name that is none and for no
// scopes; a CodeConflict error, Reason "two_keys", if MaxLiveKeys are valid; and
// a CodeNotFound error if there is no such org, or it is not the asker's.
func (s *Service) IssueOrgKey(ctx context.Context, actor selvedge.Actor, id selvedge.OrgID, name string, scopes selvedge.Scopes) (secret string, k Key, err error) {
	if err := s.self(actor, id); err != nil {
		return "", Key{}, err
	}
	if !validName(name) {
		return "", Key{}, selvedge.Errorf(selvedge.CodeInvalid, "must be 1 to %d characters of text", MaxName).At("name").Because("bad_name")
	}
	if scopes == 0 || scopes&^selvedge.AllScopes != 0 {
		return "", Key{}, selvedge.Errorf(selvedge.CodeInvalid, "must name at least one scope").At("scopes").Because("bad_scopes")
	}
	if actor.Role() == selvedge.OrgRole && scopes&^actor.Scopes() != 0 {
		return "", Key{}, selvedge.Errorf(selvedge.CodeForbidden, "a key cannot give more than it has").At("scopes").Because("scope")
	}
	err = s.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		if _, err := s.Repo.Org(ctx, tx, id); err != nil {
			return err
		}
		live, err := s.live(ctx, tx, id)
		if err != nil {
			return err
		}
		if len(live) >= MaxLiveKeys {
			return selvedge.Errorf(selvedge.CodeConflict, "the org has %d keys that are valid: revoke one first", MaxLiveKeys).Because("two_keys")
		}
		secret, k = newKey(s.Entropy, orgKeys(id))
		k.Role, k.Org, k.Name, k.Scopes = selvedge.OrgRole, id, name, scopes
		return s.insertKey(ctx, tx, actor, &k)
	})
	if err != nil {
		return "", Key{}, err
	}
	return secret, k, nil
}

// live returns the keys of an org that are valid now.
func (s *Service) live(ctx context.Context, tx selvedge.Tx, id selvedge.OrgID) (live []Key, err error) {
	ks, err := s.Repo.KeysOf(ctx, tx, id)
	now := s.Clock.Now()
	for _, k := range ks {
		if k.valid(now) {
			live = append(live, k)
		}
	}
	return live, err
}

// OrgKeys returns the keys of an org by creation, those that are over too. An org
// may ask for its own, and an operator for any. It returns a CodeNotFound error
// if there is no such org, or it is not the asker's.
func (s *Service) OrgKeys(ctx context.Context, actor selvedge.Actor, id selvedge.OrgID) (ks []Key, err error) {
	if err := s.self(actor, id); err != nil {
		return nil, err
	}
	err = s.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		if _, err := s.Repo.Org(ctx, tx, id); err != nil {
			return err
		}
		ks, err = s.Repo.KeysOf(ctx, tx, id)
		return err
	})
	return ks, err
}

// RevokeOrgKey takes a key of an org back, named by its public part. An org may,
// for itself, and an operator for any. It returns a CodeNotFound error if the org
// has no such key or is not the asker's, and a CodeConflict error, Reason
// "last_key", if an org would be left without a valid key by its own act: it
// could not come back. Revoking again changes nothing.
func (s *Service) RevokeOrgKey(ctx context.Context, actor selvedge.Actor, id selvedge.OrgID, public string) (k Key, err error) {
	if err := s.self(actor, id); err != nil {
		return Key{}, err
	}
	err = s.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		if k, err = s.Repo.KeyByPublic(ctx, tx, public); err != nil {
			return err
		}
		if k.Role != selvedge.OrgRole || k.Org != id {
			return selvedge.Errorf(selvedge.CodeNotFound, "there is no such thing")
		}
		live, err := s.live(ctx, tx, id)
		if err != nil {
			return err
		}
		if actor.Role() == selvedge.OrgRole && len(live) == 1 && live[0].Public == public {
			return selvedge.Errorf(selvedge.CodeConflict, "this is the last valid key of the org: issue another one first").Because("last_key")
		}
		if k, err = s.revoke(ctx, tx, actor, k); err != nil {
			return err
		}
		return selvedge.Conclude(ctx, tx, k)
	})
	if err != nil {
		return Key{}, err
	}
	return k, nil
}

// revoke takes a key back, unless it was before.
func (s *Service) revoke(ctx context.Context, tx selvedge.Tx, actor selvedge.Actor, k Key) (Key, error) {
	if !k.RevokedAt.IsZero() {
		return k, nil
	}
	k.RevokedAt = s.Clock.Now()
	if err := s.Repo.RevokeKey(ctx, tx, k.Public, k.RevokedAt); err != nil {
		return Key{}, err
	}
	return k, s.Outbox.Append(ctx, tx, ledger.Entry{
		Space: ledger.Registry, Kind: ledger.KeyRevoked, Actor: actor,
		Body: struct {
			Key string `json:"key"`
		}{k.Public},
	})
}
