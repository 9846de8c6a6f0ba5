package server_test

import (
	"bytes"
	"context"
	"database/sql"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/demo/world"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/internal/fakeclock"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/ledger/proof"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/org"
	"github.com/selvedge/selvedge/purpose"
	"github.com/selvedge/selvedge/server"
	"github.com/selvedge/selvedge/store/tesseralog"
)

// house is an installation that is closed and opened again, with ten people who
// gave their e-mail addresses for offers.
type house struct {
	*server.Server
	cfg server.Config
	log *bytes.Buffer // of the server that is open, when it is not running
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{cfg: configure(filepath.Join(t.TempDir(), "data"), fakeclock.New(start), selvedge.NewSeededEntropy("house"))}
	h.cfg.Origin = "selvedge.example"
	if err := server.Init(t.Context(), h.cfg); err != nil {
		t.Fatal(err)
	}
	h.open(t)
	s := &site{Server: h.Server}
	s.register(t, newWorld(t, world.Config{Seed: "house", Start: start}).Prompts())
	accounts, points := "account,country,age_class,active_on,state\n", "account,kind,value,sha256,region,prompt,given_at,verified_at,verified_by\n"
	for _, name := range people {
		accounts += name + ",GB,adult,,active\n"
		points += name + ",email," + name + "@example.com,,,all-offers@1,2026-01-01T00:00:00Z,2026-01-01T00:00:00Z,code\n"
	}
	if got := s.load(t, []byte(accounts), []byte(points)).Points.Matchable; got != int64(len(people)) {
		t.Fatalf("%d matchable", got)
	}
	t.Cleanup(func() { h.close(t) })
	return h
}

var people = []string{"ada", "ben", "cid", "dot", "eve", "fay", "gus", "hal", "ida", "jon"}

// open opens and starts the server, which must always come about.
func (h *house) open(t *testing.T) {
	t.Helper()
	h.log = &bytes.Buffer{}
	h.cfg.Log = slog.New(slog.NewTextHandler(h.log, nil))
	var err error
	if h.Server, err = server.Open(t.Context(), h.cfg); err != nil {
		t.Fatal(err)
	}
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (h *house) close(t *testing.T) {
	t.Helper()
	if h.Server == nil {
		return
	}
	if err := h.Close(); err != nil {
		t.Error(err)
	}
	h.Server = nil
}

func (h *house) again(t *testing.T) {
	t.Helper()
	h.close(t)
	h.open(t)
}

// enter enters all that waits.
func (h *house) enter(t *testing.T) {
	t.Helper()
	for _, space := range []ledger.Space{ledger.Ads, ledger.Registry} {
		if err := h.Audiences.Ledger.Await(t.Context(), space); err != nil {
			t.Fatal(err)
		}
	}
}

func (h *house) withdraw(t *testing.T, account string) {
	t.Helper()
	res, err := h.People.Withdraw(t.Context(), selvedge.Platform("accounts"), account,
		contact.Address{Kind: identifier.Email, Value: account + "@example.com"}, purpose.Matchable)
	if err != nil || res.Ended == 0 {
		t.Fatalf("%s: %+v, %v", account, res, err)
	}
}

func (h *house) shop(t *testing.T, name string) *shop {
	t.Helper()
	return newShop(t, &site{Server: h.Server}, name, org.Advertiser)
}

// everybody is a list of all people.
func everybody() []byte {
	return []byte("email\n" + strings.Join(people, "@example.com\n") + "@example.com\n")
}

// sql runs a statement on the database file, as no method of the product does.
func (h *house) sql(t *testing.T, text string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(h.cfg.Dir, "selvedge.db")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), text); err != nil {
		t.Fatal(err)
	}
}

func (h *house) contained() error { return h.Audiences.Ledger.Contained() }

// keys returns the keys of a space's logs, the current one last.
func (h *house) keys(t *testing.T, space ledger.Space) (out []string) {
	t.Helper()
	keys, err := h.LogKeys()
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range keys {
		if k.Space == space {
			out = append(out, k.Key)
		}
	}
	return out
}

