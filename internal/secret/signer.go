package secret

import (
	"crypto"
	"crypto/ed25519"
	"fmt"
	"io"
	"log/slog"
)

// signer is an Ed25519 key (RFC 8032). Its bytes are behind a function for the
// reason that Key's are. It is safe for concurrent use.
type signer struct{ key func() ed25519.PrivateKey }

// Signer returns the Ed25519 key of a label, whose seed is the key that Derive
// gives for it: a label is for one or the other. Its Sign takes the message
// itself (crypto.Hash(0)), as Ed25519 does, and needs no randomness.
func (r *Root) Signer(label string) crypto.Signer {
	key := ed25519.NewKeyFromSeed(r.Derive(label).bytes()[:])
	return signer{func() ed25519.PrivateKey { return key }}
}

// Public implements crypto.Signer.
func (s signer) Public() crypto.PublicKey { return s.key().Public() }

// Sign implements crypto.Signer.
func (s signer) Sign(rand io.Reader, message []byte, opts crypto.SignerOpts) ([]byte, error) {
	return s.key().Sign(rand, message, opts)
}

// Format implements fmt.Formatter and shows nothing, whatever the verb.
func (signer) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(redacted)) }

// LogValue implements slog.LogValuer and shows nothing.
func (signer) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements encoding.TextMarshaler and shows nothing.
func (signer) MarshalText() ([]byte, error) { return []byte(redacted), nil }
