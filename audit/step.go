package audit

import (
	"context"
	"fmt"
	"reflect"
	"strings"
)

// Verdict is what became of a step. The zero Verdict is Fail.
type Verdict string

// The verdicts.
const (
	Pass   Verdict = "pass"
	Fail   Verdict = "fail"
	NotYet Verdict = "not yet" // what could be looked at held; the rest waits for a part of the product
	Absent Verdict = "absent"  // there is no surface to ask: A10 and A13 alone may say so
)

// Step is one step of the audit, by the numbers of its published list (A1 to A15;
// P13 is a person of its own).
type Step struct {
	Number string
	Title  string
	Does   string
	run    func(ctx context.Context, s *stage, f *findings) error
}

// Observation is one thing that was looked at.
type Observation struct {
	What     string `json:"what"`
	Expected string `json:"expected,omitempty"` // empty if it is told and not judged
	Observed string `json:"observed"`
	Held     bool   `json:"held"`
}

// Result is what a step came to.
type Result struct {
	Step         string        `json:"step"`
	Title        string        `json:"title"`
	Does         string        `json:"does"`
	Verdict      Verdict       `json:"verdict"`
	Waits        string        `json:"waits_for,omitempty"`
	Observations []Observation `json:"observations"`
	Requests     int64         `json:"requests"`
}

// findings are what a step observes while it runs.
type findings struct {
	seen   []Observation
	waits  []string
	absent bool
}

// same looks whether something is as expected, and says whether it is.
func (f *findings) same(what string, expected, observed any) bool {
	held := reflect.DeepEqual(expected, observed)
	f.seen = append(f.seen, Observation{what, words(expected), words(observed), held})
	return held
}

// words says what something is, also nothing: without an expectation in words it
// would count as told and not judged.
func words(v any) string {
	if s := fmt.Sprint(v); s != "" {
		return s
	}
	return "nothing"
}

// tell tells something that is not judged: how much was done.
func (f *findings) tell(format string, args ...any) {
	f.seen = append(f.seen, Observation{What: "done", Observed: fmt.Sprintf(format, args...), Held: true})
}

// wait says that the rest of the step needs a part of the product that is not
// there.
func (f *findings) wait(format string, args ...any) {
	f.waits = append(f.waits, fmt.Sprintf(format, args...))
}

// result judges what was found. A step that could not be done to its end fails,
// and so does one that looked at nothing and waits for nothing.
func (f *findings) result(st Step, err error) Result {
	r := Result{Step: st.Number, Title: st.Title, Does: st.Does, Observations: f.seen, Waits: strings.Join(f.waits, "; ")}
	judged, held := 0, true
	for _, o := range f.seen {
		if o.Expected != "" {
			judged++
		}
		held = held && o.Held
	}
	switch {
	case err != nil:
		r.Observations = append(r.Observations, Observation{What: "the step", Expected: "done to its end", Observed: err.Error()})
		r.Verdict = Fail
	case !held || judged == 0 && len(f.waits) == 0:
		r.Verdict = Fail
	case len(f.waits) > 0:
		r.Verdict = NotYet
	case f.absent:
		r.Verdict = Absent
	default:
		r.Verdict = Pass
	}
	return r
}

// Line says in one line what a step came to.
func (r Result) Line() string {
	var done, failed []string
	held := 0
	for _, o := range r.Observations {
		switch {
		case !o.Held:
			failed = append(failed, fmt.Sprintf("%s: expected %s, observed %s", o.What, o.Expected, o.Observed))
		case o.Expected == "":
			done = append(done, o.Observed)
		default:
			held++
		}
	}
	looked := fmt.Sprintf("%d of %d observations held", held, held+len(failed))
	switch r.Verdict {
	case Pass:
		return fmt.Sprintf("%s pass: %s; %s", r.Step, strings.Join(done, "; "), looked)
	case Absent:
		return fmt.Sprintf("%s pass: there is no such surface: %s; %s", r.Step, strings.Join(done, "; "), looked)
	case NotYet:
		line := fmt.Sprintf("%s not yet: needs %s", r.Step, r.Waits)
		if len(r.Observations) > 0 {
			line += fmt.Sprintf(" (so far: %s; %s)", strings.Join(done, "; "), looked)
		}
		return line
	default:
		return fmt.Sprintf("%s FAIL: %s", r.Step, strings.Join(failed, "; "))
	}
}

// Steps returns all steps in order.
func Steps() []Step {
	return []Step{
		sourceStep(), unverifiedStep(), controlStep(), deliveryStep(), thresholdStep(), averagingStep(), joinStep(), digitsStep(), refinementStep(),
		paddingStep(), visitStep(), withdrawalStep(), sideStep(), discoveryStep(), explanationStep(), misuseStep(),
	}
}
