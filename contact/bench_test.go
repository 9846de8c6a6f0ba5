package contact_test

import (
	"fmt"
	"testing"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/demo/world"
)

// BenchmarkImport imports an invented platform of 20,000 people.
func BenchmarkImport(b *testing.B) {
	w, err := world.New(world.Config{Seed: "bench", People: 20_000, Start: start})
	must(b, err)
	accounts, points := written(b, w.WriteAccounts), written(b, w.WriteContactPoints)
	var rows int64
	for b.Loop() {
		b.StopTimer()
		p := barePlatform(b)
		p.registerWorld(b, w)
		b.StartTimer()
		r, err := p.Import(b.Context(), office, text(accounts), text(points))
		must(b, err)
		rows += r.Points.Read
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkWithdraw withdraws one address after the other.
func BenchmarkWithdraw(b *testing.B) {
	p := newPlatform(b)
	var accounts, points string
	for i := range 1000 {
		id := fmt.Sprintf("u%d", i)
		accounts += adults(id)
		points += given(id, id+"@example.com", "offers", 9)
	}
	p.load(b, accounts, points)
	i := 0
	for b.Loop() {
		id := fmt.Sprintf("u%d", i%1000)
		i++
		_, err := p.people.Withdraw(b.Context(), selvedge.Platform("key"), id, email(id+"@example.com"), onlyAds)
		must(b, err)
	}
}

// BenchmarkEvents brings a thousand verified yeses at once.
func BenchmarkEvents(b *testing.B) {
	p := newPlatform(b)
	var accounts []string
	for i := range contact.MaxEvents {
		accounts = append(accounts, fmt.Sprint("u", i))
	}
	p.load(b, adults(accounts...), "")
	n := 0
	for b.Loop() {
		n++
		var es []contact.Event
		for _, id := range accounts {
			es = append(es, gave(id, fmt.Sprintf("%s-%d@example.com", id, n), "offers", 9))
		}
		if rep, err := p.events().Apply(b.Context(), office, es); err != nil || rep.Applied != contact.MaxEvents {
			b.Fatalf("%+v, %v", rep.Refused, err)
		}
	}
	b.ReportMetric(float64(n)*contact.MaxEvents/b.Elapsed().Seconds(), "events/s")
}
