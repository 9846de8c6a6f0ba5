package match_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/match"
	"github.com/selvedge/selvedge/purpose"
	"github.com/selvedge/selvedge/token"
)

// Six of ten rows are on the platform, spread over the whole index.
func BenchmarkRun(b *testing.B) {
	const entries = 4_000_000
	w := newWorld()
	rnd := rand.New(rand.NewPCG(1, 2))
	for n := range uint32(entries) {
		w.add(identifier.ClassEmail, tok(n), selvedge.Ordinal(n+1))
	}
	w.eligible[purpose.AdsMatchAdvertiser].AddRange(1, entries*9/10)
	ads := w.oneChunk(b)
	for _, rows := range []int{100, 10_000, 1_000_000, 4_000_000} {
		var tokens []token.Token
		for range rows {
			n := rnd.Uint32N(entries)
			if rnd.IntN(10) >= 6 {
				n += entries
			}
			tokens = append(tokens, tok(n))
		}
		list := newList(byClass{identifier.ClassEmail: tokens})
		b.Run(fmt.Sprintf("%d×%d", rows, entries), func(b *testing.B) {
			for b.Loop() {
				if _, err := match.Run(b.Context(), system, list, ads); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
