package audit_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/audit"
	"github.com/selvedge/selvedge/internal/fakeclock"
)

var made = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// waits are the steps that wait for a part of the product.
var waits = []string{"A3", "A9", "A11", "A14", "A15"}

// absent are the steps that have nothing to ask.
var absent = []string{"A10", "A13"}

// TestSteps: the product passes its own audit, at the sizes of the profile ci but for
// those that only repeat. Each step is a subtest, so that a mutant runs the one that
// must notice it.
func TestSteps(t *testing.T) {
	t.Parallel()
	sizes, err := audit.CI.Sizes()
	if err != nil {
		t.Fatal(err)
	}
	sizes.Pairs, sizes.Variants = 40, 8
	s, err := audit.Open(t.Context(), sizes, "test", selvedge.NewSeededEntropy("audit"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, st := range audit.Steps() {
		t.Run(st.Number, func(t *testing.T) {
			r, err := s.Do(t.Context(), st)
			if err != nil {
				t.Fatal(err)
			}
			t.Log(r.Line())
			want := audit.Pass
			switch {
			case slices.Contains(waits, st.Number):
				want = audit.NotYet
			case slices.Contains(absent, st.Number):
				want = audit.Absent
			}
			if r.Verdict != want {
				t.Errorf("verdict %s, want %s", r.Verdict, want)
			}
			if st.Number != "A14" && st.Number != "A15" && (len(r.Observations) < 3 || r.Requests < 3 || !regexp.MustCompile(`: .*\d`).MatchString(r.Line())) {
				t.Error("it looks at too little, or does not say at how much")
			}
			if b, err := json.Marshal(r); err != nil || strings.Contains(string(b), "people.example") || strings.Contains(string(b), "447700900") {
				t.Error("the report of it holds an address")
			}
		})
	}
}

// TestRun: the report is that of the steps, and is signed; nothing is left behind.
func TestRun(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var out bytes.Buffer
	cfg := audit.Config{
		Profile: audit.CI, Steps: []string{"A10", "A14"}, Out: &out, Log: slog.New(slog.DiscardHandler),
		Clock: fakeclock.New(made), Entropy: selvedge.NewSeededEntropy("audit"), Code: "test",
	}
	signed, passed, err := audit.Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`^profile ci: \d+ accounts`, `(?m)^A10 pass: there is no such surface: `, `(?m)^A14 not yet: needs serving`, `(?m)^passed: profile ci, 0 steps pass, 1 have no surface, 1 not yet, 0 fail; \d+ requests`} {
		if !regexp.MustCompile(want).MatchString(out.String()) {
			t.Errorf("no %s in\n%s", want, out.String())
		}
	}
	file, err := signed.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	r, err := audit.Verify(file, signed.Key)
	if err != nil {
		t.Fatal(err)
	}
	if !passed || !r.Passed || len(r.Steps) != 2 || r.Ledger.Entries < 20 || r.Ledger.Findings != 0 || len(r.Ledger.Checkpoints) != 2 || r.Product != "test" || !r.MadeAt.Equal(made) {
		t.Errorf("report: %d steps, %+v, of %v", len(r.Steps), r.Ledger, r.MadeAt)
	}
	if left, err := filepath.Glob(filepath.Join(os.TempDir(), "*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}

	cfg.Profile, cfg.Steps = audit.Full, []string{"A14"}
	if _, passed, err := audit.Run(t.Context(), cfg); err != nil || passed {
		t.Errorf("what is not there yet passes the profile full, %v", err)
	}
	for name, change := range map[string]func(*audit.Config){
		"profile": func(c *audit.Config) { c.Profile = "quick" },
		"step":    func(c *audit.Config) { c.Steps = []string{"A16"} },
	} {
		bad := cfg
		change(&bad)
		if _, _, err := audit.Run(t.Context(), bad); selvedge.CodeOf(err) != selvedge.CodeInvalid {
			t.Errorf("no such %s: %v", name, err)
		}
	}
}

// TestVerdicts: nothing passes that was not looked at.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	held := audit.Observation{What: "this", Expected: "1", Observed: "1", Held: true}
	broken := audit.Observation{What: "that", Expected: "1", Observed: "2"}
	told := audit.Observation{What: "done", Observed: "7 lists", Held: true}
	for name, c := range map[string]struct {
		seen   []audit.Observation
		waits  []string
		absent bool
		err    error
		want   audit.Verdict
		line   string
	}{
		"nothing was looked at":       {want: audit.Fail, line: "A0 FAIL: "},
		"things were done":            {seen: []audit.Observation{told}, want: audit.Fail, line: "A0 FAIL: "},
		"what was looked at held":     {seen: []audit.Observation{held, told}, want: audit.Pass, line: "A0 pass: 7 lists; 1 of 1 observations held"},
		"one did not hold":            {seen: []audit.Observation{held, broken}, want: audit.Fail, line: "A0 FAIL: that: expected 1, observed 2"},
		"it waits":                    {waits: []string{"serving"}, want: audit.NotYet, line: "A0 not yet: needs serving"},
		"it waits, and some held":     {seen: []audit.Observation{held}, waits: []string{"serving"}, want: audit.NotYet, line: "A0 not yet: needs serving (so far: ; 1 of 1 observations held)"},
		"it waits, and one is broken": {seen: []audit.Observation{broken}, waits: []string{"serving"}, want: audit.Fail, line: "A0 FAIL: that: expected 1, observed 2"},
		"there is no surface":         {seen: []audit.Observation{held, told}, absent: true, want: audit.Absent, line: "A0 pass: there is no such surface: 7 lists; 1 of 1 observations held"},
		"no surface, and one broken":  {seen: []audit.Observation{broken}, absent: true, want: audit.Fail, line: "A0 FAIL: that: expected 1, observed 2"},
		"it could not be done":        {seen: []audit.Observation{held}, err: os.ErrClosed, want: audit.Fail, line: "A0 FAIL: the step: expected done to its end, observed file already closed"},
	} {
		r := audit.Judge(c.seen, c.waits, c.absent, c.err)
		if r.Verdict != c.want || r.Line() != c.line {
			t.Errorf("%s: %s, %q; want %s, %q", name, r.Verdict, r.Line(), c.want, c.line)
		}
	}
}
