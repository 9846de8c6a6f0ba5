package ledger

import (
	"context"
	"fmt"

	"github.com/selvedge/selvedge"
)

// Await returns nil once every entry of the space that was committed before
// the call is in the log: what a deed waits for after its intent. It returns
// what stopped Run, or ctx's error if that comes first. It wakes nobody.
func (s *Sequencer) Await(ctx context.Context) error {
	var head int64
	err := s.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) (err error) {
		head, err = s.Records.Head(ctx, tx, s.Space)
		return err
	})
	if err != nil {
		return fmt.Errorf("read outbox: %w", err)
	}
	for {
		in, moved, fatal := s.progress()
		switch {
		case in >= head:
			return nil
		case fatal != nil:
			return fatal
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// progress returns how far the log has got, what stopped Run, and a channel
// that closes when either changes.
func (s *Sequencer) progress() (in int64, moved <-chan struct{}, fatal error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.moved == nil {
		s.moved = make(chan struct{})
	}
	return s.in, s.moved, s.fatal
}

// advance notes that the entries up to one are in the log.
func (s *Sequencer) advance(seq int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if seq > s.in {
		s.in = seq
		s.wakeWaiting()
	}
}

// stop notes that nothing more will be entered.
func (s *Sequencer) stop(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fatal = err
	s.wakeWaiting()
}

// wakeWaiting tells every Await to look again. mu is held.
func (s *Sequencer) wakeWaiting() {
	if s.moved != nil {
		close(s.moved)
		s.moved = nil
	}
}
