package token

import (
	"crypto/cipher"
	"fmt"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/internal/secret"
)

// classes are the form classes that have a key of their own.
var classes = [...]identifier.Class{identifier.ClassEmail, identifier.ClassPhone}

// Keys are the Ads keys of one epoch, one for each form class. They are safe
// for concurrent use. The zero Keys are of no epoch, and using them panics.
type Keys struct {
	epoch Epoch
	key   [identifier.ClassPhone + 1]secret.Key
	block [identifier.ClassPhone + 1]cipher.Block
	many  [identifier.ClassPhone + 1]func([][Size]byte)
}

func newKeys(e Epoch, of func(identifier.Class) (secret.Key, error)) (*Keys, error) {
	k := &Keys{epoch: e}
	for _, c := range classes {
		key, err := of(c)
		if err != nil {
			return nil, err
		}
		k.key[c], k.block[c], k.many[c] = key, key.Block(), key.Many()
	}
	return k, nil
}

// RandomKeys makes new keys of an epoch. Each has a stream of entropy of its
// own, so that no seed gives two epochs one key.
func RandomKeys(e Epoch, entropy selvedge.Entropy) *Keys {
	k, _ := newKeys(e, func(c identifier.Class) (secret.Key, error) { // it cannot fail
		return secret.Random(entropy, fmt.Sprintf("token/%s/%d/%s", Ads, e, c)), nil
	})
	return k
}

// DerivedKeys are the keys of the first epoch in an installation that is older
// than sealed keys: those that it has derived from its root secret until then.
func DerivedKeys(root *secret.Root) *Keys {
	k, _ := newKeys(FirstEpoch, func(c identifier.Class) (secret.Key, error) { // it cannot fail
		return root.Derive(fmt.Sprintf("token/%s/%d/%s", Ads, FirstEpoch, c)), nil
	})
	return k
}

// Epoch returns the epoch of the keys.
func (k *Keys) Epoch() Epoch { return k.epoch }

// Of returns the token of a form. It panics for a class that has no key: that
// is a fault in the program, never in its input.
func (k *Keys) Of(f identifier.Form) Token {
	var t Token
	k.block[f.Class].Encrypt(t[:], f.Digest[:Size])
	return t
}

// Encrypt is Of for lists of millions: it makes tokens, in place, of the first
// Size bytes of the digests of forms of a class. It panics as Of does.
func (k *Keys) Encrypt(c identifier.Class, digests [][Size]byte) { k.many[c](digests) }
