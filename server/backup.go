package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/backup"
	"github.com/selvedge/selvedge/store"
)

// Backup copies the installation into a new folder, while it runs. The secrets
// are not in it. See backup.Make.
func (s *Server) Backup(ctx context.Context, actor selvedge.Actor, dir string) (backup.Manifest, error) {
	return backup.Make(ctx, actor, backup.Source{
		DB: s.db, Blobs: s.blobs, Names: s.Collector, Ledger: filepath.Join(s.cfg.Dir, ledgerDir), Clock: s.cfg.Clock, Code: s.cfg.Code,
	}, dir)
}

// Restore makes the data folder of cfg, and its database, from a backup and from
// the secrets that were kept elsewhere. Of cfg it needs Dir, Database, Clock and
// Entropy. If cfg.Dir holds the ledger already, and nothing else, that ledger is
// kept: it is newer than the backup, and the server will start contained.
//
// It returns a CodeConflict error if the data folder holds anything else or the
// database is not empty, and a CodeInvalid error if the secrets are missing or
// the backup is not whole.
func Restore(ctx context.Context, cfg Config, from, secrets string) (m backup.Manifest, err error) {
	keep, err := restorable(cfg.Dir)
	if err != nil {
		return m, err
	}
	held, err := cfg.readSecrets(secrets)
	if err != nil {
		return m, err
	}
	m, err = backup.Restore(ctx, from, backup.Target{
		Open: func(version int64) (*store.DB, error) {
			if cfg.Database != "" {
				return store.OpenPostgresAt(ctx, cfg.Database, cfg.Clock, cfg.Entropy, version)
			}
			return store.OpenAt(ctx, filepath.Join(cfg.Dir, databaseFile), cfg.Clock, cfg.Entropy, version)
		},
		Blobs: filepath.Join(cfg.Dir, blobsDir), Ledger: filepath.Join(cfg.Dir, ledgerDir), KeepLedger: keep,
	})
	if err != nil {
		return m, err
	}
	if err := adoptDatabase(ctx, cfg); err != nil {
		return m, err
	}
	// The secrets come last: a folder without them does not open.
	for _, name := range []string{kekFile, secretFile} {
		if held[name] == nil {
			continue
		}
		if err := os.WriteFile(filepath.Join(cfg.Dir, name), held[name], 0o600); err != nil {
			return m, fmt.Errorf("write secret: %w", err)
		}
	}
	return m, nil
}

// readSecrets reads the secrets in a folder: the root secret, and the
// key-encryption key unless the configuration says that it is elsewhere.
func (cfg Config) readSecrets(dir string) (map[string][]byte, error) {
	names := []string{secretFile}
	if cfg.KEK == "" && cfg.KEKFile == "" {
		names = append(names, kekFile)
	}
	out := map[string][]byte{}
	for _, name := range names {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if errors.Is(err, os.ErrNotExist) {
			return nil, selvedge.Errorf(selvedge.CodeInvalid, "holds no %s", name).At("secrets")
		}
		if err != nil {
			return nil, fmt.Errorf("read secret: %w", err)
		}
		out[name] = b
	}
	return out, nil
}

// restorable makes the folder that a backup is restored into, or takes one that
// holds a ledger and nothing else, and says whether it does.
func restorable(dir string) (keepLedger bool, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return false, fmt.Errorf("make data folder: %w", err)
	}
	if err := private(dir); err != nil {
		return false, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false, fmt.Errorf("read data folder: %w", err)
	}
	for _, e := range entries {
		if e.Name() != ledgerDir {
			return false, selvedge.Errorf(selvedge.CodeConflict, "holds more than a ledger: a backup is restored into a new folder").At("dir")
		}
		keepLedger = true
	}
	return keepLedger, nil
}
