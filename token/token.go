package token

import (
	"crypto/cipher"
	"fmt"
	"log/slog"

	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/internal/secret"
)

// Family is the use that a token is made for. The numbers stand in file
// headers and never change; the zero Family is none.
type Family uint16

// Ads is the family that lists are matched in.
const Ads Family = 1

// String returns "ads" or "none".
func (f Family) String() string {
	if f == Ads {
		return "ads"
	}
	return "none"
}

// Epoch is the generation of a family's keys, from 1.
type Epoch uint32

// FirstEpoch is the epoch whose keys are derived from the root secret.
const FirstEpoch Epoch = 1

// Size is the length of a token in bytes.
const Size = 16

// Token is one keyed token. It prints redacted.
type Token [Size]byte

// Format implements fmt.Formatter and shows nothing, whatever the verb.
func (Token) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte("[token]")) }

// LogValue implements slog.LogValuer and shows nothing.
func (Token) LogValue() slog.Value { return slog.StringValue("[token]") }

// MarshalText implements encoding.TextMarshaler and shows nothing.
func (Token) MarshalText() ([]byte, error) { return []byte("[token]"), nil }

// Keys are the Ads keys of one epoch, one for each form class. They are safe
// for concurrent use.
type Keys struct {
	epoch Epoch
	block [identifier.ClassPhone + 1]cipher.Block
}

// NewKeys derives the keys of the first epoch from the root secret.
func NewKeys(root *secret.Root) *Keys {
	k := &Keys{epoch: FirstEpoch}
	for c := identifier.ClassEmail; c <= identifier.ClassPhone; c++ {
		k.block[c] = root.Derive(fmt.Sprintf("token/%s/%d/%s", Ads, k.epoch, c)).Block()
	}
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
