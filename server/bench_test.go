package server_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/demo/world"
	"github.com/selvedge/selvedge/internal/fakeclock"
	"github.com/selvedge/selvedge/prompt"
	"github.com/selvedge/selvedge/server"
)

// BenchmarkImport imports a world of 20,000 people into a new installation:
// rows of contact_points.csv a second, and bytes on disk for each contact point.
func BenchmarkImport(b *testing.B) {
	w := newWorld(b, world.Config{Seed: "bench", People: 20_000, Start: start})
	var accounts, points bytes.Buffer
	if err := w.WriteAccounts(&accounts); err != nil {
		b.Fatal(err)
	}
	if err := w.WriteContactPoints(&points); err != nil {
		b.Fatal(err)
	}
	var rows, size int64
	for b.Loop() {
		b.StopTimer()
		dir := filepath.Join(b.TempDir(), "data")
		s := open(b, dir, fakeclock.New(start))
		registerPrompts(b, s, w.Prompts())
		b.StartTimer()
		report, err := s.Importer.Import(b.Context(), operator, memory(accounts.Bytes()), memory(points.Bytes()))
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		rows += report.Points.Read
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
		size += folderSize(b, dir)
		b.StartTimer()
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(size)/float64(rows), "bytes/point")
}

var (
	operator = selvedge.Operator("anna")
	start    = time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC)
)

func folderSize(tb testing.TB, dir string) (n int64) {
	tb.Helper()
	err := filepath.Walk(dir, func(_ string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().IsRegular() {
			n += info.Size()
		}
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return n
}

func memory(b []byte) contact.Source {
	return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }
}

func newWorld(tb testing.TB, cfg world.Config) *world.World {
	tb.Helper()
	w, err := world.New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	return w
}

func registerPrompts(tb testing.TB, s *server.Server, yaml []byte) {
	tb.Helper()
	ps, err := prompt.Parse(bytes.NewReader(yaml))
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := s.Prompts.Apply(tb.Context(), operator, ps); err != nil {
		tb.Fatal(err)
	}
}

// open makes an installation and starts it; unknown ages count as minors.
func open(tb testing.TB, dir string, clock selvedge.Clock) *server.Server {
	tb.Helper()
	entropy := selvedge.NewSeededEntropy("test")
	if err := server.Init(tb.Context(), dir, clock, entropy); err != nil {
		tb.Fatal(err)
	}
	s, err := server.Open(tb.Context(), config(dir, clock, entropy))
	if err != nil {
		tb.Fatal(err)
	}
	if err := s.Start(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return s
}
