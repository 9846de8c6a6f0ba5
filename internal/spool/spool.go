// Package spool keeps a stream on the disk, to be read more than once, so that
// nobody else can read it.
//
// The promise: nothing of the stream is on the disk in the clear. It is sealed
// under a key that is drawn for it, held in memory, and kept nowhere, in a file
// that has no name once it was made: both are gone with the process, however that
// ends. It is not there to outlive a crash.
package spool

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/secret"
)

// Spool is a stream that was kept.
type Spool struct {
	file *os.File
	key  secret.Key
	size int64 // sealed
}

// Fill keeps what r holds, to its end, in a file in dir; the key comes from
// entropy. An error of r is returned as it is, and nothing is left.
func Fill(dir string, entropy selvedge.Entropy, r io.Reader) (_ *Spool, err error) {
	file, err := os.CreateTemp(dir, "spool-*")
	if err != nil {
		return nil, fmt.Errorf("make spool: %w", err)
	}
	s := &Spool{file: file, key: secret.Random(entropy, "spool")}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if err := os.Remove(file.Name()); err != nil {
		return nil, fmt.Errorf("make spool: %w", err)
	}
	sealed := s.key.Seal(file, nil)
	if _, err := io.Copy(sealed, r); err != nil {
		return nil, err
	}
	if err := sealed.Close(); err != nil {
		return nil, fmt.Errorf("write spool: %w", err)
	}
	s.size, err = file.Seek(0, io.SeekCurrent)
	return s, err
}

// Open returns a reader of the stream from its beginning. There may be several.
// What was changed on the disk is an error and not handed out.
func (s *Spool) Open() (io.ReadCloser, error) {
	return io.NopCloser(s.key.OpenFrom(io.NewSectionReader(s.file, 0, s.size), s.size, nil)), nil
}

// Close gives the disk back.
func (s *Spool) Close() error { return s.file.Close() }
