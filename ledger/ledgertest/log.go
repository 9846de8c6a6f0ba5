package ledgertest

import (
	"bytes"
	"context"
	"slices"
	"sync"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/ledger/proof"
)

// Log is a ledger.Log in memory. It publishes a checkpoint with each leaf,
// unless Hold is set.
type Log struct {
	Faults *Faults

	signer note.Signer

	mu         sync.Mutex
	leaves     [][]byte
	checkpoint []byte
	held       bool
	published  chan struct{} // closed at the next checkpoint
}

var _ ledger.Log = (*Log)(nil)

// NewLog returns an empty log that signs with signer.
func NewLog(signer note.Signer) *Log {
	l := &Log{signer: signer, published: make(chan struct{})}
	l.publish()
	return l
}

// Size implements ledger.Log.
func (l *Log) Size(ctx context.Context) (size int64, err error) {
	err = l.call(ctx, func() error {
		size = int64(len(l.leaves))
		return nil
	})
	return size, err
}

// Add implements ledger.Log.
func (l *Log) Add(ctx context.Context, index int64, leaf []byte) error {
	return l.call(ctx, func() error {
		if index != int64(len(l.leaves)) {
			return selvedge.Errorf(selvedge.CodeConflict, "the log's next leaf is another one")
		}
		l.leaves = append(l.leaves, bytes.Clone(leaf))
		if !l.held {
			l.publish()
		}
		return nil
	})
}

// Leaf implements ledger.Log.
func (l *Log) Leaf(ctx context.Context, index int64) (leaf []byte, err error) {
	err = l.call(ctx, func() error {
		if index < 0 || index >= int64(len(l.leaves)) {
			return selvedge.Errorf(selvedge.CodeNotFound, "the log has no such leaf")
		}
		leaf = bytes.Clone(l.leaves[index])
		return nil
	})
	return leaf, err
}

// Checkpoint implements ledger.Log.
func (l *Log) Checkpoint(ctx context.Context) (signed []byte, err error) {
	err = l.call(ctx, func() error {
		signed = bytes.Clone(l.checkpoint)
		return nil
	})
	return signed, err
}

// AwaitPublished implements ledger.Log.
func (l *Log) AwaitPublished(ctx context.Context, index int64) ([]byte, error) {
	for {
		l.mu.Lock()
		published := l.published
		l.mu.Unlock()
		signed, err := l.Checkpoint(ctx)
		if err != nil {
			return nil, err
		}
		if c, err := proof.ReadCheckpoint(signed); err != nil || c.N > index {
			return signed, err
		}
		select {
		case <-published:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Prove implements ledger.Log.
func (l *Log) Prove(ctx context.Context, tree tlog.Tree, index int64) (path tlog.RecordProof, err error) {
	err = l.call(ctx, func() error {
		all := l.tree()
		if root, err := all.Root(tree.N); err != nil || root != tree.Hash {
			return selvedge.Errorf(selvedge.CodeInternal, "the leaves do not lead to that root")
		}
		path, err = tlog.ProveRecord(tree.N, index, all)
		return err
	})
	return path, err
}

// Hold stops publishing until Publish.
func (l *Log) Hold() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held = true
}

// Publish signs a checkpoint over all leaves.
func (l *Log) Publish() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.publish()
}

// Leaves returns the leaves, whatever fault is armed.
func (l *Log) Leaves() [][]byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.leaves)
}

// Tamper lets fn change the leaves behind the log's back. The checkpoint stays.
func (l *Log) Tamper(fn func(leaves [][]byte) [][]byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.leaves = fn(l.leaves)
}

func (l *Log) call(ctx context.Context, do func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Faults.call(do)
}

func (l *Log) tree() *proof.Tree {
	var t proof.Tree
	for _, leaf := range l.leaves {
		t.Append(leaf)
	}
	return &t
}

func (l *Log) publish() {
	t := l.tree()
	root, err := t.Root(t.Size())
	if err != nil {
		panic(err)
	}
	l.checkpoint, err = note.Sign(&note.Note{Text: CheckpointText(l.signer.Name(), t.Size(), root)}, l.signer)
	if err != nil {
		panic(err)
	}
	close(l.published)
	l.published = make(chan struct{})
}
