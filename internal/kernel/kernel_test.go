package kernel

import (
	"bytes"
	"crypto/aes"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// hexForms are the ways that this binary has.
func hexForms() map[string]func(*[32]byte, *[64]byte) bool {
	forms := map[string]func(*[32]byte, *[64]byte) bool{"plain": hexPlain, "chosen": func(dst *[32]byte, src *[64]byte) bool { return Hex(dst, string(src[:])) }}
	if vectors {
		forms["vector"] = hexVector
	}
	return forms
}

func TestHexAgreesWithTheLibrary(t *testing.T) {
	t.Parallel()
	for name, form := range hexForms() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			digits := [64]byte([]byte("0123456789abcdefABCDEFfedcba9876543210" + "00ffFF99aaAA7e3c5d1b2B4C6F"))
			// Every byte at every position: what is a digit and what is not is
			// decided for each one alone.
			for at := range 64 {
				for b := range 256 {
					src := digits
					src[at] = byte(b)
					checkHex(t, form, src)
				}
			}
		})
	}
}

func TestHexOfAnotherLength(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 63, 65} {
		if Hex(new([32]byte), strings.Repeat("a", n)) {
			t.Errorf("%d digits are taken", n)
		}
	}
}

func FuzzHex(f *testing.F) {
	f.Add([]byte("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"))
	f.Add(bytes.Repeat([]byte("g"), 64))
	f.Add(bytes.Repeat([]byte{0xb0}, 64)) // a digit with the top bit
	f.Fuzz(func(t *testing.T, b []byte) {
		var src [64]byte
		copy(src[:], b)
		for _, form := range hexForms() {
			checkHex(t, form, src)
		}
	})
}

func checkHex(t *testing.T, form func(*[32]byte, *[64]byte) bool, src [64]byte) {
	t.Helper()
	want, err := hex.DecodeString(string(src[:]))
	var got [32]byte
	ok := form(&got, &src)
	if ok != (err == nil) || ok && !bytes.Equal(got[:], want) {
		t.Fatalf("%q: %x, %v; want %x, %v", src[:], got, ok, want, err)
	}
}

func TestCipherAgreesWithTheLibrary(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 3*group + 2 {
		var key [Size]byte
		fill(r, key[:])
		block, err := aes.NewCipher(key[:])
		if err != nil {
			t.Fatal(err)
		}
		got, want := make([][Size]byte, n), make([][Size]byte, n)
		for i := range got {
			fill(r, got[i][:])
			block.Encrypt(want[i][:], got[i][:])
		}
		New(&key, block).Encrypt(got)
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("block %d of %d: %x, want %x", i, n, got[i], want[i])
			}
		}
	}
}

func FuzzCipher(f *testing.F) {
	f.Add([]byte("a key of 16 byte"), []byte("sixteen blocks of it"), 17)
	f.Fuzz(func(t *testing.T, k, text []byte, n int) {
		var key [Size]byte
		copy(key[:], k)
		block, err := aes.NewCipher(key[:])
		if err != nil {
			t.Fatal(err)
		}
		got := make([][Size]byte, uint(n)%100)
		for i := range got {
			copy(got[i][:], fmt.Sprint(i))
			copy(got[i][2:], text)
		}
		want := make([][Size]byte, len(got))
		for i := range got {
			block.Encrypt(want[i][:], got[i][:])
		}
		New(&key, block).Encrypt(got)
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("block %d: %x, want %x", i, got[i], want[i])
			}
		}
	})
}

func fill(r *rand.Rand, b []byte) {
	for i := range b {
		b[i] = byte(r.Uint32())
	}
}

func BenchmarkHex(b *testing.B) {
	src := [64]byte([]byte("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"))
	for name, form := range hexForms() {
		b.Run(name, func(b *testing.B) {
			var dst [32]byte
			for b.Loop() {
				if !form(&dst, &src) {
					b.Fatal("refused")
				}
			}
		})
	}
	b.Run("library", func(b *testing.B) {
		var dst [32]byte
		for b.Loop() {
			if _, err := hex.Decode(dst[:], src[:]); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkEncrypt(b *testing.B) {
	key := [Size]byte{1}
	block, err := aes.NewCipher(key[:])
	if err != nil {
		b.Fatal(err)
	}
	c := New(&key, block)
	blocks := make([][Size]byte, 1024)
	b.Run("chosen", func(b *testing.B) {
		for b.Loop() {
			c.Encrypt(blocks)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(blocks)), "ns/token")
	})
	b.Run("library", func(b *testing.B) {
		for b.Loop() {
			for i := range blocks {
				block.Encrypt(blocks[i][:], blocks[i][:])
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(blocks)), "ns/token")
	})
}
