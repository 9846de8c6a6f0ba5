package killpoint_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/selvedge/selvedge/internal/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// rounds is how often each engine's installation is killed, at least: once at
// each step, and then at random. make nightly asks for more.
func rounds(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(os.Getenv("SELVEDGE_KILL_ROUNDS"))
	if err != nil {
		return 10
	}
	return n
}

// TestKilled runs the real program under load and kills it, at each step before
// and after a commit point and at random. Whatever it had acknowledged must be
// so after the next start, whatever it had not may be so or not, and from then
// on must stay as it is.
func TestKilled(t *testing.T) {
	t.Parallel()
	bin := build(t)
	for name, database := range map[string]func(testing.TB) string{
		"SQLite":     func(testing.TB) string { return "" },
		"PostgreSQL": pgtest.Schema,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := install(t, bin, database(t))
			w := newWorld(p)
			for range 2 { // nothing is killed: which steps are there?
				w.round(t, kill{})
			}
			steps := p.reached(t)
			hits := map[string]int{}
			rnd := rand.New(rand.NewPCG(1, 2))
			for n := range max(rounds(t), len(steps)) {
				k := kill{after: 1 + rnd.IntN(12)}
				if n < len(steps) {
					k = kill{step: steps[n]}
				}
				w.round(t, k)
				if t.Failed() {
					t.Fatalf("in round %d, killed %v", n, k)
				}
				hits[p.killed(t)]++
			}
			w.settle(t)
			for _, s := range steps {
				if hits[s.String()] == 0 {
					t.Errorf("never killed at %s", s)
				}
			}
			t.Logf("%d rounds, acknowledged and kept: %s; killed:\n%s", w.rounds, w.counts(), table(hits))
		})
	}
}

func table(hits map[string]int) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(hits)) {
		fmt.Fprintf(&b, "%6d  %s\n", hits[name], name)
	}
	return b.String()
}
