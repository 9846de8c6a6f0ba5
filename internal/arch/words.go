package arch

import (
	"regexp"
	"strings"
)

// The patterns are written so that they do not find themselves.
const (
	unfinished = `\b(TO[D]O|FIX[M]E|XX[X])\b`
	skipping   = `\b(t|b|f|tb)\.(Skip|Skipf|SkipNow)\(`
	sleeping   = `\btime\.(Sleep)\b`
)

// words checks that what is in the tree is finished, and that no test skips
// itself or waits for the wall clock.
func words(t *Tree) []Fault {
	all, tests, waits := regexp.MustCompile(unfinished), regexp.MustCompile(skipping), regexp.MustCompile(sleeping)
	var out []Fault
	for _, f := range t.Files {
		n := 0
		for l := range strings.Lines(f.Text) {
			n++
			if w := all.FindString(l); w != "" {
				out = append(out, Fault{f.Path, n, w + ": finish it, or open an issue"})
			}
			if f.Syntax == nil {
				continue
			}
			if tests.MatchString(l) {
				out = append(out, Fault{f.Path, n, "a test that skips itself proves nothing"})
			}
			if f.goTest() && waits.MatchString(l) {
				out = append(out, Fault{f.Path, n, "a test that sleeps is slow or wrong: move the clock, or wait for a signal"})
			}
		}
	}
	return out
}
