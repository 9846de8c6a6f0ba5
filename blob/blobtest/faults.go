package blobtest

import (
	"context"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/selvedge/selvedge/blob"
)

// Way is how a Faults fails.
type Way string

// The ways.
const (
	Fails     Way = "fails"
	Persists  Way = "fails, but persists" // an error, of something that was done
	Truncates Way = "truncates"           // no error, and the committed blob lost its tail
	Flips     Way = "flips a bit"         // no error, and the committed blob has another bit
	Fills     Way = "disk is full"        // from a write on, half of which is taken
)

// Ways returns all ways.
func Ways() []Way { return []Way{Fails, Persists, Truncates, Flips, Fills} }

// ErrFault is the error of a Faults that fails.
var ErrFault = errors.New("the blob store fails")

// Faults is a Store in a folder of a blob.Dir that fails when it is told to. It
// is safe for concurrent use.
type Faults struct {
	blob.Store
	Dir string
	// Spare says of a blob that is committed again whether damage passes it by.
	// Damage to what a row names already is the medium's, whenever it comes: no
	// order of steps keeps it away, and all that can be done is to notice.
	Spare func(blob.Ref) bool

	mu    sync.Mutex
	way   Way  // guarded by mu, like all below
	left  int  // operations until the one that fails
	fired bool // it has failed
}

// Arm has the n-th operation from now fail, counted among those that can fail in
// that way: commits for damage, writes for a full disk, all for the others.
func (f *Faults) Arm(way Way, n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.way, f.left, f.fired = way, n, false
}

// Disarm mends the store, and says whether it had failed.
func (f *Faults) Disarm() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.way = ""
	return f.fired
}

// next returns the way in which an operation fails, "" if it does not.
func (f *Faults) next(op string) Way {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch f.way {
	case "":
		return ""
	case Fills:
		if op != "write" {
			return ""
		}
	case Truncates, Flips:
		if op != "commit" {
			return ""
		}
	}
	f.left--
	if f.left == 0 || f.way == Fills && f.left < 0 {
		f.fired = true
		return f.way
	}
	return ""
}

// do does an operation, or fails it.
func (f *Faults) do(op string, fn func() error) error {
	switch f.next(op) {
	case Fails:
		return ErrFault
	case Persists:
		return errors.Join(ErrFault, fn())
	default:
		return fn()
	}
}

// Create implements blob.Store. A fault leaves nothing, since there is nobody to
// drop what was made.
func (f *Faults) Create(ctx context.Context, kind blob.Kind) (blob.Writer, error) {
	if f.next("create") != "" {
		return nil, ErrFault
	}
	w, err := f.Store.Create(ctx, kind)
	if err != nil {
		return nil, err
	}
	return faultyWriter{w, f}, nil
}

// Open implements blob.Store.
func (f *Faults) Open(ctx context.Context, ref blob.Ref) (blob.Content, error) {
	if f.next("open") != "" {
		return nil, ErrFault
	}
	return f.Store.Open(ctx, ref)
}

// Stat implements blob.Store.
func (f *Faults) Stat(ctx context.Context, ref blob.Ref) error {
	return f.do("stat", func() error { return f.Store.Stat(ctx, ref) })
}

// Each implements blob.Store.
func (f *Faults) Each(ctx context.Context, fn func(blob.Ref) error) (n int64, err error) {
	err = f.do("each", func() (err error) {
		n, err = f.Store.Each(ctx, fn)
		return err
	})
	return n, err
}

// Delete implements blob.Store.
func (f *Faults) Delete(ctx context.Context, ref blob.Ref) error {
	return f.do("delete", func() error { return f.Store.Delete(ctx, ref) })
}

// Lock implements blob.Store.
func (f *Faults) Lock(ctx context.Context) (func(), error) {
	if f.next("lock") != "" {
		return nil, ErrFault
	}
	return f.Store.Lock(ctx)
}

type faultyWriter struct {
	blob.Writer
	f *Faults
}

func (w faultyWriter) Write(p []byte) (n int, err error) {
	switch w.f.next("write") {
	case Fails:
		return 0, ErrFault
	case Fills:
		n, err = w.Writer.Write(p[:len(p)/2])
		return n, errors.Join(syscall.ENOSPC, err)
	case Persists:
		n, err = w.Writer.Write(p)
		return n, errors.Join(ErrFault, err)
	default:
		return w.Writer.Write(p)
	}
}

func (w faultyWriter) Commit() (blob.Ref, error) {
	switch way := w.f.next("commit"); way {
	case Fails:
		return blob.Ref{}, ErrFault
	case Persists:
		_, err := w.Writer.Commit()
		return blob.Ref{}, errors.Join(ErrFault, err)
	case Truncates, Flips:
		ref, err := w.Writer.Commit()
		if err != nil || ref.Size == 0 || w.f.Spare(ref) {
			return ref, err
		}
		return ref, damage(w.f.Dir, ref, way)
	default:
		return w.Writer.Commit()
	}
}

// damage does to a committed blob what a medium may do.
func damage(dir string, ref blob.Ref, way Way) error {
	sum := hex.EncodeToString(ref.Sum[:])
	path := filepath.Join(dir, string(ref.Kind), sum[:2], sum)
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if way == Truncates {
		content = content[:len(content)-1]
	} else {
		content[len(content)/2] ^= 1
	}
	return os.WriteFile(path, content, 0o600)
}
