package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/token"
)

func draftCases() map[string]func(*testing.T, *site) {
	return map[string]func(*testing.T, *site){
		"Draft":         draftOfOpenLists,
		"SealDraft":     draftSeal,
		"SetMatched":    draftSetMatched,
		"SetSpill":      draftSetSpill,
		"SetSidecar":    draftSetSidecar,
		"DropSidecars":  draftDropSidecars,
		"OlderSidecars": draftOlderSidecars,
		"Living":        draftLiving,
	}
}

func openList(id string, n byte) list.List {
	l := newList(id, n)
	l.State, l.Draft, l.SealedAt = list.StateOpen, 0, time.Time{}
	return l
}

func (s *site) draft(t *testing.T, id selvedge.AudienceID) audience.Draft {
	t.Helper()
	return read(t, s, func(ctx context.Context, tx selvedge.Tx) (audience.Draft, error) {
		return s.Audiences.Draft(ctx, tx, id)
	})
}

func (s *site) sealDraft(t *testing.T, id selvedge.AudienceID, number int64, at time.Time) (n int64) {
	t.Helper()
	s.update(t, func(ctx context.Context, tx selvedge.Tx) (err error) {
		n, err = s.Audiences.SealDraft(ctx, tx, id, number, at)
		return err
	})
	return n
}

func draftOfOpenLists(t *testing.T, s *site) {
	same(t, "no list", audience.Draft{}, s.draft(t, "a"))
	one, two, other, sealed := openList("l1", 1), openList("l2", 2), openList("l3", 3), newList("l4", 4)
	one.Kind, two.Kind, two.Sidecar = list.Replace, list.Remove, nil
	two.AcceptedAt = start.Add(time.Minute)
	other.Audience = "b"
	s.insertLists(t, one, two, other, sealed)
	same(t, "two open lists", audience.Draft{Lists: 2, FirstAt: start, Last: "l2", LastAt: start.Add(time.Minute)}, s.draft(t, "a"))
	same(t, "another audience's", audience.Draft{Lists: 1, FirstAt: start, Last: "l3", LastAt: start}, s.draft(t, "b"))
	same(t, "audiences", []selvedge.AudienceID{"a", "b"}, read(t, s, s.Audiences.Drafts))
	same(t, "lists", []list.List{one, two, sealed}, s.lists(t, "a"))
	same(t, "what waits to be matched", []list.List{sealed}, s.unmatched(t))
}

func draftSeal(t *testing.T, s *site) {
	next := func(id selvedge.AudienceID) int64 {
		return read(t, s, func(ctx context.Context, tx selvedge.Tx) (int64, error) { return s.Audiences.NextDraft(ctx, tx, id) })
	}
	same(t, "the first draft", int64(1), next("a"))
	same(t, "nothing to seal", int64(0), s.sealDraft(t, "a", 1, start))
	one, between, two, other := openList("l1", 1), newList("l2", 2), openList("l3", 3), openList("l4", 4)
	other.Audience = "b"
	s.insertLists(t, one, between, other, two)
	same(t, "one more than the last", between.Draft+1, next("a"))
	at := start.Add(time.Hour)
	same(t, "sealed", int64(2), s.sealDraft(t, "a", 7, at))
	for _, l := range []*list.List{&one, &two} {
		l.State, l.Draft, l.SealedAt = list.StateAccepted, 7, at
	}
	same(t, "behind what was sealed before", []list.List{between, one, two}, s.lists(t, "a"))
	same(t, "what waits", []list.List{between, one, two}, s.unmatched(t))
	same(t, "another audience's", []list.List{other}, s.lists(t, "b"))
	same(t, "no draft", audience.Draft{}, s.draft(t, "a"))
	same(t, "another audience's draft", int64(1), s.draft(t, "b").Lists)
	same(t, "the next", int64(8), next("a"))
	same(t, "nothing any more", int64(0), s.sealDraft(t, "a", 8, at))
}

func draftSetMatched(t *testing.T, s *site) {
	var ls []list.List
	var ids []selvedge.ListID
	for n := range byte(120) { // more than one statement takes
		l := newList("l"+string(rune('A'+n)), n)
		ls, ids = append(ls, l), append(ids, l.ID)
	}
	s.insertLists(t, ls...)
	s.insertLists(t, openList("open", 200))
	members := ref(blob.KindBitmap, 1)
	set := func(ids ...selvedge.ListID) func(context.Context, selvedge.Tx) error {
		return func(ctx context.Context, tx selvedge.Tx) error {
			return s.Audiences.SetMatched(ctx, tx, ids, members, 3)
		}
	}
	wantCode(t, "an open list among them", s.refused(t, "an open list among them", set(ids[0], "open")), selvedge.CodeConflict)
	s.update(t, set(ids...))
	for i := range ls {
		ls[i].State, ls[i].Spill, ls[i].Members, ls[i].Version = list.StateMatched, nil, &members, 3
	}
	same(t, "all of them", append(ls, openList("open", 200)), s.lists(t, "a"))
	s.update(t, set())
}

