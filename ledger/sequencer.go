package ledger

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"sync"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/killpoint"
	"github.com/selvedge/selvedge/ledger/proof"
)

// What stops a Sequencer for good. The server is then to be contained: nothing
// matched, nothing served, until a person has looked.
var (
	// ErrLogAhead says that the log has leaves of entries that the database
	// does not have: a backup of the database was restored.
	ErrLogAhead = errors.New("the log is ahead of the database")
	// ErrTampered says that log and database contradict each other, and where.
	ErrTampered = errors.New("log and database contradict each other")
)

// Sequencer moves the entries of one space from the outbox to the log.
//
// What the next leaf stands for is decided by the database alone, and a leaf is
// added before it is recorded. So a crash leaves at most one leaf in the log
// that the database does not know, and the next Sequencer makes it again from
// the outbox: equal, it is recorded and not added twice.
//
// What contradicts itself stops it for good: until there is another Sequencer,
// it does nothing more and says why.
//
// One Sequencer works at a space at a time; should there be two, one is refused
// at each leaf and nothing is entered twice. Its methods are safe for
// concurrent use.
type Sequencer struct {
	Space   Space
	Tx      selvedge.Transactor
	Records Repository
	Log     Log
	Logger  *slog.Logger

	working sync.Mutex // held while the log and the database are compared and added to
	checked bool       // whether the last leaf was compared; guarded by working

	mu    sync.Mutex
	in    int64 // the last entry known to be in the log; guarded by mu
	fatal error // what stopped it for good; guarded by mu
}

// Run enters what waits, then whenever wake is signalled, until ctx ends, and
// returns nil. It returns an ErrLogAhead or ErrTampered error, or what it was
// contained for. Any other error is logged and tried again at the next wake:
// whoever wakes it does so at each commit and at least once a second.
func (s *Sequencer) Run(ctx context.Context, wake <-chan struct{}) error {
	for {
		n, err := s.Step(ctx)
		switch {
		case s.Contained() != nil:
			return s.Contained()
		case err != nil && ctx.Err() == nil:
			s.Logger.ErrorContext(ctx, "enter in the ledger", "space", s.Space, "error", err)
		case n > 0:
			continue // there may be more than one leaf's worth
		}
		select {
		case <-wake:
		case <-ctx.Done():
			return nil
		}
	}
}

// Step makes one leaf of the next entries, at most proof.MaxEntries, adds it to
// the log and records it. It returns the number of entries, 0 if none waits.
// Before, it does what Reconcile does and returns its errors; it also returns an
// ErrTampered error if an entry that waited is gone. After either of these it
// does nothing any more and returns the same error again.
func (s *Sequencer) Step(ctx context.Context) (int, error) { return s.step(ctx, math.MaxInt64) }

// step does Step's work, unless the entries up to one are in the log.
func (s *Sequencer) step(ctx context.Context, upTo int64) (int, error) {
	s.working.Lock()
	defer s.working.Unlock()
	if err := s.Contained(); err != nil {
		return 0, err
	}
	if s.entered() >= upTo {
		return 0, nil // by who had the turn before
	}
	n, err := s.enter(ctx)
	return n, s.judged(err)
}

// enter makes and adds one leaf. working is held.
func (s *Sequencer) enter(ctx context.Context) (int, error) {
	last, err := s.reconcile(ctx)
	if err != nil {
		return 0, err
	}
	records, err := s.waiting(ctx, last.Last)
	if err != nil || len(records) == 0 {
		return 0, err
	}
	leaf, _, err := makeLeaf(s.Space, last.Last, records)
	if err != nil {
		return 0, err
	}
	text, err := leaf.Marshal()
	if err != nil {
		return 0, err
	}
	index := last.Index + 1
	killpoint.Reach("before a leaf is added")
	if err := s.Log.Add(ctx, index, text); err != nil {
		return 0, fmt.Errorf("add leaf %d: %w", index, err)
	}
	killpoint.Reach("after a leaf is added")
	if err := s.record(ctx, index, leaf); err != nil {
		return len(records), err
	}
	killpoint.Reach("after a leaf is recorded")
	return len(records), nil
}

// Reconcile compares the log with the database and records the leaves that the
// database does not know and that its entries make. It adds none. It returns
// an ErrLogAhead error if the log has leaves of entries that are missing, and
// an ErrTampered error if a leaf is not what its entries make, if the log lost
// leaves, or if the last one known is another; both name leaf and entries.
func (s *Sequencer) Reconcile(ctx context.Context) error {
	s.working.Lock()
	defer s.working.Unlock()
	if err := s.Contained(); err != nil {
		return err
	}
	_, err := s.reconcile(ctx)
	return s.judged(err)
}

