package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/ledger"
)

func outboxCases() map[string]func(*testing.T, *site) {
	return map[string]func(*testing.T, *site){
		"ComeBackAsTheyWere":  outboxComeBack,
		"OnlyWhatCommits":     outboxOnlyCommits,
		"WrongSpace":          outboxWrongSpace,
		"BodyThatIsNotToJSON": outboxBadBody,
	}
}

func outboxComeBack(t *testing.T, s *site) {
	var want []Entry
	actors := []selvedge.Actor{selvedge.Platform("key"), selvedge.Operator("anna"), selvedge.OrgActor("o", "k"), selvedge.System("matcher"), {}}
	for i, text := range texts {
		space := []ledger.Space{ledger.Ads, ledger.Registry}[i%2]
		actor := actors[i%len(actors)]
		entries := []ledger.Entry{
			{Space: space, Kind: ledger.OrgCreated, Actor: actor, Body: struct {
				Text string `json:"text"`
			}{text}},
			{Space: space, Kind: ledger.StaffLookup, Actor: actor},
		}
		s.update(t, func(ctx context.Context, tx selvedge.Tx) error { return s.Outbox.Append(ctx, tx, entries...) })
		at := s.clock.Now()
		want = append(want,
			Entry{string(space), "org.created", actor.Role().String(), actor.Name(), string(jsonOf(t, entries[0].Body)), at},
			Entry{string(space), "staff.lookup", actor.Role().String(), actor.Name(), "null", at})
		s.clock.Add(time.Microsecond)
	}
	slices.SortStableFunc(want, func(a, b Entry) int { return strings.Compare(a.Space, b.Space) })
	same(t, "the outbox", want, s.Entries(t))
}

func outboxOnlyCommits(t *testing.T, s *site) {
	entry := func(name string) ledger.Entry {
		return ledger.Entry{Space: ledger.Ads, Kind: ledger.OrgCreated, Actor: selvedge.Operator(name)}
	}
	for i := range 3 {
		s.refused(t, "undone", func(ctx context.Context, tx selvedge.Tx) error {
			if err := s.Outbox.Append(ctx, tx, entry("undone")); err != nil {
				t.Error(err)
			}
			return errUndo
		})
		s.update(t, func(ctx context.Context, tx selvedge.Tx) error { return s.Outbox.Append(ctx, tx, entry(fmt.Sprint(i))) })
	}
	got := s.Entries(t)
	for i := range got {
		if got[i].Actor != fmt.Sprint(i) {
			t.Errorf("entry %d is of %s", i, got[i].Actor)
		}
	}
	if len(got) != 3 {
		t.Errorf("%d entries, want 3", len(got))
	}
	s.update(t, func(ctx context.Context, tx selvedge.Tx) error { return s.Outbox.Append(ctx, tx) })
	if n := len(s.Entries(t)); n != 3 {
		t.Errorf("%d entries after none was appended", n)
	}
}

func outboxWrongSpace(t *testing.T, s *site) {
	for _, space := range []ledger.Space{"", "Ads", "other"} {
		s.refused(t, "a space that is none", func(ctx context.Context, tx selvedge.Tx) error {
			return s.Outbox.Append(ctx, tx, ledger.Entry{Space: space, Kind: ledger.OrgCreated, Actor: selvedge.Operator("anna")})
		})
	}
	if n := len(s.Entries(t)); n != 0 {
		t.Errorf("%d entries, want none", n)
	}
}

func outboxBadBody(t *testing.T, s *site) {
	s.refused(t, "a body that is no JSON", func(ctx context.Context, tx selvedge.Tx) error {
		return s.Outbox.Append(ctx, tx, ledger.Entry{Space: ledger.Ads, Kind: ledger.OrgCreated, Actor: selvedge.Operator("anna"), Body: make(chan int)})
	})
}
