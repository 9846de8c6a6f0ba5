package server_test

import (
	"bytes"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/demo/world"
	"github.com/selvedge/selvedge/internal/fakeclock"
	"github.com/selvedge/selvedge/internal/pgtest"
	"github.com/selvedge/selvedge/prompt"
	"github.com/selvedge/selvedge/prompt/prompttest"
	"github.com/selvedge/selvedge/server"
)

var (
	operator = selvedge.Operator("anna")
	start    = time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC)
)

// site is an installation on a fake clock. Unknown ages count as minors.
type site struct {
	*server.Server
	dir      string
	database string // URL; empty for the SQLite file
	clock    *fakeclock.Clock
}

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// engines are where an installation's truth may be, as database URLs.
func engines() map[string]func(testing.TB) string {
	return map[string]func(testing.TB) string{"SQLite": onSQLite, "PostgreSQL": pgtest.Schema}
}

func onSQLite(testing.TB) string { return "" }

// newSite makes an installation of a fixed seed and starts it.
func newSite(tb testing.TB, database string) *site {
	tb.Helper()
	s := &site{dir: filepath.Join(tb.TempDir(), "data"), database: database, clock: fakeclock.New(start)}
	entropy := selvedge.NewSeededEntropy("test")
	if err := server.Init(tb.Context(), server.Config{Dir: s.dir, Database: database, Clock: s.clock, Entropy: entropy}); err != nil {
		tb.Fatal(err)
	}
	s.open(tb, entropy)
	return s
}

func (s *site) open(tb testing.TB, entropy selvedge.Entropy) {
	tb.Helper()
	var err error
	s.Server, err = server.Open(tb.Context(), server.Config{
		Dir: s.dir, Database: s.database, UnknownAge: contact.UnknownIsMinor, Tick: time.Minute, Clock: s.clock, Entropy: entropy,
		Log: slog.New(slog.DiscardHandler), Code: "test",
	})
	if err == nil {
		err = s.Start(tb.Context())
	}
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
}

// bring registers a world's prompts and imports its people.
func (s *site) bring(tb testing.TB, w *world.World) contact.Report {
	tb.Helper()
	s.register(tb, w.Prompts())
	return s.load(tb, written(tb, w.WriteAccounts), written(tb, w.WriteContactPoints))
}

func (s *site) register(tb testing.TB, yaml []byte) {
	tb.Helper()
	ps, err := prompt.Parse(bytes.NewReader(yaml))
	if err != nil {
		tb.Fatal(err)
	}
	prompttest.InEffect(tb, s.Prompts, ps...)
}

// load imports two files.
func (s *site) load(tb testing.TB, accounts, points []byte) contact.Report {
	tb.Helper()
	report, err := s.Importer.Import(tb.Context(), operator, inMemory(accounts), inMemory(points))
	if err != nil {
		tb.Fatal(err)
	}
	return report
}

func inMemory(b []byte) contact.Source {
	return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }
}

func written(tb testing.TB, write func(io.Writer) error) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func newWorld(tb testing.TB, cfg world.Config) *world.World {
	tb.Helper()
	w, err := world.New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	return w
}
