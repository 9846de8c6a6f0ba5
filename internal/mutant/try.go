package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// Result is what became of a mutant. The zero Result is Broken.
type Result int

// The results.
const (
	Broken Result = iota // nothing was shown: it did not compile, hung, or is not there
	Green                // the tests pass without the guard
	Red                  // the tests fail without the guard, as they must
)

// limit is the longest that the tests may take with a guard gone; the build
// comes on top of it.
const limit = 2 * time.Minute

// Verdict is a result, with the reason of a Broken one.
type Verdict struct {
	Result Result
	Reason string
}

func (v Verdict) line(m Mutant) string {
	switch v.Result {
	case Red:
		return "red: " + m.Name
	case Green:
		return "STILL GREEN: " + m.Name + ": " + m.Why
	default:
		return "BROKEN: " + m.Name + ": " + v.Reason
	}
}

// tryAll tries the mutants, as many at a time as there are processors, and
// hands the verdicts out in the order of the list.
func tryAll(root string, mutants []Mutant) iter.Seq2[Mutant, Verdict] {
	return func(yield func(Mutant, Verdict) bool) {
		verdicts := make([]chan Verdict, len(mutants))
		slots := make(chan struct{}, runtime.GOMAXPROCS(0))
		for i := range mutants {
			verdicts[i] = make(chan Verdict, 1)
		}
		go func() {
			for i, m := range mutants {
				slots <- struct{}{}
				go func() {
					verdicts[i] <- try(root, m)
					<-slots
				}()
			}
		}()
		for i, m := range mutants {
			if !yield(m, <-verdicts[i]) {
				return
			}
		}
	}
}

// try runs the tests with the guard gone.
func try(root string, m Mutant) Verdict {
	text, err := m.apply(root)
	if err != nil {
		return Verdict{Broken, err.Error()}
	}
	dir, err := os.MkdirTemp("", "mutant")
	if err != nil {
		return Verdict{Broken, err.Error()}
	}
	defer os.RemoveAll(dir)
	overlay, err := writeOverlay(dir, root, m.File, text)
	if err != nil {
		return Verdict{Broken, err.Error()}
	}

	ctx, cancel := context.WithTimeout(context.Background(), 5*limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "test", "-overlay="+overlay, "-count=1", "-timeout="+limit.String(), "-run="+m.Run, m.Package)
	cmd.Dir = root
	output, err := cmd.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || exit.ExitCode() != 1) {
		return Verdict{Broken, err.Error()}
	}
	return judge(err == nil, string(output))
}

// writeOverlay writes the changed file into dir and, beside it, the overlay
// that puts it in the original's place.
func writeOverlay(dir, root, file string, text []byte) (string, error) {
	original, err := filepath.Abs(filepath.Join(root, file))
	if err != nil {
		return "", err
	}
	changed, overlay := filepath.Join(dir, filepath.Base(file)), filepath.Join(dir, "overlay.json")
	b, err := json.Marshal(map[string]map[string]string{"Replace": {original: changed}})
	if err != nil {
		return "", err
	}
	return overlay, errors.Join(os.WriteFile(changed, text, 0o600), os.WriteFile(overlay, b, 0o600))
}

// judge reads what go test printed. Only a line that a failing test prints
// counts as red: a build that fails and a test that hangs exit with the same
// status.
func judge(passed bool, output string) Verdict {
	failed := strings.HasPrefix(output, "--- FAIL:") || strings.Contains(output, "\n--- FAIL:")
	switch {
	case strings.Contains(output, "[no tests to run]"), strings.Contains(output, "[no test files]"):
		return Verdict{Broken, "no test matches its run pattern"}
	case passed:
		return Verdict{Green, ""}
	case strings.Contains(output, "panic: test timed out"):
		return Verdict{Broken, fmt.Sprintf("the tests take longer than %s", limit)}
	case failed:
		return Verdict{Red, ""}
	default:
		return Verdict{Broken, "no test failed:\n" + output}
	}
}
