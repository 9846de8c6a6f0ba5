package tally

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
)

// A run is distinct keys of one part on disk, 32 bytes each: key, count, first
// place. Its checksum is kept here and not in the file, where the fault that it
// must find could change both.
type run struct {
	off  int64
	keys int
	sum  uint32
}

const keySize = 32

// castagnoli is the polynomial that processors compute.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

var errRun = errors.New("a run is not as it was written")

// spill writes what is in memory to the file, as a run of each part.
func (t *Tally) spill() error {
	if t.file == nil {
		f, err := os.CreateTemp(t.dir, "tally-*")
		if err != nil {
			return fmt.Errorf("tally: %w", err)
		}
		t.file = f
		if err := os.Remove(f.Name()); err != nil {
			return fmt.Errorf("tally: %w", err)
		}
	}
	var s settler
	var buf []byte
	for i := range t.part {
		p, l := &t.part[i], &t.tail[i]
		if l.block == nil {
			continue
		}
		runs := p.runs
		p.runs = nil // what is on disk already is no part of this run
		keys, err := s.settleAll(t, span{i, i + 1})
		if err != nil {
			return err
		}
		buf = buf[:0]
		for _, k := range keys {
			buf = binary.LittleEndian.AppendUint64(buf, k.Hi)
			buf = binary.LittleEndian.AppendUint64(buf, k.Lo)
			buf = binary.LittleEndian.AppendUint64(buf, k.Count)
			buf = binary.LittleEndian.AppendUint64(buf, k.First)
		}
		if _, err := t.file.WriteAt(buf, t.end); err != nil {
			return fmt.Errorf("tally: write run: %w", err)
		}
		p.runs = append(runs, run{t.end, len(keys), crc32.Checksum(buf, castagnoli)})
		t.end += int64(len(buf))
		t.spare = append(append(t.spare, p.full...), l.block)
		p.full, *l = p.full[:0], tail{}
	}
	t.used = 0
	return nil
}

// read adds the keys of a run.
func (s *settler) read(f *os.File, r run, group uint8) error {
	size := r.keys * keySize
	if cap(s.bytes) < size {
		s.bytes = make([]byte, size)
	}
	b := s.bytes[:size]
	if _, err := f.ReadAt(b, r.off); err != nil && (err != io.EOF || size > 0) {
		return fmt.Errorf("tally: read run: %w", err)
	}
	if crc32.Checksum(b, castagnoli) != r.sum {
		return fmt.Errorf("tally: read run: %w", errRun)
	}
	for ; len(b) > 0; b = b[keySize:] {
		s.add(Key{
			group, binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:]),
			binary.LittleEndian.Uint64(b[16:]), binary.LittleEndian.Uint64(b[24:]),
		})
	}
	return nil
}
