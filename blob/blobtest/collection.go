package blobtest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
)

// The cases of what a collector needs of a Store.

func stat(t *testing.T, s blob.Store) {
	ref := Put(t, s, blob.KindBitmap, []byte("content"))
	if err := s.Stat(t.Context(), ref); err != nil {
		t.Error(err)
	}
	for what, absent := range map[string]blob.Ref{
		"never put": RefOf(blob.KindBitmap, []byte("never")), "another kind": RefOf(blob.KindChunk, []byte("content")),
	} {
		if err := s.Stat(t.Context(), absent); selvedge.CodeOf(err) != selvedge.CodeNotFound {
			t.Errorf("%s: error %v, want not_found", what, err)
		}
	}
	longer := ref
	longer.Size++
	if err := s.Stat(t.Context(), longer); selvedge.CodeOf(err) != selvedge.CodeInternal {
		t.Errorf("another size: error %v, want internal", err)
	}
	if err := s.Delete(t.Context(), ref); err != nil {
		t.Fatal(err)
	}
	if err := s.Stat(t.Context(), ref); selvedge.CodeOf(err) != selvedge.CodeNotFound {
		t.Errorf("deleted: error %v, want not_found", err)
	}
}

// Refs returns every blob of a store, by how often it was listed, and how many
// things it holds that are none.
func Refs(t *testing.T, s blob.Store) (refs map[blob.Ref]int, foreign int64) {
	t.Helper()
	refs = map[blob.Ref]int{}
	foreign, err := s.Each(t.Context(), func(ref blob.Ref) error {
		refs[ref]++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return refs, foreign
}

func each(t *testing.T, s blob.Store) {
	want := map[blob.Ref]int{}
	if got, foreign := Refs(t, s); len(got) != 0 || foreign != 0 {
		t.Errorf("an empty store has %d blobs and %d foreign things", len(got), foreign)
	}
	for _, kind := range kinds {
		for n := range 5 {
			want[Put(t, s, kind, fmt.Append(nil, n, kind))] = 1
		}
		want[Put(t, s, kind, nil)] = 1
	}
	Put(t, s, blob.KindChunk, nil) // again
	gone := Put(t, s, blob.KindChunk, []byte("gone"))
	if err := s.Delete(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	w, err := s.Create(t.Context(), blob.KindChunk)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	if _, err := w.Write([]byte("being written")); err != nil {
		t.Fatal(err)
	}
	got, foreign := Refs(t, s)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("listed (-want +got):\n%s", diff)
	}
	if foreign != 0 {
		t.Errorf("%d foreign things", foreign)
	}
}

func eachStops(t *testing.T, s blob.Store) {
	for n := range 3 {
		Put(t, s, blob.KindSpill, fmt.Append(nil, n))
	}
	mine, calls := errors.New("mine"), 0
	if _, err := s.Each(t.Context(), func(blob.Ref) error { calls++; return mine }); err != mine || calls != 1 {
		t.Errorf("error %v after %d calls, want fn's own after 1", err, calls)
	}
}

// lock has several hold it in turn, and never two.
func lock(t *testing.T, s blob.Store) {
	var holders, held atomic.Int32
	done := make(chan error)
	const n = 5
	for range n {
		go func() {
			unlock, err := s.Lock(t.Context())
			if err == nil {
				if holders.Add(1) != 1 {
					err = errors.New("two hold the lock")
				}
				held.Add(1)
				holders.Add(-1)
				unlock()
			}
			done <- err
		}()
	}
	for range n {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if held.Load() != n {
		t.Errorf("%d of %d held it", held.Load(), n)
	}
}

// lockIsNotWaitedFor lets somebody give up waiting, and nobody holds the lock for
// him afterwards.
func lockIsNotWaitedFor(t *testing.T, s blob.Store) {
	unlock, err := s.Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	gave := make(chan error)
	go func() {
		_, err := s.Lock(ctx)
		gave <- err
	}()
	cancel()
	if err := <-gave; !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the context's", err)
	}
	unlock()
	again, err := s.Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	again()
}