// TestEverythingIsProved lives a little and proves each act with the key alone.
func TestEverythingIsProved(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	acme := h.shop(t, "Acme")
	acme.upload(t, everybody(), list.Options{})
	if err := h.Matcher.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(acme.members(t)); n != len(people) {
		t.Fatalf("%d members", n)
	}
	h.withdraw(t, "ada")
	h.enter(t)
	audit, err := h.Audit(t.Context())
	if err != nil || len(audit.Findings) > 0 || audit.Versions != 1 || len(audit.Spaces) != 2 {
		t.Fatalf("%+v, %v", audit, err)
	}
	kinds := map[string]int{}
	for _, space := range audit.Spaces {
		if space.Waiting > 0 || space.Entries < 5 {
			t.Errorf("%+v", space)
		}
		for seq := int64(1); seq <= space.Entries; seq++ {
			file, err := h.Prove(t.Context(), space.Space, seq)
			if err != nil {
				t.Fatal(err)
			}
			b, err := proof.Parse(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := proof.Verify(b, h.keys(t, space.Space)...); err != nil || b.Event.Seq != seq {
				t.Errorf("entry %d of %s: %v", seq, space.Space, err)
			}
			kinds[b.Event.Kind]++
		}
	}
	for _, kind := range []ledger.Kind{ledger.ImportCompleted, ledger.MatchIntended, ledger.VersionSealed, ledger.StaffLookup} {
		if kinds[string(kind)] != 1 {
			t.Errorf("%d entries of %s", kinds[string(kind)], kind)
		}
	}
	if kinds[string(ledger.GrantWithdrawn)] != 2 {
		t.Errorf("the withdrawal has %d entries", kinds[string(ledger.GrantWithdrawn)])
	}
	_, err = h.Prove(t.Context(), ledger.Ads, 99)
	refused(t, err, selvedge.CodeNotFound, "")
}

// TestRunEnters: what is done is entered without anybody waiting for it, also
// what a command does beside the server.
func TestRunEnters(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx, stop := context.WithCancel(t.Context())
	running := make(chan struct{})
	go func() {
		defer close(running)
		h.Run(ctx)
	}()
	defer func() {
		stop()
		<-running
	}()
	beside, err := server.Open(t.Context(), h.cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer beside.Close()
	log := tesseralog.NewView(filepath.Join(h.cfg.Dir, "ledger", "registry"))
	for what, act := range map[string]func(){
		"the server":         func() { h.withdraw(t, "ada") },
		"a command beside":   func() { issue(t, beside) },
		"the server, later":  func() { h.withdraw(t, "ben") },
		"a command at night": func() { issue(t, beside) },
	} {
		audit, err := h.Audit(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		// Whatever waited is behind it, and there is one more leaf at least.
		size := audit.Spaces[1].Leaves
		act()
		within, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		if _, err := log.AwaitPublished(within, size); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		cancel()
	}
}

func issue(t *testing.T, s *server.Server) {
	t.Helper()
	if _, err := s.Orgs.IssuePlatformKey(t.Context(), operator, "more"); err != nil {
		t.Fatal(err)
	}
}

// TestOrigin: an installation has the name that it was given, or one of its own,
// for good.
func TestOrigin(t *testing.T) {
	t.Parallel()
	origins := func(t *testing.T, cfg server.Config) (out []string) {
		t.Helper()
		s, err := server.Open(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		keys, err := s.LogKeys()
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range keys {
			out = append(out, k.Origin)
		}
		return out
	}
	for name, ok := range map[string]bool{
		"selvedge.example": true, "eu-1.ads.example/prod": true, "x": true,
		"":                 true, // drawn
		"Selvedge.example": false, "a b": false, "a+b": false, "/a": false, "a/": false, "a//b": false, "-a": false, "a\nb": false,
		strings.Repeat("a", 101): false,
	} {
		cfg := configure(filepath.Join(t.TempDir(), "data"), fakeclock.New(start), selvedge.NewSeededEntropy(name))
		cfg.Origin = name
		err := server.Init(t.Context(), cfg)
		if !ok {
			refused(t, err, selvedge.CodeInvalid, "origin")
			if _, err := os.Stat(cfg.Dir); err == nil {
				t.Errorf("%q: a folder was made", name)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		got := origins(t, cfg)
		if name != "" {
			if diff := cmp.Diff([]string{name + "/ledger/ads", name + "/ledger/registry"}, got); diff != "" {
				t.Errorf("origins (-want +got):\n%s", diff)
			}
			continue
		}
		// Without its file, which older folders have not, it is the same.
		if err := os.Remove(filepath.Join(cfg.Dir, "ledger", "origin")); err != nil {
			t.Fatal(err)
		}
		if again := origins(t, cfg); !slices.Equal(got, again) || !strings.HasPrefix(got[0], "selvedge-") {
			t.Errorf("%q, and then %q", got, again)
		}
	}
}
