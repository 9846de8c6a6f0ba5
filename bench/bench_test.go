package bench_test

import (
	"testing"

	"github.com/selvedge/selvedge/bench"
)

func BenchmarkMatch(b *testing.B) {
	for name, w := range map[string]bench.Work{
		"hashed": {Contacts: 2_000_000, Rows: 500_000, Forms: 1},
		"plain":  {Contacts: 2_000_000, Rows: 500_000, Forms: 1, Plain: true},
	} {
		b.Run(name, func(b *testing.B) {
			dir := b.TempDir()
			var f bench.Figures
			for b.Loop() {
				var err error
				if f, err = bench.Match(b.Context(), dir, w, 7); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(f.RowsPerSecond, "rows/s")
			b.ReportMetric(f.CPUSeconds/float64(w.Rows)*1e9, "cpu-ns/row")
		})
	}
}
