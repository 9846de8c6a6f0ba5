package server_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge/demo/world"
)

var sequences = flag.Uint64("sequences", 1, "how many sequences of requests TestNonInterference draws")

// TestNonInterference is the promise over sequences that nobody chose: -sequences
// draws more of them, by night. It is no fuzz target, because one sequence takes
// longer than the ten seconds that the fuzzer gives an input.
func TestNonInterference(t *testing.T) {
	t.Parallel()
	for seed := range *sequences {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			nonInterference(t, seed)
		})
	}
}

// nonInterference has two small installations of one seed live through a sequence
// of requests, events and acts that is drawn from it. They differ in contact points
// that never had an ads grant, which lists ask for and events tell of. Every answer
// to an org must be equal, ids, dates and headers included.
func nonInterference(t *testing.T, seed uint64) {
	t.Helper()
	cfg := world.Config{Seed: fmt.Sprint("sequence ", seed), People: 2500, Start: start}
	without := cfg
	without.OnlyEverAdsGranted = true
	a, b := newTwin(t, newWorld(t, cfg), onSQLite(t)), newTwin(t, newWorld(t, without), onSQLite(t))
	if a.report.Points.Read <= b.report.Points.Read {
		t.Fatal("the worlds do not differ")
	}
	rnd := rand.New(rand.NewPCG(seed, 10))
	events := platformEvents{rnd: rand.New(rand.NewPCG(seed, 12)), world: a.world}
	lists := a.world.Lists()
	for i, l := range lists {
		spec := l.ListSpec
		// Of some hundreds who said yes, and as many who did not: together they would
		// be more than the floor, and show.
		spec.Rows, spec.Granted, spec.SecurityOnly = 1800+300*(i%3), 320, 450
		lists[i] = a.world.List(spec)
	}
	for n := range 40 {
		if n%3 == 2 {
			events.tell(t, a, b)
		}
		if n%20 == 19 {
			a.compact(t) // one alone, so that it shows nowhere either
		}
		r := requestOf(n, rnd, lists)
		if diff := cmp.Diff(b.do(t, r), a.do(t, r)); diff != "" {
			t.Fatalf("seed %d, request %d (%s) is answered otherwise where people have more contact points:\n%s", seed, n, r.what, diff)
		}
	}
	a.settle(t)
	b.settle(t)
	for i := range a.orgs {
		if diff := cmp.Diff(b.audiences(t, i), a.audiences(t, i)); diff != "" {
			t.Fatalf("seed %d, org %d sees its audiences otherwise:\n%s", seed, i, diff)
		}
	}
}
