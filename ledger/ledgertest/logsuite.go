package ledgertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/ledger/proof"
)

// LogUnderTest is an open log, empty at first.
type LogUnderTest struct {
	Log ledger.Log
	Key string // verifies its checkpoints
	// Reopen closes the log and opens it again.
	Reopen func(t *testing.T) ledger.Log
}

// RunLog runs the contract of ledger.Log. open returns an empty log; each case
// opens its own.
func RunLog(t *testing.T, open func(t *testing.T) LogUnderTest) {
	for name, test := range map[string]func(t *testing.T, u LogUnderTest){
		"Empty":             empty,
		"AddAtSize":         addAtSize,
		"OneOfManyAdds":     oneOfManyAdds,
		"LeavesAreCopies":   leavesAreCopies,
		"ProofsOverTiles":   proofsOverTiles,
		"ProofsAreRefused":  proofsAreRefused,
		"AwaitPublished":    awaitPublished,
		"AwaitIsCancelled":  awaitIsCancelled,
		"AddIsCancelled":    addIsCancelled,
		"ReopenEmpty":       reopenEmpty,
		"Reopen":            reopen,
		"LargestLeaf":       largestLeaf,
		"ConcurrentReading": concurrentReading,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

func leafText(i int64) []byte { return fmt.Appendf(nil, "leaf %d\n", i) }

// fill adds leaves until there are n.
func fill(t *testing.T, l ledger.Log, n int64) {
	t.Helper()
	for i := wantSize(t, l); i < n; i++ {
		if err := l.Add(t.Context(), i, leafText(i)); err != nil {
			t.Fatalf("add leaf %d: %v", i, err)
		}
	}
}

func wantSize(t *testing.T, l ledger.Log, want ...int64) int64 {
	t.Helper()
	size, err := l.Size(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(want) > 0 && size != want[0] {
		t.Fatalf("size %d, want %d", size, want[0])
	}
	return size
}

func wantLeaves(t *testing.T, l ledger.Log, n int64) {
	t.Helper()
	wantSize(t, l, n)
	for i := range n {
		if got, err := l.Leaf(t.Context(), i); err != nil || !bytes.Equal(got, leafText(i)) {
			t.Fatalf("leaf %d: %q, %v", i, got, err)
		}
	}
}

func wantCode(t *testing.T, err error, want selvedge.Code) {
	t.Helper()
	if got := selvedge.CodeOf(err); got != want {
		t.Errorf("code %q, want %q: %v", got, want, err)
	}
}

// naive returns the tree over the first n leaves.
func naive(n int64) *proof.Tree {
	var t proof.Tree
	for i := range n {
		t.Append(leafText(i))
	}
	return &t
}

// published waits for leaf n-1, opens the checkpoint and checks its root.
func published(t *testing.T, u LogUnderTest, l ledger.Log, n int64) proof.Checkpoint {
	t.Helper()
	signed, err := l.AwaitPublished(t.Context(), n-1)
	if err != nil {
		t.Fatal(err)
	}
	c, err := proof.OpenCheckpoint(signed, u.Key)
	if err != nil {
		t.Fatal(err)
	}
	if root, err := naive(c.N).Root(c.N); err != nil || c.N < n || root != c.Hash {
		t.Fatalf("checkpoint of %d leaves, want %d; root %v, want %v", c.N, n, c.Hash, root)
	}
	return c
}

func wantProofs(t *testing.T, l ledger.Log, tree tlog.Tree) {
	t.Helper()
	for i := range tree.N {
		path, err := l.Prove(t.Context(), tree, i)
		if err != nil {
			t.Fatalf("prove leaf %d of %d: %v", i, tree.N, err)
		}
		if err := tlog.CheckRecord(path, tree.N, tree.Hash, i, tlog.RecordHash(leafText(i))); err != nil {
			t.Fatalf("proof of leaf %d of %d: %v", i, tree.N, err)
		}
	}
}

func empty(t *testing.T, u LogUnderTest) {
	wantSize(t, u.Log, 0)
	for _, i := range []int64{-1, 0, 1 << 40} {
		_, err := u.Log.Leaf(t.Context(), i)
		wantCode(t, err, selvedge.CodeNotFound)
	}
	signed, err := u.Log.Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if c, err := proof.OpenCheckpoint(signed, u.Key); err != nil || c.N != 0 {
		t.Errorf("checkpoint of %d leaves, %v", c.N, err)
	}
}

func addAtSize(t *testing.T, u LogUnderTest) {
	fill(t, u.Log, 3)
	for _, i := range []int64{-1, 0, 2, 4} {
		wantCode(t, u.Log.Add(t.Context(), i, []byte("another")), selvedge.CodeConflict)
	}
	wantLeaves(t, u.Log, 3)
}

// oneOfManyAdds has several adders of the same indices: each index has one
// winner, and the others are refused.
func oneOfManyAdds(t *testing.T, u LogUnderTest) {
	const adders, n = 4, 8
	var mu sync.Mutex
	won := map[int64]int{}
	var wg sync.WaitGroup
	for range adders {
		wg.Go(func() {
			for i := int64(0); i < n; {
				switch err := u.Log.Add(t.Context(), i, leafText(i)); selvedge.CodeOf(err) {
				case "":
					mu.Lock()
					won[i]++
					mu.Unlock()
					i++
				case selvedge.CodeConflict:
					i = wantSizeAtLeast(t, u.Log, i)
				default:
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	wantLeaves(t, u.Log, n)
	for i := range int64(n) {
		if won[i] != 1 {
			t.Errorf("leaf %d was added %d times", i, won[i])
		}
	}
}

// wantSizeAtLeast returns the size, which is past an index that was refused.
func wantSizeAtLeast(t *testing.T, l ledger.Log, refused int64) int64 {
	size, err := l.Size(t.Context())
	if err != nil || size <= refused {
		t.Errorf("leaf %d was refused at size %d (%v)", refused, size, err)
		return refused + 1
	}
	return size
}

func leavesAreCopies(t *testing.T, u LogUnderTest) {
	text := leafText(0)
	if err := u.Log.Add(t.Context(), 0, text); err != nil {
		t.Fatal(err)
	}
	text[0] = 'X'
	got, err := u.Log.Leaf(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	got[0] = 'Y'
	wantLeaves(t, u.Log, 1)
}

// proofsOverTiles goes past the first full tile of 256.
func proofsOverTiles(t *testing.T, u LogUnderTest) {
	var early proof.Checkpoint
	for _, n := range []int64{1, 2, 255, 256, 257, 260} {
		fill(t, u.Log, n)
		c := published(t, u, u.Log, n)
		if n == 2 {
			early = c
		}
		wantProofs(t, u.Log, c.Tree)
	}
	wantProofs(t, u.Log, early.Tree) // an old checkpoint can still be proved under
	wantLeaves(t, u.Log, 260)
}

func proofsAreRefused(t *testing.T, u LogUnderTest) {
	fill(t, u.Log, 5)
	c := published(t, u, u.Log, 5)
	wrong := c.Tree
	wrong.Hash[0] ^= 1
	larger := c.Tree
	larger.N++
	for name, tc := range map[string]struct {
		tree  tlog.Tree
		index int64
	}{
		"wrong root":     {wrong, 0},
		"too large":      {larger, 0},
		"after the last": {c.Tree, 5},
		"negative":       {c.Tree, -1},
	} {
		if path, err := u.Log.Prove(t.Context(), tc.tree, tc.index); err == nil {
			t.Errorf("%s: %v", name, path)
		}
	}
}

func awaitPublished(t *testing.T, u LogUnderTest) {
	fill(t, u.Log, 2)
	c := published(t, u, u.Log, 2)
	signed, err := u.Log.Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if again, err := proof.OpenCheckpoint(signed, u.Key); err != nil || again != c {
		t.Errorf("checkpoint %+v, want %+v (%v)", again, c, err)
	}
}

func awaitIsCancelled(t *testing.T, u LogUnderTest) {
	fill(t, u.Log, 1)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := u.Log.AwaitPublished(ctx, 1) // never comes
		done <- err
	}()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// addIsCancelled gives up on adds: Size tells whether each came, and nothing
// comes later.
func addIsCancelled(t *testing.T, u LogUnderTest) {
	for range 5 {
		size := wantSize(t, u.Log)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- u.Log.Add(ctx, size, leafText(size)) }()
		cancel()
		if err, now := <-done, wantSize(t, u.Log); err == nil && now != size+1 {
			t.Fatalf("added, and the size went from %d to %d", size, now)
		}
		now := wantSize(t, u.Log)
		if now != size && now != size+1 {
			t.Fatalf("the size went from %d to %d", size, now)
		}
		if err := u.Log.Add(t.Context(), now, leafText(now)); err != nil {
			t.Fatal(err)
		}
		wantLeaves(t, u.Log, now+1)
	}
}

func reopenEmpty(t *testing.T, u LogUnderTest) {
	l := u.Reopen(t)
	wantSize(t, l, 0)
	fill(t, l, 1)
	wantLeaves(t, l, 1)
}

func reopen(t *testing.T, u LogUnderTest) {
	fill(t, u.Log, 3)
	l := u.Reopen(t)
	wantLeaves(t, l, 3)
	wantProofs(t, l, published(t, u, l, 3).Tree)
	fill(t, l, 5)
	wantLeaves(t, l, 5)
	wantProofs(t, l, published(t, u, l, 5).Tree)
}

func largestLeaf(t *testing.T, u LogUnderTest) {
	leaf, err := proof.Leaf{Space: string(ledger.Registry), First: 1<<63 - proof.MaxEntries, Last: 1<<63 - 1}.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if err := u.Log.Add(t.Context(), 0, leaf); err != nil {
		t.Fatal(err)
	}
	if got, err := u.Log.Leaf(t.Context(), 0); err != nil || !bytes.Equal(got, leaf) {
		t.Errorf("%q, %v", got, err)
	}
}

func concurrentReading(t *testing.T, u LogUnderTest) {
	const n = 12
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for i := int64(0); i < n; {
				size, err := u.Log.Size(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				for ; i < size; i++ { // whatever Size counts can be read
					if got, err := u.Log.Leaf(t.Context(), i); err != nil || !bytes.Equal(got, leafText(i)) {
						t.Errorf("leaf %d of %d: %q, %v", i, size, got, err)
						return
					}
				}
			}
		})
	}
	fill(t, u.Log, n)
	wg.Wait()
}
