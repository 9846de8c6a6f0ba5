package upload

import (
	"context"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/internal/secret"
	"github.com/selvedge/selvedge/ledger"
)

// Service is what an org may do with its uploads. It is safe for concurrent use.
// Every method that takes an actor is for orgs alone, returns a CodeNotFound error
// for what is not the org's, and a CodeContained error while the server is
// contained.
type Service struct {
	Repo    Repository
	Orgs    Standing
	Tx      selvedge.Transactor
	Blobs   blob.Store
	Names   *blob.Collector
	KEK     *secret.KEK
	IDs     selvedge.IDSource
	Ledger  ledger.Gate
	Clock   selvedge.Clock
	Entropy selvedge.Entropy
	// Part is how many bytes are made durable together, 0 for DefaultPart.
	Part int64
}

// Standing says whether an org may bring anything.
type Standing interface {
	// MayAct returns an error if the actor is an agency that may not do so any more.
	MayAct(ctx context.Context, tx selvedge.Tx, actor selvedge.Actor, scope selvedge.Scopes) error
}

func (s *Service) asker(actor selvedge.Actor) (selvedge.OrgID, error) {
	org, ok := actor.Org()
	if !ok {
		return "", selvedge.Errorf(selvedge.CodeForbidden, "only an org may do this, for itself")
	}
	return org, s.Ledger.Contained()
}

// Create begins an upload of a file of so many bytes. It returns a CodeTooLarge
// error, Reason "list_too_large", for more than MaxLength, a CodeInvalid error for
// less than one, and a CodeConflict error, Reason "too_many_uploads", if the org
// has MaxOpen already.
func (s *Service) Create(ctx context.Context, actor selvedge.Actor, length int64) (Upload, error) {
	org, err := s.asker(actor)
	if err != nil {
		return Upload{}, err
	}
	switch {
	case length > MaxLength:
		return Upload{}, selvedge.Errorf(selvedge.CodeTooLarge, "the list is larger than 10 GiB").At("Upload-Length").Because("list_too_large")
	case length < 1:
		return Upload{}, selvedge.Errorf(selvedge.CodeInvalid, "must be at least 1").At("Upload-Length").Because("bad_length")
	}
	var u Upload
	err = s.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		if err := s.Orgs.MayAct(ctx, tx, actor, selvedge.WriteAudiences); err != nil {
			return err
		}
		now := s.Clock.Now()
		open, err := s.Repo.CountUploads(ctx, tx, org, now)
		if err != nil {
			return err
		}
		if open >= MaxOpen {
			return selvedge.Errorf(selvedge.CodeConflict, "%d uploads are open: use or delete one first", MaxOpen).Because("too_many_uploads")
		}
		id, err := s.IDs.Next(ctx, tx, org, "upl")
		if err != nil {
			return err
		}
		u = Upload{ID: ID(id), Org: org, Length: length, ExpiresAt: now.Add(Life)}
		if u.Key, err = s.KEK.Seal(secret.Random(s.Entropy, "upload"), Bound(u.ID)); err != nil {
			return err
		}
		if err := s.Repo.InsertUpload(ctx, tx, u); err != nil {
			return err
		}
		return selvedge.Conclude(ctx, tx, u)
	})
	if err != nil {
		return Upload{}, err
	}
	return u, nil
}

// Look returns one of the org's uploads.
func (s *Service) Look(ctx context.Context, actor selvedge.Actor, id ID) (u Upload, err error) {
	org, err := s.asker(actor)
	if err != nil {
		return Upload{}, err
	}
	err = s.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		u, err = s.Repo.Upload(ctx, tx, org, id, s.Clock.Now())
		return err
	})
	if err != nil {
		return Upload{}, err
	}
	return u, nil
}

// Delete deletes an upload: nobody can read any of it from then on.
func (s *Service) Delete(ctx context.Context, actor selvedge.Actor, id ID) error {
	org, err := s.asker(actor)
	if err != nil {
		return err
	}
	return s.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		if err := s.Orgs.MayAct(ctx, tx, actor, selvedge.WriteAudiences); err != nil {
			return err
		}
		if _, err := s.Repo.Upload(ctx, tx, org, id, s.Clock.Now()); err != nil {
			return err
		}
		return s.Repo.DeleteUpload(ctx, tx, id)
	})
}

// UseUp deletes an upload that Open gave, in the transaction that keeps what was
// made of it. It returns a CodeNotFound error if that was done before, or the
// upload was deleted meanwhile: then the transaction must not commit.
func (s *Service) UseUp(ctx context.Context, tx selvedge.Tx, id ID) error {
	return s.Repo.DeleteUpload(ctx, tx, id)
}

// Expire deletes the uploads whose Life is over. They are answered as if they did
// not exist before that too.
func (s *Service) Expire(ctx context.Context) (n int64, err error) {
	err = s.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		n, err = s.Repo.DeleteUploads(ctx, tx, s.Clock.Now())
		return err
	})
	return n, err
}
