package server_test

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/internal/fakeclock"
	"github.com/selvedge/selvedge/internal/pgtest"
	"github.com/selvedge/selvedge/server"
)

// configure returns a whole configuration for a folder.
func configure(dir string, clock selvedge.Clock, entropy selvedge.Entropy) server.Config {
	return server.Config{
		Dir: dir, UnknownAge: contact.UnknownIsMinor, Clock: clock, Entropy: entropy, Log: slog.New(slog.DiscardHandler), Code: "test",
	}
}

// refused checks the code and field of an error.
func refused(t *testing.T, err error, code selvedge.Code, field string) {
	t.Helper()
	e, ok := errors.AsType[*selvedge.Error](err)
	if !ok || e.Code != code || e.Field != field {
		t.Errorf("error %v; want %s at %q", err, code, field)
	}
}

// TestInitOnce: a data folder is made once, and what is in it stays.
func TestInitOnce(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a", "data")
	clock, entropy := fakeclock.New(start), selvedge.NewSeededEntropy("init")
	if err := server.Init(t.Context(), server.Config{Dir: dir, Clock: clock, Entropy: entropy}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder has mode %v, %v", info.Mode(), err)
	}
	before, err := os.ReadFile(filepath.Join(dir, "root.secret"))
	if err != nil {
		t.Fatal(err)
	}
	refused(t, server.Init(t.Context(), server.Config{Dir: dir, Clock: clock, Entropy: entropy}), selvedge.CodeConflict, "")
	if after, err := os.ReadFile(filepath.Join(dir, "root.secret")); err != nil || string(after) != string(before) {
		t.Error("the root secret is another one")
	}
}

// TestOpenRefuses folders that Init did not make or that others can read.
func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	clock, entropy := fakeclock.New(start), selvedge.NewSeededEntropy("open")
	_, err := server.Open(t.Context(), configure(dir, clock, entropy))
	refused(t, err, selvedge.CodeInvalid, "dir")
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("a refused folder holds %v, %v", entries, err)
	}
	if err := server.Init(t.Context(), server.Config{Dir: dir, Clock: clock, Entropy: entropy}); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dir, "root.secret"), 0o640); err != nil {
		t.Fatal(err)
	}
	_, err = server.Open(t.Context(), configure(dir, clock, entropy))
	refused(t, err, selvedge.CodeInvalid, "root_secret")
}

// TestOthersMayNotEnter: a folder that its group or others may enter is refused,
// to make and to open.
func TestOthersMayNotEnter(t *testing.T) {
	t.Parallel()
	clock, entropy := fakeclock.New(start), selvedge.NewSeededEntropy("private")
	dir := filepath.Join(t.TempDir(), "data")
	if err := server.Init(t.Context(), server.Config{Dir: dir, Clock: clock, Entropy: entropy}); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []os.FileMode{0o701, 0o710, 0o755} {
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
		_, err := server.Open(t.Context(), configure(dir, clock, entropy))
		refused(t, err, selvedge.CodeInvalid, "dir")
		refused(t, server.Init(t.Context(), server.Config{Dir: dir, Clock: clock, Entropy: entropy}), selvedge.CodeInvalid, "dir")
	}
}

// TestStartNeedsAges: nothing is matched before somebody said what an unknown
// age counts as.
func TestStartNeedsAges(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	clock, entropy := fakeclock.New(start), selvedge.NewSeededEntropy("ages")
	if err := server.Init(t.Context(), server.Config{Dir: dir, Clock: clock, Entropy: entropy}); err != nil {
		t.Fatal(err)
	}
	for _, ages := range []contact.AgePolicy{"", "old", "Minor"} {
		cfg := configure(dir, clock, entropy)
		cfg.UnknownAge = ages
		s, err := server.Open(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		refused(t, s.Start(t.Context()), selvedge.CodeInvalid, "unknown_age")
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestOneServerAtATime: the second is refused until the first is closed; a
// command beside it may open the folder.
func TestOneServerAtATime(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	clock, entropy := fakeclock.New(start), selvedge.NewSeededEntropy("lock")
	if err := server.Init(t.Context(), server.Config{Dir: dir, Clock: clock, Entropy: entropy}); err != nil {
		t.Fatal(err)
	}
	first, err := server.Open(t.Context(), configure(dir, clock, entropy))
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	second, err := server.Open(t.Context(), configure(dir, clock, entropy))
	if err != nil {
		t.Fatal(err)
	}
	refused(t, second.Start(t.Context()), selvedge.CodeConflict, "dir")
	if _, _, err := second.Orgs.Create(t.Context(), operator, "Acme", "Acme Ltd", "advertiser"); err != nil {
		t.Errorf("a command beside the server: %v", err)
	}
	if orgs, err := first.Orgs.List(t.Context(), operator); err != nil || len(orgs) != 1 {
		t.Errorf("the server sees %v, %v", orgs, err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := second.Start(t.Context()); err != nil {
		t.Errorf("after the first is closed: %v", err)
	}
	if err := second.Close(); err != nil {
		t.Error(err)
	}
}

// TestDatabaseBelongsToFolder: a data folder opens with the database that it was
// made with, and with no other.
func TestDatabaseBelongsToFolder(t *testing.T) {
	t.Parallel()
	clock, entropy := fakeclock.New(start), selvedge.NewSeededEntropy("database")
	made := func(database string) server.Config {
		cfg := configure(filepath.Join(t.TempDir(), "data"), clock, entropy)
		cfg.Database = database
		if err := server.Init(t.Context(), cfg); err != nil {
			t.Fatal(err)
		}
		return cfg
	}
	inFile, here, there := made(""), made(pgtest.Schema(t)), made(pgtest.Schema(t))
	for what, cfg := range map[string]server.Config{
		"a folder with its own, and a URL":     {Dir: inFile.Dir, Database: here.Database},
		"a folder without its own, and no URL": {Dir: here.Dir},
		"another installation's":               {Dir: here.Dir, Database: there.Database},
		"nobody's":                             {Dir: here.Dir, Database: pgtest.Schema(t)},
	} {
		c := configure(cfg.Dir, clock, entropy)
		c.Database = cfg.Database
		s, err := server.Open(t.Context(), c)
		if err == nil {
			t.Errorf("%s: opened", what)
			s.Close()
			continue
		}
		refused(t, err, selvedge.CodeInvalid, "database")
	}
	for _, cfg := range []server.Config{inFile, here, there} {
		s, err := server.Open(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	taken := configure(filepath.Join(t.TempDir(), "data"), clock, entropy)
	taken.Database = here.Database
	refused(t, server.Init(t.Context(), taken), selvedge.CodeConflict, "database")
}
