package selvedge

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	mrand "math/rand/v2"
	"sync"
)

// Entropy is where randomness comes from. It has named streams: under a seeded
// Entropy a stream's bytes depend on the seed, the name and what was read from
// that stream before, and on nothing read from another one. So an advertiser's
// key does not change because a person elsewhere had one contact point more.
// Implementations are safe for concurrent use.
type Entropy interface {
	// Fill fills p from the named stream. It cannot fail.
	Fill(stream string, p []byte)
}

// SystemEntropy is the operating system's randomness, whatever the stream.
type SystemEntropy struct{}

// Fill implements Entropy.
func (SystemEntropy) Fill(_ string, p []byte) {
	rand.Read(p) // never returns an error; it ends the program instead
}

// SeededEntropy is reproducible randomness for demos and tests.
type SeededEntropy struct {
	seed []byte

	mu      sync.Mutex
	streams map[string]*mrand.ChaCha8 // guarded by mu
}

// NewSeededEntropy returns the Entropy of a seed.
func NewSeededEntropy(seed string) *SeededEntropy {
	return &SeededEntropy{seed: []byte(seed), streams: map[string]*mrand.ChaCha8{}}
}

// Fill implements Entropy.
func (e *SeededEntropy) Fill(stream string, p []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.streams[stream]
	if s == nil {
		mac := hmac.New(sha256.New, e.seed)
		mac.Write([]byte(stream))
		s = mrand.NewChaCha8([32]byte(mac.Sum(nil)))
		e.streams[stream] = s
	}
	_, _ = s.Read(p) // documented never to fail
}
