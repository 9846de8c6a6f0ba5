package index

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"unsafe"

	"github.com/selvedge/selvedge/token"
)

// Segment is an open segment: every entry of one form class, with as much of
// its token as tells it from all others. It is safe for concurrent use.
type Segment struct {
	header     token.Header
	shape      shape
	partitions []partition
	more       *Segment // entries that came since, in memory; nil for none
}

// partition is the entries whose tokens begin alike.
type partition struct {
	directory []uint32 // where each slot's keys begin; the last is where they end
	keys      []uint64 // in ascending order within a slot, and overrun more
	ordinals  []uint32 // of the keys
}

// OpenSegment opens a segment on b, which stays in use and must not change. It
// checks the whole of b: magic, version, every field of the header, the exact
// length, the checksum of every part, that every slot lies within its
// partition, and that no ordinal is zero. A fault is an error that names the
// part, and the partition counted from 1. Any changed, missing or added byte is
// a fault. A chunk is not a segment.
func OpenSegment(b []byte) (*Segment, error) {
	s, err := openSegment(b)
	if err != nil {
		return nil, fmt.Errorf("open segment: %w", err)
	}
	return s, nil
}

func openSegment(b []byte) (*Segment, error) {
	if !bytes.HasPrefix(b, []byte(segmentMagic)) {
		return nil, errors.New("magic differs: not a segment")
	}
	if len(b) < headerSize+endSize {
		return nil, errors.New("too short for a header and an end")
	}
	b = usable(b)
	h, shape, err := readHeader(b)
	if err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	end, table := b[len(b)-endSize:], uint64(shape.partitions()*rowSize)
	if uint64(len(b)) < headerSize+table+endSize {
		return nil, errors.New("too short for its partitions")
	}
	rows := b[uint64(len(b))-endSize-table : len(b)-endSize]
	// The end's checksum begins with the header's, and the table has each
	// partition's: so parts of two segments do not pass for one.
	sum := crc32.Update(crc32.Checksum(b[headerSize-sumSize:headerSize], castagnoli), castagnoli, rows)
	if sum = crc32.Update(sum, castagnoli, end[:12]); sum != binary.LittleEndian.Uint32(end[12:]) {
		return nil, errors.New("end: checksum differs")
	}
	if binary.LittleEndian.Uint32(end[8:]) != 0 {
		return nil, errors.New("end: what is kept free is not zero")
	}
	s := &Segment{header: h, shape: shape, partitions: make([]partition, shape.partitions())}
	body := b[headerSize : uint64(len(b))-endSize-table]
	for i := range s.partitions {
		row := rows[i*rowSize:]
		n := uint64(binary.LittleEndian.Uint32(row))
		size := shape.partitionSize(n)
		if size > uint64(len(body)) {
			return nil, fmt.Errorf("partition %d: entries are missing", i+1)
		}
		if crc32.Checksum(body[:size], castagnoli) != binary.LittleEndian.Uint32(row[4:]) {
			return nil, fmt.Errorf("partition %d: checksum differs", i+1)
		}
		s.partitions[i] = shape.cut(body[:size], n)
		if err := s.partitions[i].check(); err != nil {
			return nil, fmt.Errorf("partition %d: %w", i+1, err)
		}
		s.header.Count += n
		body = body[size:]
	}
	if len(body) > 0 || s.header.Count != binary.LittleEndian.Uint64(end) {
		return nil, errors.New("length: differs from the number of entries")
	}
	return s, nil
}

// cut returns the partition of n entries that lies in b.
func (s shape) cut(b []byte, n uint64) partition {
	keys := b[s.directorySize():]
	ordinals := keys[keysSize(n):]
	return partition{column[uint32](b, s.slots()+1), column[uint64](keys, int(n)+overrun), column[uint32](ordinals, int(n))}
}

// check returns an error unless every slot lies within the partition and every
// ordinal is somebody's: a lookup relies on it.
func (p partition) check() error {
	if p.directory[0] != 0 || p.directory[len(p.directory)-1] != uint32(len(p.ordinals)) || !slices.IsSorted(p.directory) {
		return errors.New("slots do not follow one another")
	}
	if slices.Contains(p.ordinals, 0) {
		return errors.New("ordinal is zero")
	}
	return nil
}

// Header returns the segment's header, without what With added.
func (s *Segment) Header() token.Header { return s.header }

// With returns the segment with more entries, whose header is h; the segment
// itself stays as it is. The entries must be in strictly ascending order, and be
// none that the segment has. They take memory as a segment's do, and are looked
// up as fast. It returns an error if they are out of order, or if h differs from
// the segment's header in anything but the count.
func (s *Segment) With(h token.Header, more []token.Entry) (*Segment, error) {
	if len(more) == 0 {
		return s, nil
	}
	if err := agree(h, s.header); err != nil {
		return nil, fmt.Errorf("add entries to a segment: %w", err)
	}
	for i := 1; i < len(more); i++ {
		if more[i-1].Compare(more[i]) >= 0 {
			return nil, errors.New("add entries to a segment: they are not in ascending order")
		}
	}
	var b bytes.Buffer
	if _, err := writeSegment(&b, h, shapeFor(uint64(len(more))), []Entries{inMemory(more)}); err != nil {
		return nil, fmt.Errorf("add entries to a segment: %w", err)
	}
	added, err := openSegment(b.Bytes())
	if err != nil {
		return nil, fmt.Errorf("add entries to a segment: %w", err)
	}
	return &Segment{header: s.header, shape: s.shape, partitions: s.partitions, more: added}, nil
}

// column returns n numbers that lie at the start of b.
func column[T uint32 | uint64](b []byte, n int) []T {
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), n)
}

// usable returns b, or a copy of it that begins at a multiple of eight bytes,
// as a mapped file does.
func usable(b []byte) []byte {
	if uintptr(unsafe.Pointer(unsafe.SliceData(b)))%8 == 0 {
		return b
	}
	words := make([]uint64, (len(b)+7)/8)
	c := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(words))), len(b))
	copy(c, b)
	return c
}
