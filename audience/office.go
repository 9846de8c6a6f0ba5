package audience

import (
	"context"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/index"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/purpose"
)

// lookedUp enters a look-up of an audience by the platform's own office, never by an
// org: only an operator may. What read reads is of before the entry, which is in
// the ledger's log when it returns without error.
func (m *Matcher) lookedUp(ctx context.Context, actor selvedge.Actor, o selvedge.OrgID, id selvedge.AudienceID, body any,
	read func(ctx context.Context, tx selvedge.Tx) error,
) error {
	if err := actor.Must(selvedge.OperatorRole); err != nil {
		return err
	}
	if err := m.Ledger.Contained(); err != nil {
		return err
	}
	err := m.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		if _, err := m.Repo.Audience(ctx, tx, o, id); err != nil {
			return err
		}
		if err := read(ctx, tx); err != nil {
			return err
		}
		return m.Outbox.Append(ctx, tx, ledger.Entry{Space: ledger.Registry, Kind: ledger.StaffLookup, Actor: actor, Body: body})
	})
	if err != nil {
		return err
	}
	return m.Ledger.Await(ctx, ledger.Registry)
}

// Members returns the exact ordinals of an audience that may be used for a
// purpose now: what its lists make at this moment. It is for the
// platform's own office, never for an org: only an operator may, and the
// look-up is in the ledger's log before anything is looked up. It returns a
// CodeContained error if the server is contained.
func (m *Matcher) Members(ctx context.Context, actor selvedge.Actor, o selvedge.OrgID, id selvedge.AudienceID, p purpose.Purpose) (*roaring.Bitmap, error) {
	var lists []list.List
	body := struct {
		Audience selvedge.AudienceID `json:"audience"`
		Purpose  string              `json:"purpose"`
	}{id, p.String()}
	err := m.lookedUp(ctx, actor, o, id, body, func(ctx context.Context, tx selvedge.Tx) (err error) {
		if lists, err = m.Repo.Lists(ctx, tx, id); err != nil {
			return err
		}
		// Without changes of its own, this settles the expiries that are due.
		_, err = m.Changes.Append(ctx, tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	members, err := membership(ctx, m.Blobs, lists, m.Clock.Now())
	if err != nil {
		return nil, err
	}
	err = m.Index.Use(ctx, func(ads *index.Ads) error {
		members.And(ads.Eligible(o, p))
		return nil
	})
	return members, err
}

// Ever returns the ordinals of everybody whom an audience ever had, in any of its
// versions, whatever became of them. Who may, and what is entered, is as with
// Members. It returns a CodeNotFound error if the org has no such audience, and a
// CodeContained error if the server is contained.
func (m *Matcher) Ever(ctx context.Context, actor selvedge.Actor, o selvedge.OrgID, id selvedge.AudienceID) (*roaring.Bitmap, error) {
	var versions []Version
	body := struct {
		Audience selvedge.AudienceID `json:"audience"`
		Ever     bool                `json:"ever"`
	}{id, true}
	err := m.lookedUp(ctx, actor, o, id, body, func(ctx context.Context, tx selvedge.Tx) (err error) {
		versions, err = m.Repo.Versions(ctx, tx, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	ever, h := roaring.New(), history{blobs: m.Blobs}
	for _, v := range versions {
		if err := h.next(ctx, v); err != nil {
			return nil, err
		}
		ever.Or(h.members)
	}
	return ever, nil
}
