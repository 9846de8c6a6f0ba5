package tesseralog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/sys/unix"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/ledger/proof"
)

// The shortest and the longest time between two checkpoints.
const (
	MinCheckpointInterval = 100 * time.Millisecond
	MaxCheckpointInterval = 4 * time.Second
)

// closeTimeout is how long Close waits for a checkpoint over the last leaf: more
// than two of the longest intervals.
const closeTimeout = 10 * time.Second

// Config says how a log is kept.
type Config struct {
	// CheckpointInterval is the time between checkpoints, from
	// MinCheckpointInterval to MaxCheckpointInterval. A leaf is published at
	// most twice that after it is added.
	CheckpointInterval time.Duration
}

// Log is a ledger.Log in a folder. It is safe for concurrent use.
type Log struct {
	*View

	lock   *os.File
	add    tessera.AddFn
	finish func(context.Context) error // waits for the last checkpoint
	stop   context.CancelFunc          // ends Tessera's goroutines

	// turn is held, by having its one value, by whoever adds or asks for the
	// size. It is a channel so that waiting for it can be given up.
	turn    chan struct{}
	pending chan error // the outcome of an add that was given up; owned by turn
	last    int64      // index of the last leaf added, -1 if none; owned by turn
	closed  bool       // owned by turn

	closing sync.Once
}

var _ ledger.Log = (*Log)(nil)

// Open opens the log in a folder, making it if it is not there. Its origin is
// the signer's name. It returns a CodeInvalid error for an interval out of its
// bounds, and a CodeConflict error with a reason: log_locked if another process
// has the folder, other_origin if it is another log's, log_damaged if it lost
// leaves that it signed for.
func Open(ctx context.Context, dir string, signer note.Signer, cfg Config) (_ *Log, err error) {
	if cfg.CheckpointInterval < MinCheckpointInterval || cfg.CheckpointInterval > MaxCheckpointInterval {
		return nil, selvedge.Errorf(selvedge.CodeInvalid, "checkpoints are %s to %s apart", MinCheckpointInterval, MaxCheckpointInterval).At("checkpoint_interval")
	}
	l := &Log{View: &View{dir: dir, done: make(chan struct{})}, turn: make(chan struct{}, 1), last: -1}
	if l.lock, err = lockFolder(dir); err != nil {
		return nil, err
	}
	// Tessera's goroutines live until Close, not until the caller's ctx ends.
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	l.stop = stop
	defer func() {
		if err != nil {
			stop()
			err = errors.Join(err, l.lock.Close())
		}
	}()
	// Before Tessera looks: it signs for whatever tree it finds.
	if err := l.checkSigned(ctx, signer.Name()); err != nil {
		return nil, err
	}
	driver, err := posix.New(running, posix.Config{Path: dir})
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	appender, finish, _, err := tessera.NewAppender(running, driver, tessera.NewAppendOptions().
		WithCheckpointSigner(signer).
		WithCheckpointInterval(cfg.CheckpointInterval).
		WithBatching(1, MinCheckpointInterval)) // full at one leaf: the age never counts
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	l.add, l.finish = appender.Add, finish
	l.turn <- struct{}{}
	return l, nil
}

// lockFolder makes the folder if need be and takes it for this process.
func lockFolder(dir string) (*os.File, error) {
	state := filepath.Join(dir, ".state")
	if err := os.MkdirAll(state, 0o755); err != nil {
		return nil, fmt.Errorf("make log folder: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(state, "selvedge.lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock log folder: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return nil, errors.Join(selvedge.Errorf(selvedge.CodeConflict, "another process has this log").Because("log_locked"), f.Close())
	}
	return f, nil
}

// checkSigned checks that the folder has the leaves which its checkpoint was
// signed for, if it has one.
func (l *Log) checkSigned(ctx context.Context, origin string) error {
	signed, err := l.Checkpoint(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	c, err := proof.ReadCheckpoint(signed)
	if err != nil {
		return fmt.Errorf("read checkpoint: %w", err)
	}
	if c.Origin != origin {
		return selvedge.Errorf(selvedge.CodeConflict, "this folder has the log of another origin").Because("other_origin")
	}
	size, err := l.View.Size(ctx)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if c.N > size { // also if the state is gone
		return selvedge.Errorf(selvedge.CodeConflict, "the log has %d leaves and once signed for %d: its folder is an older copy", size, c.N).Because("log_damaged")
	}
	if c.N == 0 {
		return nil
	}
	if _, err := l.Prove(ctx, c.Tree, c.N-1); err != nil {
		return selvedge.Errorf(selvedge.CodeConflict, "the log's hashes do not lead to the checkpoint that it signed").Because("log_damaged")
	}
	return nil
}

// take waits for the turn, and for the outcome of an add that was given up.
func (l *Log) take(ctx context.Context) error {
	select {
	case <-l.turn:
	case <-ctx.Done():
		return ctx.Err()
	}
	if l.pending == nil {
		return nil
	}
	select {
	case <-l.pending: // whether it came, the size tells
		l.pending = nil
		return nil
	case <-ctx.Done():
		l.give()
		return ctx.Err()
	}
}

func (l *Log) give() { l.turn <- struct{}{} }

// Size implements ledger.Log.
func (l *Log) Size(ctx context.Context) (int64, error) {
	if err := l.take(ctx); err != nil {
		return 0, err
	}
	defer l.give()
	return l.View.Size(ctx)
}

// Add implements ledger.Log. After Close it returns a CodeUnavailable error.
func (l *Log) Add(ctx context.Context, index int64, leaf []byte) error {
	if err := l.take(ctx); err != nil {
		return err
	}
	defer l.give()
	if l.closed {
		return selvedge.Errorf(selvedge.CodeUnavailable, "the log is closed")
	}
	size, err := l.View.Size(ctx)
	if err != nil {
		return err
	}
	if index != size {
		return selvedge.Errorf(selvedge.CodeConflict, "the log's next leaf is %d, not %d", size, index)
	}
	// A copy: Tessera keeps the bytes until they are on disk, also when ctx
	// ends and the caller uses them again.
	future := l.add(context.WithoutCancel(ctx), tessera.NewEntry(bytes.Clone(leaf)))
	l.last = index
	outcome := make(chan error, 1)
	go func() {
		at, err := future()
		if err == nil && at.Index != uint64(index) {
			err = fmt.Errorf("leaf %d went to %d: somebody else writes to the log", index, at.Index)
		}
		outcome <- err
	}()
	select {
	case err := <-outcome:
		if err != nil {
			return fmt.Errorf("add leaf: %w", err)
		}
		return nil
	case <-ctx.Done():
		l.pending = outcome
		return ctx.Err()
	}
}

// Close waits for a checkpoint over the last leaf, at most ten seconds, and
// lets the folder go. It returns an error if the checkpoint did not come: the
// leaves are on disk, and the next Open publishes them.
func (l *Log) Close() error {
	err := error(nil)
	l.closing.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
		defer cancel()
		if err = l.take(ctx); err == nil {
			l.closed = true
			last := l.last
			l.give()
			if last >= 0 { // Tessera looks for the checkpoint more seldom
				_, err = l.AwaitPublished(ctx, last)
			}
			err = errors.Join(err, l.finish(ctx))
		}
		close(l.done)
		l.stop()
		err = errors.Join(err, l.lock.Close())
	})
	return err
}
