package list

import (
	"context"
	"errors"
	"io"

	"github.com/selvedge/selvedge"
)

const reasonEndedEarly = "ended_early"

// source is the upload. It gives its reader's failures the error that Receive
// returns, and ends when the context does.
type source struct {
	ctx context.Context //nolint:containedctx // lives as long as one Receive
	r   io.Reader
	err error // what r ended with; it is asked no more then
}

// Read implements io.Reader.
func (s *source) Read(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := s.r.Read(p)
	if err != nil {
		s.err = s.explain(err)
	}
	return n, s.err
}

func (s *source) explain(err error) error {
	if err == io.EOF {
		return err
	}
	if e := s.ctx.Err(); e != nil {
		return e
	}
	if _, ok := errors.AsType[*selvedge.Error](err); ok {
		return err // such as the door's own cap on the upload
	}
	return endedEarly(err)
}

func endedEarly(cause error) error {
	e := selvedge.Errorf(selvedge.CodeInvalid,
		"the upload ended before the list did; nothing of it was taken, send it again").Because(reasonEndedEarly)
	e.Err = cause
	return e
}

// atRow says at which row an error that the input ended with was met.
func atRow(err error, row int64) error {
	if e, ok := err.(*selvedge.Error); ok && e.Reason == reasonEndedEarly {
		return e.AtRow(row)
	}
	return err
}
