package ledger

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/ledger/proof"
)

// walk is a Verifier's way through one space.
type walk struct {
	v     *Verifier
	src   Source
	tx    selvedge.Tx
	named map[int64]bool // entries that an erasure names

	tree     proof.Tree // over the leaves before the first that cannot be read
	broken   bool       // there was one
	kept     int64      // leaves of a log that ended which the entries make
	next     int64      // the entry that the next leaf must begin with; 0 if unknown
	done     Checked
	findings []Finding
}

// leafBatch is how many of the database's leaves are read at once.
const leafBatch = 1000

// tileWidth is how many leaves' hashes stand in one tile (c2sp.org/tlog-tiles).
const tileWidth = 256

func (w *walk) run(ctx context.Context, before glimpse) error {
	if w.src.Ended != "" {
		return w.ended(ctx, before)
	}
	last, ok, err := w.v.Records.LastLeaf(ctx, w.tx, w.src.Space)
	if err != nil {
		return fmt.Errorf("read leaves: %w", err)
	}
	if !ok {
		last.Index = -1
	}
	size, missing, err := sizeOf(ctx, w.src.Log) // again: the database may know leaves that came since
	if err != nil {
		return err
	}
	w.done.Leaves = min(size, max(before.size, last.Index+1))
	if err := w.leaves(ctx, last); err != nil {
		return err
	}
	if err := w.short(ctx, size, last); err != nil {
		return err
	}
	if err := w.waiting(ctx, last); err != nil {
		return err
	}
	if err := w.erasures(ctx); err != nil {
		return err
	}
	if missing && !ok && len(w.src.Kept) == 0 {
		return nil // nothing was ever entered, and there is no log yet
	}
	w.checkpoints(ctx, before.checkpoint, size)
	return nil
}

// ended checks a log that ended: the leaves that the entries must make, that
// the others can be read, and the checkpoints.
func (w *walk) ended(ctx context.Context, before glimpse) error {
	w.done.Leaves = before.size
	for i := range before.size {
		if i >= w.kept {
			w.done.Lost++
			w.readLeaf(ctx, i)
			continue
		}
		// As if the database knew every leaf before it and not this one.
		if err := w.leaf(ctx, i, nil, RecordedLeaf{Index: i - 1}); err != nil {
			return err
		}
	}
	w.checkpoints(ctx, before.checkpoint, before.size)
	return nil
}

// leaves checks the leaves in the log one after the other.
func (w *walk) leaves(ctx context.Context, last RecordedLeaf) error {
	var rows []RecordedLeaf
	for i := range w.done.Leaves {
		var row *RecordedLeaf
		if i <= last.Index {
			if len(rows) == 0 {
				var err error
				if rows, err = w.v.Records.Leaves(ctx, w.tx, w.src.Space, i, leafBatch); err != nil {
					return fmt.Errorf("read leaves: %w", err)
				}
			}
			if len(rows) > 0 && rows[0].Index == i {
				row, rows = &rows[0], rows[1:]
			}
		}
		if err := w.leaf(ctx, i, row, last); err != nil {
			return err
		}
	}
	return nil
}

// short notes the leaves that the database knows and the log no longer has.
func (w *walk) short(ctx context.Context, size int64, last RecordedLeaf) error {
	if size > last.Index {
		return nil
	}
	gone, err := w.v.Records.Leaves(ctx, w.tx, w.src.Space, size, 1)
	if err != nil {
		return fmt.Errorf("read leaves: %w", err)
	}
	f := Finding{Fault: LogShort, Leaf: size, First: last.First, Last: last.Last}
	if len(gone) > 0 {
		f.First = gone[0].First
	}
	f.Detail = fmt.Sprintf("leaves %d to %d", size, last.Index)
	w.find(f)
	w.next = last.Last + 1 // what they stood for is not waiting
	return nil
}

// leaf checks one leaf and the entries that it stands for. row is nil if the
// database does not know the leaf.
func (w *walk) leaf(ctx context.Context, i int64, row *RecordedLeaf, last RecordedLeaf) error {
	leaf, ok := w.readLeaf(ctx, i)
	if !ok {
		w.next = 0
		if row == nil {
			return nil
		}
		// The database says which entries they would be.
		w.next = row.Last + 1
		_, err := w.entries(ctx, i, row.First, row.Last)
		return err
	}
	whole := Finding{Leaf: i, First: leaf.First, Last: leaf.Last}
	if leaf.Space != string(w.src.Space) {
		whole.Fault = LeafMisplaced
		w.find(whole)
	}
	switch {
	case w.next == 0:
	case leaf.First > w.next:
		w.find(Finding{Fault: LeafGap, Leaf: i, First: w.next, Last: leaf.First - 1})
	case leaf.First < w.next:
		w.find(Finding{Fault: LeafOverlap, Leaf: i, First: leaf.First, Last: min(w.next-1, leaf.Last)})
	}
	w.next = leaf.Last + 1
	if row != nil && (row.First != leaf.First || row.Last != leaf.Last || row.Root != leaf.Root) {
		whole.Fault = LeafDiffers
		whole.Detail = fmt.Sprintf("the database has entries %d to %d", row.First, row.Last)
		w.find(whole)
		whole.Detail = ""
	}
	if row == nil {
		ahead, err := w.unknown(ctx, whole, last)
		if ahead || err != nil {
			return err
		}
	}
	records, err := w.entries(ctx, i, leaf.First, leaf.Last)
	if err != nil || len(records) < int(leaf.Count()) {
		return err // what is missing was found; there is no root without it
	}
	commitments := make([]proof.Commitment, len(records))
	for j, r := range records {
		commitments[j] = r.Commitment
	}
	root, err := proof.NewTree(commitments).Root(leaf.Count())
	if err != nil {
		return err
	}
	if root != leaf.Root {
		whole.Fault = LeafRoot
		w.find(whole)
	}
	if !proof.Minute(records[0].At).Equal(leaf.From) || !proof.Minute(records[len(records)-1].At).Equal(leaf.Until) {
		whole.Fault = LeafMinutes
		w.find(whole)
	}
	return nil
}

