package org

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/secret"
)

// Kept is what a request under an idempotency key was answered.
type Kept struct {
	Body   [sha256.Size]byte // digest of the request's body
	Status int
	Answer []byte
}

// Request is what is kept of a request under an idempotency key.
type Request struct {
	Org  selvedge.OrgID
	Key  [16]byte          // keyed hash of the key: orgs put anything into keys
	What [sha256.Size]byte // digest of method, path and query
	// Until is when it is forgotten: a request that is under way, when whoever
	// works on it must have ended.
	Until time.Time
	Kept  *Kept // nil while it is under way
}

// OnceRepository keeps requests under idempotency keys.
type OnceRepository interface {
	// Request returns the request of an org's key, nil if there is none.
	Request(ctx context.Context, tx selvedge.Tx, org selvedge.OrgID, key [16]byte) (*Request, error)
	// PutRequest keeps a request in place of any of the same key.
	PutRequest(ctx context.Context, tx selvedge.Tx, r Request) error
	// DropRequest forgets a request that is under way, if there is one.
	DropRequest(ctx context.Context, tx selvedge.Tx, org selvedge.OrgID, key [16]byte) error
	// DropRequests forgets the requests whose time was over before now.
	DropRequests(ctx context.Context, tx selvedge.Tx, now time.Time) error
}

// OnceLife is how long an answer is kept, and onceLease how long a request may be
// under way before its key is free again: its act was not done, or the answer
// would be there.
const (
	OnceLife  = 24 * time.Hour
	onceLease = 15 * time.Minute
)

// MaxIdempotencyKey is the longest idempotency key, in bytes.
const MaxIdempotencyKey = 255

// Once has each of an org's requests that carry an idempotency key done once
// (draft-ietf-httpapi-idempotency-key-header-07). It is safe for concurrent use.
//
// The answer is kept in the transaction of the act (selvedge.Outcome). So a
// server that dies has done both or neither, and a request that outlives its
// lease does nothing that another one under its key has done.
type Once struct {
	Repo  OnceRepository
	Tx    selvedge.Transactor
	Clock selvedge.Clock
	key   secret.Key
}

// NewOnce returns the Once of an installation.
func NewOnce(repo OnceRepository, tx selvedge.Transactor, clock selvedge.Clock, root *secret.Root) *Once {
	return &Once{Repo: repo, Tx: tx, Clock: clock, key: root.Derive("org/once")}
}

// Begin begins a request, or returns what it was answered. If it returns nil,
// the caller does what is asked, with Keep in its transaction, or calls Drop. What is a digest of
// method, path and query.
//
// It returns a CodeConflict error, Reason "in_flight", while the first request
// of the key is under way; a CodeKeyReused error if it was another one; and a
// CodeInvalid error if the key is not one of 1 to 255 visible ASCII characters.
func (o *Once) Begin(ctx context.Context, actor selvedge.Actor, key string, what [sha256.Size]byte) (*Kept, error) {
	org, hashed, err := o.of(actor, key)
	if err != nil {
		return nil, err
	}
	var kept *Kept
	err = o.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		kept = nil
		now := o.Clock.Now()
		if err := o.Repo.DropRequests(ctx, tx, now); err != nil {
			return err
		}
		have, err := o.Repo.Request(ctx, tx, org, hashed)
		switch {
		case err != nil:
			return err
		case have == nil:
			return o.Repo.PutRequest(ctx, tx, Request{Org: org, Key: hashed, What: what, Until: now.Add(onceLease)})
		case have.What != what:
			return ErrKeyReused()
		case have.Kept == nil:
			return selvedge.Errorf(selvedge.CodeConflict, "the first request of this key is under way").Because("in_flight")
		}
		kept = have.Kept
		return nil
	})
	return kept, err
}

// Keep keeps the answer of a request that was begun, in the transaction of its
// act. It returns a CodeConflict error, which undoes the act, if the request took
// longer than its lease and another one under its key has been answered.
func (o *Once) Keep(ctx context.Context, tx selvedge.Tx, actor selvedge.Actor, key string, what [sha256.Size]byte, k Kept) error {
	org, hashed, err := o.of(actor, key)
	if err != nil {
		return err
	}
	have, err := o.Repo.Request(ctx, tx, org, hashed)
	if err != nil {
		return err
	}
	if have != nil && (have.Kept != nil || have.What != what) {
		return selvedge.Errorf(selvedge.CodeConflict, "it took too long, and was sent again meanwhile").Because("sent_again")
	}
	return o.Repo.PutRequest(ctx, tx, Request{Org: org, Key: hashed, What: what, Until: o.Clock.Now().Add(OnceLife), Kept: &k})
}

// Drop forgets a request that was begun, unless its act was done.
func (o *Once) Drop(ctx context.Context, actor selvedge.Actor, key string) error {
	org, hashed, err := o.of(actor, key)
	if err != nil {
		return err
	}
	return o.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		return o.Repo.DropRequest(ctx, tx, org, hashed)
	})
}

func (o *Once) of(actor selvedge.Actor, key string) (selvedge.OrgID, [16]byte, error) {
	org, ok := actor.Org()
	if !ok {
		return "", [16]byte{}, selvedge.Errorf(selvedge.CodeForbidden, "only an org's requests have idempotency keys")
	}
	if !visible(key) {
		return "", [16]byte{}, selvedge.Errorf(selvedge.CodeInvalid, "must be 1 to %d visible ASCII characters", MaxIdempotencyKey).
			At("Idempotency-Key").Because("bad_idempotency_key")
	}
	parts := [][]byte{[]byte(org), []byte(key)}
	if agency, ok := actor.Agency(); ok {
		parts = append(parts, []byte(agency)) // it is not told what others were answered
	}
	sum := o.key.MAC(parts...)
	return org, [16]byte(sum[:16]), nil
}

func visible(key string) bool {
	if key == "" || len(key) > MaxIdempotencyKey {
		return false
	}
	for i := range len(key) {
		if key[i] < '!' || key[i] > '~' {
			return false
		}
	}
	return true
}

// ErrKeyReused returns the error for an idempotency key that came with another
// request before.
func ErrKeyReused() error {
	return selvedge.Errorf(selvedge.CodeKeyReused, "this idempotency key came with another request").At("Idempotency-Key")
}
