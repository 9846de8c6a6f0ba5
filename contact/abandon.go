package contact

import (
	"context"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/ledger"
)

// Abandon closes an open import whose files are lost, so that another can begin.
// Only an operator may.
//
// What it brought stays, for it was given: accounts, contact points and proofs of
// control. What goes are the ads grants that it made: none of them ever came on,
// for that is the last thing that an import does. So nothing of it becomes
// matchable, and a later import that brings such a contact point with its proof
// makes it matchable under a new ordinal, as if it had come to nothing here. What
// people ended meanwhile stays ended. Ordinals and numbers of persons are not
// given again.
//
// From its first transaction on the import cannot be completed, also not by a
// process that is at work on it. If it is cut off, the same call brings it to its
// end. It returns a CodeNotFound error if there is no such import, and a
// CodeConflict error if it is complete or was abandoned.
func (im *Importer) Abandon(ctx context.Context, actor selvedge.Actor, id ImportID) (v ImportStatus, err error) {
	if err := actor.Must(selvedge.OperatorRole); err != nil {
		return ImportStatus{}, err
	}
	if err := im.beginAbandon(ctx, actor, id); err != nil {
		return ImportStatus{}, err
	}
	for n := im.Batch; n > 0; {
		err := im.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) (err error) {
			n, err = im.Repo.DropImportGrants(ctx, tx, id, im.Batch)
			return err
		})
		if err != nil {
			return ImportStatus{}, err
		}
	}
	err = im.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) (err error) {
		if err := im.Repo.EndAbandon(ctx, tx, id, im.Clock.Now()); err != nil {
			return err
		}
		if v, err = im.Repo.Import(ctx, tx, id); err != nil {
			return err
		}
		return im.Outbox.Append(ctx, tx, ledger.Entry{
			Space: ledger.Registry, Kind: ledger.ImportAbandoned, Actor: actor,
			Body: struct {
				Import ImportID `json:"import"`
				Points int64    `json:"contact_points"`
				Gone   int64    `json:"grants_gone"`
			}{id, v.Points, v.Gone},
		})
	})
	return v, err
}

// beginAbandon enters the intent, unless it is there already.
func (im *Importer) beginAbandon(ctx context.Context, actor selvedge.Actor, id ImportID) error {
	return im.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		v, err := im.Repo.Import(ctx, tx, id)
		if err != nil || v.State == ImportAbandoning {
			return err
		}
		if err := im.Repo.BeginAbandon(ctx, tx, id, im.Clock.Now()); err != nil {
			return err
		}
		return im.Outbox.Append(ctx, tx, ledger.Entry{
			Space: ledger.Registry, Kind: ledger.ImportAbandoning, Actor: actor,
			Body: struct {
				Import ImportID `json:"import"`
				Points int64    `json:"contact_points"`
				Grants int64    `json:"grants"`
			}{id, v.Points, v.Grants},
		})
	})
}

// ImportPage is how many imports a page of them has.
const ImportPage = 100

// Imports returns a page of imports, the newest first, with numbers below before,
// unless it is 0. Only the platform or an operator may ask.
func (im *Importer) Imports(ctx context.Context, actor selvedge.Actor, before ImportID) (vs []ImportStatus, err error) {
	if err := actor.Must(selvedge.PlatformRole, selvedge.OperatorRole); err != nil {
		return nil, err
	}
	err = im.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) (err error) {
		vs, err = im.Repo.Imports(ctx, tx, before, ImportPage)
		return err
	})
	return vs, err
}

// Status returns what is known of an import, and a CodeNotFound error if there is
// none of the number. Only the platform or an operator may ask.
func (im *Importer) Status(ctx context.Context, actor selvedge.Actor, id ImportID) (v ImportStatus, err error) {
	if err := actor.Must(selvedge.PlatformRole, selvedge.OperatorRole); err != nil {
		return ImportStatus{}, err
	}
	err = im.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) (err error) {
		v, err = im.Repo.Import(ctx, tx, id)
		return err
	})
	return v, err
}
