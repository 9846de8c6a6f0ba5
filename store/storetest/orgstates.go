package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/org"
)

func orgStateCases() map[string]func(*testing.T, *site) {
	return map[string]func(*testing.T, *site){
		"Moves":  orgMoves,
		"KeysOf": orgKeysOf,
	}
}

// orgMoves takes an org from state to state: only from the one that it is in,
// and no other org.
func orgMoves(t *testing.T, s *site) {
	o, other := advertiser("o"), advertiser("O")
	o.State, other.State = org.Pending, org.Pending
	s.insertOrgs(t, o, other)
	move := func(id selvedge.OrgID, from, to org.State) func(context.Context, selvedge.Tx) error {
		return func(ctx context.Context, tx selvedge.Tx) error { return s.Orgs.SetOrgState(ctx, tx, id, from, to) }
	}
	wantCode(t, "from another state", s.refused(t, "from another state", move("o", org.Active, org.Suspended)), selvedge.CodeConflict)
	wantCode(t, "no such org", s.refused(t, "no such org", move("none", org.Pending, org.Active)), selvedge.CodeConflict)
	s.update(t, move("o", org.Pending, org.Active))
	wantCode(t, "again", s.refused(t, "again", move("o", org.Pending, org.Active)), selvedge.CodeConflict)
	s.update(t, move("o", org.Active, org.Suspended))
	o.State = org.Suspended
	same(t, "orgs", []org.Org{o, other}, read(t, s, s.Orgs.Orgs))
	s.refused(t, "a word that is no state", move("o", org.Suspended, "gone"))
}

// orgKeysOf makes keys of orgs whose ids are alike, and one of no org.
func orgKeysOf(t *testing.T, s *site) {
	key := func(public string, id selvedge.OrgID, role selvedge.Role, at time.Time) org.Key {
		return org.Key{Public: public, Role: role, Org: id, Name: "k", Scopes: selvedge.AllScopes, CreatedAt: at, ExpiresAt: at.Add(time.Hour)}
	}
	want := []org.Key{key("c", "o", selvedge.OrgRole, start.Add(-time.Second)), key("a", "o", selvedge.OrgRole, start), key("b", "o", selvedge.OrgRole, start)}
	for _, k := range []org.Key{
		want[2], key("d", "O", selvedge.OrgRole, start), want[0], key("e", "", selvedge.PlatformRole, start),
		key("f", "", selvedge.OperatorRole, start), want[1],
	} {
		s.update(t, func(ctx context.Context, tx selvedge.Tx) error { return s.Orgs.InsertKey(ctx, tx, k) })
	}
	of := func(id selvedge.OrgID) []org.Key {
		return read(t, s, func(ctx context.Context, tx selvedge.Tx) ([]org.Key, error) { return s.Orgs.KeysOf(ctx, tx, id) })
	}
	same(t, "keys of one org", want, of("o"))
	if n := len(of("")) + len(of("none")); n != 0 {
		t.Errorf("%d keys of no org", n)
	}
}
