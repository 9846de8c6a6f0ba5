package bench

import (
	"context"
	"encoding/binary"
	"errors"
	"sync"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
)

// memory is a blob.Store without a disk: the engine alone is measured, and not
// how fast a disk syncs. It numbers its blobs and does not hash them.
type memory struct {
	mu    sync.Mutex
	blobs map[[32]byte][]byte // guarded by mu, as is spare
	// spare is the memory of what was deleted last. The next blob has it, so that
	// it is warm, as a file system's is.
	spare []byte
}

var _ blob.Store = (*memory)(nil)

// Create implements blob.Store.
func (m *memory) Create(_ context.Context, k blob.Kind) (blob.Writer, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	w := &memoryWriter{store: m, kind: k, bytes: m.spare[:0]}
	m.spare = nil
	return w, nil
}

// Open implements blob.Store.
func (m *memory) Open(_ context.Context, ref blob.Ref) (blob.Content, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, ok := m.blobs[ref.Sum]
	if !ok {
		return nil, selvedge.Errorf(selvedge.CodeNotFound, "no such blob")
	}
	return memoryContent(b), nil
}

// Stat implements blob.Store.
func (m *memory) Stat(ctx context.Context, ref blob.Ref) error {
	_, err := m.Open(ctx, ref)
	return err
}

// Delete implements blob.Store.
func (m *memory) Delete(_ context.Context, ref blob.Ref) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.spare = m.blobs[ref.Sum]
	delete(m.blobs, ref.Sum)
	return nil
}

var errNoCollection = errors.New("nothing is collected in memory")

// Each implements blob.Store.
func (m *memory) Each(context.Context, func(blob.Ref) error) (int64, error) {
	return 0, errNoCollection
}

// Lock implements blob.Store.
func (m *memory) Lock(context.Context) (func(), error) { return nil, errNoCollection }

type memoryWriter struct {
	store *memory
	kind  blob.Kind
	bytes []byte
}

// Write implements io.Writer.
func (w *memoryWriter) Write(p []byte) (int, error) {
	w.bytes = append(w.bytes, p...)
	return len(p), nil
}

// Commit implements blob.Writer.
func (w *memoryWriter) Commit() (blob.Ref, error) {
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	ref := blob.Ref{Kind: w.kind, Size: int64(len(w.bytes))}
	binary.LittleEndian.PutUint64(ref.Sum[:], uint64(len(w.store.blobs)+1))
	w.store.blobs[ref.Sum] = w.bytes
	return ref, nil
}

// Abort implements blob.Writer.
func (w *memoryWriter) Abort() {}

type memoryContent []byte

// Bytes implements blob.Content.
func (c memoryContent) Bytes() []byte { return c }

// Close implements blob.Content.
func (memoryContent) Close() error { return nil }
