package server_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/ledger/proof"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/list/listtest"
	"github.com/selvedge/selvedge/server"
	"github.com/selvedge/selvedge/server/servertest"
)

// backUp copies the database of a closed house, and returns what restores it.
func (h *house) backUp(t *testing.T) (restore func()) {
	t.Helper()
	path := filepath.Join(h.cfg.Dir, "selvedge.db")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		for _, name := range []string{path + "-wal", path + "-shm"} {
			if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// wantContained checks that the server matches and shows nothing, that it says
// so aloud, and that it takes somebody's no.
func (h *house) wantContained(t *testing.T, acme *shop, who string) {
	t.Helper()
	refused(t, h.contained(), selvedge.CodeContained, "")
	if !strings.Contains(h.log.String(), `level=ERROR msg="contained: nothing is matched or shown until a person has looked"`) {
		t.Errorf("it says %s", h.log)
	}
	_, err := h.Audiences.Upload(t.Context(), acme.actor, acme.audience, strings.NewReader("email\n"), audience.Delivery{Options: listtest.Options()})
	refused(t, err, selvedge.CodeContained, "")
	_, err = h.Audiences.List(t.Context(), acme.actor, "", 100)
	refused(t, err, selvedge.CodeContained, "")
	refused(t, h.Matcher.Match(t.Context(), servertest.Attempt(`{}`)), selvedge.CodeContained, "")
	_, err = h.People.Look(t.Context(), operator, "ada")
	refused(t, err, selvedge.CodeContained, "")
	h.withdraw(t, who)
}

// wantNotCollected checks that no blob is thrown away because a database that is
// too old does not name it.
func (h *house) wantNotCollected(t *testing.T) {
	t.Helper()
	_, err := h.Collect(t.Context(), operator)
	refused(t, err, selvedge.CodeContained, "")
}

// TestRestoredDatabase restores an older database beside a newer ledger. The
// server is contained, through restarts and whatever comes in, until an operator
// ends the logs; then all is entered anew, the old logs still hold what they
// held, and both say what happened.
func TestRestoredDatabase(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	acme := h.shop(t, "Acme")
	h.enter(t)
	h.close(t)
	restore := h.backUp(t)
	h.open(t)
	acme.site = &site{Server: h.Server}
	h.withdraw(t, "ada") // what the backup does not know
	h.enter(t)
	file, err := h.Prove(t.Context(), ledger.Ads, 4)
	if err != nil {
		t.Fatal(err)
	}
	oldKeys := h.keys(t, ledger.Ads)
	h.close(t)
	restore()

	h.open(t)
	if want := "ads: leaf 1 has entries 5 to 5, and the database has 0 of them"; !strings.Contains(h.log.String(), want) {
		t.Errorf("it says %s; want %s", h.log, want)
	}
	h.wantContained(t, acme, "ben")
	h.wantNotCollected(t)
	h.again(t)
	h.wantContained(t, acme, "cid") // now the entries are there, and others
	h.wantNotCollected(t)
	ended := func(space ledger.Space, reason string) (ledger.Ending, error) {
		s, err := server.Open(t.Context(), h.cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		return s.EndLog(t.Context(), operator, space, reason)
	}
	_, err = ended(ledger.Ads, "beside a server")
	refused(t, err, selvedge.CodeConflict, "dir")
	h.close(t)

	for _, space := range []ledger.Space{ledger.Ads, ledger.Registry} {
		would, err := ended(space, "")
		if err != nil || would.Lost == 0 || would.Kept == 0 || would.LostFrom == nil {
			t.Fatalf("%+v, %v", would, err)
		}
		did, err := ended(space, "the disk broke")
		would.Reason = "the disk broke"
		if diff := cmp.Diff(would, did); diff != "" || err != nil {
			t.Errorf("what was done is not what was shown (-shown +done): %v\n%s", err, diff)
		}
		_, err = ended(space, "again")
		refused(t, err, selvedge.CodeConflict, "space")
	}
	h.open(t)
	if err := h.contained(); err != nil {
		t.Fatal(err)
	}
	acme = &shop{&site{Server: h.Server}, acme.org, acme.actor, acme.audience}
	acme.upload(t, everybody(), list.Options{})
	if err := servertest.Match(t, h.Server); err != nil {
		t.Fatal(err)
	}
	if n := len(acme.members(t)); n != len(people)-2 {
		t.Errorf("%d members: ben and cid withdrew after the restore", n)
	}
	h.enter(t)
	if _, err := h.Collect(t.Context(), operator); err != nil {
		t.Error(err)
	}
	audit, err := h.Audit(t.Context())
	if err != nil || len(audit.Findings) > 0 || len(audit.Spaces) != 4 {
		t.Fatalf("%+v, %v", audit, err)
	}
	if old := audit.Spaces[0]; old.Log != "selvedge.example/ledger/ads" || old.Lost != 1 || old.Leaves != 2 {
		t.Errorf("the old log: %+v", old)
	}
	// What was proved is proved: of an act that the database no longer knows.
	b, err := proof.Parse(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := proof.Verify(b, oldKeys...); err != nil {
		t.Error(err)
	}
	if keys := h.keys(t, ledger.Ads); len(keys) != 2 || keys[0] != oldKeys[0] || !strings.HasPrefix(keys[1], "selvedge.example/ledger/ads-2+") {
		t.Errorf("keys %q", keys)
	}
}

// TestEndLogRefuses: only an operator, only what does not agree, and only with
// a database that agrees with itself.
func TestEndLogRefuses(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.enter(t)
	h.close(t)
	restore := h.backUp(t)
	h.open(t)
	h.withdraw(t, "ada")
	h.enter(t)
	h.close(t)
	end := func(actor selvedge.Actor) error {
		s, err := server.Open(t.Context(), h.cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		_, err = s.EndLog(t.Context(), actor, ledger.Ads, "because")
		return err
	}
	refused(t, end(operator), selvedge.CodeConflict, "space")
	restore()
	for _, actor := range []selvedge.Actor{{}, selvedge.Platform("key"), selvedge.OrgActor("o", "k"), selvedge.System("x")} {
		refused(t, end(actor), selvedge.CodeForbidden, "")
	}
	h.sql(t, `UPDATE ledger_entry SET actor = 'eve' WHERE space = 'ads' AND seq = 1`)
	err := end(operator)
	refused(t, err, selvedge.CodeConflict, "")
	if !errors.Is(err, ledger.ErrTampered) || !strings.Contains(err.Error(), "ads: entry 1 is not what was committed to") {
		t.Errorf("error %v", err)
	}
	if names, err := filepath.Glob(filepath.Join(h.cfg.Dir, "ledger", "ads-*")); err != nil || len(names) > 0 {
		t.Errorf("%q, %v", names, err)
	}
}

// TestDamagedLogs: a log that is not the one that the database knows contains
// the server, whatever is wrong with it, and is left as it is.
func TestDamagedLogs(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		spoil func(t *testing.T, ads, registry string)
		says  string
	}{
		"gone": {
			func(t *testing.T, ads, _ string) { must(t, os.RemoveAll(ads)) },
			"the log is gone, and the database knows leaves of it",
		},
		"its size gone": {
			func(t *testing.T, ads, _ string) { must(t, os.Remove(filepath.Join(ads, ".state", "treeState"))) },
			"the log is gone, and the database knows leaves of it",
		},
		"its size unreadable": {
			func(t *testing.T, ads, _ string) {
				must(t, os.WriteFile(filepath.Join(ads, ".state", "treeState"), []byte("{"), 0o600))
			},
			"the state is in another form",
		},
		"leaves altered": {
			func(t *testing.T, ads, _ string) {
				flip(t, filepath.Join(ads, "tile", "entries", "000.p", "1"))
			},
			"hashes do not lead to the checkpoint",
		},
		"leaves gone": {
			func(t *testing.T, ads, _ string) { must(t, os.RemoveAll(filepath.Join(ads, "tile", "entries"))) },
			"hashes do not lead to the checkpoint",
		},
		"hashes altered": {
			func(t *testing.T, ads, _ string) { flip(t, filepath.Join(ads, "tile", "0", "000.p", "1")) },
			"hashes do not lead to the checkpoint",
		},
		"swapped with the other": {
			func(t *testing.T, ads, registry string) {
				must(t, os.Rename(ads, ads+"x"))
				must(t, os.Rename(registry, ads))
				must(t, os.Rename(ads+"x", registry))
			},
			"another origin",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			acme := h.shop(t, "Acme")
			h.enter(t)
			h.close(t)
			ads := filepath.Join(h.cfg.Dir, "ledger", "ads")
			tc.spoil(t, ads, filepath.Join(h.cfg.Dir, "ledger", "registry"))
			h.open(t)
			if !strings.Contains(h.log.String(), tc.says) {
				t.Errorf("it says %s; want %s", h.log, tc.says)
			}
			h.wantContained(t, acme, "ben")
			if audit, err := h.Audit(t.Context()); err == nil && len(audit.Findings) == 0 {
				t.Error("an audit finds nothing")
			}
			h.again(t)
			h.wantContained(t, acme, "cid")
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// flip changes a byte of a file.
func flip(t *testing.T, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	must(t, err)
	b[len(b)/2] ^= 1
	must(t, os.WriteFile(path, b, 0o600))
}

// TestContainedWhileItRuns: entries that go missing under a running server
// contain it when the next one is entered.
func TestContainedWhileItRuns(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	acme := h.shop(t, "Acme")
	h.enter(t)
	h.withdraw(t, "ada")
	h.sql(t, `DELETE FROM ledger_entry WHERE space = 'ads' AND seq = (SELECT given FROM ledger_head WHERE space = 'ads')`)
	acme.upload(t, everybody(), list.Options{})
	if err := servertest.Match(t, h.Server); selvedge.CodeOf(err) != selvedge.CodeContained {
		t.Errorf("error %v", err)
	}
	refused(t, h.contained(), selvedge.CodeContained, "")
	h.withdraw(t, "ben")
}
