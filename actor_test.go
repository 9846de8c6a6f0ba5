package selvedge_test

import (
	"testing"

	"github.com/selvedge/selvedge"
)

func TestActorMust(t *testing.T) {
	t.Parallel()
	var zero selvedge.Actor
	tests := []struct {
		name    string
		actor   selvedge.Actor
		roles   []selvedge.Role
		allowed bool
	}{
		{"the role", selvedge.Platform("key"), []selvedge.Role{selvedge.PlatformRole}, true},
		{"one of several", selvedge.Operator("ann"), []selvedge.Role{selvedge.PlatformRole, selvedge.OperatorRole}, true},
		{"another role", selvedge.OrgActor("o1", "key"), []selvedge.Role{selvedge.PlatformRole, selvedge.OperatorRole}, false},
		{"the system is not the platform", selvedge.System("expiry"), []selvedge.Role{selvedge.PlatformRole}, false},
		{"no role", selvedge.System("expiry"), nil, false},
		{"nobody", zero, []selvedge.Role{selvedge.PlatformRole, selvedge.OperatorRole, selvedge.OrgRole, selvedge.SystemRole}, false},
		{"nobody where nobody is named", zero, []selvedge.Role{selvedge.Nobody}, false},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			err := tc.actor.Must(tc.roles...)
			if tc.allowed && err != nil {
				t.Errorf("refused: %v", err)
			}
			if !tc.allowed && selvedge.CodeOf(err) != selvedge.CodeForbidden {
				t.Errorf("got %v, want a forbidden error", err)
			}
		})
	}
}

func TestActorFields(t *testing.T) {
	t.Parallel()
	tests := []struct {
		actor selvedge.Actor
		role  string
		name  string
		org   selvedge.OrgID
		key   string
	}{
		{selvedge.Actor{}, "nobody", "", "", ""},
		{selvedge.Platform("k1"), "platform", "k1", "", "k1"},
		{selvedge.Operator("ann"), "operator", "ann", "", ""},
		{selvedge.OperatorByKey("ann", "k3"), "operator", "ann", "", "k3"},
		{selvedge.OrgActor("o1", "k2"), "org", "k2", "o1", "k2"},
		{selvedge.OrgActor("", "k2"), "org", "k2", "", "k2"},
		{selvedge.System("expiry"), "system", "expiry", "", ""},
	}
	for _, tc := range tests {
		org, ok := tc.actor.Org()
		if tc.actor.Key() != tc.key {
			t.Errorf("%s %q has key %q, want %q", tc.actor.Role(), tc.actor.Name(), tc.actor.Key(), tc.key)
		}
		if tc.actor.Role().String() != tc.role || tc.actor.Name() != tc.name || org != tc.org || ok != (tc.org != "") {
			t.Errorf("%s %q of %q (%t), want %s %q of %q", tc.actor.Role(), tc.actor.Name(), org, ok, tc.role, tc.name, tc.org)
		}
	}
	if got := selvedge.Role(200).String(); got != "nobody" {
		t.Errorf("an unknown role is %q", got)
	}
}
