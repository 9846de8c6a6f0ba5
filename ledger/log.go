package ledger

import (
	"context"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/selvedge/selvedge"
)

// LogReader reads the tamper-evident log of one space. Implementations are safe
// for concurrent use.
type LogReader interface {
	// Size returns the number of leaves in the log. If there is no log, it
	// returns an error for which errors.Is says fs.ErrNotExist.
	Size(ctx context.Context) (int64, error)
	// Leaf returns a leaf. It returns a CodeNotFound error if the log has no
	// leaf at that index.
	Leaf(ctx context.Context, index int64) ([]byte, error)
	// Checkpoint returns the newest signed checkpoint. It may be older than the
	// newest leaves.
	Checkpoint(ctx context.Context) ([]byte, error)
	// AwaitPublished waits until a signed checkpoint covers a leaf and returns
	// it. It returns ctx's error if that comes first.
	AwaitPublished(ctx context.Context, index int64) ([]byte, error)
	// Prove returns the path from a leaf to the root of the tree that a
	// checkpoint stands for. It returns an error if there is no such leaf in
	// the tree, or if what is stored does not lead to that root.
	Prove(ctx context.Context, tree tlog.Tree, index int64) (tlog.RecordProof, error)
}

// Log is a log that can be added to. Its Size decides what an Add left
// undecided before it returns.
type Log interface {
	LogReader
	// Add adds a leaf at an index, which is the log's size: it returns a
	// CodeConflict error, and adds nothing, if it is not. So of two who would
	// add the same leaf, one is refused. When Add returns nil the leaf is
	// durable. If it returns any other error, also because ctx ended, the leaf
	// may be in the log or not; Size tells.
	Add(ctx context.Context, index int64, leaf []byte) error
}

// RecordedLeaf is what the database knows of a leaf in the log.
type RecordedLeaf struct {
	Space       Space
	Index       int64 // in the log, from 0 without a gap
	First, Last int64 // the entries that it stands for, both within
	Root        tlog.Hash
}

// Repository keeps records and what is known of leaves, in the database that
// the acts themselves are in.
type Repository interface {
	// Records returns the records of a space that come after a sequence number,
	// in order, at most limit.
	Records(ctx context.Context, tx selvedge.Tx, space Space, after int64, limit int) ([]Record, error)
	// Head returns the last sequence number that a space has given, 0 if none,
	// also if the record with that number is gone.
	Head(ctx context.Context, tx selvedge.Tx, space Space) (int64, error)
	// RecordLeaf notes that a leaf is in the log. It returns a CodeConflict
	// error if its index or its First is not the next.
	RecordLeaf(ctx context.Context, tx selvedge.Tx, leaf RecordedLeaf) error
	// ForgetLeaves forgets the leaves of a space: its log ended, and the next
	// one begins with its first entry. RecordLeaf then starts again at 0 and 1.
	ForgetLeaves(ctx context.Context, tx selvedge.Tx, space Space) error
	// Leaves returns the leaves of a space from an index on, in order, at most
	// limit.
	Leaves(ctx context.Context, tx selvedge.Tx, space Space, from int64, limit int) ([]RecordedLeaf, error)
	// LastLeaf returns the leaf of a space with the highest index, and false if
	// it has none.
	LastLeaf(ctx context.Context, tx selvedge.Tx, space Space) (RecordedLeaf, bool, error)
	// LeafOf returns the leaf that stands for an entry. It returns a
	// CodeNotFound error if there is none yet.
	LeafOf(ctx context.Context, tx selvedge.Tx, space Space, seq int64) (RecordedLeaf, error)
}
