package blob

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Each implements Store. It holds the names of one folder in memory at a time,
// which is a 256th of a kind.
func (d *Dir) Each(ctx context.Context, fn func(Ref) error) (foreign int64, err error) {
	top, err := list(d.path)
	if err != nil {
		return 0, fmt.Errorf("list blobs: %w", nameless(err))
	}
	for _, e := range top {
		kind := Kind(e.Name())
		switch {
		case e.Name() == tmpDir || e.Name() == lockFile:
		case kind.check() == nil && e.IsDir():
			n, err := d.eachOf(ctx, kind, fn)
			foreign += n
			if err != nil {
				return foreign, err
			}
		default:
			foreign++
		}
	}
	return foreign, nil
}

func (d *Dir) eachOf(ctx context.Context, kind Kind, fn func(Ref) error) (foreign int64, err error) {
	folders, err := list(filepath.Join(d.path, string(kind)))
	if err != nil {
		return 0, fmt.Errorf("list %s: %w", kind, nameless(err))
	}
	for _, folder := range folders {
		if !folder.IsDir() || len(folder.Name()) != 2 {
			foreign++
			continue
		}
		files, err := list(filepath.Join(d.path, string(kind), folder.Name()))
		if err != nil {
			return foreign, fmt.Errorf("list %s: %w", kind, nameless(err))
		}
		for _, f := range files {
			if err := ctx.Err(); err != nil {
				return foreign, err
			}
			ref, ok, err := refOf(kind, folder.Name(), f)
			switch {
			case errors.Is(err, fs.ErrNotExist): // deleted meanwhile
			case err != nil:
				return foreign, fmt.Errorf("list %s: %w", kind, nameless(err))
			case !ok:
				foreign++
			default:
				if err := fn(ref); err != nil {
					return foreign, err
				}
			}
		}
	}
	return foreign, nil
}

// list reads a folder, which may have gone.
func list(path string) ([]fs.DirEntry, error) {
	entries, err := os.ReadDir(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return entries, err
}

// refOf returns the blob that a file is, and false if it is none: only what
// name would call so is one.
func refOf(kind Kind, folder string, f fs.DirEntry) (Ref, bool, error) {
	name := f.Name()
	sum, err := hex.DecodeString(name)
	if err != nil || len(sum) != 32 || strings.ToLower(name) != name || name[:2] != folder || !f.Type().IsRegular() {
		return Ref{}, false, nil
	}
	info, err := f.Info()
	if err != nil {
		return Ref{}, false, err
	}
	return Ref{Kind: kind, Sum: [32]byte(sum), Size: info.Size()}, true, nil
}