// reconcile does Reconcile's work and returns the last leaf, which is in both.
// Its Index is -1 if there is none. working is held.
func (s *Sequencer) reconcile(ctx context.Context) (RecordedLeaf, error) {
	for {
		// The database first: a leaf is in the log before it is here, so the
		// log's size, read after, is never behind without a reason.
		last, err := s.lastLeaf(ctx)
		if err != nil {
			return RecordedLeaf{}, err
		}
		size, err := s.Log.Size(ctx)
		if err != nil {
			return RecordedLeaf{}, fmt.Errorf("read log: %w", err)
		}
		known := last.Index + 1
		if size < known {
			return RecordedLeaf{}, fmt.Errorf("%w: %s: the log ends before leaf %d, and the database knows leaves to %d (entry %d)",
				ErrTampered, s.Space, size, last.Index, last.Last)
		}
		if err := s.checkLast(ctx, last); err != nil {
			return RecordedLeaf{}, err
		}
		s.advance(last.Last)
		if size == known {
			return last, nil
		}
		if err := s.adopt(ctx, last); err != nil {
			return RecordedLeaf{}, err
		}
	}
}

// checkLast compares the last leaf that the database knows with the log's, once:
// that the sizes agree says nothing if a folder was swapped.
func (s *Sequencer) checkLast(ctx context.Context, last RecordedLeaf) error {
	if s.checked || last.Index < 0 {
		return nil
	}
	leaf, err := s.leaf(ctx, last.Index)
	if err != nil {
		return err
	}
	if recorded(last.Index, leaf) != last {
		return fmt.Errorf("%w: %s: leaf %d (entries %d to %d) is another one in the log",
			ErrTampered, s.Space, last.Index, last.First, last.Last)
	}
	s.checked = true
	return nil
}

// adopt records the leaf after last, which is in the log, if the database's
// entries make the very same one.
func (s *Sequencer) adopt(ctx context.Context, last RecordedLeaf) error {
	index := last.Index + 1
	leaf, err := s.leaf(ctx, index)
	if err != nil {
		return err
	}
	if leaf.Space != string(s.Space) || leaf.First != last.Last+1 {
		return fmt.Errorf("%w: %s: leaf %d begins with entry %d of %s, and entry %d of %s is the next",
			ErrTampered, s.Space, index, leaf.First, leaf.Space, last.Last+1, s.Space)
	}
	// Its own range, not the one that would be entered now: there may be more.
	records, err := s.records(ctx, last.Last, int(leaf.Count()))
	if err != nil {
		return err
	}
	if len(records) < int(leaf.Count()) {
		return fmt.Errorf("%w: %s: leaf %d has entries %d to %d, and the database has %d of them",
			ErrLogAhead, s.Space, index, leaf.First, leaf.Last, len(records))
	}
	made, _, err := makeLeaf(s.Space, last.Last, records)
	if err != nil {
		return err
	}
	if made != leaf {
		return fmt.Errorf("%w: %s: leaf %d is not what entries %d to %d make",
			ErrTampered, s.Space, index, leaf.First, leaf.Last)
	}
	return s.record(ctx, index, leaf)
}

// leaf reads a leaf of the log. One that is none is tampering.
func (s *Sequencer) leaf(ctx context.Context, index int64) (proof.Leaf, error) {
	text, err := s.Log.Leaf(ctx, index)
	if err != nil {
		return proof.Leaf{}, fmt.Errorf("read leaf %d: %w", index, err)
	}
	leaf, err := proof.ParseLeaf(text)
	if err != nil {
		return proof.Leaf{}, fmt.Errorf("%w: %s: leaf %d: %w", ErrTampered, s.Space, index, err)
	}
	return leaf, nil
}

func recorded(index int64, l proof.Leaf) RecordedLeaf {
	return RecordedLeaf{Space: Space(l.Space), Index: index, First: l.First, Last: l.Last, Root: l.Root}
}

func (s *Sequencer) record(ctx context.Context, index int64, leaf proof.Leaf) error {
	err := s.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		return s.Records.RecordLeaf(ctx, tx, recorded(index, leaf))
	})
	if err != nil {
		return fmt.Errorf("record leaf %d: %w", index, err)
	}
	s.advance(leaf.Last)
	return nil
}

func (s *Sequencer) records(ctx context.Context, after int64, limit int) (out []Record, err error) {
	err = s.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		out, err = s.Records.Records(ctx, tx, s.Space, after, limit)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read outbox: %w", err)
	}
	return out, nil
}

// waiting returns the next entries that are in no leaf. That there are none is
// only true if none was given a number.
func (s *Sequencer) waiting(ctx context.Context, after int64) (out []Record, err error) {
	var head int64
	err = s.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		if out, err = s.Records.Records(ctx, tx, s.Space, after, proof.MaxEntries); err != nil || len(out) > 0 {
			return err
		}
		head, err = s.Records.Head(ctx, tx, s.Space)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read outbox: %w", err)
	}
	if len(out) == 0 && head > after {
		return nil, fmt.Errorf("%w: %s: entry %d is not in the database, and %d were given", ErrTampered, s.Space, after+1, head)
	}
	return out, nil
}

func (s *Sequencer) lastLeaf(ctx context.Context) (RecordedLeaf, error) {
	last := RecordedLeaf{Index: -1}
	err := s.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		l, ok, err := s.Records.LastLeaf(ctx, tx, s.Space)
		if ok {
			last = l
		}
		return err
	})
	if err != nil {
		return RecordedLeaf{}, fmt.Errorf("read leaves: %w", err)
	}
	return last, nil
}
