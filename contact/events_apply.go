package contact

import (
	"context"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/change"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/purpose"
	"github.com/selvedge/selvedge/token"
)

// point takes an event that gives or verifies a contact point: the row of an
// import, alone.
func (t *taking) point(ctx context.Context, h *happened, account Account) (Outcome, error) {
	row := h.point
	if reason := t.withheld[row.prompt]; reason != "" {
		return refuse("prompt", reason), nil
	}
	if h.alone {
		return t.verifyAlone(ctx, h, account)
	}
	s, err := t.step(ctx, t.tx, &row, Holder{account.ID, account.Person})
	if err != nil {
		return Outcome{}, err
	}
	steps := []step{s}
	if _, err := t.makePoints(ctx, t.tx, steps); err != nil {
		return Outcome{}, err
	}
	if _, err := t.makeGrants(ctx, t.tx, steps); err != nil {
		return Outcome{}, err
	}
	s = steps[0]
	if !s.inserted && !s.newlyVerified && !s.granted {
		return done(false), nil
	}
	if err := t.enterPoint(ctx, s.Point, s.inserted); err != nil {
		return Outcome{}, err
	}
	if s.granted {
		if err := t.bringOn(ctx, s); err != nil {
			return Outcome{}, err
		}
	}
	return done(true), nil
}

// bringOn makes a new grant matchable: its tokens become rows, and the change log
// says which ordinal to look at, in the transaction of the grant.
func (t *taking) bringOn(ctx context.Context, s step) error {
	rows := make([]token.Row, len(s.forms))
	for i, f := range s.forms {
		rows[i].Header = token.Header{Family: token.Ads, Class: f.Class, Epoch: t.keys.Epoch(), RuleSet: identifier.RuleSet}
		rows[i].Entry = token.Entry{Token: t.keys.Of(f), Ordinal: s.grant.Ordinal}
	}
	if err := t.repo.InsertTokens(ctx, t.tx, rows); err != nil {
		return err
	}
	return t.People.touch(ctx, t.tx, ledger.GrantGiven, t.actor, change.GrantOn, "", map[purpose.Set]*roaring.Bitmap{
		s.grant.Live: roaring.BitmapOf(uint32(s.grant.Ordinal)),
	})
}

// enterPoint enters in the registry that a contact point was given, or verified.
func (t *taking) enterPoint(ctx context.Context, p Point, given bool) error {
	kind := ledger.PointVerified
	if given {
		kind = ledger.PointGiven
	}
	return t.People.Outbox.Append(ctx, t.tx, ledger.Entry{
		Space: ledger.Registry, Kind: kind, Actor: t.actor, About: []selvedge.AccountID{p.Account}, Body: struct {
			Account  selvedge.AccountID `json:"account"`
			Contact  selvedge.ContactID `json:"contact"`
			Verified bool               `json:"verified"`
		}{p.Account, p.ID, !p.VerifiedAt.IsZero()},
	})
}

// verifyAlone takes a proof of control of a contact point that is known, without
// its value: it can be taken only where no token is to be made.
func (t *taking) verifyAlone(ctx context.Context, h *happened, account Account) (Outcome, error) {
	ref, err := t.ref(ctx, t.tx, h.point.prompt)
	if err != nil {
		return Outcome{}, err
	}
	points, err := t.repo.Points(ctx, t.tx, account.ID)
	if err != nil {
		return Outcome{}, err
	}
	for _, p := range points {
		switch {
		case p.Handle != h.point.handle || p.Prompt != ref || !p.GivenAt.Equal(h.point.givenAt):
			continue
		case !p.VerifiedAt.IsZero():
			return done(false), nil
		case p.Purposes.Ads() != 0:
			return refuse("value", reasonNeedsValue), nil
		}
		if err := t.repo.SetVerified(ctx, t.tx, p.ID, h.point.verifiedAt, h.point.verifiedBy); err != nil {
			return Outcome{}, err
		}
		p.VerifiedAt = h.point.verifiedAt
		return done(true), t.enterPoint(ctx, p, false)
	}
	return refuse("address", reasonUnknownPoint), nil
}

// end takes an event that ends purposes of an address.
func (t *taking) end(ctx context.Context, h *happened, account Account) (Outcome, error) {
	who, err := t.People.read(ctx, t.tx, account.PlatformID)
	if err != nil {
		return Outcome{}, err
	}
	e := ending{handles: h.handles, purposes: h.purposes, at: h.at, reason: Lost, kind: ledger.ControlLost}
	if h.kind == EventWithdrawn {
		e.reason, e.kind = Withdrawn, ledger.GrantWithdrawn
	}
	res, news, err := t.People.end(ctx, t.tx, t.actor, who, e)
	return done(news || res.Ended > 0), err
}

// fact takes an event about the account itself.
func (t *taking) fact(ctx context.Context, h *happened, old Account) (Outcome, error) {
	now := old
	mask, stands, stricter := MaskState, old.StateAt, h.state == Deactivated
	if h.kind == EventAge {
		mask, stands, stricter = MaskAge, old.AgeAt, rank(h.age) > rank(old.Age)
		now.Age, now.AgeAt = h.age, h.at
	} else {
		now.State, now.StateAt = h.state, h.at
	}
	same := old.Age == now.Age && old.State == now.State
	switch {
	case h.at.Before(stands), h.at.Equal(stands) && !stricter && !same:
		if same {
			return done(false), nil
		}
		return Outcome{Outcome: Unchanged, Reason: overtaken}, nil
	case h.at.Equal(stands) && same:
		return done(false), nil
	}
	if err := t.repo.PutAccounts(ctx, t.tx, []*Account{&now}, t.clock.Now()); err != nil || same {
		return done(false), err // it was so, and now later than was known
	}
	grants, err := t.repo.AdsGrants(ctx, t.tx, old.ID)
	if err != nil {
		return Outcome{}, err
	}
	ordinals := map[purpose.Set]*roaring.Bitmap{}
	for _, g := range grants {
		addOrdinal(ordinals, purpose.Matchable, g.Ordinal)
	}
	entry := ledger.Entry{Kind: ledger.AccountChanged, Actor: t.actor, About: []selvedge.AccountID{old.ID}, Body: struct {
		Account  selvedge.AccountID `json:"account"`
		AgeClass AgeClass           `json:"age_class"`
		State    State              `json:"state"`
		Since    time.Time          `json:"since"`
	}{old.ID, now.Age, now.State, h.at}}
	if err := t.People.record(ctx, t.tx, entry, change.Mask, string(mask), ordinals); err != nil {
		return Outcome{}, err
	}
	return done(true), alertOfAge(ctx, t.tx, t.People.Alerts, t.actor, old, now, grants)
}
