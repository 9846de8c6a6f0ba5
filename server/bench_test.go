package server_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/selvedge/selvedge/demo/world"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/org"
	"github.com/selvedge/selvedge/server/servertest"
)

// BenchmarkImport imports a world of 20,000 people into a new installation:
// rows of contact_points.csv a second, and bytes on disk for each contact point.
func BenchmarkImport(b *testing.B) {
	w := newWorld(b, world.Config{Seed: "bench", People: 20_000, Start: start})
	accounts, points := written(b, w.WriteAccounts), written(b, w.WriteContactPoints)
	for name, database := range engines() {
		b.Run(name, func(b *testing.B) {
			var rows, size int64
			for b.Loop() {
				b.StopTimer()
				s := newSite(b, database(b))
				s.register(b, w.Prompts())
				b.StartTimer()
				rows += s.load(b, accounts, points).Points.Read
				b.StopTimer()
				size += folderSize(b, s.dir)
				b.StartTimer()
			}
			b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(float64(size)/float64(rows), "bytes/point")
		})
	}
}

// BenchmarkList uploads a list of 100,000 rows of hashed addresses and matches
// it: rows a second from the first byte to the sealed version.
func BenchmarkList(b *testing.B) {
	w := newWorld(b, world.Config{Seed: "bench", People: 20_000, Start: start})
	s := newSite(b, "")
	s.bring(b, w)
	csv := written(b, w.List(world.ListSpec{
		Name: "bench", Purpose: "ads.match.advertiser", Form: world.Hashed, Encoding: world.LowerHex, Rows: 100_000,
		Columns: []world.Column{{Header: "email_sha256", Holds: world.HoldsEmail}}, Granted: 400, SecurityOnly: 350,
	}).WriteCSV)
	shop := newShop(b, s, "bench", org.Advertiser)
	var rows int64
	for b.Loop() {
		v := shop.upload(b, csv, list.Options{})
		servertest.Drain(b, s.Server, s.clock)
		rows += v.Report.Rows.Read
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}

func folderSize(tb testing.TB, dir string) (n int64) {
	tb.Helper()
	err := filepath.Walk(dir, func(_ string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().IsRegular() && filepath.Ext(info.Name()) != ".db-wal" {
			n += info.Size()
		}
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return n
}
