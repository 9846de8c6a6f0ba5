package index

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math/bits"

	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/token"
)

// A segment is a header, partitions, a table of them, and an end;
// docs/formats/segment.md has every byte. All numbers are little-endian, and
// every part begins at a multiple of eight bytes, so that columns can be used
// where they lie.
const (
	segmentMagic   = "SELVSEGM"
	segmentVersion = 1
	headerSize     = 32
	rowSize        = 8  // of the table, for each partition
	endSize        = 16 // number of entries, checksum of the table, and of the end
	sumSize        = 4

	// overrun is how many keys of no entry follow a partition's: sixteen are
	// compared at once, from any key on.
	overrun = 15
)

// Entries of a slot and of a partition, at most, if tokens are spread evenly,
// as AES spreads them. A slot is compared in one step or two. A partition, with
// what a match needs beside it, stays in a core's cache.
const (
	slotEntries      = 12
	partitionEntries = 1 << 15
)

// castagnoli is the polynomial that processors compute.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// shape says how a segment divides tokens: by their first bits into
// partitions, by those that follow into slots. What follows the two is the key.
type shape struct {
	partitionBits uint8 // at most maxPartitionBits
	slotBits      uint8 // within a partition, at most maxSlotBits
}

// The bounds keep a table that a file asks for within reason.
const (
	maxPartitionBits = 16
	maxSlotBits      = 24
)

// shapeFor returns the shape of a segment of at most n entries.
func shapeFor(n uint64) shape {
	all := bits.Len64(n / slotEntries) // so that 2^all slots hold slotEntries or fewer each
	p := min(bits.Len64(n/partitionEntries), all, maxPartitionBits)
	return shape{uint8(p), uint8(min(all-p, maxSlotBits))}
}

func (s shape) partitions() int { return 1 << s.partitionBits }
func (s shape) slots() int      { return 1 << s.slotBits }

// key returns the slot that a token belongs to, within its partition, and its
// key there. Tokens that agree in partition, slot and key differ, if at all, in
// bits that the segment does not keep.
func (s shape) key(hi, lo uint64) (slot int, key uint64) {
	// Go shifts by 64 give 0, which is what no bits are worth.
	b := s.partitionBits + s.slotBits
	return int(hi << s.partitionBits >> (64 - s.slotBits)), hi<<b | lo>>(64-b)
}

// sizes are the lengths of a partition's columns in bytes.
func (s shape) directorySize() uint64 { return aligned(uint64(s.slots()+1) * 4) }
func keysSize(n uint64) uint64        { return (n + overrun) * 8 }
func ordinalsSize(n uint64) uint64    { return aligned(n * 4) }

// partitionSize is the length of a partition of n entries in bytes.
func (s shape) partitionSize(n uint64) uint64 {
	return s.directorySize() + keysSize(n) + ordinalsSize(n)
}

func aligned(n uint64) uint64 { return (n + 7) &^ 7 }

func appendHeader(b []byte, h token.Header, s shape) []byte {
	start := len(b)
	b = append(b, segmentMagic...)
	b = binary.LittleEndian.AppendUint16(b, segmentVersion)
	b = binary.LittleEndian.AppendUint16(b, uint16(h.Family))
	b = binary.LittleEndian.AppendUint16(b, uint16(h.Class))
	b = binary.LittleEndian.AppendUint16(b, 0) // the country of national phone forms, of which there are none
	b = binary.LittleEndian.AppendUint32(b, uint32(h.Epoch))
	b = binary.LittleEndian.AppendUint32(b, h.RuleSet)
	b = append(b, s.partitionBits, s.slotBits, 0, 0)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b[start:], castagnoli))
}

// readHeader is the inverse of appendHeader, after the magic. The version is judged before the
// checksum, so that a newer file is told from a broken one.
func readHeader(b []byte) (h token.Header, s shape, err error) {
	if v := binary.LittleEndian.Uint16(b[8:]); v != segmentVersion {
		return h, s, fmt.Errorf("version %d is not known", v)
	}
	if crc32.Checksum(b[:headerSize-sumSize], castagnoli) != binary.LittleEndian.Uint32(b[headerSize-sumSize:]) {
		return h, s, errors.New("checksum differs")
	}
	h = token.Header{
		Family:  token.Family(binary.LittleEndian.Uint16(b[10:])),
		Class:   identifier.Class(binary.LittleEndian.Uint16(b[12:])),
		Epoch:   token.Epoch(binary.LittleEndian.Uint32(b[16:])),
		RuleSet: binary.LittleEndian.Uint32(b[20:]),
	}
	s = shape{b[24], b[25]}
	if binary.LittleEndian.Uint16(b[14:]) != 0 || binary.LittleEndian.Uint16(b[26:]) != 0 {
		return h, s, errors.New("country or what is kept free is not zero")
	}
	if s.partitionBits > maxPartitionBits || s.slotBits > maxSlotBits {
		return h, s, errors.New("more partitions or slots than there may be")
	}
	return h, s, h.Validate()
}
