// Package prompttest puts prompts in effect for tests of other packages, in the
// only way that there is: one operator brings them, and another one states what
// their texts ask for. Tests of the two acts themselves are in package prompt.
package prompttest

import (
	"testing"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/prompt"
)

// First brings prompts, and Second approves them.
var (
	First  = selvedge.OperatorByKey("anna", "key-of-anna")
	Second = selvedge.OperatorByKey("ben", "key-of-ben")
)

// InEffect puts prompts in effect.
func InEffect(tb testing.TB, s *prompt.Service, ps ...prompt.Prompt) {
	tb.Helper()
	done, err := s.Apply(tb.Context(), First, ps)
	if err != nil {
		tb.Fatal(err)
	}
	for _, d := range done {
		if d.State != prompt.Pending {
			continue
		}
		if _, err := s.Approve(tb.Context(), Second, d.Name, prompt.ForAds); err != nil {
			tb.Fatal(err)
		}
	}
}
