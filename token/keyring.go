package token

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/internal/secret"
)

// Epochs says which epoch of the Ads keys is in force. The zero Epochs say that
// keys were never made.
type Epochs struct {
	Current Epoch // whose tokens are made and matched
	Next    Epoch // that a rotation is going to; 0 if none is under way
}

// SealedKey is a key as it is kept: the key of a family, an epoch and a form
// class, sealed under the key-encryption key and bound to the three, so that it
// does not open in another key's place.
type SealedKey struct {
	Family    Family
	Epoch     Epoch
	Class     identifier.Class
	Sealed    []byte
	CreatedAt time.Time
}

// bound is what the sealed key is bound to. It never changes.
func (s SealedKey) bound() []byte {
	return fmt.Appendf(nil, "selvedge/token-key/%d/%d/%d", s.Family, s.Epoch, s.Class)
}

// KeyRepository keeps the sealed keys and which epoch is in force.
type KeyRepository interface {
	// Epochs returns the epochs; the zero Epochs if keys were never made.
	Epochs(ctx context.Context, tx selvedge.Tx) (Epochs, error)
	// SetEpochs puts the epochs to in the place of from. It returns a
	// CodeConflict error if what is kept is not from.
	SetEpochs(ctx context.Context, tx selvedge.Tx, from, to Epochs) error
	// Keys returns every key that is kept, by epoch, then class.
	Keys(ctx context.Context, tx selvedge.Tx) ([]SealedKey, error)
	// InsertKey keeps a key. It fails if there is one of the same family, epoch
	// and class: a key is never overwritten.
	InsertKey(ctx context.Context, tx selvedge.Tx, k SealedKey) error
	// Reseal puts k.Sealed in the place of what is kept for the key's family,
	// epoch and class. It returns a CodeNotFound error if there is no such key.
	Reseal(ctx context.Context, tx selvedge.Tx, k SealedKey) error
	// DestroyKeys deletes the keys of an epoch. It returns a CodeNotFound error
	// if there are none.
	DestroyKeys(ctx context.Context, tx selvedge.Tx, e Epoch) error
}

// Keyring gives the keys of the epochs that are kept. It opens them from the
// database each time that it is asked, and holds none: so a key that was
// destroyed is gone, in every process, for all that begins afterwards. It is
// safe for concurrent use. The zero Keyring gives no key.
type Keyring struct {
	Repo    KeyRepository
	Tx      selvedge.Transactor
	KEK     *secret.KEK
	Entropy selvedge.Entropy
	Clock   selvedge.Clock
}

// errNoKeys is what a Keyring without keys says.
func errNoKeys() error {
	return selvedge.Errorf(selvedge.CodeUnavailable, "there are no token keys").At("keys")
}

// ready returns an error for a Keyring that can open nothing.
func (r *Keyring) ready() error {
	if r == nil || r.Repo == nil || r.Tx == nil || r.KEK == nil {
		return errNoKeys()
	}
	return nil
}

// Begin keeps the first keys of an installation, sealed, and puts their epoch
// in force. If keys were made before, it does nothing.
func (r *Keyring) Begin(ctx context.Context, first *Keys) error {
	if err := r.ready(); err != nil {
		return err
	}
	return r.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		have, err := r.Repo.Epochs(ctx, tx)
		if err != nil || have != (Epochs{}) {
			return err
		}
		if err := r.keep(ctx, tx, first); err != nil {
			return err
		}
		return r.Repo.SetEpochs(ctx, tx, Epochs{}, Epochs{Current: first.epoch})
	})
}

// Make makes the keys of a new epoch in tx and keeps them, sealed.
func (r *Keyring) Make(ctx context.Context, tx selvedge.Tx, e Epoch) error {
	if err := r.ready(); err != nil {
		return err
	}
	return r.keep(ctx, tx, RandomKeys(e, r.Entropy))
}

func (r *Keyring) keep(ctx context.Context, tx selvedge.Tx, k *Keys) error {
	for _, c := range classes {
		s := SealedKey{Family: Ads, Epoch: k.epoch, Class: c, CreatedAt: r.Clock.Now()}
		var err error
		if s.Sealed, err = r.KEK.Seal(k.key[c], s.bound()); err != nil {
			return err
		}
		if err := r.Repo.InsertKey(ctx, tx, s); err != nil {
			return err
		}
	}
	return nil
}

