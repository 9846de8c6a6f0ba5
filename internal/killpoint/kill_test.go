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

// rounds is how often each engine's installation is killed, at least: at every
// step, and then at random. make nightly asks for more.
func rounds(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(os.Getenv("SELVEDGE_KILL_ROUNDS"))
	if err != nil {
		return 6
	}
	return n
}

// tries is how often a command is sent to die at a step that it does not always
// come by.
const tries = 6

// TestKilled runs the real program under load and kills it, at each step before
// and after a commit point and at random. Whatever it had acknowledged must be
// so after the next start, whatever it had not may be so or not, and from then
// on must stay as it is.
//
// In each round, twice, every command is sent to die at a step of its own, and
// then the program is started and looked at. Each step is one at which a command
// died in the end, the server or, on PostgreSQL, a worker.
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
			plan := newPlan(rand.New(rand.NewPCG(1, 2)))
			w.round(t, kill{}) // nothing is killed: which steps are there?
			plan.learn(p.passed(t))
			for n := 1; n <= rounds(t) || len(plan.missed()) > 0 && plan.left(); n++ {
				for range 2 {
					k := plan.next()
					w.load(t, k)
					plan.learn(p.passed(t))
					if t.Failed() {
						t.Fatalf("in round %d, killed %v", n, k)
					}
				}
				w.look(t)
				if t.Failed() {
					t.Fatalf("in round %d, after kills", n)
				}
			}
			w.settle(t)
			for _, s := range plan.missed() {
				t.Errorf("never killed at %s", s)
			}
			t.Logf("%d rounds, acknowledged and kept: %s; killed:\n%s", w.rounds, w.counts(), plan)
		})
	}
}

// plan says where to kill next, and remembers where that was done.
type plan struct {
	rnd   *rand.Rand
	queue map[string][]string // by command: steps to kill it at, the next one first
	tried map[step]int
	hits  map[string]int // by step, and by what else killed
}

func newPlan(rnd *rand.Rand) *plan {
	return &plan{rnd: rnd, queue: map[string][]string{}, tried: map[step]int{}, hits: map[string]int{}}
}

// learn takes in what commands did: which steps they passed, and where they died.
func (p *plan) learn(passed, died []step) {
	for _, s := range passed {
		if _, known := p.tried[s]; !known {
			p.tried[s] = 0
			p.queue[s.command] = append(p.queue[s.command], s.name)
		}
	}
	for _, s := range died {
		p.hits[s.String()]++
		p.queue[s.command] = slices.DeleteFunc(p.queue[s.command], func(name string) bool { return name == s.name })
	}
	if len(died) == 0 {
		p.hits["at random"]++
	}
}

// next returns where to kill next: each command at a step that it has not died
// at, and then at any; the server then after so many acknowledgements.
func (p *plan) next() kill {
	k := kill{at: map[string]string{}}
	for _, command := range loaded {
		q := p.queue[command]
		if len(q) == 0 {
			if all := p.known(command); len(all) > 0 && command != "serve" && p.rnd.IntN(2) == 0 {
				k.at[command] = fmt.Sprint(all[p.rnd.IntN(len(all))], ":", 1+p.rnd.IntN(4))
			}
			continue
		}
		s := step{command, q[0]}
		k.at[command] = s.name + ":1"
		p.tried[s]++
		p.queue[command] = q[1:]
		if p.tried[s] < tries {
			p.queue[command] = append(slices.Clone(q[1:]), s.name) // until it died there
		}
	}
	if k.at["serve"] == "" {
		k.after = 1 + p.rnd.IntN(12)
	}
	return k
}

// known returns the steps of a command.
func (p *plan) known(command string) (names []string) {
	for s := range p.tried {
		if s.command == command {
			names = append(names, s.name)
		}
	}
	slices.Sort(names)
	return names
}

// left says whether there are steps at which commands are still sent to die.
func (p *plan) left() bool {
	return slices.ContainsFunc(loaded, func(command string) bool { return len(p.queue[command]) > 0 })
}

// missed returns the steps at which no command died.
func (p *plan) missed() (names []string) {
	done := map[string]bool{}
	for s := range p.tried {
		done[s.name] = done[s.name] || p.hits[s.String()] > 0
	}
	for name, hit := range done {
		if !hit {
			names = append(names, name)
		}
	}
	return names
}

// String is a table of what was killed where, and how often.
func (p *plan) String() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(p.hits)) {
		fmt.Fprintf(&b, "%6d  %s\n", p.hits[name], name)
	}
	return b.String()
}
