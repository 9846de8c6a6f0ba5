package main

import (
	"fmt"
	"regexp"
	"testing"
)

// read walks through states as the product does.
func read(states []state, start int, digits string) (int, mark) {
	matched, m, at := 0, mark{}, start
	for i, c := range digits {
		if states[at].mark.kind != none {
			matched, m = i, states[at].mark
		}
		if at = states[at].step[c-'0']; at == 0 {
			return matched, m
		}
	}
	if states[at].last.kind != none {
		matched, m = len(digits), states[at].last
	}
	return matched, m
}

// TestAutomatonPrefersAsRegexp compares ends and groups of matches with Go's
// regular expressions, for each way in which a pattern may prefer one match to
// another, over every run of up to seven digits out of three.
func TestAutomatonPrefersAsRegexp(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{
		"0", "0|00", "00|0", "0?", "0??0?", "(0)?", "(01)?0?", "0(1)?", "0(12?)?", "(0[12]{2})$|0", "(?:0(1))?2", "0(?:(1|12)2)?",
		"0|(00)$", "(0|00)(1|01)$", "[01]{2,4}", "[01]{2,4}?2", "(1{3})$|1", "0$|01", "(?:0|1)(?:(1[02]|2)(\\d{2,3}))?",
	} {
		re := regexp.MustCompile("^(?:" + pattern + ")")
		for group := range re.NumSubexp() + 1 {
			c := &compiler{states: make([]state, 1)}
			start, err := c.compile(pattern, group)
			if err != nil {
				t.Fatal(err)
			}
			states, moved := c.minimise([]int{start})
			for n := range 3280 { // all runs of up to seven
				digits := run(n)
				want := re.FindStringSubmatchIndex(digits)
				got, m := read(states, moved[start], digits)
				switch {
				case want == nil:
					if m.kind != none {
						t.Fatalf("%s on %q: matches", pattern, digits)
					}
				case m.kind == none || got != want[1]:
					t.Fatalf("%s on %q: ends at %d as %v, want %d", pattern, digits, got, m, want[1])
				case group > 0 && want[2*group] >= 0:
					if m != (mark{grouped, want[2*group], want[2*group+1]}) {
						t.Fatalf("%s on %q: %v, want group %v", pattern, digits, m, want[2*group:2*group+2])
					}
				case m.kind != plain:
					t.Fatalf("%s on %q: %v, and the group has not matched", pattern, digits, m)
				}
			}
		}
	}
}

// run is the n-th run of the digits 0 to 2: "", 0, 1, 2, 00, 01 and so on.
func run(n int) string {
	s := ""
	for ; n > 0; n = (n - 1) / 3 {
		s = fmt.Sprint((n-1)%3) + s
	}
	return s
}

// TestUnknownShapes shows that metadata which the product could not follow stop
// the generator.
func TestUnknownShapes(t *testing.T) {
	t.Parallel()
	c := &compiler{states: make([]state, 1)}
	if _, err := c.compile(`0\b1`, 0); err == nil {
		t.Error("a word's border is compiled")
	}
	start, err := c.compile(`0\d*`, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.depth(start); err == nil {
		t.Error("a pattern without end has a depth")
	}
	if _, err := lengthBits([]int32{-1}); err == nil {
		t.Error("the length that stands for none is a length")
	}
}
