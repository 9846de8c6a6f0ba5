package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"log/slog"
	"os"
	"sync"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/kernel"
)

const (
	rootLen  = 32
	redacted = "[secret]"
)

// Root is the root secret of one installation. It is safe for concurrent use.
type Root struct{ key Key }

// Key is one derived key. It is safe for concurrent use. The zero Key is no
// key: using it panics.
type Key struct {
	// The bytes are behind a function because fmt asks no method of an
	// unexported field, nor for %p: it would print an array, and under a wrong
	// verb what a pointer leads to. Of a function it prints the address.
	bytes func() *[rootLen]byte
	// macs hands out states of HMAC under the key: to key a new one costs more
	// than the MAC of a short message. They too are behind a function.
	macs func() *sync.Pool
}

func newKey(b [rootLen]byte) Key {
	macs := &sync.Pool{New: func() any { return &mac{Hash: hmac.New(sha256.New, b[:])} }}
	return Key{func() *[rootLen]byte { return &b }, func() *sync.Pool { return macs }}
}

// mac is a state of HMAC-SHA-256, with room for what would be allocated for
// each message.
type mac struct {
	hash.Hash
	length [4]byte
	sum    [sha256.Size]byte
}

// Create makes a new root secret from entropy and writes it to path with mode
// 0600. It returns a CodeConflict error if the file exists: a root secret is
// never overwritten.
func Create(path string, entropy selvedge.Entropy) (*Root, error) {
	r := Root{newKey([rootLen]byte{})}
	entropy.Fill("root", r.key.bytes()[:])
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, selvedge.Errorf(selvedge.CodeConflict, "a root secret is there already")
	}
	if err != nil {
		return nil, fmt.Errorf("create root secret: %w", err)
	}
	_, err = f.Write(r.key.bytes()[:])
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, fmt.Errorf("write root secret: %w", err)
	}
	return &r, nil
}

// Open reads the root secret at path. It returns a CodeInvalid error if the
// file is not a regular file, if its group or others may read or write it, or
// if it does not hold exactly 32 bytes.
func Open(path string) (*Root, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open root secret: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("open root secret: %w", err)
	}
	if !ownersAlone(info) {
		return nil, selvedge.Errorf(selvedge.CodeInvalid,
			"the root secret must be a regular file that only its owner can read: chmod 600 it").At("root_secret")
	}
	if info.Size() != rootLen {
		return nil, selvedge.Errorf(selvedge.CodeInvalid, "the root secret must hold exactly %d bytes", rootLen).At("root_secret")
	}
	r := Root{newKey([rootLen]byte{})}
	if _, err := f.ReadAt(r.key.bytes()[:], 0); err != nil {
		return nil, fmt.Errorf("read root secret: %w", err)
	}
	return &r, nil
}

// ownersAlone says whether a file is a regular one that nobody but its owner may
// read or write.
func ownersAlone(info fs.FileInfo) bool {
	if !info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0 {
		return false
	}
	return true
}

// Random returns a new key from a stream of entropy.
func Random(entropy selvedge.Entropy, stream string) Key {
	k := newKey([rootLen]byte{})
	entropy.Fill(stream, k.bytes()[:])
	return k
}

// Derive returns the key of a label. Each use has a label of its own, which
// never changes.
func (r *Root) Derive(label string) Key {
	b, err := hkdf.Key(sha256.New, r.key.bytes()[:], nil, "selvedge/"+label, rootLen)
	if err != nil {
		panic("derive key: " + err.Error()) // only for an output longer than HKDF allows
	}
	return newKey([rootLen]byte(b))
}

// Derive returns the key of the parts, of this key. Each use of a key has a first
// part of its own; a key that is derived from is used for nothing else.
func (k Key) Derive(parts ...[]byte) Key { return newKey(k.MAC(parts...)) }

// MAC returns the HMAC-SHA-256 of the parts, each preceded by its length, so
// that no two lists of parts have the same input.
func (k Key) MAC(parts ...[]byte) [sha256.Size]byte {
	m := k.macs().Get().(*mac)
	defer k.macs().Put(m)
	m.Reset()
	for _, p := range parts {
		binary.BigEndian.PutUint32(m.length[:], uint32(len(p)))
		m.Write(m.length[:])
		m.Write(p)
	}
	m.Sum(m.sum[:0])
	return m.sum
}

// Block returns AES-128 under the first half of the key.
func (k Key) Block() cipher.Block {
	b, err := aes.NewCipher(k.bytes()[:16])
	if err != nil {
		panic("make cipher: " + err.Error()) // only for a wrong key length
	}
	return b
}

// Many returns a function that encrypts each of many blocks in place as Block
// does, and faster. It is safe for concurrent use.
func (k Key) Many() func(blocks [][kernel.Size]byte) {
	return kernel.New((*[kernel.Size]byte)(k.bytes()[:]), k.Block()).Encrypt
}

// AEAD returns AES-256-GCM under the key.
func (k Key) AEAD() cipher.AEAD {
	b, err := aes.NewCipher(k.bytes()[:])
	if err != nil {
		panic("make cipher: " + err.Error())
	}
	a, err := cipher.NewGCM(b)
	if err != nil {
		panic("make cipher: " + err.Error())
	}
	return a
}

// String implements fmt.Stringer and shows nothing.
func (Key) String() string { return redacted }

// GoString implements fmt.GoStringer and shows nothing.
func (Key) GoString() string { return redacted }

// Format implements fmt.Formatter and shows nothing, whatever the verb.
func (Key) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(redacted)) }

// LogValue implements slog.LogValuer and shows nothing.
func (Key) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements encoding.TextMarshaler and shows nothing.
func (Key) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Format implements fmt.Formatter and shows nothing, whatever the verb.
func (*Root) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(redacted)) }

// LogValue implements slog.LogValuer and shows nothing.
func (*Root) LogValue() slog.Value { return slog.StringValue(redacted) }
