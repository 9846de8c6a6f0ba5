package proof_test

import (
	"crypto/sha256"
	"encoding/binary"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/selvedge/selvedge/ledger/proof"
)

// naiveRoot is RFC 6962 section 2.1, word for word.
func naiveRoot(records [][]byte) [32]byte {
	switch len(records) {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return sha256.Sum256(append([]byte{0}, records[0]...))
	}
	k := 1
	for k*2 < len(records) {
		k *= 2
	}
	l, r := naiveRoot(records[:k]), naiveRoot(records[k:])
	return sha256.Sum256(append(append([]byte{1}, l[:]...), r[:]...))
}

func TestTree(t *testing.T) {
	t.Parallel()
	var tree proof.Tree
	var records [][]byte
	for n := range int64(70) {
		if tree.Size() != n {
			t.Fatalf("size %d, want %d", tree.Size(), n)
		}
		for m := range n + 1 { // also the roots of before
			root, err := tree.Root(m)
			if want := naiveRoot(records[:m]); err != nil || root != want {
				t.Fatalf("root of %d of %d: %v, want %x (%v)", m, n, root, want, err)
			}
		}
		root, err := tree.Root(n)
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			path, err := tree.Path(i)
			if err != nil {
				t.Fatal(err)
			}
			if err := tlog.CheckRecord(path, n, root, i, tlog.RecordHash(records[i])); err != nil {
				t.Fatalf("path of %d of %d: %v", i, n, err)
			}
		}
		r := binary.AppendVarint(nil, n)
		records = append(records, r)
		tree.Append(r)
	}
	for _, n := range []int64{-1, 71} {
		if _, err := tree.Root(n); err == nil {
			t.Errorf("root at %d", n)
		}
		if _, err := tree.Path(n); err == nil {
			t.Errorf("path of %d", n)
		}
	}
	if _, err := tree.Path(70); err == nil {
		t.Error("path of the record after the last")
	}
	if _, err := tree.ReadHashes([]int64{1 << 40}); err == nil {
		t.Error("a hash that is not there")
	}
}

func BenchmarkCommit(b *testing.B) {
	e := readVectors(b).Events[3].event(b)
	for b.Loop() {
		if _, err := proof.Commit(proof.Salt{1}, e); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	p, key := bundle(b)
	for b.Loop() {
		if err := proof.Verify(p, key); err != nil {
			b.Fatal(err)
		}
	}
}
