//go:build goexperiment.simd && amd64

package kernel

import (
	"encoding/binary"
	"simd/archsimd"
	"unsafe"
)

const rounds = 10

// wideKeys are the round keys, each four times: a vector has four blocks.
type wideKeys [rounds + 1][16]uint32

// newWideKeys is the key expansion of FIPS 197, section 5.2, for 128 bits.
func newWideKeys(key *[Size]byte) (w wideKeys) {
	var words [4]uint32
	for i := range words {
		words[i] = binary.LittleEndian.Uint32(key[4*i:])
	}
	rcon := uint32(1)
	for r := range w {
		for i := range w[r] {
			w[r][i] = words[i%4]
		}
		words[0] ^= rotatedSub(words[3]) ^ rcon
		for i := 1; i < 4; i++ {
			words[i] ^= words[i-1]
		}
		if rcon <<= 1; rcon > 0xff {
			rcon ^= 0x11b
		}
	}
	return w
}

// rotatedSub is SubWord of RotWord.
func rotatedSub(w uint32) uint32 {
	// The last round shifts rows and puts each byte through the S-box. With the
	// same word in all four columns, shifting rows changes nothing.
	x := archsimd.BroadcastUint32x4(w).AsUint8x16().AESEncryptLastRound(archsimd.BroadcastUint32x4(0))
	v := x.AsUint32x4().GetElem(0)
	return v>>8 | v<<24
}

// encrypt encrypts blocks in place, as many groups as there are.
func (w *wideKeys) encrypt(blocks [][Size]byte) {
	for ; len(blocks) >= group; blocks = blocks[group:] {
		b := (*[4][64]byte)(unsafe.Pointer(&blocks[0])) // sixteen blocks are four times 64 bytes
		key := archsimd.LoadUint32x16(&w[0]).AsUint8x64()
		b0 := archsimd.LoadUint8x64(&b[0]).Xor(key)
		b1 := archsimd.LoadUint8x64(&b[1]).Xor(key)
		b2 := archsimd.LoadUint8x64(&b[2]).Xor(key)
		b3 := archsimd.LoadUint8x64(&b[3]).Xor(key)
		for r := 1; r < rounds; r++ {
			k := archsimd.LoadUint32x16(&w[r])
			b0, b1 = b0.AESEncryptOneRound(k), b1.AESEncryptOneRound(k)
			b2, b3 = b2.AESEncryptOneRound(k), b3.AESEncryptOneRound(k)
		}
		k := archsimd.LoadUint32x16(&w[rounds])
		b0.AESEncryptLastRound(k).Store(&b[0])
		b1.AESEncryptLastRound(k).Store(&b[1])
		b2.AESEncryptLastRound(k).Store(&b[2])
		b3.AESEncryptLastRound(k).Store(&b[3])
	}
	archsimd.ClearAVXUpperBits()
}
