package ledgertest

import (
	"context"
	"slices"
	"sync"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/ledger"
)

// Store is a database in memory: a selvedge.Transactor, a ledger.Repository and
// a ledger.Outbox.
type Store struct {
	Faults  *Faults
	Clock   selvedge.Clock
	Entropy selvedge.Entropy

	mu      sync.Mutex // held by a transaction
	records map[ledger.Space][]ledger.Record
	leaves  map[ledger.Space][]ledger.RecordedLeaf
	lost    map[ledger.Space]int64 // the last number given, if its record was lost
}

var (
	_ selvedge.Transactor = (*Store)(nil)
	_ ledger.Repository   = (*Store)(nil)
	_ ledger.Outbox       = (*Store)(nil)
)

// NewStore returns an empty store.
func NewStore(clock selvedge.Clock, entropy selvedge.Entropy) *Store {
	return &Store{
		Clock: clock, Entropy: entropy,
		records: map[ledger.Space][]ledger.Record{}, leaves: map[ledger.Space][]ledger.RecordedLeaf{},
		lost: map[ledger.Space]int64{},
	}
}

type transaction struct {
	writes bool
	undo   []func()
}

func (*transaction) OpaqueTx() {}

// Update implements selvedge.Transactor. A fault strikes at the commit.
func (s *Store) Update(ctx context.Context, fn func(context.Context, selvedge.Tx) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	tx := &transaction{writes: true}
	committed := false
	defer func() {
		if !committed {
			for _, undo := range slices.Backward(tx.undo) {
				undo()
			}
		}
	}()
	if err := fn(ctx, tx); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.Faults.call(func() error {
		committed = true
		return nil
	})
}

// View implements selvedge.Transactor.
func (s *Store) View(ctx context.Context, fn func(context.Context, selvedge.Tx) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	return fn(ctx, &transaction{})
}

// Append implements ledger.Outbox.
func (s *Store) Append(_ context.Context, tx selvedge.Tx, entries ...ledger.Entry) error {
	t, err := writable(tx)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Space != ledger.Ads && e.Space != ledger.Registry {
			return selvedge.Errorf(selvedge.CodeInternal, "an entry of no space")
		}
		old := s.records[e.Space]
		r, err := ledger.NewRecord(e, int64(len(old))+1, s.Clock.Now(), s.Entropy)
		if err != nil {
			return err
		}
		t.undo = append(t.undo, func() { s.records[e.Space] = old })
		s.records[e.Space] = append(old, r)
	}
	return nil
}

// Erase destroys salts and bodies and appends the erasure that names them, to
// the registry.
func (s *Store) Erase(ctx context.Context, tx selvedge.Tx, refs ...ledger.Ref) error {
	t, err := writable(tx)
	if err != nil {
		return err
	}
	for _, ref := range refs {
		r := &s.records[ref.Space][ref.Seq-1]
		old := *r
		t.undo = append(t.undo, func() { s.records[ref.Space][ref.Seq-1] = old })
		*r = old.Erased()
	}
	return s.Append(ctx, tx, ledger.Entry{
		Space: ledger.Registry, Kind: ledger.AccountErased, Actor: selvedge.System("erasure"), Body: ledger.Erasure{Entries: refs},
	})
}

// Tamper lets fn change a space behind the store's back.
func (s *Store) Tamper(space ledger.Space, fn func(records []ledger.Record, leaves []ledger.RecordedLeaf) ([]ledger.Record, []ledger.RecordedLeaf)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records[space], s.leaves[space] = fn(slices.Clone(s.records[space]), slices.Clone(s.leaves[space]))
}

// Lose takes the last records of a space away, and not the numbers that they
// were given.
func (s *Store) Lose(space ledger.Space, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.records[space]
	s.lost[space] = all[len(all)-1].Seq
	s.records[space] = slices.Clone(all[:len(all)-n])
}

// Records implements ledger.Repository.
func (s *Store) Records(ctx context.Context, _ selvedge.Tx, space ledger.Space, after int64, limit int) (out []ledger.Record, err error) {
	err = s.read(ctx, func() error {
		all := s.records[space]
		i, _ := slices.BinarySearchFunc(all, after+1, func(r ledger.Record, seq int64) int { return int(r.Seq - seq) })
		out = slices.Clone(all[i:min(len(all), i+limit)])
		return nil
	})
	return out, err
}

// Head implements ledger.Repository.
func (s *Store) Head(ctx context.Context, _ selvedge.Tx, space ledger.Space) (head int64, err error) {
	err = s.read(ctx, func() error {
		if n := len(s.records[space]); n > 0 {
			head = s.records[space][n-1].Seq
		}
		head = max(head, s.lost[space])
		return nil
	})
	return head, err
}

// RecordLeaf implements ledger.Repository.
func (s *Store) RecordLeaf(_ context.Context, tx selvedge.Tx, leaf ledger.RecordedLeaf) error {
	t, err := writable(tx)
	if err != nil {
		return err
	}
	old := s.leaves[leaf.Space]
	next := ledger.RecordedLeaf{Index: -1}
	if len(old) > 0 {
		next = old[len(old)-1]
	}
	if leaf.Index != next.Index+1 || leaf.First != next.Last+1 {
		return selvedge.Errorf(selvedge.CodeConflict, "another leaf is the next")
	}
	t.undo = append(t.undo, func() { s.leaves[leaf.Space] = old })
	s.leaves[leaf.Space] = append(old, leaf)
	return nil
}

// ForgetLeaves implements ledger.Repository.
func (s *Store) ForgetLeaves(_ context.Context, tx selvedge.Tx, space ledger.Space) error {
	t, err := writable(tx)
	if err != nil {
		return err
	}
	old := s.leaves[space]
	t.undo = append(t.undo, func() { s.leaves[space] = old })
	s.leaves[space] = nil
	return nil
}

// Leaves implements ledger.Repository.
func (s *Store) Leaves(ctx context.Context, _ selvedge.Tx, space ledger.Space, from int64, limit int) (out []ledger.RecordedLeaf, err error) {
	err = s.read(ctx, func() error {
		for _, l := range s.leaves[space] {
			if l.Index >= from && len(out) < limit {
				out = append(out, l)
			}
		}
		return nil
	})
	return out, err
}

// LastLeaf implements ledger.Repository.
func (s *Store) LastLeaf(ctx context.Context, _ selvedge.Tx, space ledger.Space) (last ledger.RecordedLeaf, ok bool, err error) {
	err = s.read(ctx, func() error {
		if n := len(s.leaves[space]); n > 0 {
			last, ok = s.leaves[space][n-1], true
		}
		return nil
	})
	return last, ok, err
}

// LeafOf implements ledger.Repository.
func (s *Store) LeafOf(ctx context.Context, _ selvedge.Tx, space ledger.Space, seq int64) (leaf ledger.RecordedLeaf, err error) {
	err = s.read(ctx, func() error {
		for _, l := range s.leaves[space] {
			if l.First <= seq && seq <= l.Last {
				leaf = l
				return nil
			}
		}
		return selvedge.Errorf(selvedge.CodeNotFound, "no leaf has the entry yet")
	})
	return leaf, err
}

func (s *Store) read(ctx context.Context, do func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.Faults.call(do)
}

func writable(tx selvedge.Tx) (*transaction, error) {
	if t := tx.(*transaction); t.writes {
		return t, nil
	}
	return nil, selvedge.Errorf(selvedge.CodeInternal, "a write in a read-only transaction")
}
