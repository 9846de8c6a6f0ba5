package storetest

import (
	"context"
	"testing"

	"github.com/selvedge/selvedge"
)

func verdictCases() map[string]func(*testing.T, *site) {
	return map[string]func(*testing.T, *site){
		"ContainedUntilItIsSaid": verdictFirst,
		"AsItWasLastSaid":        verdictLast,
	}
}

// wantContained checks what those who do not have the logs are told.
func (s *site) wantContained(t *testing.T, when string, want bool) {
	t.Helper()
	got := read(t, s, func(ctx context.Context, tx selvedge.Tx) (bool, error) { return s.Verdict.IsContained(ctx, tx) })
	if got != want {
		t.Errorf("%s: contained is %v", when, got)
	}
}

func verdictFirst(t *testing.T, s *site) { s.wantContained(t, "at first", true) }

func verdictLast(t *testing.T, s *site) {
	for _, contained := range []bool{false, true, true, false} {
		s.update(t, func(ctx context.Context, tx selvedge.Tx) error { return s.Verdict.SetContained(ctx, tx, contained) })
		s.wantContained(t, "after it was said", contained)
		s.refused(t, "undone", func(ctx context.Context, tx selvedge.Tx) error {
			if err := s.Verdict.SetContained(ctx, tx, !contained); err != nil {
				t.Error(err)
			}
			return errUndo
		})
		s.wantContained(t, "after it was undone", contained)
	}
}
