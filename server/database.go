package server

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/store"
)

// The truth of an installation is a SQLite file in its data folder, or in
// PostgreSQL. In the second case the folder holds the installation's id, and so
// does the database: a root secret beside somebody else's database would make
// new handles and ids for people who have some, and nobody would see it.
const (
	databaseFile     = "selvedge.db"
	installationFile = "postgres"
)

// initDatabase makes the database of a new installation, or opens the one that
// it made before a crash.
func initDatabase(ctx context.Context, cfg Config) (*store.DB, error) {
	if cfg.Database == "" {
		return store.Open(ctx, filepath.Join(cfg.Dir, databaseFile), cfg.Clock, cfg.Entropy)
	}
	db, err := store.OpenPostgres(ctx, cfg.Database, cfg.Clock, cfg.Entropy)
	if err != nil {
		return nil, err
	}
	if err := claim(ctx, cfg, db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// claim makes the database that of the installation in the data folder.
func claim(ctx context.Context, cfg Config, db *store.DB) error {
	path := filepath.Join(cfg.Dir, installationFile)
	owner, err := db.Installation(ctx)
	if err == nil {
		if mine, err := os.ReadFile(path); err == nil && owner == string(bytes.TrimSpace(mine)) {
			return nil // before a crash
		}
	} else if selvedge.CodeOf(err) != selvedge.CodeNotFound {
		return err
	}
	id := newInstallation(cfg.Entropy)
	if owner == "" {
		// First, so that a claim is never one that nobody knows of.
		if err := writeInstallation(cfg.Dir, id); err != nil {
			return err
		}
	}
	return db.Claim(ctx, id)
}

func newInstallation(entropy selvedge.Entropy) string {
	var raw [16]byte
	entropy.Fill("installation", raw[:])
	return hex.EncodeToString(raw[:])
}

func writeInstallation(dir, id string) error {
	if err := os.WriteFile(filepath.Join(dir, installationFile), []byte(id+"\n"), 0o600); err != nil {
		return fmt.Errorf("write installation id: %w", err)
	}
	return nil
}

// adoptDatabase brings a database that was restored up to date, and ties it to
// the data folder.
func adoptDatabase(ctx context.Context, cfg Config) error {
	if cfg.Database == "" {
		db, err := store.Open(ctx, filepath.Join(cfg.Dir, databaseFile), cfg.Clock, cfg.Entropy)
		if err != nil {
			return err
		}
		return db.Close()
	}
	db, err := store.OpenPostgres(ctx, cfg.Database, cfg.Clock, cfg.Entropy)
	if err != nil {
		return err
	}
	id, err := db.Installation(ctx)
	switch {
	case err == nil:
		err = writeInstallation(cfg.Dir, id)
	case selvedge.CodeOf(err) == selvedge.CodeNotFound: // it was in a file before
		err = claim(ctx, cfg, db)
	}
	return errors.Join(err, db.Close())
}

// openDatabase opens the database that belongs to a data folder. It returns a
// CodeInvalid error at "database" if the folder's truth is elsewhere than the
// configuration says.
func openDatabase(ctx context.Context, cfg Config) (*store.DB, error) {
	id, err := os.ReadFile(filepath.Join(cfg.Dir, installationFile))
	switch {
	case errors.Is(err, fs.ErrNotExist) && cfg.Database == "":
		return store.Open(ctx, filepath.Join(cfg.Dir, databaseFile), cfg.Clock, cfg.Entropy)
	case errors.Is(err, fs.ErrNotExist):
		return nil, selvedge.Errorf(selvedge.CodeInvalid, "this data folder has a database of its own: it was not made with --database").At("database")
	case err != nil:
		return nil, fmt.Errorf("read installation id: %w", err)
	case cfg.Database == "":
		return nil, selvedge.Errorf(selvedge.CodeInvalid, "the truth of this data folder is in PostgreSQL: give its URL").At("database")
	}
	db, err := store.OpenPostgres(ctx, cfg.Database, cfg.Clock, cfg.Entropy)
	if err != nil {
		return nil, err
	}
	owner, err := db.Installation(ctx)
	if err == nil && owner != string(bytes.TrimSpace(id)) || selvedge.CodeOf(err) == selvedge.CodeNotFound {
		err = selvedge.Errorf(selvedge.CodeInvalid, "this is another installation's database").At("database")
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}
