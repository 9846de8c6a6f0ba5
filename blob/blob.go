package blob

import (
	"context"
	"io"
	"log/slog"
	"slices"

	"github.com/selvedge/selvedge"
)

// Kind is the folder that a blob lives in. It is a fixed word, never input.
type Kind string

// The kinds.
const (
	KindChunk   Kind = "chunk"   // tokens of contact points: truth
	KindSegment Kind = "segment" // derived from chunks
	KindSpill   Kind = "spill"   // tokens of one list until it is matched
	KindBitmap  Kind = "bitmap"  // members of a list or a version
	KindSidecar Kind = "sidecar" // what ties a list's rows together, sealed
	KindRows    Kind = "rows"    // which rows of a list were refused, sealed
	KindUpload  Kind = "upload"  // a part of a file on its way, sealed
)

var kinds = []Kind{KindChunk, KindSegment, KindSpill, KindBitmap, KindSidecar, KindRows, KindUpload}

// check returns a CodeInvalid error for a word that is not one of the kinds.
func (k Kind) check() error {
	if !slices.Contains(kinds, k) {
		return selvedge.Errorf(selvedge.CodeInvalid, "not a kind of blob").At("kind")
	}
	return nil
}

// Ref names a blob. Sum is the SHA-256 of its content. A Ref never reaches an
// org: it would tell two equal audiences from two different ones.
type Ref struct {
	Kind Kind
	Sum  [32]byte
	Size int64
}

// LogValue implements slog.LogValuer: the kind and size alone.
func (r Ref) LogValue() slog.Value {
	return slog.GroupValue(slog.String("kind", string(r.Kind)), slog.Int64("bytes", r.Size))
}

// Store keeps blobs. Implementations are safe for concurrent use. Every method
// returns the context's error if it was cancelled before the call, and a
// CodeInvalid error for a kind that is not one of the constants. No error
// holds the name of a blob.
type Store interface {
	// Create begins a blob of the kind. Commit or Abort must be called, or the
	// Writer holds on to what it has.
	Create(ctx context.Context, kind Kind) (Writer, error)
	// Open returns the whole content of a blob. Every call reads all of it and
	// checks it against its name and size. It returns a CodeNotFound error if
	// there is none of that name, and a CodeInternal error naming the blob's
	// kind if the content differs. What the medium does to a content while it
	// is open is seen by the next Open.
	Open(ctx context.Context, ref Ref) (Content, error)
	// Stat returns nil if there is a blob of that name and size, a CodeNotFound
	// error if there is none of that name, and a CodeInternal error naming the
	// kind if it has another size. It does not read the content.
	Stat(ctx context.Context, ref Ref) error
	// Each calls fn with every blob, in no order, with the size that it has. A
	// blob that is put or deleted meanwhile may be left out. It returns how many
	// things it found that are no blob; what is still being written is not
	// counted. An error of fn ends it and is returned.
	Each(ctx context.Context, fn func(Ref) error) (foreign int64, err error)
	// Delete removes a blob, durably when it returns nil. Removing one that is
	// not there is no error. A Content that is open stays readable. Only a
	// Collector calls it: who else deletes may delete what a row names.
	Delete(ctx context.Context, ref Ref) error
	// Lock waits for the one lock of the store, which whoever deletes holds,
	// and returns what gives it back. The death of its holder frees it, and
	// nothing else does: not a lease, which a process that was asleep outlives.
	Lock(ctx context.Context) (unlock func(), err error)
}

// Writer writes one blob. It belongs to one goroutine.
type Writer interface {
	io.Writer
	// Commit makes the blob durable and returns its name. When it returns an
	// error the blob may or may not exist; no row may name it. It returns an
	// error if a Write failed before, and after Commit or Abort. A blob that is
	// there already is written again: the one that is there may be damaged.
	Commit() (Ref, error)
	// Abort drops what was written. After Commit it does nothing, so that it
	// can be deferred.
	Abort()
}

// Content is the content of a blob, in memory or mapped. It is safe for
// concurrent reading until it is closed.
type Content interface {
	// Bytes returns the content. It must not be written to, nor used after
	// Close.
	Bytes() []byte
	// Close releases the content. A second Close does nothing.
	Close() error
}
