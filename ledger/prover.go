package ledger

import (
	"context"
	"fmt"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/ledger/proof"
)

// Prover makes the proofs of one space's entries. It is safe for concurrent
// use. Who may be given which proof is the caller's to decide: a proof shows
// the entry.
type Prover struct {
	Space   Space
	Tx      selvedge.Transactor
	Records Repository
	Log     LogReader
}

// Prove returns the proof of an entry under the newest checkpoint that covers
// it, and waits for one if need be. It returns a CodeNotFound error if the
// entry is not in the log yet or was erased, and an ErrTampered error if its
// leaf is no longer what the database's entries make. Whether the bundle holds
// against the log's key is for proof.Verify to say.
func (p *Prover) Prove(ctx context.Context, seq int64) (proof.Bundle, error) {
	var known RecordedLeaf
	var records []Record
	err := p.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) (err error) {
		if known, err = p.Records.LeafOf(ctx, tx, p.Space, seq); err != nil {
			return err
		}
		records, err = p.Records.Records(ctx, tx, p.Space, known.First-1, int(known.Last-known.First+1))
		return err
	})
	if err != nil {
		return proof.Bundle{}, err
	}
	leaf, tree, err := makeLeaf(p.Space, known.First-1, records)
	if err != nil {
		return proof.Bundle{}, err
	}
	if recorded(known.Index, leaf) != known {
		return proof.Bundle{}, fmt.Errorf("%w: %s: leaf %d is not what entries %d to %d make",
			ErrTampered, p.Space, known.Index, known.First, known.Last)
	}
	r := records[seq-known.First]
	if r.IsErased() {
		return proof.Bundle{}, selvedge.Errorf(selvedge.CodeNotFound, "the entry was erased and can no longer be shown").Because("erased")
	}
	b := proof.Bundle{Event: r.event(), Salt: proof.Salt(r.Salt), Leaf: leaf, Index: known.Index}
	if b.Path, err = tree.Path(seq - known.First); err != nil {
		return proof.Bundle{}, err
	}
	if b.Checkpoint, err = p.Log.AwaitPublished(ctx, known.Index); err != nil {
		return proof.Bundle{}, fmt.Errorf("await checkpoint: %w", err)
	}
	c, err := proof.ReadCheckpoint(b.Checkpoint)
	if err != nil {
		return proof.Bundle{}, err
	}
	if b.LeafPath, err = p.Log.Prove(ctx, c.Tree, known.Index); err != nil {
		return proof.Bundle{}, fmt.Errorf("prove leaf %d: %w", known.Index, err)
	}
	return b, nil
}
