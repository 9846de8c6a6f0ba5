package ledger

import (
	"fmt"

	"github.com/selvedge/selvedge/ledger/proof"
)

// makeLeaf makes the leaf of all the records, which come right after a
// sequence number, and the tree under it. The same records make the same leaf,
// erased or not. It returns an ErrTampered error that names the first entry
// that is missing or is not what was committed to.
func makeLeaf(space Space, after int64, records []Record) (proof.Leaf, *proof.Tree, error) {
	if len(records) == 0 {
		return proof.Leaf{}, nil, fmt.Errorf("%w: %s: entry %d is not in the database", ErrTampered, space, after+1)
	}
	commitments := make([]proof.Commitment, len(records))
	for i, r := range records {
		switch want := after + 1 + int64(i); {
		case r.Seq != want:
			return proof.Leaf{}, nil, fmt.Errorf("%w: %s: entry %d is not in the database, and entry %d is", ErrTampered, space, want, r.Seq)
		case !r.Holds():
			return proof.Leaf{}, nil, fmt.Errorf("%w: %s: entry %d is not what was committed to", ErrTampered, space, r.Seq)
		}
		commitments[i] = r.Commitment
	}
	tree := proof.NewTree(commitments)
	root, err := tree.Root(tree.Size())
	if err != nil {
		return proof.Leaf{}, nil, err
	}
	first, last := records[0], records[len(records)-1]
	return proof.Leaf{
		Space: string(space), First: first.Seq, Last: last.Seq, Root: root,
		From: proof.Minute(first.At), Until: proof.Minute(last.At),
	}, tree, nil
}
