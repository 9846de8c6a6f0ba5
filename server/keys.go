package server

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/secret"
	"github.com/selvedge/selvedge/job"
	"github.com/selvedge/selvedge/rotation"
	"github.com/selvedge/selvedge/store"
	"github.com/selvedge/selvedge/token"
)

// kekFile holds the key-encryption key where the configuration names no other
// place.
const kekFile = "kek.json"

// kekPlace returns the file that holds the key-encryption key, "" if it is given
// as text. There is one key-encryption key, in one place: two at once are a
// CodeInvalid error, because nobody could say which is the installation's.
func (cfg Config) kekPlace() (string, error) {
	own := filepath.Join(cfg.Dir, kekFile)
	if cfg.KEK == "" && cfg.KEKFile == "" {
		return own, nil
	}
	if cfg.KEK != "" && cfg.KEKFile != "" {
		return "", selvedge.Errorf(selvedge.CodeInvalid, "is given as a text and as a file: give one").At("kek").Because("two_places")
	}
	if info, err := os.Stat(own); err == nil {
		if given, err := os.Stat(cfg.KEKFile); err != nil || !os.SameFile(info, given) {
			return "", selvedge.Errorf(selvedge.CodeInvalid, "is given, and there is a %s in the data folder too: keep one", kekFile).At("kek").Because("two_places")
		}
	}
	return cfg.KEKFile, nil
}

// openKEK reads the key-encryption key.
func (cfg Config) openKEK() (*secret.KEK, error) {
	path, err := cfg.kekPlace()
	if err != nil {
		return nil, err
	}
	if path == "" {
		return secret.ParseKEK(cfg.KEK)
	}
	return secret.OpenKEK(path)
}

// makeKEK makes the key-encryption key, or reads it if it is there or given as
// text.
func (cfg Config) makeKEK() (*secret.KEK, error) {
	path, err := cfg.kekPlace()
	if err != nil {
		return nil, err
	}
	if path != "" {
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
			return secret.CreateKEK(path)
		}
	}
	return cfg.openKEK()
}

func (cfg Config) keyring(db *store.DB, kek *secret.KEK) *token.Keyring {
	return &token.Keyring{Repo: store.Keys{DB: db}, Tx: db, KEK: kek, Entropy: cfg.Entropy, Clock: cfg.Clock}
}

// openKeys returns the keyring, all of whose keys open. An installation that is
// older than sealed keys has none: it keeps the keys that it has derived from
// its root secret, sealed under a key-encryption key that is made now if there
// is none.
func (cfg Config) openKeys(ctx context.Context, db *store.DB, root *secret.Root) (*token.Keyring, error) {
	var have token.Epochs
	err := db.View(ctx, func(ctx context.Context, tx selvedge.Tx) (err error) {
		have, err = store.Keys{DB: db}.Epochs(ctx, tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	open := cfg.openKEK
	if have == (token.Epochs{}) {
		open = cfg.makeKEK
	}
	kek, err := open()
	if err != nil {
		return nil, err
	}
	keys := cfg.keyring(db, kek)
	if err := keys.Begin(ctx, token.DerivedKeys(root)); err != nil {
		return nil, err
	}
	return keys, keys.Check(ctx)
}

// Rotate takes every token to new keys, while the server goes on: see
// rotation.Service.Rotate. The folder must be this server's alone, by Start or
// Lock; otherwise it is a CodeConflict error.
func (s *Server) Rotate(ctx context.Context, actor selvedge.Actor) (rotation.Result, error) {
	if err := s.alone(); err != nil {
		return rotation.Result{}, err
	}
	return s.Rotation.Rotate(ctx, actor)
}

// AskToRotate has whoever runs the installation's jobs take every token to new
// keys: see rotation.Service.Ask. It works beside a running server too.
func (s *Server) AskToRotate(ctx context.Context, actor selvedge.Actor) (job.Status, error) {
	id, err := s.Rotation.Ask(ctx, actor)
	if err != nil {
		return job.Status{}, err
	}
	return s.Job(ctx, actor, id)
}

// alone returns an error unless the folder is this server's.
func (s *Server) alone() error {
	if s.lock == nil {
		return selvedge.Errorf(selvedge.CodeConflict, "the data folder is not this server's alone").At("dir")
	}
	return nil
}

// Reseal puts a new key-encryption key in the place of the one in the file, and
// seals every token key anew under it. Where the key-encryption key is given as
// text, it seals them under the keyset's primary key: putting that in the place
// of the older one is for whoever gives the text. It returns how many keys there
// are. The folder must be this server's alone, and nothing else may be done with
// the server afterwards: it knows the older key-encryption key.
func (s *Server) Reseal(ctx context.Context, actor selvedge.Actor) (n int, err error) {
	if err := s.alone(); err != nil {
		return 0, err
	}
	path, err := s.cfg.kekPlace()
	if err != nil {
		return 0, err
	}
	under := func(k *secret.KEK) (err error) {
		n, err = s.Rotation.Reseal(ctx, actor, k)
		return err
	}
	kek := s.Rotation.Keys.KEK
	if path == "" {
		err = under(kek)
	} else {
		err = kek.Renew(path, under)
	}
	return n, err
}
