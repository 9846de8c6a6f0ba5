package server_test

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/demo/world"
	"github.com/selvedge/selvedge/internal/fakeclock"
	"github.com/selvedge/selvedge/internal/secret"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/org"
	"github.com/selvedge/selvedge/server"
	"github.com/selvedge/selvedge/server/servertest"
	"github.com/selvedge/selvedge/token"
)

// madeFolder is a data folder that Init made, and its configuration.
func madeFolder(t *testing.T, change func(*server.Config)) server.Config {
	t.Helper()
	cfg := configure(filepath.Join(t.TempDir(), "data"), fakeclock.New(start), selvedge.NewSeededEntropy("keys"))
	if change != nil {
		change(&cfg)
	}
	must(t, server.Init(t.Context(), cfg))
	return cfg
}

// opens opens the installation and closes it again.
func opens(t *testing.T, cfg server.Config) error {
	t.Helper()
	s, err := server.Open(t.Context(), cfg)
	if err == nil {
		must(t, s.Close())
	}
	return err
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	must(t, err)
	return string(b)
}

// TestOneKEKInOnePlace: the key-encryption key is in the data folder, in a file
// beside it, or given as text. Two places at once are refused, and so is none.
func TestOneKEKInOnePlace(t *testing.T) {
	t.Parallel()
	cfg := madeFolder(t, nil)
	own := filepath.Join(cfg.Dir, "kek.json")
	text := read(t, own)
	must(t, opens(t, cfg))

	outside := filepath.Join(t.TempDir(), "elsewhere.json")
	must(t, os.WriteFile(outside, []byte(text), 0o600))
	given, file, both, same := cfg, cfg, cfg, cfg
	given.KEK, file.KEKFile, same.KEKFile = text, outside, own
	both.KEK, both.KEKFile = text, outside
	must(t, opens(t, same))
	for what, c := range map[string]server.Config{"text and folder": given, "file and folder": file, "text and file": both} {
		if err := opens(t, c); err == nil || !strings.Contains(err.Error(), "give") {
			t.Errorf("%s: %v", what, err)
		}
		refused(t, opens(t, c), selvedge.CodeInvalid, "kek")
	}
	must(t, os.Remove(own))
	for what, c := range map[string]server.Config{"text": given, "file": file} {
		if err := opens(t, c); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	refused(t, opens(t, both), selvedge.CodeInvalid, "kek")
	refused(t, opens(t, cfg), selvedge.CodeInvalid, "kek")
	if _, err := os.Stat(own); err == nil {
		t.Error("a key-encryption key was made where one is missing")
	}

	// One that is made elsewhere from the start is not in the folder.
	beside := filepath.Join(t.TempDir(), "kek.json")
	cfg = madeFolder(t, func(c *server.Config) { c.KEKFile = beside })
	must(t, opens(t, cfg))
	if _, err := os.Stat(filepath.Join(cfg.Dir, "kek.json")); err == nil {
		t.Error("the data folder holds a key-encryption key too")
	}
	cfg = madeFolder(t, func(c *server.Config) { c.KEK = text })
	must(t, opens(t, cfg))
}

// TestKEKRefused: one that others may read, that is broken, or that is another
// installation's, does not start, and no error shows it.
func TestKEKRefused(t *testing.T) {
	t.Parallel()
	cfg := madeFolder(t, nil)
	own := filepath.Join(cfg.Dir, "kek.json")
	good := read(t, own)
	others := filepath.Join(t.TempDir(), "kek.json")
	_, err := secret.CreateKEK(others)
	must(t, err)
	for what, c := range map[string]struct {
		text string
		mode os.FileMode
	}{
		"readable by the group": {good, 0o640},
		"broken":                {good[:len(good)/2], 0o600},
		"another one's":         {read(t, others), 0o600},
	} {
		must(t, os.WriteFile(own, []byte(c.text), 0o600))
		must(t, os.Chmod(own, c.mode))
		err := opens(t, cfg)
		refused(t, err, selvedge.CodeInvalid, "kek")
		if err != nil && strings.Contains(err.Error(), "AesGcmKey") {
			t.Errorf("%s: the error shows the keyset: %v", what, err)
		}
		must(t, os.Chmod(own, 0o600))
	}
	must(t, os.WriteFile(own, []byte(good), 0o600))
	must(t, opens(t, cfg))
}

// TestTamperedKey: a sealed key that was changed or moved does not start.
func TestTamperedKey(t *testing.T) {
	t.Parallel()
	for what, text := range map[string]string{
		"changed": `UPDATE token_key SET sealed = x'0102' WHERE class = 1`,
		"moved":   `UPDATE token_key SET sealed = (SELECT sealed FROM token_key WHERE class = 2) WHERE class = 1`,
		"gone":    `DELETE FROM token_key`,
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			cfg := madeFolder(t, nil)
			db, err := sql.Open("sqlite", filepath.Join(cfg.Dir, "selvedge.db"))
			must(t, err)
			_, err = db.ExecContext(t.Context(), text)
			must(t, errors.Join(err, db.Close()))
			if err := opens(t, cfg); err == nil {
				t.Error("it opens")
			}
		})
	}
}

// TestInitAgainAfterACrash: a folder without its root secret is not complete,
// is refused, and can be made again; the keys in it stay.
func TestInitAgainAfterACrash(t *testing.T) {
	t.Parallel()
	cfg := madeFolder(t, nil)
	before := read(t, filepath.Join(cfg.Dir, "kek.json"))
	must(t, os.Remove(filepath.Join(cfg.Dir, "root.secret")))
	refused(t, opens(t, cfg), selvedge.CodeInvalid, "dir")
	must(t, server.Init(t.Context(), cfg))
	must(t, opens(t, cfg))
	if read(t, filepath.Join(cfg.Dir, "kek.json")) != before {
		t.Error("the key-encryption key is another one")
	}
}

