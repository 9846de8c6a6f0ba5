package list

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"slices"

	"github.com/selvedge/selvedge"
)

// MaxLine is the longest row in bytes, its line ends included. A quoted cell
// with line breaks in it is part of one row.
const MaxLine = 64 << 10

const reasonEndedEarly = "ended_early"

var errRowTooLong = errors.New("row too long")

// lines feeds a csv.Reader one line at a time. The csv.Reader asks for more only
// when a row has not ended, so lines knows exactly where each row begins, how
// long it is, how many blank lines came before it (which encoding/csv hides),
// and whether the input ended in the middle of one. A row is cut off at MaxLine,
// so that neither an endless line nor an endless quoted cell fills the memory.
type lines struct {
	src *bufio.Reader

	line  []byte // what is left of the current line; a part of src's buffer
	begun bool   // the current row has a line already
	size  int    // bytes of the current row
	blank int64  // blank lines before the current row
	err   error  // what ended the input; io.EOF if it ended well
}

func newLines(ctx context.Context, r io.Reader) *lines {
	// One byte more than a row may have: a full buffer is a row too long.
	return &lines{src: bufio.NewReaderSize(&source{ctx, r}, MaxLine+1)}
}

// begin starts a new row.
func (l *lines) begin() { l.begun, l.size, l.blank = false, 0, 0 }

// peek returns the first line of the next row without consuming it. It is valid
// until the next call.
func (l *lines) peek() ([]byte, error) {
	if len(l.line) == 0 {
		if err := l.next(); err != nil {
			return nil, err
		}
	}
	return l.line, nil
}

// drop consumes the line that was peeked.
func (l *lines) drop() { l.line, l.begun, l.size = nil, false, 0 }

// Read implements io.Reader. It never returns bytes of two lines.
func (l *lines) Read(p []byte) (int, error) {
	if len(l.line) == 0 {
		if err := l.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, l.line)
	l.line = l.line[n:]
	return n, nil
}

// next makes the next line of the row the current one.
func (l *lines) next() error {
	for l.err == nil {
		line, err := l.src.ReadSlice('\n')
		switch {
		case err == io.EOF && len(line) > 0:
			line = append(slices.Clip(line), '\n')
		case err == io.EOF && l.begun:
			l.err = selvedge.Errorf(selvedge.CodeInvalid, "the list ends inside a quoted cell: "+
				"a closing quote is missing, or the upload was cut short; nothing of it was taken").Because(reasonEndedEarly)
			continue
		case err == bufio.ErrBufferFull:
			l.err = errRowTooLong
			continue
		case err != nil:
			l.err = err
			continue
		}
		if l.size += len(line); l.size > MaxLine {
			l.err = errRowTooLong
			continue
		}
		if !l.begun && len(bytes.TrimRight(line, "\r\n")) == 0 {
			l.blank++
			l.size = 0
			continue
		}
		l.begun, l.line = true, line
		return nil
	}
	return l.err
}

// source is the upload. It gives its reader's failures the error that Receive
// returns, and ends when the context does.
type source struct {
	ctx context.Context //nolint:containedctx // lives as long as one Receive
	r   io.Reader
}

// Read implements io.Reader.
func (s *source) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := s.r.Read(p)
	if err == nil || err == io.EOF {
		return n, err
	}
	if e := s.ctx.Err(); e != nil {
		return n, e
	}
	if _, ok := errors.AsType[*selvedge.Error](err); ok {
		return n, err // such as the door's own cap on the upload
	}
	return n, endedEarly(err)
}

func endedEarly(cause error) error {
	e := selvedge.Errorf(selvedge.CodeInvalid,
		"the upload ended before the list did; nothing of it was taken, send it again").Because(reasonEndedEarly)
	e.Err = cause
	return e
}
