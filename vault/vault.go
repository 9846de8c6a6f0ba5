package vault

import (
	"crypto/cipher"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/secret"
)

// Masks seals and opens masks. It is safe for concurrent use.
type Masks struct {
	aead    cipher.AEAD
	entropy selvedge.Entropy
}

// NewMasks returns the mask sealer of an installation.
func NewMasks(root *secret.Root, entropy selvedge.Entropy) *Masks {
	return &Masks{aead: root.Derive("vault/masks").AEAD(), entropy: entropy}
}

// Seal seals a mask, bound to the given bytes.
func (m *Masks) Seal(mask string, bound []byte) []byte {
	out := make([]byte, m.aead.NonceSize(), m.aead.NonceSize()+len(mask)+m.aead.Overhead())
	m.entropy.Fill("mask", out)
	return m.aead.Seal(out, out, []byte(mask), bound)
}

// Open returns the mask. It returns an error if the bytes are not what Seal
// made, or are bound to something else.
func (m *Masks) Open(sealed, bound []byte) (string, error) {
	n := m.aead.NonceSize()
	if len(sealed) < n {
		return "", selvedge.Errorf(selvedge.CodeInternal, "a sealed mask is too short")
	}
	b, err := m.aead.Open(nil, sealed[:n], sealed[n:], bound)
	if err != nil {
		return "", selvedge.Errorf(selvedge.CodeInternal, "a sealed mask does not open")
	}
	return string(b), nil
}
