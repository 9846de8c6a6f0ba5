package delimited

import (
	"bytes"
	"io"
)

// blockSize is how much a Splitter reads at once, and at least twice a row.
const blockSize = 512 << 10

// Splitter cuts a stream into blocks of whole rows. It belongs to one goroutine.
type Splitter struct {
	r    io.Reader
	d    Dialect
	buf  []byte
	n    int   // bytes in buf
	err  error // of r
	done bool
}

// NewSplitter returns a Splitter of r.
func NewSplitter(r io.Reader, d Dialect) *Splitter {
	return &Splitter{r: r, d: d, buf: make([]byte, max(blockSize, 2*d.MaxRow))}
}

// Next returns the next block, for a Scanner with the same Dialect. The last one
// may end in the middle of a row: where the stream does, or after a row of more
// than MaxRow bytes. Then comes io.EOF. If r fails, the rows that were whole come
// first and the error after them.
func (s *Splitter) Next() (string, error) {
	if s.done {
		return "", io.EOF
	}
	for s.err == nil && s.n < len(s.buf) {
		var n int
		n, s.err = s.r.Read(s.buf[s.n:])
		s.n += n
	}
	if s.err == io.EOF {
		s.done = true
		if s.n == 0 {
			return "", io.EOF
		}
		return string(s.buf[:s.n]), nil
	}
	text, end := s.whole()
	if s.err != nil && end == 0 {
		s.done = true
		return "", s.err
	}
	// What is left is kept for the next block, unless it is too long a row: no
	// more of it is read.
	if s.err == nil && s.n-end > s.d.MaxRow {
		s.done = true
		return text, nil
	}
	s.n = copy(s.buf, s.buf[end:s.n])
	return text[:end], nil
}

// whole returns the buffer as text, and where the last row in it ends that must
// end there whatever comes.
func (s *Splitter) whole() (text string, end int) {
	b := s.buf[:s.n]
	text = string(b)
	if !s.d.Quotes || bytes.IndexByte(b, '"') < 0 {
		end = bytes.LastIndexByte(b, '\n') + 1
		// A carriage return at the very end may be half a line end.
		return text, end + bytes.LastIndexByte(b[end:max(len(b)-1, end)], '\r') + 1
	}
	var c Scanner
	c.Dialect = s.d
	c.Reset(text)
	for {
		kind := c.Next(nil, nil)
		if kind == End || kind == Open || kind == TooLong {
			return text, end
		}
		// What a row is may still change while it reaches to the end.
		if c.pos == len(text) && text[len(text)-1] != '\n' {
			return text, end
		}
		end = c.pos
	}
}
