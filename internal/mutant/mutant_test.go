package main

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// module writes a tiny module with a guard, a test of it, and the list.
func module(t *testing.T, list string) string {
	t.Helper()
	root := t.TempDir()
	files := map[string]string{
		"go.mod":        "module example.com/m\n\ngo 1.26\n",
		"guard.go":      "package m\n\nfunc allowed(n int) bool {\n\tif n < 0 {\n\t\treturn false\n\t}\n\treturn n < 10\n}\n",
		"guard_test.go": "package m\n\nimport \"testing\"\n\nfunc TestNegative(t *testing.T) {\n\tif allowed(-1) {\n\t\tt.Error(\"allowed\")\n\t}\n}\n",
		listFile:        list,
	}
	for name, text := range files {
		p := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// entry is one mutant of the tiny module, with the given keys changed.
func entry(change map[string]string) string {
	keys := map[string]string{
		"name": "negative", "why": "below zero is allowed", "file": "guard.go",
		"from": "n < 0", "to": "false", "package": ".", "run": "^TestNegative$",
	}
	maps.Copy(keys, change)
	s := "-"
	for _, k := range []string{"name", "why", "file", "from", "to", "package", "run"} {
		s += "  " + k + ": '" + keys[k] + "'\n "
	}
	return strings.TrimRight(s, " ")
}

func TestRun(t *testing.T) {
	t.Parallel()
	red := entry(nil)
	tests := []struct {
		name   string
		list   string
		only   []string
		want   []string // in the output, in order
		status int
	}{
		{"red", red, nil, []string{"red: negative\n", "1 mutants, 1 tried, 1 red\n"}, 0},
		{
			"still green", entry(map[string]string{"name": "limit", "from": "n < 10", "to": "true"}) + red, nil,
			[]string{"STILL GREEN: limit: below zero is allowed\n", "red: negative\n", "2 mutants, 2 tried, 1 red\n"},
			1,
		},
		{
			"named ones alone", entry(map[string]string{"name": "limit", "from": "n < 10", "to": "true"}) + red,
			[]string{"negative"},
			[]string{"red: negative\n", "1 mutants, 1 tried, 1 red\n"},
			0,
		},
		{"a name that is not there", red, []string{"other"}, []string{"0 mutants, 0 tried, 0 red\n"}, 1},
		{
			"does not compile", entry(map[string]string{"to": "nothing"}), nil,
			[]string{"BROKEN: negative: no test failed:", "undefined: nothing", "1 mutants, 1 tried, 0 red\n"},
			1,
		},
		{
			"no such test", entry(map[string]string{"run": "^TestPositive$"}), nil,
			[]string{"BROKEN: negative: no test matches its run pattern\n"},
			1,
		},
		{
			"the guard is gone", entry(map[string]string{"from": "n < -1"}), nil,
			[]string{"BROKEN: negative: what it replaces is 0 times in guard.go, not once\n"},
			1,
		},
		{
			"the guard is there twice", entry(map[string]string{"from": "return"}), nil,
			[]string{"BROKEN: negative: what it replaces is 2 times in guard.go, not once\n"},
			1,
		},
		{
			"changes nothing", entry(map[string]string{"to": "n < 0"}), nil,
			[]string{"BROKEN: negative: it changes nothing in guard.go\n"},
			1,
		},
		{
			"no such file", entry(map[string]string{"file": "other.go"}), nil,
			[]string{"BROKEN: negative: open "},
			1,
		},
		{"an empty list", "[]", nil, []string{"0 mutants, 0 tried, 0 red\n"}, 1},
		{"an unknown key", red + "   skip: true\n", nil, []string{"mutants: read ", "skip"}, 2},
		{"an empty value", entry(map[string]string{"why": " "}), nil, []string{"entry 1 has no why"}, 2},
		{"a name twice", red + red, nil, []string{"negative comes twice"}, 2},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			root := module(t, tc.list)
			before, err := os.ReadFile(filepath.Join(root, "guard.go"))
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			if status := run(root, 1, tc.only, &out); status != tc.status {
				t.Errorf("status %d, want %d", status, tc.status)
			}
			rest := out.String()
			for _, want := range tc.want {
				_, after, found := strings.Cut(rest, want)
				if !found {
					t.Fatalf("no %q in order in:\n%s", want, out.String())
				}
				rest = after
			}
			if after, err := os.ReadFile(filepath.Join(root, "guard.go")); err != nil || !bytes.Equal(before, after) {
				t.Errorf("the tree was written to (%v)", err)
			}
		})
	}
}

func TestEvery(t *testing.T) {
	t.Parallel()
	red, green := entry(nil), entry(map[string]string{"name": "limit", "from": "n < 10", "to": "true"})
	gone := entry(map[string]string{"name": "gone", "from": "n < -1"})
	tests := []struct {
		name   string
		list   string
		every  int
		want   string
		status int
	}{
		{"the second of two is not tried", red + green, 2, "red: negative\n2 mutants, 1 tried, 1 red\n", 0},
		{"but its guard has to be there", red + gone, 2, "BROKEN: gone: what it replaces is 0 times in guard.go, not once\nred: negative\n2 mutants, 1 tried, 1 red\n", 1},
		{"the third is", red + gone + green, 2, "BROKEN: gone: what it replaces is 0 times in guard.go, not once\nred: negative\nSTILL GREEN: limit: below zero is allowed\n3 mutants, 2 tried, 1 red\n", 1},
		{"none", red, 0, "mutants: every: not a positive number\n", 2},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			status := run(module(t, tc.list), tc.every, nil, &out)
			if out.String() != tc.want || status != tc.status {
				t.Errorf("status %d, want %d:\n%s", status, tc.status, out.String())
			}
		})
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		passed bool
		output string
		want   Result
	}{
		{"passed", true, "ok  \texample.com/m\t0.1s\n", Green},
		{"passed without tests", true, "ok  \texample.com/m\t0.1s [no tests to run]\n", Broken},
		{"no test files", true, "?   \texample.com/m\t[no test files]\n", Broken},
		{"failed", false, "--- FAIL: TestX (0.00s)\n    x_test.go:1: no\nFAIL\n", Red},
		{"failed after output", false, "some log\n--- FAIL: TestX (0.00s)\nFAIL\n", Red},
		{"panicked", false, "--- FAIL: TestX (0.00s)\npanic: no [recovered]\n", Red},
		{"did not build", false, "# example.com/m\n./x.go:1: undefined: y\nFAIL\texample.com/m [build failed]\n", Broken},
		{"hung", false, "panic: test timed out after 2m0s\n\trunning tests:\n\t\tTestX (2m0s)\n", Broken},
		{"hung after a failure", false, "--- FAIL: TestX (0.00s)\npanic: test timed out after 2m0s\n", Broken},
		{"a line within a log is none", false, "log: --- FAIL: nothing\n", Broken},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := judge(tc.passed, tc.output); got.Result != tc.want {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}

// TestList checks, without running them, that the mutants of this repository
// still find what they replace: so a change of a guarded line is noticed by
// go test alone.
func TestList(t *testing.T) {
	t.Parallel()
	mutants, err := readList("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mutants {
		if _, err := m.apply("../.."); err != nil {
			t.Errorf("%s: %v", m.Name, err)
		}
	}
}
