package backup

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/internal/killpoint"
	"github.com/selvedge/selvedge/store"
)

// Target is where an installation is to be.
type Target struct {
	// Open opens the new database at a version of the schema.
	Open   func(version int64) (*store.DB, error)
	Blobs  string // folder
	Ledger string // folder
	// KeepLedger says that the ledger's folder is there already, newer than the
	// backup: it is left alone, and the server will start contained.
	KeepLedger bool
}

// Restore makes an installation from a backup. It returns a CodeInvalid error if
// the backup is not whole or was changed: what was made by then is no
// installation, and is to be thrown away.
func Restore(ctx context.Context, dir string, to Target) (Manifest, error) {
	m, err := Read(dir)
	if err != nil {
		return Manifest{}, err
	}
	f, err := os.Open(filepath.Join(dir, dumpFile))
	if err != nil {
		return Manifest{}, fmt.Errorf("open dump: %w", err)
	}
	defer f.Close()
	rows, err := store.Restore(ctx, f, to.Open)
	if err != nil {
		return Manifest{}, err
	}
	if rows != m.Rows {
		return Manifest{}, errBackup("the dump has another number of rows than the manifest says")
	}
	if err := restoreBlobs(ctx, filepath.Join(dir, blobsDir), to.Blobs, m); err != nil {
		return Manifest{}, err
	}
	if to.KeepLedger {
		return m, nil
	}
	if err := copyLogs(filepath.Join(dir, ledgerDir), to.Ledger); err != nil {
		return Manifest{}, fmt.Errorf("restore ledger: %w", err)
	}
	return m, nil
}

// restoreBlobs copies the blobs, each checked against its name.
func restoreBlobs(ctx context.Context, from, to string, m Manifest) error {
	source, err := blob.OpenDir(from)
	if err != nil {
		return err
	}
	target, err := blob.OpenDir(to)
	if err != nil {
		return err
	}
	c := newCopier(ctx, source, target)
	foreign, err := source.Each(ctx, c.copy)
	if err := cmp.Or(err, c.end()); err != nil {
		return err
	}
	if c.n.Load() != m.Blobs || c.size.Load() != m.BlobBytes || foreign != 0 {
		return errBackup("it has other blobs than the manifest says")
	}
	return nil
}

func errBackup(what string) error {
	return selvedge.Errorf(selvedge.CodeInvalid, "is no whole backup: %s", what).At("backup")
}

// Read reads the manifest of a backup and checks the files that it names.
func Read(dir string) (m Manifest, err error) {
	b, err := os.ReadFile(filepath.Join(dir, manifestFile))
	if errors.Is(err, os.ErrNotExist) {
		return m, errBackup("it has no manifest")
	}
	if err != nil {
		return m, fmt.Errorf("read manifest: %w", err)
	}
	if err := json.Unmarshal(b, &m); err != nil {
		return m, errBackup("the manifest cannot be read")
	}
	if m.Format != format {
		return m, errBackup(fmt.Sprintf("format %d is not known", m.Format))
	}
	have, err := files(dir)
	if err != nil {
		return m, err
	}
	for name, f := range m.Files {
		if have[name] != f {
			return m, errBackup(fmt.Sprintf("the file %s is missing or was changed", name))
		}
		delete(have, name)
	}
	for name := range have {
		return m, errBackup(fmt.Sprintf("the manifest does not know the file %s", name))
	}
	return m, nil
}

// files returns the files of a backup but for its blobs and its manifest.
func files(dir string) (map[string]File, error) {
	out := map[string]File{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil || name == manifestFile || strings.HasPrefix(name, blobsDir+string(filepath.Separator)) {
			return err
		}
		out[filepath.ToSlash(name)], err = digest(path)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read backup: %w", err)
	}
	return out, nil
}

// syncFolder makes the names in a folder durable.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// write writes the manifest, and with it makes the folder a backup.
func (m *Manifest) write(dir string) (err error) {
	if m.Files, err = files(dir); err != nil {
		return err
	}
	b, err := json.MarshalIndent(m, "", "\t")
	if err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	w, err := os.CreateTemp(dir, "tmp-*")
	if err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	_, err = w.Write(append(b, '\n'))
	if err = errors.Join(err, w.Sync(), w.Close()); err == nil {
		killpoint.Reach("before a backup is whole")
		err = os.Rename(w.Name(), filepath.Join(dir, manifestFile))
	}
	if err == nil {
		err = syncFolder(dir)
	}
	if err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	killpoint.Reach("after a backup is whole")
	return nil
}
