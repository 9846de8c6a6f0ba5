package token_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/selvedge/selvedge/token"
)

// seal makes the checksums of a chunk right again, so that the other checks
// are what must find a fault. Blocks of 4096 entries are assumed.
func seal(b []byte) []byte {
	table := crc32.MakeTable(crc32.Castagnoli)
	put := func(at, from int) []byte {
		binary.LittleEndian.PutUint32(b[at:], crc32.Checksum(b[from:at], table))
		return b[at : at+4]
	}
	sums := slices.Clone(put(28, 0))
	end := len(b) - 12
	for at := 32; at+4 <= end; at += 4096*20 + 4 {
		sums = append(sums, put(min(at+4096*20, end-4), at)...)
	}
	sums = append(sums, b[end:end+8]...)
	binary.LittleEndian.PutUint32(b[end+8:], crc32.Checksum(sums, table))
	return b
}

func TestOpenChunkNamesTheFault(t *testing.T) {
	t.Parallel()
	small := writeChunk(t, emailHeader, numbered(5))
	large := writeChunk(t, emailHeader, numbered(10_000))
	const block = 4096*20 + 4
	for _, tt := range []struct {
		name   string
		b      []byte
		change func(b []byte) []byte
		want   string
	}{
		{"empty", small, func([]byte) []byte { return nil }, "too short"},
		{"header alone", small, func(b []byte) []byte { return b[:32] }, "too short"},
		{"magic", small, func(b []byte) []byte { b[0] ^= 1; return seal(b) }, "header: magic"},
		{"newer version", small, func(b []byte) []byte { b[8] = 2; return b }, "header: version 2"},
		{"version zero", small, func(b []byte) []byte { b[8] = 0; return seal(b) }, "header: version 0"},
		{"header checksum", small, func(b []byte) []byte { b[28] ^= 1; return b }, "header: checksum"},
		{"family", small, func(b []byte) []byte { b[10] = 2; return seal(b) }, "header: family"},
		{"class", small, func(b []byte) []byte { b[12] = 3; return seal(b) }, "header: form class"},
		{"country", small, func(b []byte) []byte { b[15] = 1; return seal(b) }, "header: country"},
		{"no epoch", small, func(b []byte) []byte { b[16] = 0; return seal(b) }, "header: no epoch"},
		{"no rule set", small, func(b []byte) []byte { b[20] = 0; return seal(b) }, "header: no rule set"},
		{"entries per block", small, func(b []byte) []byte { b[24] = 1; return seal(b) }, "header: entries per block"},
		{"block checksum", small, func(b []byte) []byte { b[40] ^= 1; return b }, "block 1: checksum"},
		{"second block's checksum", large, func(b []byte) []byte { b[32+block+5] ^= 1; return b }, "block 2: checksum"},
		{"last block's checksum", large, func(b []byte) []byte { b[len(b)-13] ^= 1; return b }, "block 3: checksum"},
		{"order", small, func(b []byte) []byte {
			return seal(slices.Concat(b[:32], b[52:72], b[32:52], b[72:]))
		}, "block 1: entries are not in ascending order"},
		{"repeat", small, func(b []byte) []byte { copy(b[52:72], b[32:52]); return seal(b) }, "block 1: entries are not"},
		{"order across blocks", large, func(b []byte) []byte { copy(b[32+block:], b[32:52]); return seal(b) }, "block 2: entries are not"},
		{"ordinal zero", small, func(b []byte) []byte { clear(b[48:52]); return seal(b) }, "block 1: ordinal is zero"},
		{"count one more", small, func(b []byte) []byte { b[len(b)-12]++; return seal(b) }, "length"},
		{"count one less", small, func(b []byte) []byte { b[len(b)-12]--; return seal(b) }, "length"},
		{"count overflows", small, func(b []byte) []byte {
			// In 64 bits, so many entries are as long as five.
			binary.LittleEndian.PutUint64(b[len(b)-12:], 1844584339776239530)
			return seal(b)
		}, "length"},
		{"last byte gone", small, func(b []byte) []byte { return b[:len(b)-1] }, "length"},
		{"byte added", small, func(b []byte) []byte { return append(b, 0) }, "length"},
		{"block gone", large, func(b []byte) []byte { return slices.Delete(b, 32, 32+block) }, "length"},
		{"end checksum", small, func(b []byte) []byte { b[len(b)-1] ^= 1; return b }, "end: checksum"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := token.OpenChunk(tt.change(bytes.Clone(tt.b)))
			if err == nil || !strings.HasPrefix(err.Error(), "open chunk: ") || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one that names %q", err, tt.want)
			}
		})
	}
}

// Two chunks of the same header, each with a first block that would do in the
// other one: only the checksum at the end can tell.
func TestBlocksOfTwoChunksDoNotMix(t *testing.T) {
	t.Parallel()
	all := numbered(8194)
	a := writeChunk(t, emailHeader, slices.Concat(all[:4096], all[8192:]))
	b := writeChunk(t, emailHeader, all[4096:])
	mixed := slices.Concat(b[:32+4096*20+4], a[32+4096*20+4:])
	if _, err := token.OpenChunk(mixed); err == nil || !strings.Contains(err.Error(), "end: checksum") {
		t.Errorf("error %v", err)
	}
}

func TestEveryFlippedBitIsFound(t *testing.T) {
	t.Parallel()
	golden, err := os.ReadFile("testdata/chunk-v1.bin")
	if err != nil {
		t.Fatal(err)
	}
	for i := range len(golden) * 8 {
		golden[i/8] ^= 1 << (i % 8)
		if _, err := token.OpenChunk(golden); err == nil {
			t.Errorf("bit %d of byte %d flipped, and no error", i%8, i/8)
		}
		golden[i/8] ^= 1 << (i % 8)
	}
	for n := range golden {
		if _, err := token.OpenChunk(golden[:n]); err == nil {
			t.Errorf("cut to %d bytes, and no error", n)
		}
	}
	large := writeChunk(t, emailHeader, numbered(10_000))
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		i := rnd.IntN(len(large) * 8)
		large[i/8] ^= 1 << (i % 8)
		if _, err := token.OpenChunk(large); err == nil {
			t.Errorf("bit %d of byte %d of a large chunk flipped, and no error", i%8, i/8)
		}
		large[i/8] ^= 1 << (i % 8)
	}
}

// What opens is canonical: writing its entries again gives the same bytes.
func FuzzOpenChunk(f *testing.F) {
	golden, err := os.ReadFile("testdata/chunk-v1.bin")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(golden)
	f.Add(writeChunk(f, emailHeader, nil))
	f.Add(golden[:40])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		// The fuzzer cannot guess a checksum, so it tries both ways.
		sealed := bytes.Clone(b)
		if len(b) >= 44 {
			sealed = seal(sealed)
		}
		for _, b := range [][]byte{b, sealed} {
			c, err := token.OpenChunk(b)
			if err != nil {
				continue
			}
			if again := writeChunk(t, c.Header(), slices.Collect(c.Entries())); !bytes.Equal(again, b) {
				t.Error("written again, the chunk differs")
			}
		}
	})
}
