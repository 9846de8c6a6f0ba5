package server_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/api"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/demo/world"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/list/listtest"
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

// BenchmarkListOfMillions sends a list of the length that the match engine is
// measured with over HTTP: from the request to the sealed version.
func BenchmarkListOfMillions(b *testing.B) {
	const rows = 5_000_000
	s := newSite(b, "")
	s.bring(b, newWorld(b, world.Config{Seed: "bench", People: 20_000, Start: start}))
	csv := []byte("email_sha256\n")
	var address []byte
	for i := range rows {
		address = fmt.Appendf(address[:0], "user%08d@example.com", i)
		sum := sha256.Sum256(address)
		csv = append(hex.AppendEncode(csv, sum[:]), '\n')
	}
	shop := newShop(b, s, "bench", org.Advertiser)
	key, _, err := s.Orgs.IssueOrgKey(b.Context(), operator, shop.org.ID, "bench", selvedge.WriteAudiences)
	if err != nil {
		b.Fatal(err)
	}
	door := httptest.NewServer(s.Handler())
	defer door.Close()
	client := api.Client{URL: door.URL, Key: key}
	for b.Loop() {
		if _, err := client.UploadList(b.Context(), shop.audience, bytes.NewReader(csv), audience.Delivery{Options: listtest.Options()}, ""); err != nil {
			b.Fatal(err)
		}
		servertest.Drain(b, s.Server, s.clock)
	}
	b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
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
