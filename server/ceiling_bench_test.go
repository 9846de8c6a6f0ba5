package server_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/selvedge/selvedge/demo/world"
	"github.com/selvedge/selvedge/internal/pgtest"
)

// imported are the tables that an import fills.
var imported = []string{"account", "contact_point", "ads_grant", "person"}

// BenchmarkImportCeiling is what BenchmarkImport on PostgreSQL cannot exceed: the
// rows that it brings, made ready in PostgreSQL's own form, are copied into the
// same tables by one connection, a table at a time, with nothing looked up and
// nothing beside it; and into the same tables without indexes. It counts contact
// points, as BenchmarkImport does.
func BenchmarkImportCeiling(b *testing.B) {
	w := newWorld(b, world.Config{Seed: "bench", People: 20_000, Start: start})
	url := pgtest.Schema(b)
	s := newSite(b, url)
	points := s.bring(b, w).Points.Read
	c, err := pgx.Connect(b.Context(), url)
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close(b.Context())
	rows := map[string][]byte{}
	for _, t := range imported {
		var out bytes.Buffer
		if _, err := c.PgConn().CopyTo(b.Context(), &out, "COPY "+t+" TO STDOUT (FORMAT binary)"); err != nil {
			b.Fatal(err)
		}
		rows[t] = out.Bytes()
	}
	for name, like := range map[string]string{"AsTheyAre": "INCLUDING ALL", "WithoutIndexes": "INCLUDING CONSTRAINTS"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				for _, t := range imported {
					if _, err := c.Exec(b.Context(), fmt.Sprintf("DROP TABLE IF EXISTS copy_%s; CREATE TABLE copy_%s (LIKE %s %s)", t, t, t, like)); err != nil {
						b.Fatal(err)
					}
				}
				b.StartTimer()
				for _, t := range imported {
					if _, err := c.PgConn().CopyFrom(b.Context(), bytes.NewReader(rows[t]), "COPY copy_"+t+" FROM STDIN (FORMAT binary)"); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(points)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
