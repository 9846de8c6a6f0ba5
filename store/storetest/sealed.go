package storetest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/report"
)

func sealedCases() map[string]func(*testing.T, *site) {
	return map[string]func(*testing.T, *site){"Sealed": sealedInOrder, "Backward": sealedBackward, "Unexpired": sealedUnexpired, "Progress": sealedProgress, "ListsAfter": listsAfter}
}

// insertVersion inserts a version, which is kept whole or not, and which makes it
// another one than others of its audience and number.
func (s *site) insertVersion(t *testing.T, id selvedge.AudienceID, n int64, whole bool) audience.Version {
	t.Helper()
	v := audience.Version{Audience: id, Number: n, Digest: [32]byte{0: byte(n)}, AcceptedAt: start, SealedAt: start, PublishAt: start}
	kept := ref(blob.KindBitmap, byte(n))
	v.Flips = &kept
	if whole {
		v.Members, v.Flips = &kept, nil
	}
	s.update(t, func(ctx context.Context, tx selvedge.Tx) error { return s.Audiences.InsertVersion(ctx, tx, v) })
	return v
}

func sealedInOrder(t *testing.T, s *site) {
	s.insertAudiences(t, newAudience("o", "a"), newAudience("p", "b"), newAudience("o", "empty"))
	sealed := func(after int64, limit int) (out []audience.Sealed, err error) {
		err = s.Tx.View(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
			return s.Audiences.Sealed(ctx, tx, after, func(v audience.Sealed) error {
				if out = append(out, v); len(out) == limit {
					return errUndo
				}
				return nil
			})
		})
		return out, err
	}
	if all, err := sealed(0, 100); len(all) != 0 || err != nil {
		t.Errorf("%d versions, %v", len(all), err)
	}
	var all []audience.Sealed
	add := func(org selvedge.OrgID, id selvedge.AudienceID, n int64, whole bool) {
		all = append(all, audience.Sealed{Version: s.insertVersion(t, id, n, whole), Org: org, Place: int64(len(all) + 1)})
	}
	add("p", "b", 1, true)
	add("o", "a", 1, true)
	add("o", "a", 2, false)
	add("p", "b", 2, false)
	add("p", "b", 3, true)
	add("p", "b", 4, false)
	got, err := sealed(2, 100)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "after the second", all[2:], got, sizes)
	if got, err = sealed(6, 100); len(got) != 0 || err != nil {
		t.Errorf("after the last: %d versions, %v", len(got), err)
	}
	if got, err = sealed(1, 3); len(got) != 3 || !errors.Is(err, errUndo) {
		t.Errorf("%d versions, %v: want three and fn's error", len(got), err)
	}
	if got, err = sealed(0, 100); err != nil {
		t.Fatal(err)
	}
	slices.SortStableFunc(got, func(a, b audience.Sealed) int { return int(a.Place - b.Place) }) // within an audience by number already
	same(t, "what is needed of all", []audience.Sealed{all[1], all[2], all[4], all[5]}, got, sizes)
}

func sealedBackward(t *testing.T, s *site) {
	s.insertAudiences(t, newAudience("o", "a"), newAudience("o", "b"))
	var want []audience.Version
	for n := range int64(5) {
		want = append(want, s.insertVersion(t, "a", n+1, n == 0))
	}
	s.insertVersion(t, "b", 1, true)
	slices.Reverse(want)
	back := func(from int64, n int) []audience.Version {
		return read(t, s, func(ctx context.Context, tx selvedge.Tx) ([]audience.Version, error) {
			return s.Audiences.Backward(ctx, tx, "a", from, n)
		})
	}
	same(t, "all", want, back(5, 10), sizes)
	same(t, "two from the fourth", want[1:3], back(4, 2), sizes)
	same(t, "from beyond the last", want[:1], back(9, 1), sizes)
	same(t, "from before the first", 0, len(back(0, 9)))
}

func sealedUnexpired(t *testing.T, s *site) {
	s.insertAudiences(t, newAudience("o", "a"), newAudience("p", "b"), newAudience("o", "c"), newAudience("o", "d"), newAudience("o", "e"))
	ls := []list.List{newList("la", 1), newList("lb", 2), newList("lc", 3), newList("ld", 4), newList("le", 5)}
	for i, id := range []selvedge.AudienceID{"a", "b", "c", "d", "e"} {
		ls[i].Audience, ls[i].ExpiresAt = id, start.Add(time.Hour)
	}
	ls[1].ExpiresAt = start                              // over, though its sidecar is there
	ls[2].Kind, ls[2].Sidecar = list.Remove, nil         // adds nobody
	ls[4].ExpiresAt = start.Add(time.Hour + time.Minute) // not asked for
	s.insertLists(t, ls...)
	s.update(t, func(ctx context.Context, tx selvedge.Tx) error {
		return s.Audiences.SetMatched(ctx, tx, []selvedge.ListID{"la", "lb", "lc", "le"}, ref(blob.KindBitmap, 1), 1) // and not ld
	})
	unexpired := func(at time.Time) []selvedge.AudienceID {
		return read(t, s, func(ctx context.Context, tx selvedge.Tx) ([]selvedge.AudienceID, error) {
			return s.Audiences.Unexpired(ctx, tx, []selvedge.AudienceID{"d", "c", "b", "a", "none"}, at)
		})
	}
	same(t, "at first", []selvedge.AudienceID{"a"}, unexpired(start))
	same(t, "when the list is over", 0, len(unexpired(start.Add(time.Hour))))
}

