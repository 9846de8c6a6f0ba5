package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/selvedge/selvedge"
)

// Dir is a Store in one folder:
//
//	tmp/                          being written, each file locked by its writer
//	<kind>/<first 2 hex>/<64 hex> committed, under the SHA-256 of the content
//	lock                          held by whoever deletes
//
// Folders have mode 0700 and files 0600. A Dir is safe for concurrent use, and
// so is the folder, by several processes.
type Dir struct {
	path string
	disk disk
}

const (
	tmpDir   = "tmp"
	lockFile = "lock"
)

// OpenDir opens the folder at path, makes it and its kind folders durably if
// they are missing (but not what is above it), and removes the temporary files
// of writers that a crash ended.
func OpenDir(path string) (*Dir, error) {
	return openDir(path, system{})
}

func openDir(path string, on disk) (*Dir, error) {
	d := &Dir{path: path, disk: on}
	if err := d.prepare(); err != nil {
		return nil, fmt.Errorf("open blob folder: %w", err)
	}
	return d, nil
}

func (d *Dir) prepare() error {
	if err := d.makeFolder(d.path); err != nil {
		return err
	}
	if err := d.makeFolder(filepath.Join(d.path, tmpDir)); err != nil {
		return err
	}
	for _, k := range kinds {
		if err := d.makeFolder(filepath.Join(d.path, string(k))); err != nil {
			return err
		}
	}
	return sweep(filepath.Join(d.path, tmpDir))
}

// makeFolder makes a folder durably. It syncs the folder above even if there
// was nothing to make: the one who made it may not have come to that yet.
func (d *Dir) makeFolder(path string) error {
	if err := d.disk.mkdir(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return d.disk.syncFolder(filepath.Dir(path))
}

// name returns the path of a blob. Its parts are a constant and hexadecimal
// digits, so it cannot lead out of the folder.
func (d *Dir) name(ref Ref) string {
	sum := hex.EncodeToString(ref.Sum[:])
	return filepath.Join(d.path, string(ref.Kind), sum[:2], sum)
}

// Create implements Store.
func (d *Dir) Create(ctx context.Context, kind Kind) (Writer, error) {
	if err := errors.Join(ctx.Err(), kind.check()); err != nil {
		return nil, err
	}
	f, err := d.disk.create(filepath.Join(d.path, tmpDir), string(kind)+"-*")
	if err != nil {
		return nil, fmt.Errorf("create %s: %w", kind, nameless(err))
	}
	return &dirWriter{dir: d, kind: kind, file: f, sum: sha256.New()}, nil
}

// Open implements Store. The content is mapped, so it costs no memory of the
// program's own.
func (d *Dir) Open(ctx context.Context, ref Ref) (Content, error) {
	if err := errors.Join(ctx.Err(), ref.Kind.check()); err != nil {
		return nil, err
	}
	m, err := d.disk.open(d.name(ref), ref.Size)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, selvedge.Errorf(selvedge.CodeNotFound, "there is no such %s", ref.Kind)
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", ref.Kind, nameless(err))
	}
	if sha256.Sum256(m.Bytes()) != ref.Sum {
		return nil, errors.Join(fmt.Errorf("open %s: the content differs from the name", ref.Kind), m.Close())
	}
	return m, nil
}

// Stat implements Store.
func (d *Dir) Stat(ctx context.Context, ref Ref) error {
	if err := errors.Join(ctx.Err(), ref.Kind.check()); err != nil {
		return err
	}
	size, err := d.disk.size(d.name(ref))
	if errors.Is(err, fs.ErrNotExist) {
		return selvedge.Errorf(selvedge.CodeNotFound, "there is no such %s", ref.Kind)
	}
	if err == nil && size != ref.Size {
		err = wrongSize(size, ref.Size)
	}
	if err != nil {
		return fmt.Errorf("look for %s: %w", ref.Kind, nameless(err))
	}
	return nil
}

// Delete implements Store.
func (d *Dir) Delete(ctx context.Context, ref Ref) error {
	if err := errors.Join(ctx.Err(), ref.Kind.check()); err != nil {
		return err
	}
	name := d.name(ref)
	err := d.disk.remove(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = d.disk.syncFolder(filepath.Dir(name))
	}
	if err != nil {
		return fmt.Errorf("delete %s: %w", ref.Kind, nameless(err))
	}
	return nil
}

// nameless takes the path out of an error: a blob's name is the digest of its
// content, and does not go to logs.
func nameless(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("%s: %w", e.Op, e.Err)
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return fmt.Errorf("%s: %w", e.Op, e.Err)
	}
	return err
}
