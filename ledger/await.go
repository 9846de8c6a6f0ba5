package ledger

import (
	"context"
	"errors"
	"fmt"

	"github.com/selvedge/selvedge"
)

// Await returns nil once every entry of the space that was committed before
// the call is in the log: what a deed waits for after its intent. It enters them
// itself, together with whatever else waits by then, unless somebody else has:
// of many who wait at once, few write. It returns Step's errors, or ctx's.
func (s *Sequencer) Await(ctx context.Context) error {
	var head int64
	err := s.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) (err error) {
		head, err = s.Records.Head(ctx, tx, s.Space)
		return err
	})
	if err != nil {
		return fmt.Errorf("read outbox: %w", err)
	}
	for s.entered() < head {
		if _, err := s.step(ctx, head); err != nil {
			return err
		}
	}
	return nil
}

// Contain stops the Sequencer for good, for a reason that was found elsewhere,
// such as a log that cannot be opened. The first reason stands.
func (s *Sequencer) Contain(reason error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fatal == nil {
		s.fatal = reason
	}
}

// Contained returns what stopped the Sequencer for good, nil if nothing did.
func (s *Sequencer) Contained() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fatal
}

// entered returns the last entry known to be in the log.
func (s *Sequencer) entered() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.in
}

// advance notes that the entries up to one are in the log.
func (s *Sequencer) advance(seq int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.in = max(s.in, seq)
}

// judged returns an error as it is, and remembers one that no later try may
// pass over: what contradicts itself now may look whole once more was written.
func (s *Sequencer) judged(err error) error {
	if errors.Is(err, ErrLogAhead) || errors.Is(err, ErrTampered) {
		s.Contain(err)
	}
	return err
}