// Epoch returns the epoch that is in force in tx. What was made under another
// must not be committed in it. It returns a CodeUnavailable error if keys were
// never made.
func (r *Keyring) Epoch(ctx context.Context, tx selvedge.Tx) (Epoch, error) {
	if err := r.ready(); err != nil {
		return 0, err
	}
	e, err := r.Repo.Epochs(ctx, tx)
	if err == nil && e.Current == 0 {
		err = errNoKeys()
	}
	return e.Current, err
}

// Current returns the keys of the epoch that is in force. It returns a
// CodeUnavailable error if keys were never made, and otherwise the errors of
// Of.
func (r *Keyring) Current(ctx context.Context) (*Keys, error) {
	return r.read(ctx, r.Epoch)
}

// Of returns the keys of an epoch. It returns a CodeNotFound error for an epoch
// whose keys were destroyed or never made, and a CodeInvalid error if a key
// does not open: because the key-encryption key is another one, or because the
// row was changed or is another key's.
func (r *Keyring) Of(ctx context.Context, e Epoch) (*Keys, error) {
	return r.read(ctx, func(context.Context, selvedge.Tx) (Epoch, error) { return e, nil })
}

// read returns the keys of the epoch that which names.
func (r *Keyring) read(ctx context.Context, which func(context.Context, selvedge.Tx) (Epoch, error)) (k *Keys, err error) {
	if err := r.ready(); err != nil {
		return nil, err
	}
	err = r.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		e, err := which(ctx, tx)
		if err != nil {
			return err
		}
		rows, err := r.Repo.Keys(ctx, tx)
		if err != nil {
			return err
		}
		k, err = newKeys(e, func(c identifier.Class) (secret.Key, error) {
			for _, s := range rows {
				if s.Family == Ads && s.Epoch == e && s.Class == c {
					return r.open(s)
				}
			}
			return secret.Key{}, selvedge.Errorf(selvedge.CodeNotFound,
				"the %s key of epoch %d was destroyed or never made: what was made with it cannot be read any more", c, e).At("keys")
		})
		return err
	})
	return k, err
}

func (r *Keyring) open(s SealedKey) (secret.Key, error) {
	key, err := r.KEK.Open(s.Sealed, s.bound())
	if err != nil {
		return secret.Key{}, selvedge.Errorf(selvedge.CodeInvalid,
			"the sealed %s key of epoch %d does not open: the key-encryption key is another one, or the row was changed", s.Class, s.Epoch).At("kek").Because("does_not_open")
	}
	return key, nil
}

// Check opens every key that is kept, and forgets them. A server that cannot
// open one must not start. It returns a CodeInvalid error if one does not open,
// and a CodeUnavailable error if there are none.
func (r *Keyring) Check(ctx context.Context) error {
	if err := r.ready(); err != nil {
		return err
	}
	if _, err := r.Current(ctx); err != nil {
		return err
	}
	return r.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		rows, err := r.Repo.Keys(ctx, tx)
		if err != nil {
			return err
		}
		var errs []error
		for _, s := range rows {
			if _, err := r.open(s); err != nil {
				errs = append(errs, err)
			}
		}
		return errors.Join(errs...)
	})
}

// Reseal seals every key that is kept anew under the primary key of the given
// key-encryption key, in tx. The Keyring itself goes on with the one it has,
// which must open them all.
func (r *Keyring) Reseal(ctx context.Context, tx selvedge.Tx, under *secret.KEK) (int, error) {
	if err := r.ready(); err != nil {
		return 0, err
	}
	rows, err := r.Repo.Keys(ctx, tx)
	if err != nil {
		return 0, err
	}
	for _, s := range rows {
		key, err := r.open(s)
		if err != nil {
			return 0, err
		}
		if s.Sealed, err = under.Seal(key, s.bound()); err != nil {
			return 0, err
		}
		if err := r.Repo.Reseal(ctx, tx, s); err != nil {
			return 0, err
		}
	}
	return len(rows), nil
}
