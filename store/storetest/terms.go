package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/org"
)

func termsCases() map[string]func(*testing.T, *site) {
	return map[string]func(*testing.T, *site){
		"Versions":    termsVersions,
		"Acceptances": termsAcceptances,
	}
}

// termsVersions keeps versions from 2 on, one after the other; the last is the
// one that is found.
func termsVersions(t *testing.T, s *site) {
	insert := func(v org.Terms) func(context.Context, selvedge.Tx) error {
		return func(ctx context.Context, tx selvedge.Tx) error { return s.Orgs.InsertTerms(ctx, tx, v) }
	}
	wantCode(t, "none", s.Tx.View(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		_, err := s.Orgs.LatestTerms(ctx, tx)
		return err
	}), selvedge.CodeNotFound)
	for i, text := range []string{"two", "three\n\u00e9"} {
		v := org.Terms{Version: int64(i) + 2, Text: text, SHA256: [32]byte{31: byte(i)}, PublishedAt: times[i+1], PublishedBy: "anna"}
		for _, wrong := range []int64{v.Version - 1, v.Version + 1} {
			w := v
			w.Version = wrong
			wantCode(t, "not the next", s.refused(t, "not the next", insert(w)), selvedge.CodeConflict)
		}
		s.update(t, insert(v))
		same(t, "the last", v, read(t, s, s.Orgs.LatestTerms))
	}
}

// termsAcceptances keeps the first acceptance of a version by an org, and finds
// no other's.
func termsAcceptances(t *testing.T, s *site) {
	put := func(a org.Acceptance) {
		s.update(t, func(ctx context.Context, tx selvedge.Tx) error { return s.Orgs.InsertAcceptance(ctx, tx, a) })
	}
	get := func(id selvedge.OrgID, version int64) (a org.Acceptance, err error) {
		err = s.Tx.View(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
			a, err = s.Orgs.Acceptance(ctx, tx, id, version)
			return err
		})
		return a, err
	}
	first := org.Acceptance{Org: "o", Version: 1, SHA256: [32]byte{1, 0xff}, At: start, Role: selvedge.OrgRole, By: "key"}
	put(first)
	later := first
	later.At, later.By, later.Role, later.SHA256 = start.Add(time.Second), "anna", selvedge.OperatorRole, [32]byte{}
	put(later)
	if a, err := get("o", 1); err != nil || a != first {
		t.Errorf("kept %+v, %v", a, err)
	}
	later.Version = 2
	put(later)
	if a, err := get("o", 2); err != nil || a != later {
		t.Errorf("kept %+v, %v", a, err)
	}
	_, err := get("o", 3)
	wantCode(t, "another version", err, selvedge.CodeNotFound)
	_, err = get("O", 1)
	wantCode(t, "another org", err, selvedge.CodeNotFound)
}
