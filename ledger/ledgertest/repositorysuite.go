package ledgertest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/ledger"
)

// Database is what a ledger stands on.
type Database interface {
	selvedge.Transactor
	ledger.Repository
	ledger.Outbox
}

// RunRepository runs the contract of ledger.Repository, and what it asks of the
// outbox. open returns an empty database whose clock shows now; each case opens
// its own.
func RunRepository(t *testing.T, open func(t *testing.T, now time.Time) Database) {
	now := time.Date(2019, 10, 8, 12, 0, 0, 123456000, time.UTC)
	for name, test := range map[string]func(t *testing.T, db Database, now time.Time){
		"Appended":       appended,
		"Dense":          dense,
		"RolledBack":     rolledBack,
		"ManyAtOnce":     manyAtOnce,
		"ManyWriters":    manyWriters,
		"LeavesInOrder":  leavesInOrder,
		"LeavesForgot":   leavesForgot,
		"LeavesBySpace":  leavesBySpace,
		"NothingYet":     nothingYet,
		"EntryThatIsNot": entryThatIsNot,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t, now), now)
		})
	}
}

func update(t *testing.T, db Database, fn func(ctx context.Context, tx selvedge.Tx) error) {
	t.Helper()
	if err := db.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func view(t *testing.T, db Database, fn func(ctx context.Context, tx selvedge.Tx) error) {
	t.Helper()
	if err := db.View(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// Entry returns a small entry of a space.
func Entry(space ledger.Space, n int) ledger.Entry {
	return ledger.Entry{Space: space, Kind: ledger.StaffLookup, Actor: selvedge.Operator("Ada"), Body: map[string]int{"account": n}}
}

func appended(t *testing.T, db Database, now time.Time) {
	update(t, db, func(ctx context.Context, tx selvedge.Tx) error {
		return db.Append(ctx, tx, Entry(ledger.Registry, 7))
	})
	view(t, db, func(ctx context.Context, tx selvedge.Tx) error {
		got, err := db.Records(ctx, tx, ledger.Registry, 0, 10)
		if err != nil || len(got) != 1 {
			t.Fatalf("%d records, %v", len(got), err)
		}
		r := got[0]
		if len(r.Salt) != 16 || r.Salt[0]|r.Salt[1]|r.Salt[2]|r.Salt[3] == 0 {
			t.Errorf("salt of %d bytes", len(r.Salt))
		}
		want := ledger.Record{
			Space: ledger.Registry, Seq: 1, At: now, Kind: ledger.StaffLookup, Role: "operator", Actor: "Ada",
			Body: []byte(`{"account":7}`), Salt: r.Salt, Commitment: r.Commitment,
		}
		if diff := cmp.Diff(want, r); diff != "" {
			t.Errorf("record (-want +got):\n%s", diff)
		}
		return nil
	})
}

// dense checks that each space counts for itself, without a gap, and that
// Records keeps after and limit.
func dense(t *testing.T, db Database, _ time.Time) {
	for n := range 3 {
		update(t, db, func(ctx context.Context, tx selvedge.Tx) error {
			return db.Append(ctx, tx, Entry(ledger.Ads, n), Entry(ledger.Registry, n), Entry(ledger.Ads, n))
		})
	}
	for _, tc := range []struct {
		space       ledger.Space
		after       int64
		limit       int
		first, last int64
	}{
		{ledger.Ads, 0, 100, 1, 6},
		{ledger.Ads, 0, 2, 1, 2},
		{ledger.Ads, 4, 100, 5, 6},
		{ledger.Ads, 6, 100, 7, 6},
		{ledger.Registry, 0, 100, 1, 3},
	} {
		view(t, db, func(ctx context.Context, tx selvedge.Tx) error {
			got, err := db.Records(ctx, tx, tc.space, tc.after, tc.limit)
			if err != nil || int64(len(got)) != tc.last-tc.first+1 {
				t.Errorf("%+v: %d records, %v", tc, len(got), err)
			}
			for i, r := range got {
				if r.Seq != tc.first+int64(i) || r.Space != tc.space {
					t.Errorf("%+v: entry %d of %s at place %d", tc, r.Seq, r.Space, i)
				}
			}
			return err
		})
	}
	view(t, db, func(ctx context.Context, tx selvedge.Tx) error {
		head, err := db.Head(ctx, tx, ledger.Ads)
		if head != 6 {
			t.Errorf("head %d, want 6", head)
		}
		return err
	})
}

// manyAtOnce appends more at once than a store takes in one statement.
func manyAtOnce(t *testing.T, db Database, _ time.Time) {
	const n = 357
	var entries []ledger.Entry
	for i := range n {
		entries = append(entries, Entry(ledger.Ads, i))
		if i%3 == 0 {
			entries = append(entries, Entry(ledger.Registry, i))
		}
	}
	update(t, db, func(ctx context.Context, tx selvedge.Tx) error { return db.Append(ctx, tx, entries...) })
	view(t, db, func(ctx context.Context, tx selvedge.Tx) error {
		salts := map[string]bool{}
		for space, every := range map[ledger.Space]int{ledger.Ads: 1, ledger.Registry: 3} {
			got, err := db.Records(ctx, tx, space, 0, n)
			if err != nil || len(got) != n/every {
				t.Errorf("%d entries of %s, %v", len(got), space, err)
			}
			for i, r := range got {
				if want := fmt.Sprintf(`{"account":%d}`, i*every); r.Seq != int64(i)+1 || string(r.Body) != want || !r.Holds() {
					t.Fatalf("entry %d of %s is %+v", i+1, space, r)
				}
				if salts[string(r.Salt)] {
					t.Fatal("two entries have one salt")
				}
				salts[string(r.Salt)] = true
			}
		}
		return nil
	})
}

// manyWriters has transactions append at once, of which some fail.
func manyWriters(t *testing.T, db Database, _ time.Time) {
	fails := selvedge.Errorf(selvedge.CodeConflict, "no")
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 10 {
				err := db.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
					// The spaces in turn first, and one of them twice.
					a, b := ledger.Ads, ledger.Registry
					if w%2 == 0 {
						a, b = b, a
					}
					if err := db.Append(ctx, tx, Entry(a, i), Entry(b, i), Entry(a, i)); err != nil {
						return err
					}
					if i%5 == w {
						return fails
					}
					return nil
				})
				if err != nil && !errors.Is(err, fails) {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	view(t, db, func(ctx context.Context, tx selvedge.Tx) error {
		for _, space := range []ledger.Space{ledger.Ads, ledger.Registry} {
			got, err := db.Records(ctx, tx, space, 0, 1000)
			if err != nil || len(got) != 4*8*3/2 {
				t.Errorf("%d entries of %s, %v", len(got), space, err)
			}
			for i, r := range got {
				if r.Seq != int64(i)+1 {
					t.Fatalf("entry %d of %s at place %d", r.Seq, space, i)
				}
			}
			if head, err := db.Head(ctx, tx, space); head != int64(len(got)) || err != nil {
				t.Errorf("head %d of %s, %v", head, space, err)
			}
		}
		return nil
	})
}

// rolledBack checks that an entry which did not commit leaves no gap.
func rolledBack(t *testing.T, db Database, _ time.Time) {
	fails := selvedge.Errorf(selvedge.CodeConflict, "no")
	err := db.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		if err := db.Append(ctx, tx, Entry(ledger.Ads, 1)); err != nil {
			return err
		}
		if err := db.RecordLeaf(ctx, tx, ledger.RecordedLeaf{Space: ledger.Ads, First: 1, Last: 1}); err != nil {
			return err
		}
		return fails
	})
	wantCode(t, err, selvedge.CodeConflict)
	update(t, db, func(ctx context.Context, tx selvedge.Tx) error { return db.Append(ctx, tx, Entry(ledger.Ads, 2)) })
	view(t, db, func(ctx context.Context, tx selvedge.Tx) error {
		got, err := db.Records(ctx, tx, ledger.Ads, 0, 10)
		if err != nil || len(got) != 1 || got[0].Seq != 1 || string(got[0].Body) != `{"account":2}` {
			t.Errorf("%+v, %v", got, err)
		}
		if _, ok, err := db.LastLeaf(ctx, tx, ledger.Ads); ok || err != nil {
			t.Errorf("a leaf: %v, %v", ok, err)
		}
		return err
	})
}

func leavesInOrder(t *testing.T, db Database, _ time.Time) {
	leaves := []ledger.RecordedLeaf{
		{Space: ledger.Ads, Index: 0, First: 1, Last: 4, Root: tlog.Hash{1, 255}},
		{Space: ledger.Ads, Index: 1, First: 5, Last: 5, Root: tlog.Hash{2}},
		{Space: ledger.Ads, Index: 2, First: 6, Last: 9, Root: tlog.Hash{3}},
	}
	refuse := func(l ledger.RecordedLeaf) {
		t.Helper()
		err := db.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error { return db.RecordLeaf(ctx, tx, l) })
		wantCode(t, err, selvedge.CodeConflict)
	}
	refuse(ledger.RecordedLeaf{Space: ledger.Ads, Index: 1, First: 1, Last: 1})
	refuse(ledger.RecordedLeaf{Space: ledger.Ads, Index: 0, First: 2, Last: 2})
	for _, l := range leaves {
		update(t, db, func(ctx context.Context, tx selvedge.Tx) error { return db.RecordLeaf(ctx, tx, l) })
		refuse(l)
		refuse(ledger.RecordedLeaf{Space: ledger.Ads, Index: l.Index + 1, First: l.Last, Last: l.Last + 1})
		refuse(ledger.RecordedLeaf{Space: ledger.Ads, Index: l.Index + 1, First: l.Last + 2, Last: l.Last + 2})
		refuse(ledger.RecordedLeaf{Space: ledger.Ads, Index: l.Index + 2, First: l.Last + 1, Last: l.Last + 1})
	}
	view(t, db, func(ctx context.Context, tx selvedge.Tx) error {
		for _, tc := range []struct {
			from  int64
			limit int
			want  []ledger.RecordedLeaf
		}{{0, 10, leaves}, {0, 2, leaves[:2]}, {1, 10, leaves[1:]}, {3, 10, nil}} {
			got, err := db.Leaves(ctx, tx, ledger.Ads, tc.from, tc.limit)
			if diff := cmp.Diff(tc.want, got); diff != "" || err != nil {
				t.Errorf("from %d, %d at most (-want +got):\n%s%v", tc.from, tc.limit, diff, err)
			}
		}
		if last, ok, err := db.LastLeaf(ctx, tx, ledger.Ads); last != leaves[2] || !ok || err != nil {
			t.Errorf("last %+v, %v, %v", last, ok, err)
		}
		for seq, want := range map[int64]ledger.RecordedLeaf{1: leaves[0], 4: leaves[0], 5: leaves[1], 6: leaves[2], 9: leaves[2]} {
			if got, err := db.LeafOf(ctx, tx, ledger.Ads, seq); got != want || err != nil {
				t.Errorf("leaf of %d: %+v, %v", seq, got, err)
			}
		}
		_, err := db.LeafOf(ctx, tx, ledger.Ads, 10)
		wantCode(t, err, selvedge.CodeNotFound)
		return nil
	})
}

