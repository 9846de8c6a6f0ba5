package org_test

import (
	"context"
	"errors"
	"regexp"
	"testing"

	"github.com/selvedge/selvedge"
)

// ids draws n ids of one stream.
func (b *bench) ids(t *testing.T, org selvedge.OrgID, prefix string, n int) (out []string) {
	t.Helper()
	err := b.db.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		for range n {
			id, err := b.IDs.Next(ctx, tx, org, prefix)
			if err != nil {
				return err
			}
			out = append(out, id)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestIDsAreAllDifferent(t *testing.T) {
	t.Parallel()
	b := newBench(t, "ids")
	shape := regexp.MustCompile(`^(aud|lst)_[a-z2-7]{24}$`)
	seen := map[string]bool{}
	bodies := map[string]bool{}
	for _, org := range []selvedge.OrgID{"org_a", "org_b", ""} {
		for _, prefix := range []string{"aud", "lst"} {
			for _, id := range b.ids(t, org, prefix, 50) {
				if !shape.MatchString(id) || id[:3] != prefix {
					t.Fatalf("id %q", id)
				}
				if seen[id] || bodies[id[4:]] {
					t.Fatalf("id %q stands twice", id)
				}
				seen[id], bodies[id[4:]] = true, true
			}
		}
	}
}

// TestIDsTellNothingOfOthers: the n-th id of an org is the same whatever other
// orgs, and other prefixes, drew in between.
func TestIDsTellNothingOfOthers(t *testing.T) {
	t.Parallel()
	quiet, busy := newBench(t, "same"), newBench(t, "same")
	want := quiet.ids(t, "org_a", "aud", 5)
	var got []string
	for range 5 {
		busy.ids(t, "org_b", "aud", 3)
		busy.ids(t, "org_a", "lst", 2)
		got = append(got, busy.ids(t, "org_a", "aud", 1)...)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("id %d is %q beside a busy neighbour and %q without", i, got[i], want[i])
		}
	}
}

// TestIDsNeedTheSecret: who does not hold the root secret cannot say what the
// next id is.
func TestIDsNeedTheSecret(t *testing.T) {
	t.Parallel()
	a, b := newBench(t, "one"), newBench(t, "two")
	if a.ids(t, "org_a", "aud", 1)[0] == b.ids(t, "org_a", "aud", 1)[0] {
		t.Error("two installations give one id")
	}
}

// TestIDsAreGivenWithTheTransaction: an id of a transaction that did not commit
// was never given.
func TestIDsAreGivenWithTheTransaction(t *testing.T) {
	t.Parallel()
	b := newBench(t, "rollback-ids")
	var lost string
	stop := errors.New("stop")
	err := b.db.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) (err error) {
		if lost, err = b.IDs.Next(ctx, tx, "org_a", "aud"); err != nil {
			return err
		}
		return stop
	})
	if !errors.Is(err, stop) {
		t.Fatal(err)
	}
	ids := b.ids(t, "org_a", "aud", 2)
	if ids[0] != lost || ids[1] == lost {
		t.Errorf("the first id was %q and is %q now", lost, ids[0])
	}
	if err := b.db.View(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		_, err := b.IDs.Next(ctx, tx, "org_a", "aud")
		return err
	}); err == nil {
		t.Error("an id was given in a transaction that cannot write")
	}
}
