package token

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"iter"
)

// The layout of a table; docs/formats/chunk.md has it in full. All numbers are
// little-endian.
const (
	headerSize   = 32
	entrySize    = Size + 4
	blockEntries = 4096
	blockSize    = blockEntries*entrySize + sumSize
	trailerSize  = 8 + sumSize
	sumSize      = 4
)

// castagnoli is the polynomial that processors compute.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Format is a kind of table: a file of entries in strictly ascending order of
// token, then ordinal, in blocks with a checksum each. Kinds differ in their
// magic and version, so that one is never taken for another.
type Format struct {
	Name    string  // the word for errors
	Magic   [8]byte // the first bytes of the file
	Version uint16
}

// Table is an open file of entries, checked whole. It is safe for concurrent
// use. It reads the bytes that it was opened on, which must stay as they are.
type Table struct {
	header Header
	blocks []byte
}

// Open checks the whole of b, which stays in use: magic, version, every field
// of the header, the exact length, the order of the entries, that no ordinal is
// zero, and the checksums of the header, of every block and of the end. A fault
// is an error that names the part, and the block counted from 1. Any changed,
// missing or added byte is a fault.
func (f Format) Open(b []byte) (*Table, error) {
	t, err := f.open(b)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", f.Name, err)
	}
	return t, nil
}

func (f Format) open(b []byte) (*Table, error) {
	if len(b) < headerSize+trailerSize {
		return nil, errors.New("too short for a header and an end")
	}
	head, body, end := b[:headerSize], b[headerSize:len(b)-trailerSize], b[len(b)-trailerSize:]
	h, err := f.readHeader(head)
	if err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	h.Count = binary.LittleEndian.Uint64(end)
	// The first condition keeps the sum within 64 bits.
	if h.Count > uint64(len(body)) || bodySize(h.Count) != uint64(len(body)) {
		return nil, errors.New("length: differs from the number of entries")
	}
	// A block is sound in itself; that the blocks belong together, and to this
	// header, is what the end's checksum over all checksums says.
	sums := head[headerSize-sumSize:]
	all := crc32.Update(0, castagnoli, sums)
	var last []byte
	for n, rest := 1, body; len(rest) > 0; n++ {
		block := rest[:min(blockSize, len(rest))]
		rest = rest[len(block):]
		rows, sum := block[:len(block)-sumSize], block[len(block)-sumSize:]
		if crc32.Checksum(rows, castagnoli) != binary.LittleEndian.Uint32(sum) {
			return nil, fmt.Errorf("block %d: checksum differs", n)
		}
		if last, err = checkRows(last, rows); err != nil {
			return nil, fmt.Errorf("block %d: %w", n, err)
		}
		all = crc32.Update(all, castagnoli, sum)
	}
	all = crc32.Update(all, castagnoli, end[:8])
	if all != binary.LittleEndian.Uint32(end[8:]) {
		return nil, errors.New("end: checksum differs")
	}
	return &Table{header: h, blocks: body}, nil
}

// bodySize returns the length of the blocks that hold n entries.
func bodySize(n uint64) uint64 {
	return n*entrySize + (n+blockEntries-1)/blockEntries*sumSize
}

// checkRows checks the entries of one block, of which last comes before, and
// returns the last of them.
func checkRows(last, rows []byte) ([]byte, error) {
	for ; len(rows) > 0; rows = rows[entrySize:] {
		row := rows[:entrySize]
		if binary.LittleEndian.Uint32(row[Size:]) == 0 {
			return nil, errors.New("ordinal is zero")
		}
		if last != nil && compareRows(last, row) >= 0 {
			return nil, errors.New("entries are not in ascending order")
		}
		last = row
	}
	return last, nil
}

func compareRows(a, b []byte) int {
	if c := bytes.Compare(a[:Size], b[:Size]); c != 0 {
		return c
	}
	// Not on the bytes: the ordinal is little-endian.
	return int(int64(binary.LittleEndian.Uint32(a[Size:])) - int64(binary.LittleEndian.Uint32(b[Size:])))
}

// Header returns the table's header.
func (t *Table) Header() Header { return t.header }

// Len returns the number of entries.
func (t *Table) Len() int { return int(t.header.Count) }

// At returns entry i in order, 0 <= i < Len.
func (t *Table) At(i int) Entry {
	at := i*entrySize + i/blockEntries*sumSize
	return entryFrom(t.blocks[at : at+entrySize])
}

// Entries hands out the entries in order.
func (t *Table) Entries() iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		for i := range t.Len() {
			if !yield(t.At(i)) {
				return
			}
		}
	}
}
