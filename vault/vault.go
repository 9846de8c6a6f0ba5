package vault

import (
	"crypto/cipher"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/secret"
)

// Masks seals and opens masks. It is safe for concurrent use.
type Masks struct{ sealer }

// NewMasks returns the mask sealer of an installation.
func NewMasks(root *secret.Root, entropy selvedge.Entropy) *Masks {
	return &Masks{sealer{root.Derive("vault/masks").AEAD(), entropy, "mask"}}
}

// Links seals and opens what is in the links that people come by. It is safe for
// concurrent use.
type Links struct{ sealer }

// NewLinks returns the link sealer of an installation.
func NewLinks(root *secret.Root, entropy selvedge.Entropy) *Links {
	return &Links{sealer{root.Derive("vault/links").AEAD(), entropy, "link"}}
}

// sealer seals short texts.
type sealer struct {
	aead    cipher.AEAD
	entropy selvedge.Entropy
	stream  string // of entropy, and what is sealed in a word
}

// Seal seals a text, bound to the given bytes.
func (s sealer) Seal(text string, bound []byte) []byte {
	out := make([]byte, s.aead.NonceSize(), s.aead.NonceSize()+len(text)+s.aead.Overhead())
	s.entropy.Fill(s.stream, out)
	return s.aead.Seal(out, out, []byte(text), bound)
}

// Open returns the text. It returns an error if the bytes are not what Seal
// made, or are bound to something else.
func (s sealer) Open(sealed, bound []byte) (string, error) {
	n := s.aead.NonceSize()
	if len(sealed) < n {
		return "", selvedge.Errorf(selvedge.CodeInternal, "a sealed %s is too short", s.stream)
	}
	b, err := s.aead.Open(nil, sealed[:n], sealed[n:], bound)
	if err != nil {
		return "", selvedge.Errorf(selvedge.CodeInternal, "a sealed %s does not open", s.stream)
	}
	return string(b), nil
}
