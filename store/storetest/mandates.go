package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/org"
)

func mandateCases() map[string]func(*testing.T, *site) {
	return map[string]func(*testing.T, *site){
		"ComeBack": mandatesComeBack,
		"End":      mandatesEnd,
		"Refused":  mandatesRefused,
	}
}

func newMandate(id org.MandateID, from, to selvedge.OrgID) org.Mandate {
	return org.Mandate{
		ID: id, Org: from, Agency: to, Scopes: selvedge.ReadAudiences | selvedge.WriteAudiences,
		GrantedAt: start, GrantedBy: "key", ExpiresAt: start.Add(time.Hour),
	}
}

func (s *site) insertMandates(t *testing.T, ms ...org.Mandate) {
	t.Helper()
	for _, m := range ms {
		s.update(t, func(ctx context.Context, tx selvedge.Tx) error { return s.Orgs.InsertMandate(ctx, tx, m) })
	}
}

// mandatesComeBack in the order in which they were given, to both sides, and to
// nobody else.
func mandatesComeBack(t *testing.T, s *site) {
	a, b, c := newMandate("z", "o", "p"), newMandate("a", "p", "o"), newMandate("m", "o", "q")
	b.GrantedAt, c.Scopes, c.ExpiresAt = start.Add(-time.Hour), selvedge.ReadAudiences, time.UnixMicro(1).UTC()
	s.insertMandates(t, a, b, c)
	of := func(id selvedge.OrgID) []org.Mandate {
		return read(t, s, func(ctx context.Context, tx selvedge.Tx) ([]org.Mandate, error) {
			return s.Orgs.MandatesOf(ctx, tx, id)
		})
	}
	same(t, "of o", []org.Mandate{a, b, c}, of("o"))
	same(t, "of p", []org.Mandate{a, b}, of("p"))
	same(t, "of q", []org.Mandate{c}, of("q"))
	same(t, "of nobody", []org.Mandate(nil), of("O"))
	between := func(from, to selvedge.OrgID) []org.Mandate {
		return read(t, s, func(ctx context.Context, tx selvedge.Tx) ([]org.Mandate, error) {
			return s.Orgs.MandatesBetween(ctx, tx, from, to)
		})
	}
	same(t, "from o to p", []org.Mandate{a}, between("o", "p"))
	same(t, "from p to o", []org.Mandate{b}, between("p", "o"))
	same(t, "from q to o", []org.Mandate(nil), between("q", "o"))
}

// mandatesEnd once: the first end stands.
func mandatesEnd(t *testing.T, s *site) {
	m := newMandate("m", "o", "p")
	s.insertMandates(t, m, newMandate("other", "o", "p"))
	end := func(id org.MandateID, at time.Time, by string) func(context.Context, selvedge.Tx) error {
		return func(ctx context.Context, tx selvedge.Tx) error {
			return s.Orgs.EndMandate(ctx, tx, id, at, selvedge.OperatorRole, by)
		}
	}
	wantCode(t, "one that is not there", s.refused(t, "absent", end("none", start, "x")), selvedge.CodeConflict)
	s.update(t, end("m", start.Add(time.Minute), "anna"))
	m.EndedAt, m.EndedRole, m.EndedBy = start.Add(time.Minute), selvedge.OperatorRole, "anna"
	wantCode(t, "ended before", s.refused(t, "again", end("m", start.Add(time.Hour), "ben")), selvedge.CodeConflict)
	get := func(id org.MandateID) (got org.Mandate, err error) {
		err = s.Tx.View(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
			got, err = s.Orgs.Mandate(ctx, tx, id)
			return err
		})
		return got, err
	}
	got, err := get("m")
	if same(t, "ended", m, got); err != nil {
		t.Error(err)
	}
	if other, err := get("other"); err != nil || !other.EndedAt.IsZero() {
		t.Errorf("another one: %+v, %v", other, err)
	}
	_, err = get("none")
	wantCode(t, "absent", err, selvedge.CodeNotFound)
}

// mandatesRefused: no org acts for itself under a mandate.
func mandatesRefused(t *testing.T, s *site) {
	s.refused(t, "of itself", func(ctx context.Context, tx selvedge.Tx) error {
		return s.Orgs.InsertMandate(ctx, tx, newMandate("m", "o", "o"))
	})
}
