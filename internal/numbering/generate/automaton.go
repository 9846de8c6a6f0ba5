package main

import (
	"fmt"
	"regexp/syntax"
	"slices"
)

// state is one state of an automaton over the ten digits.
type state struct {
	step [10]int // the states that follow, 0 for none
	// What has matched when the automaton is here, 0 for nothing: with digits
	// to come, and at the end of the number.
	mark, last mark
}

// mark is a match: plain, or one whose group matched too, from and to being its
// place in the number.
type mark struct {
	kind     markKind
	from, to int
}

type markKind uint8

const (
	none markKind = iota
	plain
	grouped
)

// thread is one of the ways in which a pattern may still match. The group is the
// pattern's last, and -1 where it has not begun or ended.
type thread struct{ pc, from, to int }

// compiler turns patterns into automata, all with states in one list.
type compiler struct {
	states []state // the first is dead
}

// situation is a set of threads in the order of preference, after so many digits.
// The number of digits is kept apart only where a group's place depends on it.
type situation struct {
	threads []thread
	at      int
}

// compile adds the automaton of a pattern that is matched from the first digit,
// and returns its first state. The end of the match is the one that Go's regular
// expressions prefer. Where group is above 0, marks tell the place of that group.
func (c *compiler) compile(pattern string, group int) (int, error) {
	re, err := syntax.Parse("^(?:"+pattern+")", syntax.Perl)
	if err != nil {
		return 0, err
	}
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		return 0, err
	}
	b := &builder{compiler: c, prog: prog, group: group, known: map[string]int{}}
	start := b.state(situation{threads: []thread{{prog.Start, -1, -1}}}, true)
	return start, b.err
}

// builder makes the automaton of one pattern.
type builder struct {
	*compiler
	prog  *syntax.Prog
	group int
	known map[string]int // states by their situation
	err   error
}

// state returns the state of a situation.
func (b *builder) state(s situation, begin bool) int {
	if len(s.threads) == 0 || b.err != nil {
		return 0
	}
	key := fmt.Sprint(s, begin)
	if n, ok := b.known[key]; ok {
		return n
	}
	n := len(b.states)
	b.known[key] = n
	b.states = append(b.states, state{})
	_, last := b.closure(s, begin, true)
	threads, mid := b.closure(s, begin, false)
	b.states[n].mark, b.states[n].last = mid, last
	for digit := range 10 {
		next := situation{}
		if b.group > 0 {
			next.at = s.at + 1
		}
		for _, t := range threads {
			if in := &b.prog.Inst[t.pc]; in.MatchRune('0' + rune(digit)) {
				next.threads = append(next.threads, thread{int(in.Out), t.from, t.to})
			}
		}
		to := b.state(next, false)
		b.states[n].step[digit] = to
	}
	return n
}

// closure follows the threads to where they wait for a digit, and returns them up
// to the first that matches here: those after it are less preferred.
func (b *builder) closure(s situation, begin, end bool) ([]thread, mark) {
	var out []thread
	var seen []int
	found := mark{}
	var follow func(t thread)
	follow = func(t thread) {
		if found.kind != none || slices.Contains(seen, t.pc) {
			return
		}
		seen = append(seen, t.pc)
		in := &b.prog.Inst[t.pc]
		next := thread{int(in.Out), t.from, t.to}
		switch in.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			follow(next)
			next.pc = int(in.Arg)
			follow(next)
		case syntax.InstCapture:
			if b.group > 0 && int(in.Arg) == 2*b.group {
				next.from = s.at
			}
			if b.group > 0 && int(in.Arg) == 2*b.group+1 {
				next.to = s.at
			}
			follow(next)
		case syntax.InstEmptyWidth:
			have := syntax.EmptyOp(0)
			if begin {
				have |= syntax.EmptyBeginText
			}
			if end {
				have |= syntax.EmptyEndText
			}
			if want := syntax.EmptyOp(in.Arg); want&^(syntax.EmptyBeginText|syntax.EmptyEndText) != 0 {
				b.err = fmt.Errorf("a pattern has an assertion of kind %d", want)
			} else if want&^have == 0 {
				follow(next)
			}
		case syntax.InstMatch:
			found = mark{kind: plain}
			if t.to >= 0 {
				found = mark{grouped, t.from, t.to}
			}
		case syntax.InstNop:
			follow(next)
		case syntax.InstFail:
		default:
			out = append(out, t)
		}
	}
	for _, t := range s.threads {
		follow(t)
	}
	return out, found
}

// depth returns the most digits that can be read before the state is dead.
func (c *compiler) depth(start int) (int, error) {
	depths, open := map[int]int{0: 0}, map[int]bool{}
	var walk func(n int) (int, error)
	walk = func(n int) (int, error) {
		if d, ok := depths[n]; ok {
			return d, nil
		}
		if open[n] {
			return 0, fmt.Errorf("a pattern repeats without end")
		}
		open[n] = true
		deepest := 0
		for _, to := range c.states[n].step {
			if to == 0 {
				continue
			}
			d, err := walk(to)
			if err != nil {
				return 0, err
			}
			deepest = max(deepest, d+1)
		}
		depths[n] = deepest
		return deepest, nil
	}
	return walk(start)
}

// minimise returns the states without those that behave alike or are reached
// from none of starts, in the order in which they are reached, and where each
// old state has gone.
func (c *compiler) minimise(starts []int) ([]state, map[int]int) {
	class := make([]int, len(c.states))
	for classes := 1; ; {
		type behaviour struct {
			mark, last mark
			step       [10]int
		}
		next, known := make([]int, len(class)), map[behaviour]int{}
		for i, s := range c.states {
			b := behaviour{s.mark, s.last, s.step}
			for d, to := range s.step {
				b.step[d] = class[to]
			}
			n, ok := known[b]
			if !ok {
				n = len(known)
				known[b] = n
			}
			next[i] = n
		}
		class = next
		if len(known) == classes {
			break
		}
		classes = len(known)
	}
	// The first state is dead, so its class is 0 from the first round.
	out, place, moved := []state{{}}, map[int]int{0: 0}, map[int]int{}
	var visit func(n int) int
	visit = func(n int) int {
		at, ok := place[class[n]]
		if !ok {
			at = len(out)
			place[class[n]] = at
			out = append(out, state{mark: c.states[n].mark, last: c.states[n].last})
			for d, to := range c.states[n].step {
				to = visit(to)
				out[at].step[d] = to
			}
		}
		moved[n] = at
		return at
	}
	for _, n := range starts {
		visit(n)
	}
	return out, moved
}
