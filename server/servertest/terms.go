package servertest

import (
	"testing"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/server"
)

// AcceptTerms has an org accept the terms that are in force, as it must before
// it uploads anything.
func AcceptTerms(t testing.TB, s *server.Server, actor selvedge.Actor) {
	t.Helper()
	id, _ := actor.Org()
	terms, _, err := s.Orgs.Terms(t.Context(), actor)
	if err == nil {
		_, err = s.Orgs.Accept(t.Context(), actor, id, terms.Version)
	}
	if err != nil {
		t.Fatal(err)
	}
}
