package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
)

// Counter encrypts a stream that is read in any order, in place (AES-128 in counter
// mode, NIST SP 800-38A). It hides and does not protect from change. A key may have
// one stream only: two would give each other away.
type Counter struct{ block cipher.Block }

// Counter returns the Counter of the key.
func (k Key) Counter() Counter { return Counter{k.Block()} }

// XOR encrypts p, or decrypts it, which stands at an offset of the stream.
func (c Counter) XOR(p []byte, offset int64) {
	var counter, skip [aes.BlockSize]byte
	binary.BigEndian.PutUint64(counter[8:], uint64(offset/aes.BlockSize))
	s := cipher.NewCTR(c.block, counter[:])
	s.XORKeyStream(skip[:offset%aes.BlockSize], skip[:offset%aes.BlockSize])
	s.XORKeyStream(p, p)
}
