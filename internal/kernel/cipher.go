package kernel

import "crypto/cipher"

// Cipher is AES-128 under one key (FIPS 197), many blocks at a time. It is safe
// for concurrent use.
type Cipher struct {
	block cipher.Block // of the key
	wide  wideKeys     // of the key, if vectors are in use
}

// New returns the cipher of a key. The block must be AES under that key: it does
// what vectors do not.
func New(key *[Size]byte, block cipher.Block) *Cipher {
	c := &Cipher{block: block}
	if vectors {
		c.wide = newWideKeys(key)
	}
	return c
}

// Encrypt puts the cipher text of each block in its place.
func (c *Cipher) Encrypt(blocks [][Size]byte) {
	if vectors {
		n := len(blocks) / group * group
		c.wide.encrypt(blocks[:n])
		blocks = blocks[n:]
	}
	for i := range blocks {
		c.block.Encrypt(blocks[i][:], blocks[i][:])
	}
}

// group is how many blocks the vector form takes at once: as many as keep the
// processor's pipeline full.
const group = 16