func draftSetSpill(t *testing.T, s *site) {
	l := openList("l", 1)
	s.insertLists(t, l)
	next := ref(blob.KindSpill, 9)
	s.update(t, func(ctx context.Context, tx selvedge.Tx) error {
		return s.Audiences.SetSpill(ctx, tx, "l", *l.Spill, next, 7)
	})
	l.Spill, l.Epoch = &next, 7
	same(t, "of an open list", []list.List{l}, s.lists(t, "a"))
}

func draftSetSidecar(t *testing.T, s *site) {
	l, bare := newList("l", 1), newList("bare", 2)
	bare.Sidecar = nil
	s.insertLists(t, l, bare)
	next := list.Sidecar{Ref: ref(blob.KindSidecar, 9), Key: []byte{9}, Epoch: 1<<32 - 1}
	set := func(id selvedge.ListID, old blob.Ref) func(context.Context, selvedge.Tx) error {
		return func(ctx context.Context, tx selvedge.Tx) error { return s.Audiences.SetSidecar(ctx, tx, id, old, next) }
	}
	was := l.Sidecar.Ref
	s.update(t, set("l", was))
	l.Sidecar = &next
	same(t, "lists", []list.List{l, bare}, s.lists(t, "a"))
	for what, c := range map[string]func(context.Context, selvedge.Tx) error{
		"another sidecar": set("l", was), "none": set("bare", was), "not there": set("none", was),
	} {
		wantCode(t, what, s.refused(t, what, c), selvedge.CodeConflict)
	}
}

func draftDropSidecars(t *testing.T, s *site) {
	l, m, bare := newList("l", 1), newList("m", 2), newList("bare", 3)
	bare.Sidecar, bare.Rows = nil, nil
	s.insertLists(t, l, m, bare)
	s.update(t, func(ctx context.Context, tx selvedge.Tx) error {
		return s.Audiences.DropSidecars(ctx, tx, []selvedge.ListID{"l", "bare", "none"})
	})
	l.Sidecar, l.Rows = nil, nil
	same(t, "lists", []list.List{l, m, bare}, s.lists(t, "a"))
}

func draftOlderSidecars(t *testing.T, s *site) {
	var ls []list.List
	for n := range byte(4) { // of the epochs 1 to 4
		l := newList("l"+string(rune('A'+n)), n)
		l.Audience = selvedge.AudienceID("a" + string(rune('D'-n)))
		ls = append(ls, l)
	}
	ls[0].Sidecar = nil
	s.insertLists(t, ls...)
	older := func(e token.Epoch) []list.List {
		return read(t, s, func(ctx context.Context, tx selvedge.Tx) ([]list.List, error) {
			return s.Audiences.OlderSidecars(ctx, tx, e)
		})
	}
	same(t, "before the fourth epoch", ls[1:3], older(4))
	same(t, "before the second", 0, len(older(2)))
}

func draftLiving(t *testing.T, s *site) {
	a, b, c, d, e := newAudience("o", "a"), newAudience("p", "b"), newAudience("o", "c"), newAudience("o", "d"), newAudience("o", "e")
	s.insertAudiences(t, d, c, b, a, e)
	ls := []list.List{newList("la", 1), newList("lb", 2), newList("lc", 3), newList("ld", 4), newList("le", 5), newList("lf", 6)}
	ls[0].Sidecar, ls[0].Rows, ls[0].ExpiresAt = nil, nil, start.Add(time.Hour)
	ls[1].Audience, ls[1].ExpiresAt = "b", start // over, and not yet tidied up
	ls[2].Audience, ls[2].Sidecar, ls[2].Rows, ls[2].ExpiresAt = "c", nil, nil, start
	ls[3].Audience, ls[3].Kind, ls[3].Sidecar = "d", list.Remove, nil
	ls[4].Audience = "d" // not matched yet
	ls[5].Audience, ls[5].Sidecar, ls[5].ExpiresAt = "e", nil, start
	s.insertLists(t, ls...)
	s.update(t, func(ctx context.Context, tx selvedge.Tx) error {
		return s.Audiences.SetMatched(ctx, tx, []selvedge.ListID{"la", "lb", "lc", "ld", "lf"}, ref(blob.KindBitmap, 1), 1)
	})
	living := func(at time.Time) []audience.Audience {
		return read(t, s, func(ctx context.Context, tx selvedge.Tx) ([]audience.Audience, error) {
			return s.Audiences.Living(ctx, tx, at)
		})
	}
	same(t, "at first", []audience.Audience{b, a, e}, living(start))
	same(t, "when the list is over", []audience.Audience{b, e}, living(start.Add(time.Hour)))
}
