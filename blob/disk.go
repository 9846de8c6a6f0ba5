package blob

import (
	"errors"
	"io"
	"os"
)

// disk is what a Dir does to the file system, one step each, so that a test can
// have any step fail, and see the order in which they come.
type disk interface {
	mkdir(path string) error
	// create makes a temporary file and locks it.
	create(folder, pattern string) (file, error)
	open(path string, size int64) (*mapped, error)
	size(path string) (int64, error)
	rename(from, to string) error
	remove(path string) error
	// syncFolder makes the names in a folder durable.
	syncFolder(path string) error
}

// file is a temporary file that is being written.
type file interface {
	io.WriteCloser
	Sync() error
	Name() string
}

// system is the operating system's disk.
type system struct{}

func (system) mkdir(path string) error { return os.Mkdir(path, 0o700) }

func (system) create(folder, pattern string) (file, error) { return createLocked(folder, pattern) }

func (system) open(path string, size int64) (*mapped, error) { return mapFile(path, size) }

func (system) size(path string) (int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	if !info.Mode().IsRegular() {
		return 0, errors.New("it is no file")
	}
	return info.Size(), nil
}

func (system) rename(from, to string) error { return os.Rename(from, to) }

func (system) remove(path string) error { return os.Remove(path) }

func (system) syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
