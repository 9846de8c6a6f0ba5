package extsort

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"iter"
	"os"
	"slices"
)

// Record is one record of 24 bytes. Records are ordered by A, then B, then C.
type Record struct{ A, B, C uint64 }

const recordSize = 24

// Compare returns -1, 0 or +1 as r comes before o, equals it, or comes after.
func (r Record) Compare(o Record) int {
	switch {
	case r.A != o.A:
		return cmp.Compare(r.A, o.A)
	case r.B != o.B:
		return cmp.Compare(r.B, o.B)
	default:
		return cmp.Compare(r.C, o.C)
	}
}

func (r Record) append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, r.A)
	b = binary.LittleEndian.AppendUint64(b, r.B)
	return binary.LittleEndian.AppendUint64(b, r.C)
}

func recordFrom(b []byte) Record {
	return Record{
		A: binary.LittleEndian.Uint64(b),
		B: binary.LittleEndian.Uint64(b[8:]),
		C: binary.LittleEndian.Uint64(b[16:]),
	}
}

// The errors of a Sorter that is used out of turn.
var (
	errClosed = errors.New("sorter is closed")
	errSorted = errors.New("sorter was read already")
	errLate   = errors.New("sorter was sorted already")
)

// castagnoli is the polynomial that processors compute.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Sorter collects records and hands them out in order. Up to its memory limit
// it touches no disk; past it, sorted runs go to one unnamed temporary file in
// its folder. It belongs to one goroutine.
type Sorter struct {
	dir    string
	memory int

	buf   []Record // not yet in a run
	count int64
	file  *os.File // nil until the first run
	end   int64    // of the last run in file
	runs  []run
	err   error // once set, every use returns it: a run may be half written
	ready bool  // what is in buf is sorted, and nothing may be added
}

// run is a sorted stretch of the file. Its checksum is kept here and not in the
// file, where the fault that it must find could change both.
type run struct {
	off, end int64
	sum      uint32
}

// New returns a Sorter that keeps at most memory bytes of records in memory,
// but at least one record, and its runs in dir. While it merges, that is
// shared among the runs, with one record each at the least.
func New(dir string, memory int) *Sorter {
	return &Sorter{dir: dir, memory: max(memory, recordSize)}
}

// Add takes one record. It returns an error when a run cannot be written, and
// from then on always; after Sorted or Close it returns an error too.
func (s *Sorter) Add(r Record) error {
	if s.err != nil {
		return s.err
	}
	if s.ready {
		return errLate
	}
	if (len(s.buf)+1)*recordSize > s.memory {
		if err := s.spill(); err != nil {
			return err
		}
	}
	if len(s.buf) == cap(s.buf) {
		// By hand, since append may take up to twice the limit.
		grown := make([]Record, len(s.buf), min(max(2*len(s.buf), 64), s.memory/recordSize))
		copy(grown, s.buf)
		s.buf = grown
	}
	s.buf = append(s.buf, r)
	s.count++
	return nil
}

// Len returns how many records were added.
func (s *Sorter) Len() int64 { return s.count }

// Sort does the sorting that Sorted would begin with, so that one goroutine can
// sort while another reads what was sorted before. It comes after the last Add;
// a second one does nothing.
func (s *Sorter) Sort() error {
	if s.err != nil {
		return s.err
	}
	if s.file != nil && len(s.buf) > 0 {
		if err := s.spill(); err != nil {
			return err
		}
		s.buf = nil
	}
	s.sortBuffer()
	s.ready = true
	return nil
}

func (s *Sorter) sortBuffer() {
	if !s.ready {
		sortRecords(s.buf, 0)
	}
}

// Sorted hands out all records in order, repeats included. It may be called
// once, after the last Add, and its sequence read once; any further reading
// gives an error. A read fault, a run that is cut short or one whose bytes
// changed ends the sequence with an error, so what came before counts only once
// the sequence has ended without one.
func (s *Sorter) Sorted() iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		if s.err != nil {
			yield(Record{}, s.err)
			return
		}
		var err error
		if s.file == nil {
			err = s.fromMemory(yield)
		} else {
			err = s.fromRuns(yield)
		}
		if err != nil {
			yield(Record{}, err)
		}
	}
}

func (s *Sorter) fromMemory(yield func(Record, error) bool) error {
	s.err = errSorted
	s.sortBuffer()
	for _, r := range s.buf {
		if !yield(r, nil) {
			return nil
		}
		if s.err != errSorted { // closed by the reader
			return s.err
		}
	}
	return nil
}

// Close releases memory and files. It may be called at any time, and more than
// once.
func (s *Sorter) Close() error {
	s.buf, s.err = nil, errClosed
	if s.file == nil {
		return nil
	}
	f := s.file
	s.file = nil
	if err := f.Close(); err != nil {
		return fmt.Errorf("close sorted runs: %w", err)
	}
	return nil
}

// spill writes the buffer as one run and empties it.
func (s *Sorter) spill() (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("write sorted run: %w", err)
			s.err = err
		}
	}()
	if s.file == nil {
		if s.file, err = unnamed(s.dir); err != nil {
			return err
		}
	}
	s.sortBuffer()
	r := run{off: s.end, end: s.end}
	block := make([]byte, 0, min(len(s.buf)*recordSize, blockSize))
	for records := range slices.Chunk(s.buf, blockSize/recordSize) {
		block = block[:0]
		for _, rec := range records {
			block = rec.append(block)
		}
		if _, err := s.file.WriteAt(block, r.end); err != nil {
			return err
		}
		r.sum = crc32.Update(r.sum, castagnoli, block)
		r.end += int64(len(block))
	}
	s.end = r.end
	s.runs = append(s.runs, r)
	s.buf = s.buf[:0]
	return nil
}

// unnamed makes a temporary file and takes its name away at once: it goes with
// the process, however that ends.
func unnamed(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, "sort-*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
