package tesseralog

import (
	"crypto"
	"crypto/ed25519"
	"fmt"

	"golang.org/x/mod/sumdb/note"

	"github.com/selvedge/selvedge"
)

// Signer signs checkpoints with a key that somebody else holds. It is a
// note.Signer, safe for concurrent use if the key is.
type Signer struct {
	key      crypto.Signer
	verifier note.Verifier
	vkey     string
}

var _ note.Signer = (*Signer)(nil)

// NewSigner returns the signer of the log of an origin, such as
// "selvedge.example/ledger/ads". The same key and origin make the same signer.
// It returns a CodeInvalid error if the key is not Ed25519, which is what
// witnesses and the tools for C2SP logs can read, or if the origin cannot be a
// key's name: empty, or with a space or a plus in it.
func NewSigner(origin string, key crypto.Signer) (*Signer, error) {
	public, ok := key.Public().(ed25519.PublicKey)
	if !ok {
		return nil, selvedge.Errorf(selvedge.CodeInvalid, "a log is signed with an Ed25519 key").At("key")
	}
	vkey, err := note.NewEd25519VerifierKey(origin, public)
	if err != nil {
		return nil, selvedge.Errorf(selvedge.CodeInvalid, "the key cannot be one").At("key")
	}
	v, err := note.NewVerifier(vkey)
	if err != nil {
		return nil, selvedge.Errorf(selvedge.CodeInvalid, "the origin is empty, or has a space or a plus in it").At("origin")
	}
	return &Signer{key: key, verifier: v, vkey: vkey}, nil
}

// Name implements note.Signer: it returns the origin.
func (s *Signer) Name() string { return s.verifier.Name() }

// KeyHash implements note.Signer.
func (s *Signer) KeyHash() uint32 { return s.verifier.KeyHash() }

// Sign implements note.Signer.
func (s *Signer) Sign(msg []byte) ([]byte, error) {
	sig, err := s.key.Sign(nil, msg, crypto.Hash(0)) // Ed25519 takes the message itself and no randomness
	if err != nil {
		return nil, fmt.Errorf("sign checkpoint: %w", err)
	}
	return sig, nil
}

// VerifierKey returns the public key in the form that proof.Verify takes.
func (s *Signer) VerifierKey() string { return s.vkey }
