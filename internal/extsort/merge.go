package extsort

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
)

// blockSize is the most that is read or written at once, in whole records.
const blockSize = 2048 * recordSize

// fromRuns merges the runs. The buffer becomes the last run first, so that its
// memory can be shared out among the readers.
func (s *Sorter) fromRuns(yield func(Record, error) bool) error {
	if !s.ready {
		if err := s.spill(); err != nil {
			return err
		}
	}
	s.buf, s.err = nil, errSorted
	share := min(s.memory/len(s.runs), blockSize) / recordSize * recordSize
	heads := make(heap, 0, len(s.runs))
	for _, r := range s.runs {
		c := &cursor{file: s.file, left: r, buf: make([]byte, max(share, recordSize))}
		if err := c.next(); err != nil {
			return err
		}
		heads = append(heads, c)
	}
	for i := len(heads)/2 - 1; i >= 0; i-- {
		heads.down(i)
	}
	for len(heads) > 0 {
		least := heads[0]
		if !yield(least.record, nil) {
			return nil
		}
		if s.err != errSorted { // closed by the reader
			return s.err
		}
		if err := least.next(); errors.Is(err, errEnd) {
			last := len(heads) - 1
			heads[0] = heads[last]
			heads = heads[:last]
		} else if err != nil {
			return err
		}
		heads.down(0)
	}
	return nil
}

// errEnd says that a run was read whole and is sound.
var errEnd = errors.New("end of run")

// cursor reads one run.
type cursor struct {
	file   *os.File
	left   run    // what was not read yet; sum is that of the whole run
	buf    []byte // whole records
	ahead  []byte // the part of buf that was not handed out yet
	sum    uint32 // of what was read
	record Record // the record at hand
}

// next moves to the next record. It returns errEnd at the end of a sound run,
// and any other error if the run cannot be read, is too short, or differs from
// what was written.
func (c *cursor) next() error {
	if len(c.ahead) == 0 {
		if err := c.fill(); err != nil {
			return err
		}
	}
	r := recordFrom(c.ahead)
	c.ahead = c.ahead[recordSize:]
	c.record = r
	return nil
}

func (c *cursor) fill() error {
	n := min(int64(len(c.buf)), c.left.end-c.left.off)
	if n == 0 {
		if c.sum != c.left.sum {
			return errors.New("read sorted run: checksum differs")
		}
		return errEnd
	}
	c.ahead = c.buf[:n]
	if _, err := c.file.ReadAt(c.ahead, c.left.off); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF // the length is known: an end here is a loss
		}
		return fmt.Errorf("read sorted run: %w", err)
	}
	c.left.off += n
	c.sum = crc32.Update(c.sum, castagnoli, c.ahead)
	return nil
}

// heap is a binary heap of cursors, the least record first.
type heap []*cursor

// down moves the cursor at i to its place, when its record may have grown.
func (h heap) down(i int) {
	for {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(h); child++ {
			if h[child].record.Compare(h[least].record) < 0 {
				least = child
			}
		}
		if least == i {
			return
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
}