// leavesForgot checks that a space forgets its leaves, if that commits, and
// begins anew, while the other one and the entries stay.
func leavesForgot(t *testing.T, db Database, _ time.Time) {
	ads := ledger.RecordedLeaf{Space: ledger.Ads, First: 1, Last: 2}
	registry := ledger.RecordedLeaf{Space: ledger.Registry, First: 1, Last: 2}
	update(t, db, func(ctx context.Context, tx selvedge.Tx) error {
		if err := db.Append(ctx, tx, Entry(ledger.Ads, 1)); err != nil {
			return err
		}
		if err := db.RecordLeaf(ctx, tx, ads); err != nil {
			return err
		}
		return db.RecordLeaf(ctx, tx, registry)
	})
	last := func(space ledger.Space) (ok bool) {
		view(t, db, func(ctx context.Context, tx selvedge.Tx) (err error) {
			_, ok, err = db.LastLeaf(ctx, tx, space)
			return err
		})
		return ok
	}
	fails := selvedge.Errorf(selvedge.CodeConflict, "no")
	err := db.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		if err := db.ForgetLeaves(ctx, tx, ledger.Ads); err != nil {
			t.Error(err)
		}
		return fails
	})
	wantCode(t, err, selvedge.CodeConflict)
	if !last(ledger.Ads) {
		t.Error("forgotten, and that did not commit")
	}
	update(t, db, func(ctx context.Context, tx selvedge.Tx) error { return db.ForgetLeaves(ctx, tx, ledger.Ads) })
	if last(ledger.Ads) || !last(ledger.Registry) {
		t.Errorf("ads has a leaf: %t; the registry has one: %t", last(ledger.Ads), last(ledger.Registry))
	}
	update(t, db, func(ctx context.Context, tx selvedge.Tx) error { return db.RecordLeaf(ctx, tx, ads) })
	view(t, db, func(ctx context.Context, tx selvedge.Tx) error {
		if head, err := db.Head(ctx, tx, ledger.Ads); head != 1 || err != nil {
			t.Errorf("head %d, %v", head, err)
		}
		return nil
	})
}

