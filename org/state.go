package org

import (
	"context"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/change"
	"github.com/selvedge/selvedge/ledger"
)

// Propose makes an org that is pending: it has no key and may do nothing until
// another operator approves it. Only an operator whose name a key has proved
// may. It returns a CodeInvalid error as Org.Validate does.
func (s *Service) Propose(ctx context.Context, actor selvedge.Actor, name, legalEntity string, kind Kind) (Org, error) {
	if err := proved(actor); err != nil {
		return Org{}, err
	}
	o := Org{Name: name, LegalEntity: legalEntity, Kind: kind, State: Pending}
	err := s.create(ctx, actor, &o, func(context.Context, selvedge.Tx) error { return nil })
	if err != nil {
		return Org{}, err
	}
	return o, nil
}

// proved returns a CodeForbidden error unless the actor is an operator whose
// name a key has proved: where two people are asked for, a name that anyone can
// give is not one.
func proved(actor selvedge.Actor) error {
	if err := actor.Must(selvedge.OperatorRole); err != nil {
		return err
	}
	if actor.Key() == "" {
		return selvedge.Errorf(selvedge.CodeForbidden, "an operator's key must prove who does this").Because("no_key")
	}
	return nil
}

// Approve makes a pending org active. Only an operator may, and not the one who
// proposed it: that is a CodeForbidden error, Reason "same_operator". An org that
// is not pending is a CodeConflict error, Reason "not_pending", and one that is
// not there CodeNotFound.
func (s *Service) Approve(ctx context.Context, actor selvedge.Actor, id selvedge.OrgID) (Org, error) {
	if err := proved(actor); err != nil {
		return Org{}, err
	}
	return s.move(ctx, actor, id, Pending, Active, ledger.OrgApproved, func(ctx context.Context, tx selvedge.Tx, o Org) error {
		if o.CreatedBy == actor.Name() {
			return selvedge.Errorf(selvedge.CodeForbidden, "another operator than who proposed the org must approve it").Because("same_operator")
		}
		return nil
	})
}

// Suspend stops an active org: when it returns, none of its keys opens anything,
// and nothing of its lists is matched or sealed any more. Only an operator may.
// An org that is not active is a CodeConflict error, Reason "not_active", and one
// that is not there CodeNotFound.
func (s *Service) Suspend(ctx context.Context, actor selvedge.Actor, id selvedge.OrgID) (Org, error) {
	if err := actor.Must(selvedge.OperatorRole); err != nil {
		return Org{}, err
	}
	return s.move(ctx, actor, id, Active, Suspended, ledger.OrgSuspended, nil)
}

// Reactivate makes a suspended org active again; its lists that waited are
// matched. Only an operator may. An org that is not suspended is a CodeConflict
// error, Reason "not_suspended", and one that is not there CodeNotFound.
func (s *Service) Reactivate(ctx context.Context, actor selvedge.Actor, id selvedge.OrgID) (Org, error) {
	if err := actor.Must(selvedge.OperatorRole); err != nil {
		return Org{}, err
	}
	return s.move(ctx, actor, id, Suspended, Active, ledger.OrgReactivated, func(ctx context.Context, tx selvedge.Tx, _ Org) error {
		if s.Resumed == nil {
			return nil
		}
		return s.Resumed(ctx, tx)
	})
}

// move takes an org from one state to another, with the change and the entry.
func (s *Service) move(ctx context.Context, actor selvedge.Actor, id selvedge.OrgID, from, to State, kind ledger.Kind,
	with func(context.Context, selvedge.Tx, Org) error,
) (o Org, err error) {
	err = s.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		if o, err = s.Repo.Org(ctx, tx, id); err != nil {
			return err
		}
		if o.State != from {
			return selvedge.Errorf(selvedge.CodeConflict, "the org is not %s", from).Because("not_" + string(from))
		}
		if with != nil {
			if err := with(ctx, tx, o); err != nil {
				return err
			}
		}
		if err := s.Repo.SetOrgState(ctx, tx, id, from, to); err != nil {
			return err
		}
		o.State = to
		if _, err := s.Changes.Append(ctx, tx, change.Change{Kind: change.Org, Subject: string(id)}); err != nil {
			return err
		}
		return s.Outbox.Append(ctx, tx, ledger.Entry{
			Space: ledger.Ads, Kind: kind, Actor: actor,
			Body: struct {
				Org selvedge.OrgID `json:"org"`
			}{id},
		})
	})
	if err != nil {
		return Org{}, err
	}
	return o, nil
}

// MayUpload returns the version of the terms that are in force, under which an org
// may bring a list now, or an error: CodeForbidden, Reason "org_not_active", if it
// is not active, and CodeConflict, Reason "terms_not_accepted", if it has not
// accepted those terms.
func (s *Service) MayUpload(ctx context.Context, tx selvedge.Tx, id selvedge.OrgID) (terms int64, err error) {
	o, err := s.Repo.Org(ctx, tx, id)
	if err != nil {
		return 0, err
	}
	if o.State != Active {
		return 0, selvedge.Errorf(selvedge.CodeForbidden, "the org is not active").Because("org_not_active")
	}
	t, err := s.current(ctx, tx)
	if err != nil {
		return 0, err
	}
	_, err = s.Repo.Acceptance(ctx, tx, id, t.Version)
	if selvedge.CodeOf(err) == selvedge.CodeNotFound {
		return 0, selvedge.Errorf(selvedge.CodeConflict, "the org must accept the terms that are in force first: read GET /v1/terms, then POST /v1/terms:accept").
			Because("terms_not_accepted")
	}
	return t.Version, err
}