// TestReseal: the file holds another key-encryption key, which opens everything;
// the older one opens nothing. As text, it seals under the keyset's primary key.
func TestReseal(t *testing.T) {
	t.Parallel()
	cfg := madeFolder(t, nil)
	own := filepath.Join(cfg.Dir, "kek.json")
	before := read(t, own)
	reseal := func() {
		t.Helper()
		s, err := server.Open(t.Context(), cfg)
		must(t, err)
		defer s.Close()
		_, err = s.Reseal(t.Context(), operator)
		refused(t, err, selvedge.CodeConflict, "dir")
		must(t, s.Lock())
		if n, err := s.Reseal(t.Context(), operator); n != 2 || err != nil {
			t.Errorf("%d keys, %v", n, err)
		}
	}
	reseal()
	must(t, opens(t, cfg))
	after := read(t, own)
	must(t, os.WriteFile(own, []byte(before), 0o600))
	refused(t, opens(t, cfg), selvedge.CodeInvalid, "kek")
	must(t, os.Remove(own))
	cfg.KEK = after
	reseal()
	must(t, opens(t, cfg))
	if _, err := os.Stat(own); err == nil {
		t.Error("a file was made beside the text")
	}
}

// TestRotateNeedsTheFolder: a command beside a server does not rotate.
func TestRotateNeedsTheFolder(t *testing.T) {
	t.Parallel()
	cfg := madeFolder(t, nil)
	s, err := server.Open(t.Context(), cfg)
	must(t, err)
	defer s.Close()
	_, err = s.Rotate(t.Context(), operator)
	refused(t, err, selvedge.CodeConflict, "dir")
}

// oldFolder is the data folder of an installation from before token keys were
// sealed: three people with an e-mail address and a phone number each, an
// audience of account-0, and a list of account-1 and account-2's number that
// waits to be matched. Its files were written by the code of that time.
func oldFolder(t *testing.T) server.Config {
	t.Helper()
	cfg := configure(filepath.Join(t.TempDir(), "data"), fakeclock.New(start), selvedge.NewSeededEntropy("later"))
	must(t, os.CopyFS(cfg.Dir, os.DirFS("testdata/schema1")))
	must(t, filepath.WalkDir(cfg.Dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return errors.Join(err, os.Chmod(path, 0o700))
		}
		return os.Chmod(path, 0o600)
	}))
	dump := filepath.Join(cfg.Dir, "selvedge.sql")
	db, err := sql.Open("sqlite", filepath.Join(cfg.Dir, "selvedge.db"))
	must(t, err)
	_, err = db.ExecContext(t.Context(), read(t, dump))
	must(t, errors.Join(err, db.Close(), os.Remove(dump)))
	return cfg
}

// TestOldFolder: an installation from before token keys were sealed goes on with
// what it has, and can be rotated away from it.
func TestOldFolder(t *testing.T) {
	t.Parallel()
	cfg := oldFolder(t)
	s := &site{dir: cfg.Dir, clock: cfg.Clock.(*fakeclock.Clock)}
	s.open(t, cfg.Entropy)
	orgs, err := s.Orgs.List(t.Context(), operator)
	must(t, err)
	first := &shop{site: s, org: orgs[0], audience: "aud_chdfyjv2xzwou5z3vwwalo3v"}
	second := &shop{site: s, org: orgs[0], audience: "aud_kwch6y4dbj266tbjmcqsy4um"}
	check := func(h *shop, accounts ...string) {
		t.Helper()
		got := h.members(t)
		for _, a := range accounts {
			if !got[world.Key{Account: a, GivenAt: 1772323200}] {
				t.Errorf("%s is not a member", a)
			}
		}
		if len(got) != len(accounts) {
			t.Errorf("%d members, want %v", len(got), accounts)
		}
	}
	check(first, "account-0")
	check(second)
	servertest.Drain(t, s.Server, s.clock) // the list is older than jobs
	check(second, "account-1", "account-2")
	before, err := s.Rotation.Keys.Of(t.Context(), token.FirstEpoch)
	must(t, err)
	if before.Epoch() != token.FirstEpoch {
		t.Errorf("epoch %d", before.Epoch())
	}
	res, err := s.Rotate(t.Context(), operator)
	must(t, err)
	if res.To != 2 || res.Chunks != 2 || res.Tokens != 9 {
		t.Errorf("%+v", res)
	}
	h := newShop(t, s, "later", org.Advertiser)
	h.upload(t, []byte("email,phone\naccount-0@example.com,\naccount-1@example.com,+447700900002\n"), list.Options{})
	must(t, servertest.Match(t, s.Server))
	if got := h.members(t); len(got) != 3 {
		t.Errorf("members %v", got)
	}
	check(first, "account-0")
	must(t, opens(t, cfg))
}

// TestOldFolderKEK: an old folder's key-encryption key is made where it was
// asked for, once.
func TestOldFolderKEK(t *testing.T) {
	t.Parallel()
	cfg := oldFolder(t)
	cfg.KEKFile = filepath.Join(t.TempDir(), "kek.json")
	must(t, opens(t, cfg))
	made := read(t, cfg.KEKFile)
	must(t, opens(t, cfg))
	if read(t, cfg.KEKFile) != made {
		t.Error("it was made again")
	}
	must(t, os.Remove(cfg.KEKFile))
	refused(t, opens(t, cfg), selvedge.CodeInvalid, "kek")
	if _, err := os.Stat(cfg.KEKFile); err == nil {
		t.Error("a second one was made for keys that it cannot open")
	}
}
