// Package aside puts a stream aside that has to be read in any order.
//
// The promise: what was put aside can be read by this process alone, and for as
// long as it has the File. It goes to a file without a name, encrypted under a key
// that is in memory only, so that neither a copy of the disk nor a crash keeps
// anything of it.
package aside

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/secret"
)

// ErrTooLarge is what Fill returns for a stream of more than its limit.
var ErrTooLarge = errors.New("more than may be put aside")

// File is a stream that was put aside. Reading it is safe for concurrent use.
type File struct {
	f       *os.File
	counter secret.Counter
	size    int64
}

// Fill reads r to its end, of at most limit bytes. It returns ErrTooLarge for
// more, and the errors of r and of the folder; nothing is left then.
func Fill(r io.Reader, dir string, entropy selvedge.Entropy, limit int64) (*File, error) {
	f, err := os.CreateTemp(dir, "aside-*")
	if err != nil {
		return nil, fmt.Errorf("put aside: %w", err)
	}
	s := &File{f: f, counter: secret.Random(entropy, "aside").Counter()}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(fmt.Errorf("put aside: %w", err), f.Close())
	}
	if err := s.fill(r, limit); err != nil {
		_ = f.Close() // it has no name: nothing is left
		return nil, err
	}
	return s, nil
}

func (s *File) fill(r io.Reader, limit int64) error {
	buf := make([]byte, 256<<10)
	for {
		n, err := r.Read(buf)
		if s.size+int64(n) > limit {
			return ErrTooLarge
		}
		s.counter.XOR(buf[:n], s.size)
		if _, werr := s.f.WriteAt(buf[:n], s.size); werr != nil {
			return fmt.Errorf("put aside: %w", werr)
		}
		s.size += int64(n)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// Size returns how many bytes were put aside.
func (s *File) Size() int64 { return s.size }

// ReadAt implements io.ReaderAt.
func (s *File) ReadAt(p []byte, off int64) (int, error) {
	n, err := s.f.ReadAt(p, off)
	s.counter.XOR(p[:n], off)
	return n, err
}

// Close gives the space back.
func (s *File) Close() error { return s.f.Close() }
