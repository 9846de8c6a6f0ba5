package contact

import (
	"context"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/change"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/purpose"
)

// Object records a person's objection. It is in force when it returns, and
// stands over later imports and lists. One that stands is not made again. Only
// the person, the platform or an operator may. It returns a CodeNotFound error
// if there is no such account or it holds no such address, and a CodeInvalid
// error for a scope that is none.
func (p *People) Object(ctx context.Context, actor selvedge.Actor, platformID string, o Objection) error {
	return p.setObjection(ctx, actor, platformID, ledger.ObjectionMade, o, p.Repo.Object)
}

// LiftObjection takes an objection back, at the person's own wish. What was
// withdrawn stays withdrawn. Unlike what takes away, it turns something on: it
// returns a CodeContained error while the server is contained.
func (p *People) LiftObjection(ctx context.Context, actor selvedge.Actor, platformID string, o Objection) error {
	if err := mayActFor(actor, platformID); err != nil {
		return err
	}
	if err := p.Ledger.Contained(); err != nil {
		return err
	}
	return p.setObjection(ctx, actor, platformID, ledger.ObjectionLifted, o, p.Repo.LiftObjection)
}

func (p *People) setObjection(ctx context.Context, actor selvedge.Actor, platformID string, kind ledger.Kind, o Objection,
	set func(context.Context, selvedge.Tx, selvedge.AccountID, Objection) (bool, error),
) error {
	if err := mayActFor(actor, platformID); err != nil {
		return err
	}
	o.MadeAt, o.LiftedAt = time.Time{}, time.Time{}
	if err := o.validate(); err != nil {
		return err
	}
	return p.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		who, err := p.read(ctx, tx, platformID)
		if err != nil {
			return err
		}
		touched, holds := map[purpose.Set]*roaring.Bitmap{}, o.Scope != ScopeAddress
		for _, v := range who.points {
			holds = holds || v.Handle == o.Handle
			if covers, _ := o.Covers(v.Handle); v.grant != nil {
				addOrdinal(touched, covers, v.grant.Ordinal)
			}
		}
		if !holds {
			return selvedge.Errorf(selvedge.CodeNotFound, "the account holds no such address")
		}
		o.MadeAt, o.LiftedAt = p.Clock.Now(), p.Clock.Now()
		if new, err := set(ctx, tx, who.ID, o); err != nil || !new {
			return err
		}
		entry := ledger.Entry{Kind: kind, Actor: actor, About: who.about(), Body: struct {
			Account selvedge.AccountID `json:"account"`
			Scope   Scope              `json:"scope"`
			Org     selvedge.OrgID     `json:"org,omitempty"`
		}{who.ID, o.Scope, o.Org}}
		return p.record(ctx, tx, entry, change.Mask, string(MaskObjection), touched)
	})
}
