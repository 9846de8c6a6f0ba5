package blob

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// createLocked makes a temporary file of mode 0600 and locks it. The lock lives
// as long as the open file does: a crash ends it, and so tells an abandoned
// file from one that another process is writing.
func createLocked(folder, pattern string) (*os.File, error) {
	for {
		f, err := os.CreateTemp(folder, pattern)
		if err != nil {
			return nil, err
		}
		if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
			return nil, errors.Join(err, f.Close(), os.Remove(f.Name()))
		}
		// Between its making and its lock, somebody's sweep may have taken it
		// for abandoned: then it has no name any more, and another is made.
		if _, err := os.Lstat(f.Name()); err == nil {
			return f, nil
		}
		if err := f.Close(); err != nil {
			return nil, err
		}
	}
}

// sweep removes the temporary files that no writer has locked.
func sweep(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := sweepFile(filepath.Join(folder, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func sweepFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil // somebody is writing it
	}
	if err == nil {
		err = os.RemoveAll(path)
	}
	return err
}
