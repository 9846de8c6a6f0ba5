package backup

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// A log's folder is in the form of c2sp.org/tlog-tiles: what is in a file never
// changes, but for its checkpoint and its state. A state is true of all tiles
// that were there when it was written, and a checkpoint of all that its state
// covers; so they are copied in the order checkpoint, state, tiles.
const (
	checkpointFile = "checkpoint"
	stateDir       = ".state"
	stateFile      = "treeState"
)

// copyLogs brings a copy of the ledger's folder up to date. It looks again if a
// log went on meanwhile.
func copyLogs(from, to string) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	for _, e := range entries {
		source, target := filepath.Join(from, e.Name()), filepath.Join(to, e.Name())
		if !e.IsDir() {
			err = copyFile(source, target)
		} else {
			err = copyLog(source, target)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func copyLog(from, to string) error {
	for {
		before, err := os.ReadFile(filepath.Join(from, stateDir, stateFile))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := copyTree(from, to); err != nil {
			return err
		}
		after, err := os.ReadFile(filepath.Join(to, stateDir, stateFile))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		now, err := os.ReadFile(filepath.Join(from, stateDir, stateFile))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if bytes.Equal(before, after) && bytes.Equal(after, now) {
			return nil
		}
	}
}

func copyTree(from, to string) error {
	for _, first := range []string{checkpointFile, filepath.Join(stateDir, stateFile)} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(to, first)), 0o700); err != nil {
			return err
		}
		err := copyFile(filepath.Join(from, first), filepath.Join(to, first))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // a temporary file that has its name by now
		}
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		if d.IsDir() {
			return os.MkdirAll(target, 0o700)
		}
		if rel == checkpointFile || rel == filepath.Join(stateDir, stateFile) || !d.Type().IsRegular() ||
			strings.HasSuffix(rel, "lock") || strings.Contains(d.Name(), "tmp") {
			return nil
		}
		if _, err := os.Lstat(target); err == nil {
			return nil // copied before; it does not change
		}
		if err := copyFile(path, target); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	})
}

// copyFile copies a file durably, whole or not at all.
func copyFile(from, to string) (err error) {
	r, err := os.Open(from)
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := os.CreateTemp(filepath.Dir(to), "tmp-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(w.Name())
		}
	}()
	_, err = io.Copy(w, r)
	if err = errors.Join(err, w.Sync(), w.Close()); err != nil {
		return err
	}
	return os.Rename(w.Name(), to)
}