func leavesBySpace(t *testing.T, db Database, _ time.Time) {
	for _, space := range []ledger.Space{ledger.Ads, ledger.Registry} {
		update(t, db, func(ctx context.Context, tx selvedge.Tx) error {
			return db.RecordLeaf(ctx, tx, ledger.RecordedLeaf{Space: space, First: 1, Last: 2})
		})
	}
}

func nothingYet(t *testing.T, db Database, _ time.Time) {
	view(t, db, func(ctx context.Context, tx selvedge.Tx) error {
		if head, err := db.Head(ctx, tx, ledger.Ads); head != 0 || err != nil {
			t.Errorf("head %d, %v", head, err)
		}
		if got, err := db.Records(ctx, tx, ledger.Ads, 0, 10); len(got) != 0 || err != nil {
			t.Errorf("%d records, %v", len(got), err)
		}
		if got, err := db.Leaves(ctx, tx, ledger.Ads, 0, 10); len(got) != 0 || err != nil {
			t.Errorf("%d leaves, %v", len(got), err)
		}
		if _, ok, err := db.LastLeaf(ctx, tx, ledger.Ads); ok || err != nil {
			t.Errorf("a last leaf, %v", err)
		}
		return nil
	})
}

// entryThatIsNot checks that what could not be a leaf's is refused before it is
// committed.
func entryThatIsNot(t *testing.T, db Database, _ time.Time) {
	e := Entry(ledger.Ads, 1)
	e.Kind = "no word"
	err := db.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error { return db.Append(ctx, tx, e) })
	if err == nil {
		t.Error("an entry whose kind is no word was taken")
	}
	e = Entry("adds", 1)
	err = db.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error { return db.Append(ctx, tx, e) })
	if err == nil {
		t.Error("an entry of no space was taken")
	}
}
