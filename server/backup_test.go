package server_test

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/demo/world"
	"github.com/selvedge/selvedge/internal/fakeclock"
	"github.com/selvedge/selvedge/internal/pgtest"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/org"
	"github.com/selvedge/selvedge/server"
	"github.com/selvedge/selvedge/server/servertest"
)

// TestBackupAndRestore makes a backup of a platform at work and restores it onto
// either engine: the same people are members, the ledger is whole, and what came
// after the backup is not there.
func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	for name, engine := range engines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, world.Config{Seed: "backup", People: 400, Start: start})
			s := newSite(t, engine(t))
			s.bring(t, w)
			h := newShop(t, s, "Harrow", org.Advertiser)
			h.upload(t, written(t, w.Lists()[0].WriteCSV), list.Options{DefaultRegion: w.Lists()[0].DefaultRegion})
			s.drain(t)
			want := h.members(t)
			if len(want) < 10 {
				t.Fatalf("%d members: the test sees too little", len(want))
			}
			to := filepath.Join(t.TempDir(), "backup")
			m, err := s.Backup(t.Context(), operator, to)
			if err != nil {
				t.Fatal(err)
			}
			if m.Rows == 0 || m.Blobs == 0 {
				t.Errorf("the backup has %d rows and %d blobs", m.Rows, m.Blobs)
			}
			then := s.clock.Now()
			for a := range w.Acts() { // people withdraw afterwards, in the months that follow
				act(t, s, a)
			}
			for onto, engine := range engines() {
				t.Run("onto "+onto, func(t *testing.T) {
					r := s.restored(t, to, engine(t), then, nil)
					if got := (&shop{r, h.org, h.actor, h.audience}).members(t); !maps.Equal(got, want) {
						t.Errorf("%d members, want %d", len(got), len(want))
					}
					r.verified(t)
				})
			}
		})
	}
}

// TestOldBackupBesideNewerLedger restores a backup and keeps the ledger, which
// knows what was done after it: the server is contained.
func TestOldBackupBesideNewerLedger(t *testing.T) {
	t.Parallel()
	w := newWorld(t, world.Config{Seed: "backup", People: 100, Start: start})
	s := newSite(t, "")
	s.bring(t, w)
	to := filepath.Join(t.TempDir(), "backup")
	if _, err := s.Backup(t.Context(), operator, to); err != nil {
		t.Fatal(err)
	}
	newShop(t, s, "Harrow", org.Advertiser).upload(t, written(t, w.Lists()[0].WriteCSV), list.Options{DefaultRegion: "GB"})
	s.drain(t) // waits for its intent
	r := s.restored(t, to, "", s.clock.Now(), func(dir string) {
		if err := os.CopyFS(filepath.Join(dir, "ledger"), os.DirFS(filepath.Join(s.dir, "ledger"))); err != nil {
			t.Fatal(err)
		}
	})
	if err := r.Audiences.Ledger.Contained(); err == nil {
		t.Error("the server serves, with a database older than its ledger")
	}
}