func sealedProgress(t *testing.T, s *site) {
	s.insertAudiences(t, newAudience("o", "a"), newAudience("o", "b"), newAudience("o", "none"))
	progress := func(id selvedge.AudienceID, at time.Time) audience.Progress {
		return read(t, s, func(ctx context.Context, tx selvedge.Tx) (audience.Progress, error) {
			return s.Audiences.Progress(ctx, tx, id, at)
		})
	}
	version := func(n int64, publish time.Time) {
		kept := ref(blob.KindBitmap, byte(n))
		s.update(t, func(ctx context.Context, tx selvedge.Tx) error {
			return s.Audiences.InsertVersion(ctx, tx, audience.Version{
				Audience: "a", Number: n, Members: &kept, AcceptedAt: start, SealedAt: start, PublishAt: publish,
				Figure: report.Answer{Size: report.SizeAt(int(n)), At: publish, Due: publish.Add(time.Hour)},
			})
		})
	}
	matched := func(id selvedge.ListID, version int64) {
		s.update(t, func(ctx context.Context, tx selvedge.Tx) error {
			return s.Audiences.SetMatched(ctx, tx, []selvedge.ListID{id}, ref(blob.KindBitmap, 1), version)
		})
	}
	same(t, "nothing", audience.Progress{}, progress("none", start), sizes)
	s.insertLists(t, newList("l1", 1))
	same(t, "a list that waits", audience.Progress{Lists: true, Waiting: true}, progress("a", start), sizes)
	first, second := start.Add(time.Minute), start.Add(2*time.Minute)
	version(1, first)
	matched("l1", 1)
	same(t, "what is not published", []int64{1}, read(t, s, func(ctx context.Context, tx selvedge.Tx) ([]int64, error) {
		return s.Audiences.Unpublished(ctx, tx, "a", start)
	}))
	same(t, "not published", audience.Progress{Lists: true, Waiting: true}, progress("a", start), sizes)
	one := audience.Progress{Lists: true, Figure: report.Answer{Size: report.SizeAt(1), At: first, Due: first.Add(time.Hour)}, AsOf: first}
	same(t, "published", one, progress("a", first), sizes)
	version(2, second) // of no list: it says what expired
	same(t, "a version of no list", one, progress("a", first), sizes)
	same(t, "that is published", audience.Progress{Lists: true, Figure: report.Answer{Size: report.SizeAt(2), At: second, Due: second.Add(time.Hour)}, AsOf: second}, progress("a", second), sizes)
	s.insertLists(t, newList("l2", 2))
	same(t, "another list", audience.Progress{Lists: true, Waiting: true, Figure: report.Answer{Size: report.SizeAt(2), At: second, Due: second.Add(time.Hour)}, AsOf: second}, progress("a", second), sizes)
	same(t, "another audience", audience.Progress{}, progress("b", second), sizes)
}

func listsAfter(t *testing.T, s *site) {
	s.insertAudiences(t, newAudience("o", "a"), newAudience("o", "b"))
	open, other := openList("l2", 2), newList("l4", 4)
	other.Audience = "b"
	s.insertLists(t, open, newList("l1", 1), other, newList("l3", 3))
	s.sealDraft(t, "a", 2, start) // now it counts after them
	page := func(after selvedge.ListID, n int) (ids []selvedge.ListID) {
		ls := read(t, s, func(ctx context.Context, tx selvedge.Tx) ([]list.List, error) {
			return s.Audiences.ListsAfter(ctx, tx, "a", after, n)
		})
		for _, l := range ls {
			ids = append(ids, l.ID)
		}
		return ids
	}
	same(t, "all", []selvedge.ListID{"l2", "l1", "l3"}, page("", 9))
	same(t, "two", []selvedge.ListID{"l2", "l1"}, page("", 2))
	same(t, "after the first", []selvedge.ListID{"l1", "l3"}, page("l2", 9))
	same(t, "after the last", 0, len(page("l3", 9)))
	same(t, "after that of another audience", 3, len(page("l4", 9)))
}
