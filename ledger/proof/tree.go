package proof

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// Tree is a Merkle tree in memory, as RFC 6962 section 2.1 has it, about 64
// bytes a record. The zero Tree is empty and ready. It is not safe for
// concurrent use.
type Tree struct {
	size   int64
	hashes []tlog.Hash // in the order of tlog.StoredHashIndex
}

// NewTree returns the tree over commitments, which a leaf has the root of.
func NewTree(commitments []Commitment) *Tree {
	t := &Tree{hashes: make([]tlog.Hash, 0, 2*len(commitments))}
	for _, c := range commitments {
		t.Append(c[:])
	}
	return t
}

// Append adds a record.
func (t *Tree) Append(record []byte) {
	hashes, err := tlog.StoredHashes(t.size, record, t)
	if err != nil {
		panic("append to tree: " + err.Error()) // only if ReadHashes fails
	}
	t.hashes = append(t.hashes, hashes...)
	t.size++
}

// Size returns the number of records.
func (t *Tree) Size() int64 { return t.size }

// Root returns the root that the tree had when it had n records. It returns an
// error if it never had.
func (t *Tree) Root(n int64) (tlog.Hash, error) {
	if n < 0 || n > t.size {
		return tlog.Hash{}, fmt.Errorf("a tree of %d records has no root at %d", t.size, n)
	}
	return tlog.TreeHash(n, t)
}

// Path returns the path from record i, counted from 0, to the root of the whole
// tree. It returns an error if there is no such record.
func (t *Tree) Path(i int64) (tlog.RecordProof, error) {
	if i < 0 || i >= t.size {
		return nil, fmt.Errorf("a tree of %d records has no record %d", t.size, i)
	}
	return tlog.ProveRecord(t.size, i, t)
}

// ReadHashes implements tlog.HashReader.
func (t *Tree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		if x < 0 || x >= int64(len(t.hashes)) {
			return nil, fmt.Errorf("no hash %d in a tree of %d records", x, t.size)
		}
		out[i] = t.hashes[x]
	}
	return out, nil
}
