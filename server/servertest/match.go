package servertest

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/job"
	"github.com/selvedge/selvedge/server"
)

// Match makes one attempt at each match that waits, in the order of acceptance,
// due or not, and returns the errors. The jobs go on waiting, with nothing left
// to do if the attempt succeeded.
func Match(t testing.TB, s *server.Server) error {
	t.Helper()
	waiting, err := s.ListJobs(t.Context(), selvedge.Operator("test"), job.Filter{Kind: audience.MatchKind, State: job.Waiting})
	if err != nil {
		t.Fatal(err)
	}
	var errs []error
	for _, v := range slices.Backward(waiting) {
		errs = append(errs, s.Matcher.Match(t.Context(), Attempt(string(v.Args))))
	}
	return errors.Join(errs...)
}

// Attempt is an attempt with some arguments that nobody supersedes.
func Attempt(args string) job.Attempt {
	return job.Attempt{
		Args: []byte(args), Number: 1,
		Fence:    func(context.Context, selvedge.Tx) error { return nil },
		Progress: func(context.Context, int64, int64) error { return nil },
	}
}