// TestRestoreRefuses what is no whole backup, or no place for one.
func TestRestoreRefuses(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	whole := filepath.Join(t.TempDir(), "backup")
	if _, err := s.Backup(t.Context(), operator, whole); err != nil {
		t.Fatal(err)
	}
	_, err := s.Backup(t.Context(), operator, whole)
	refused(t, err, selvedge.CodeConflict, "backup")
	if _, err := s.Backup(t.Context(), selvedge.Platform("p"), whole+"2"); selvedge.CodeOf(err) != selvedge.CodeForbidden {
		t.Errorf("the platform makes a backup: %v", err)
	}
	taken := pgtest.Schema(t)
	newSite(t, taken)
	for what, c := range map[string]struct {
		database, field string
		code            selvedge.Code
		spoil           func(t *testing.T, backup, dir string)
	}{
		"no manifest":        {"", "backup", selvedge.CodeInvalid, func(t *testing.T, b, _ string) { gone(t, b, "manifest.json") }},
		"a ledger file gone": {"", "backup", selvedge.CodeInvalid, func(t *testing.T, b, _ string) { gone(t, b, "ledger/origin") }},
		"a dump changed": {"", "backup", selvedge.CodeInvalid, func(t *testing.T, b, _ string) {
			path := filepath.Join(b, "database.dump")
			text, err := os.ReadFile(path)
			if err == nil {
				text[len(text)/2] ^= 1
				err = os.WriteFile(path, text, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}},
		"a file too many": {"", "backup", selvedge.CodeInvalid, func(t *testing.T, b, _ string) {
			if err := os.WriteFile(filepath.Join(b, "ledger", "more"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}},
		"a folder in use": {"", "dir", selvedge.CodeConflict, func(t *testing.T, _, dir string) {
			if err := os.WriteFile(filepath.Join(dir, "root.secret"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}},
		"a database in use": {taken, "database", selvedge.CodeConflict, func(*testing.T, string, string) {}},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			b, dir := filepath.Join(t.TempDir(), "backup"), filepath.Join(t.TempDir(), "data")
			if err := os.CopyFS(b, os.DirFS(whole)); err != nil {
				t.Fatal(err)
			}
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			c.spoil(t, b, dir)
			cfg := configure(dir, s.clock, selvedge.NewSeededEntropy("restore"))
			cfg.Database = c.database
			_, err := server.Restore(t.Context(), cfg, b, s.dir)
			refused(t, err, c.code, c.field)
			if _, err := server.Open(t.Context(), cfg); err == nil && !strings.Contains(what, "database") {
				t.Error("what was not restored opens")
			}
		})
	}
	t.Run("no secrets", func(t *testing.T) {
		_, err := server.Restore(t.Context(), configure(filepath.Join(t.TempDir(), "data"), s.clock, selvedge.NewSeededEntropy("restore")), whole, t.TempDir())
		refused(t, err, selvedge.CodeInvalid, "secrets")
	})
}

func gone(t *testing.T, dir, name string) {
	t.Helper()
	if err := os.Remove(filepath.Join(dir, name)); err != nil {
		t.Fatal(err)
	}
}

// restored returns what a backup of s becomes in another place, started at a
// time.
func (s *site) restored(t *testing.T, from, database string, at time.Time, prepare func(dir string)) *site {
	t.Helper()
	r := &site{dir: filepath.Join(t.TempDir(), "data"), database: database, clock: fakeclock.New(at)}
	if err := os.Mkdir(r.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if prepare != nil {
		prepare(r.dir)
	}
	entropy := selvedge.NewSeededEntropy("restored")
	cfg := configure(r.dir, r.clock, entropy)
	cfg.Database = database
	if _, err := server.Restore(t.Context(), cfg, from, s.dir); err != nil {
		t.Fatal(err)
	}
	r.open(t, entropy)
	return r
}

func (s *site) drain(t *testing.T) {
	t.Helper()
	servertest.Drain(t, s.Server, s.clock)
}

// verified checks the ledger and all that it can be held against.
func (s *site) verified(t *testing.T) {
	t.Helper()
	audit, err := s.Audit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range audit.Findings {
		t.Errorf("found wrong: %s", f)
	}
}

// TestBackupThatFailsHoldsNothing: blobs are collected again at once.
func TestBackupThatFailsHoldsNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	ledger, away := filepath.Join(s.dir, "ledger"), filepath.Join(s.dir, "away")
	if err := os.Rename(ledger, away); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Backup(t.Context(), operator, filepath.Join(t.TempDir(), "backup")); err == nil {
		t.Error("a backup without a ledger")
	}
	if err := os.Rename(away, ledger); err != nil {
		t.Fatal(err)
	}
	r, err := s.Collect(t.Context(), operator)
	if err != nil || r.Held {
		t.Errorf("%+v, %v", r, err)
	}
}
