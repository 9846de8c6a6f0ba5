package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/drop"
)

func dropCases() map[string]func(*testing.T, *site) {
	return map[string]func(*testing.T, *site){"Taken": dropsTaken, "Forgotten": dropsForgotten}
}

func (s *site) dropped(t *testing.T, id selvedge.AudienceID, mark byte) *drop.Taken {
	t.Helper()
	return read(t, s, func(ctx context.Context, tx selvedge.Tx) (*drop.Taken, error) {
		return s.Drops.Taken(ctx, tx, id, [16]byte{mark})
	})
}

func (s *site) takeDrop(d drop.Taken) func(context.Context, selvedge.Tx) error {
	return func(ctx context.Context, tx selvedge.Tx) error { return s.Drops.Take(ctx, tx, d) }
}

// dropsTaken: once for each audience and content, by whichever name.
func dropsTaken(t *testing.T, s *site) {
	d := drop.Taken{Audience: "aud_a", Mark: [16]byte{1}, Name: [16]byte{2}, List: "lst_a", Until: start}
	s.update(t, s.takeDrop(d))
	same(t, "taken", &d, s.dropped(t, "aud_a", 1))
	same(t, "another content", (*drop.Taken)(nil), s.dropped(t, "aud_a", 2))
	same(t, "another audience", (*drop.Taken)(nil), s.dropped(t, "aud_b", 1))
	again := d
	again.Name, again.List = [16]byte{9}, "lst_b"
	wantCode(t, "again", s.refused(t, "again", s.takeDrop(again)), selvedge.CodeConflict)
	same(t, "the first stands", &d, s.dropped(t, "aud_a", 1))
	again.Audience = "aud_b"
	s.update(t, s.takeDrop(again))
	same(t, "into another audience", &again, s.dropped(t, "aud_b", 1))
}

// dropsForgotten: one whose time is over at now, and not one that has a microsecond
// left.
func dropsForgotten(t *testing.T, s *site) {
	over, left := drop.Taken{Audience: "aud_a", Mark: [16]byte{1}, Until: start}, drop.Taken{Audience: "aud_a", Mark: [16]byte{2}, Until: start.Add(time.Microsecond)}
	s.update(t, s.takeDrop(over))
	s.update(t, s.takeDrop(left))
	s.update(t, func(ctx context.Context, tx selvedge.Tx) error { return s.Drops.Forget(ctx, tx, start) })
	same(t, "over", (*drop.Taken)(nil), s.dropped(t, "aud_a", 1))
	same(t, "left", &left, s.dropped(t, "aud_a", 2))
	s.update(t, s.takeDrop(over))
}
