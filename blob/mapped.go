package blob

import (
	"errors"
	"fmt"
	"math"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// mapped is the content of a file, mapped read-only. A file that is replaced or
// removed stays readable through it.
type mapped struct {
	mu sync.Mutex
	b  []byte // guarded by mu; nil for an empty file, and after Close
}

func wrongSize(got, want int64) error {
	return fmt.Errorf("%d bytes where %d were written", got, want)
}

// mapFile maps the file, which must have the size.
func mapFile(name string, size int64) (_ *mapped, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() != size {
		return nil, wrongSize(info.Size(), size)
	}
	if size == 0 {
		return &mapped{}, nil // no system maps nothing
	}
	if size > math.MaxInt {
		return nil, errors.New("too long to map")
	}
	b, err := unix.Mmap(int(f.Fd()), 0, int(size), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map: %w", err)
	}
	return &mapped{b: b}, nil
}

// Bytes implements Content.
func (m *mapped) Bytes() []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.b
}

// Close implements Content. A second Close does nothing.
func (m *mapped) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.b == nil {
		return nil
	}
	b := m.b
	m.b = nil
	if err := unix.Munmap(b); err != nil {
		return fmt.Errorf("unmap: %w", err)
	}
	return nil
}
