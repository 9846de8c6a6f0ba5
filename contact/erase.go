package contact

import (
	"context"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/change"
	"github.com/selvedge/selvedge/internal/secret"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/purpose"
)

// Mark stands for the platform id of an erased account: a keyed hash of it. It
// tells, of an id that is brought again, that its account was erased, and it
// tells nobody the id.
type Mark [16]byte

// Marks makes marks. It is safe for concurrent use.
type Marks struct{ key secret.Key }

// NewMarks returns the mark maker of an installation.
func NewMarks(root *secret.Root) Marks { return Marks{root.Derive("contact/tombstone")} }

// Of returns the mark of a platform id.
func (m Marks) Of(platformID string) Mark {
	sum := m.key.MAC([]byte(platformID))
	return Mark(sum[:len(Mark{})])
}

// ErasureResult says what an erasure did.
type ErasureResult struct {
	Points  int `json:"contact_points"` // contact points that are gone
	Entries int `json:"ledger_entries"` // entries of the ledger that can no longer be read
}

// Erase destroys what is held of an account, at once and for good (GDPR Art.
// 17): the account, its contact points with their handles and masks, grants,
// objections, history, and what the ledger's entries say of it. What stays is a
// keyed mark of the platform id, so that nothing given before now comes back with
// a later import, and the ordinals with a number for a person that nobody can be
// found by, so that counts of the past stay exact: "erased, counted, not
// notifiable".
//
// Tokens leave the index at once, as far as anybody can see: no ordinal of an
// erased person is eligible. They leave the chunks when those are written anew.
//
// Only the person, the platform or an operator may. It is never refused for size,
// nor because the server is contained. It returns a CodeNotFound error if there
// is no such account, also if it was erased before.
func (p *People) Erase(ctx context.Context, actor selvedge.Actor, platformID string) (ErasureResult, error) {
	if err := mayActFor(actor, platformID); err != nil {
		return ErasureResult{}, err
	}
	var res ErasureResult
	err := p.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		who, err := p.read(ctx, tx, platformID)
		if err != nil {
			return err
		}
		live := map[purpose.Set]*roaring.Bitmap{}
		for _, v := range who.points {
			if v.grant != nil {
				addOrdinal(live, v.grant.Live, v.grant.Ordinal)
			}
		}
		refs, err := p.Eraser.Erase(ctx, tx, who.ID)
		if err != nil {
			return err
		}
		if err := p.Repo.EraseAccount(ctx, tx, who.ID, p.Marks.Of(platformID), p.Clock.Now()); err != nil {
			return err
		}
		res = ErasureResult{Points: len(who.points), Entries: len(refs)}
		if err := p.touch(ctx, tx, ledger.GrantErased, actor, change.GrantOff, "", live); err != nil {
			return err
		}
		return p.Outbox.Append(ctx, tx, ledger.Entry{
			Space: ledger.Registry, Kind: ledger.AccountErased, Actor: actor, Body: ledger.Erasure{Entries: refs},
		})
	})
	return res, err
}

// Count says how many people stand behind ordinals.
type Count struct {
	People int64
	Erased int64 // of these: erased, counted, not notifiable
}

// Count counts the people behind ordinals, of whichever addresses. Whoever was
// erased is counted as long as the ordinals are there, and can no longer be found.
// It is for the platform's own office: only an operator may.
func (p *People) Count(ctx context.Context, actor selvedge.Actor, ordinals *roaring.Bitmap) (c Count, err error) {
	if err := actor.Must(selvedge.OperatorRole); err != nil {
		return Count{}, err
	}
	err = p.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) (err error) {
		c.People, c.Erased, err = p.Repo.CountPeople(ctx, tx, ordinals)
		return err
	})
	return c, err
}

// erasedAt returns when the accounts with these platform ids were erased; those
// that never were are missing.
func (im *Importer) erasedAt(ctx context.Context, tx selvedge.Tx, platformIDs []string) (map[string]time.Time, error) {
	if any, err := im.Repo.AnyErased(ctx, tx); err != nil || !any {
		return nil, err
	}
	marks := make([]Mark, len(platformIDs))
	for i, id := range platformIDs {
		marks[i] = im.Marks.Of(id)
	}
	found, err := im.Repo.Erased(ctx, tx, marks)
	out := make(map[string]time.Time, len(found))
	for i, id := range platformIDs {
		if at, ok := found[marks[i]]; ok {
			out[id] = at
		}
	}
	return out, err
}
