package selvedge_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
)

// TestScopes: words and scopes are one and the same, nothing is nothing, and
// only orgs have any.
func TestScopes(t *testing.T) {
	t.Parallel()
	all := []string{"audiences:read", "audiences:write", "keys:manage", "terms:accept"}
	if diff := cmp.Diff(all, selvedge.AllScopes.Words()); diff != "" {
		t.Errorf("all scopes:\n%s", diff)
	}
	for s := selvedge.Scopes(1); s <= selvedge.AllScopes; s++ {
		if got, err := selvedge.ParseScopes(s.Words()); err != nil || got != s {
			t.Errorf("%v become %v, %v", s.Words(), got.Words(), err)
		}
	}
	for _, words := range [][]string{nil, {}, {""}, {"*"}, {"audiences"}, {"audiences:read", "Keys:manage"}} {
		got, err := selvedge.ParseScopes(words)
		if selvedge.CodeOf(err) != selvedge.CodeInvalid || got != 0 {
			t.Errorf("%q: %v, %v", words, got.Words(), err)
		}
	}
	org := selvedge.OrgActor("o", "k")
	if org.Scopes() != 0 || org.With(selvedge.ManageKeys).Scopes() != selvedge.ManageKeys || len(selvedge.Scopes(0).Words()) != 0 {
		t.Error("an org's scopes are not those that it was given")
	}
	for _, a := range []selvedge.Actor{{}, selvedge.Platform("k"), selvedge.Operator("anna"), selvedge.System("x")} {
		if a.With(selvedge.AllScopes) != a {
			t.Errorf("%s has scopes", a.Role())
		}
	}
}
