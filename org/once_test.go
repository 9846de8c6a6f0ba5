package org_test

import (
	"context"
	"crypto/sha256"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/secret"
	"github.com/selvedge/selvedge/org"
	"github.com/selvedge/selvedge/store"
)

func newOnce(t *testing.T) (*bench, *org.Once) {
	t.Helper()
	b := newBench(t, "once")
	root, err := secret.Open(filepath.Join(filepath.Dir(b.path), "root.secret"))
	if err != nil {
		t.Fatal(err)
	}
	return b, org.NewOnce(store.Orgs{DB: b.db}, b.db, b.clock, root)
}

// TestOnceLife: a request is under way, answered, and forgotten after a day.
func TestOnceLife(t *testing.T) {
	t.Parallel()
	b, o := newOnce(t)
	acme, what := selvedge.OrgActor("org_a", "key"), sha256.Sum256([]byte("POST /x"))
	begin := func() (*org.Kept, selvedge.Code) {
		t.Helper()
		k, err := o.Begin(t.Context(), acme, "k", what)
		return k, selvedge.CodeOf(err)
	}
	if k, code := begin(); k != nil || code != "" {
		t.Fatalf("first: %v, %s", k, code)
	}
	if _, code := begin(); code != selvedge.CodeConflict {
		t.Errorf("under way: %s", code)
	}
	answer := org.Kept{Body: sha256.Sum256(nil), Status: 201, Answer: []byte("{}")}
	keep := func() error {
		return b.db.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error { return o.Keep(ctx, tx, acme, "k", what, answer) })
	}
	if err := keep(); err != nil {
		t.Fatal(err)
	}
	// Another server that had begun it before must not do it a second time.
	if err := keep(); selvedge.CodeOf(err) != selvedge.CodeConflict {
		t.Errorf("kept twice: %v", err)
	}
	// What was done is not forgotten because something failed afterwards.
	if err := o.Drop(t.Context(), acme, "k"); err != nil {
		t.Fatal(err)
	}
	b.clock.Add(org.OnceLife - time.Microsecond)
	k, code := begin()
	if code != "" || k == nil {
		t.Fatalf("answered: %v, %s", k, code)
	}
	if diff := cmp.Diff(answer, *k); diff != "" {
		t.Errorf("answered (-want +got):\n%s", diff)
	}
	if _, err := o.Begin(t.Context(), acme, "k", sha256.Sum256([]byte("POST /y"))); selvedge.CodeOf(err) != selvedge.CodeKeyReused {
		t.Errorf("another request: %v", err)
	}
	b.clock.Add(time.Microsecond)
	if k, code := begin(); k != nil || code != "" {
		t.Errorf("a day later: %v, %s", k, code)
	}
	if err := o.Drop(t.Context(), acme, "k"); err != nil {
		t.Fatal(err)
	}
	if k, code := begin(); k != nil || code != "" {
		t.Errorf("dropped: %v, %s", k, code)
	}
}

// TestOnceAbandoned: the key of a request whose server died is free again, but
// not before a server that still works on it must have ended.
func TestOnceAbandoned(t *testing.T) {
	t.Parallel()
	b, o := newOnce(t)
	acme := selvedge.OrgActor("org_a", "key")
	if _, err := o.Begin(t.Context(), acme, "k", [32]byte{1}); err != nil {
		t.Fatal(err)
	}
	b.clock.Add(15*time.Minute - time.Microsecond)
	if _, err := o.Begin(t.Context(), acme, "k", [32]byte{1}); selvedge.CodeOf(err) != selvedge.CodeConflict {
		t.Errorf("within the lease: %v", err)
	}
	b.clock.Add(time.Microsecond)
	if k, err := o.Begin(t.Context(), acme, "k", [32]byte{1}); k != nil || err != nil {
		t.Errorf("after it: %v, %v", k, err)
	}
}

// TestOnceIsForOrgs: nobody else has idempotency keys.
func TestOnceIsForOrgs(t *testing.T) {
	t.Parallel()
	_, o := newOnce(t)
	for _, a := range []selvedge.Actor{{}, anna, selvedge.Platform("p"), selvedge.OrgActor("", "key")} {
		if _, err := o.Begin(t.Context(), a, "k", [32]byte{}); selvedge.CodeOf(err) != selvedge.CodeForbidden {
			t.Errorf("%s: %v", a.Role(), err)
		}
	}
}
