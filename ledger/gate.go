package ledger

import (
	"context"
	"log/slog"
	"sync"

	"github.com/selvedge/selvedge"
)

// Gate stands between an intent and its deed. Its implementations are safe for
// concurrent use.
type Gate interface {
	// Await returns nil once every entry of a space that was committed before
	// the call is in its log. It returns a CodeContained error if the server is
	// contained, and ctx's error if that comes first.
	Await(ctx context.Context, space Space) error
	// Contained returns nil while logs and database agree, as far as anybody
	// looked, and otherwise a CodeContained error. A person's no must not be
	// made to pass it: an off is possible whatever the ledger's state.
	Contained() error
}

// Both is the Gate over the two spaces: what stops one contains all. The zero
// Both has no log, and refuses with a CodeUnavailable error.
type Both struct{ Ads, Registry *Sequencer }

var _ Gate = (*Both)(nil)

// Await implements Gate.
func (b *Both) Await(ctx context.Context, space Space) error {
	if err := b.Contained(); err != nil {
		return err
	}
	s := b.Ads
	if space == Registry {
		s = b.Registry
	}
	if err := s.Await(ctx); err != nil {
		if contained := b.Contained(); contained != nil {
			return contained
		}
		return err
	}
	return nil
}

// Contained implements Gate. The error's cause says what contradicts what.
func (b *Both) Contained() error {
	for _, s := range []*Sequencer{b.Ads, b.Registry} {
		if s == nil {
			return selvedge.Errorf(selvedge.CodeUnavailable, "the ledger is not open: the server was not started")
		}
		if err := s.Contained(); err != nil {
			e := selvedge.Errorf(selvedge.CodeContained,
				"the ledger and the database contradict each other: nothing is matched or shown until a person has looked")
			e.Err = err
			return e
		}
	}
	return nil
}

// Run runs both sequencers until ctx ends, each with its own wake. It says
// aloud, once, what stops one for good, and goes on with the other: what people
// take away is still entered where it can be.
func (b *Both) Run(ctx context.Context, log *slog.Logger, ads, registry <-chan struct{}) {
	var running sync.WaitGroup
	defer running.Wait()
	for s, wake := range map[*Sequencer]<-chan struct{}{b.Ads: ads, b.Registry: registry} {
		running.Go(func() {
			if err := s.Run(ctx, wake); err != nil {
				log.ErrorContext(ctx, "contained: nothing is matched or shown until a person has looked", "space", s.Space, "error", err)
			}
		})
	}
}