// unknown judges a leaf that the database does not know. The one after the last
// known may be there: a Sequencer records it after it adds it. It returns true
// if the database does not have the entries.
func (w *walk) unknown(ctx context.Context, whole Finding, last RecordedLeaf) (bool, error) {
	head, err := w.v.Records.Head(ctx, w.tx, w.src.Space)
	if err != nil {
		return false, fmt.Errorf("read outbox: %w", err)
	}
	if whole.Last > head {
		whole.Fault = LogAhead
		whole.Detail = fmt.Sprintf("the last entry in the database is %d", head)
		w.find(whole)
		return true, nil
	}
	if whole.Leaf != last.Index+1 {
		whole.Fault = LeafUnknown
		w.find(whole)
	}
	return false, nil
}

// readLeaf reads a leaf and adds it to the tree.
func (w *walk) readLeaf(ctx context.Context, i int64) (proof.Leaf, bool) {
	text, err := w.src.Log.Leaf(ctx, i)
	if err != nil {
		w.broken = true
		w.find(Finding{Fault: LeafUnreadable, Leaf: i, Detail: err.Error()})
		return proof.Leaf{}, false
	}
	if !w.broken {
		w.tree.Append(text)
	}
	leaf, err := proof.ParseLeaf(text)
	if err != nil {
		w.find(Finding{Fault: LeafMalformed, Leaf: i, Detail: err.Error()})
		return proof.Leaf{}, false
	}
	return leaf, true
}

// checkpoints checks the log's checkpoint and those that were kept.
func (w *walk) checkpoints(ctx context.Context, current []byte, size int64) {
	for i, signed := range append([][]byte{current}, w.src.Kept...) {
		which := "the log's own"
		if i > 0 {
			which = fmt.Sprintf("kept checkpoint %d", i)
		}
		f := Finding{Leaf: -1, Detail: which}
		c, err := proof.OpenCheckpoint(signed, w.src.Keys...)
		if err != nil {
			f.Fault, f.Detail = CheckpointBad, which+": "+err.Error()
			w.find(f)
			continue
		}
		if i == 0 {
			w.done.Signed = c.N
		}
		switch root, err := w.tree.Root(c.N); {
		case c.N > size:
			f.Fault, f.Detail = CheckpointAhead, fmt.Sprintf("%s: %d leaves signed, %d there", which, c.N, size)
			w.find(f)
		case err != nil: // a leaf before its end cannot be read, and that was found
		case root != c.Hash:
			f.Fault, f.Detail = CheckpointRoot, fmt.Sprintf("%s, of %d leaves", which, c.N)
			w.find(f)
		case i == 0:
			w.proofs(ctx, c)
		}
	}
}

// proofs checks that the hashes which the log keeps for proofs lead to the
// checkpoint. A log in tiles checks a tile as a whole, so one leaf of each
// tile is enough.
func (w *walk) proofs(ctx context.Context, c proof.Checkpoint) {
	for first := int64(0); first < c.N; first += tileWidth {
		i := min(first+tileWidth, c.N) - 1
		if _, err := w.src.Log.Prove(ctx, c.Tree, i); err != nil {
			w.find(Finding{Fault: LeafUnprovable, Leaf: i, Detail: err.Error()})
		}
	}
}

// erasures finds what erasures name and never was. What was and is not erased
// is found with the entries.
func (w *walk) erasures(ctx context.Context) error {
	head, err := w.v.Records.Head(ctx, w.tx, w.src.Space)
	if err != nil {
		return fmt.Errorf("read outbox: %w", err)
	}
	for _, seq := range slices.Sorted(maps.Keys(w.named)) {
		if seq > head {
			w.findEntry(ErasureUnknown, -1, seq)
		}
	}
	return nil
}

// find notes a finding of this space.
func (w *walk) find(f Finding) {
	f.Space, f.Log = w.src.Space, w.src.Ended
	w.findings = append(w.findings, f)
}
