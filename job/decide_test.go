package job_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/job"
)

var now = time.Date(2026, 3, 14, 9, 26, 53, 589_793_000, time.UTC)

// fixed is entropy of one byte, over and over.
type fixed byte

func (f fixed) Fill(_ string, p []byte) {
	for i := range p {
		p[i] = byte(f)
	}
}

func TestDecide(t *testing.T) {
	t.Parallel()
	busy := selvedge.Errorf(selvedge.CodeUnavailable, "busy")
	later := func(attempt int, d time.Duration, code selvedge.Code) job.Outcome {
		return job.Outcome{State: job.Waiting, Attempt: attempt, DueAt: now.Add(d), Failure: code}
	}
	ended := func(state job.State, attempt int, code selvedge.Code) job.Outcome {
		return job.Outcome{State: state, Attempt: attempt, Failure: code}
	}
	for name, c := range map[string]struct {
		end  job.End
		want job.Outcome
	}{
		"success":                   {job.End{Number: 3}, ended(job.Done, 3, "")},
		"success, cancelled":        {job.End{Number: 1, Cancelled: true}, ended(job.Done, 1, "")},
		"success, stopped":          {job.End{Number: 1, Stopped: true}, ended(job.Done, 1, "")},
		"the first failure":         {job.End{Number: 1, Err: busy}, later(1, 500*time.Millisecond, selvedge.CodeUnavailable)},
		"the third":                 {job.End{Number: 3, Err: busy}, later(3, 2*time.Second, selvedge.CodeUnavailable)},
		"one of no code":            {job.End{Number: 1, Err: context.Canceled}, later(1, 500*time.Millisecond, selvedge.CodeInternal)},
		"the last but one":          {job.End{Number: 19, Err: busy}, later(19, 5*time.Minute, selvedge.CodeUnavailable)},
		"the last":                  {job.End{Number: 20, Err: busy}, ended(job.Failed, 20, selvedge.CodeUnavailable)},
		"more than the last":        {job.End{Number: 21, Err: busy}, ended(job.Failed, 21, selvedge.CodeUnavailable)},
		"hopeless":                  {job.End{Number: 2, Err: job.Permanent(busy)}, ended(job.Failed, 2, selvedge.CodeUnavailable)},
		"hopeless, deep down":       {job.End{Number: 2, Err: fmt.Errorf("a: %w", errors.Join(errors.New("b"), job.Permanent(busy)))}, ended(job.Failed, 2, selvedge.CodeUnavailable)},
		"hopeless, stopped":         {job.End{Number: 2, Err: job.Permanent(busy), Stopped: true}, ended(job.Failed, 2, selvedge.CodeUnavailable)},
		"cancelled":                 {job.End{Number: 2, Err: busy, Cancelled: true}, ended(job.Cancelled, 2, selvedge.CodeUnavailable)},
		"cancelled and hopeless":    {job.End{Number: 2, Err: job.Permanent(busy), Cancelled: true}, ended(job.Cancelled, 2, selvedge.CodeUnavailable)},
		"cancelled and stopped":     {job.End{Number: 2, Err: busy, Cancelled: true, Stopped: true}, ended(job.Cancelled, 2, selvedge.CodeUnavailable)},
		"stopped":                   {job.End{Number: 2, Err: busy, Stopped: true}, later(1, 0, selvedge.CodeUnavailable)},
		"stopped in the last":       {job.End{Number: 20, Err: busy, Stopped: true}, later(19, 0, selvedge.CodeUnavailable)},
		"cancelled in the last one": {job.End{Number: 20, Err: busy, Cancelled: true}, ended(job.Cancelled, 20, selvedge.CodeUnavailable)},
	} {
		if diff := cmp.Diff(c.want, job.Decide(c.end, now, fixed(0))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestAbandoned(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status job.Status
		want   job.Outcome
	}{
		"the first":       {job.Status{Attempt: 1}, job.Outcome{State: job.Waiting, Attempt: 1, DueAt: now, Failure: selvedge.CodeUnavailable}},
		"the last":        {job.Status{Attempt: 20}, job.Outcome{State: job.Failed, Attempt: 20, Failure: selvedge.CodeUnavailable}},
		"asked to end":    {job.Status{Attempt: 1, Cancelling: true}, job.Outcome{State: job.Cancelled, Attempt: 1, Failure: selvedge.CodeUnavailable}},
		"asked, the last": {job.Status{Attempt: 20, Cancelling: true}, job.Outcome{State: job.Cancelled, Attempt: 20, Failure: selvedge.CodeUnavailable}},
	} {
		if diff := cmp.Diff(c.want, job.Abandoned(c.status, now)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestWait: the bounds of each wait, at both ends of chance, and the sum that
// the comment on MaxAttempts speaks of.
func TestWait(t *testing.T) {
	t.Parallel()
	var least, most time.Duration
	for n := 1; n < job.MaxAttempts; n++ {
		whole := min(time.Second<<(n-1), 10*time.Minute)
		if got := job.Wait(n, fixed(0)); got != whole/2 {
			t.Errorf("after %d attempts at least %s, want %s", n, got, whole/2)
		}
		least += whole / 2
		most += whole
	}
	if least < 50*time.Minute || most > 2*time.Hour {
		t.Errorf("all waits take %s to %s", least, most)
	}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.OneOf(rapid.IntRange(1, 40), rapid.Int()).Draw(t, "attempts")
		whole := 10 * time.Minute
		if n < 11 {
			whole = time.Second << (max(n, 1) - 1)
		}
		got := job.Wait(n, selvedge.NewSeededEntropy(rapid.String().Draw(t, "seed")))
		if got < whole/2 || got >= whole || got%time.Microsecond != 0 {
			t.Errorf("after %d attempts %s", n, got)
		}
	})
}

// TestWaitSpreads: jobs that failed together come back apart.
func TestWaitSpreads(t *testing.T) {
	t.Parallel()
	entropy, seen := selvedge.NewSeededEntropy("spread"), map[time.Duration]bool{}
	for range 100 {
		seen[job.Wait(5, entropy)] = true
	}
	if len(seen) < 99 {
		t.Errorf("%d different waits of 100", len(seen))
	}
}
