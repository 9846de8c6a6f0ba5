package server_test

import (
	"bytes"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/demo/world"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/purpose"
)

// BenchmarkWithdrawalDuringImport has people withdraw, one after the other,
// while a world of 20,000 people is imported: how long each waits from the call
// to the commit.
func BenchmarkWithdrawalDuringImport(b *testing.B) {
	w := newWorld(b, world.Config{Seed: "bench", People: 20_000, Start: start})
	accounts, points := written(b, w.WriteAccounts), written(b, w.WriteContactPoints)
	const early = 4000
	var earlyAccounts, earlyPoints bytes.Buffer
	earlyAccounts.WriteString("account,country,age_class,active_on,state\n")
	earlyPoints.WriteString("account,kind,value,sha256,region,prompt,given_at,verified_at,verified_by\n")
	for i := range early {
		fmt.Fprintf(&earlyAccounts, "early-%d,,adult,,active\n", i)
		fmt.Fprintf(&earlyPoints, "early-%d,email,early-%d@people.example,,,all-offers@1,2026-01-01T00:00:00Z,2026-01-01T00:00:00Z,code\n", i, i)
	}
	for name, database := range engines() {
		b.Run(name, func(b *testing.B) {
			var waits []time.Duration
			for b.Loop() {
				b.StopTimer()
				s := newSite(b, database(b))
				s.register(b, w.Prompts())
				s.load(b, earlyAccounts.Bytes(), earlyPoints.Bytes())
				b.StartTimer()
				waits = append(waits, s.withdrawDuring(b, early, func() { s.load(b, accounts, points) })...)
			}
			slices.Sort(waits)
			ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
			b.ReportMetric(ms(waits[len(waits)/2]), "p50-ms")
			b.ReportMetric(ms(waits[len(waits)*99/100]), "p99-ms")
			b.ReportMetric(ms(waits[len(waits)-1]), "max-ms")
			b.ReportMetric(float64(len(waits))/float64(b.N), "withdrawals")
		})
	}
}

// withdrawDuring withdraws one early account's address after the other until
// the work is done, and returns how long each waited.
func (s *site) withdrawDuring(b *testing.B, early int, work func()) (waits []time.Duration) {
	b.Helper()
	var working sync.WaitGroup
	done := make(chan struct{})
	working.Go(func() {
		defer close(done)
		work()
	})
	defer working.Wait()
	clock := selvedge.WallClock{}
	for i := range early {
		select {
		case <-done:
			return waits
		default:
		}
		began := clock.Now()
		_, err := s.People.Withdraw(b.Context(), operator, fmt.Sprint("early-", i),
			contact.Address{Kind: identifier.Email, Value: fmt.Sprintf("early-%d@people.example", i)}, purpose.Matchable)
		if err != nil {
			b.Fatal(err)
		}
		waits = append(waits, clock.Now().Sub(began))
	}
	return waits
}
