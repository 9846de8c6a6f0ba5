package ledger

import (
	"context"
	"fmt"
)

// entries checks the entries first to last, which leaf i stands for, and
// returns those that the database has.
func (w *walk) entries(ctx context.Context, i, first, last int64) ([]Record, error) {
	records, err := w.v.Records.Records(ctx, w.tx, w.src.Space, first-1, int(last-first+1))
	if err != nil {
		return nil, fmt.Errorf("read outbox: %w", err)
	}
	for n, r := range records {
		if r.Seq > last { // one that is missing let it in
			records = records[:n]
			break
		}
	}
	next := first
	for _, r := range records {
		w.missing(i, next, r.Seq-1)
		next = r.Seq + 1
		w.entry(i, r)
		w.done.Entries++
		if r.IsErased() {
			w.done.Erased++
		}
	}
	w.missing(i, next, last)
	return records, nil
}

// waiting checks the entries after the last leaf.
func (w *walk) waiting(ctx context.Context, last RecordedLeaf) error {
	if w.next == 0 {
		w.next = last.Last + 1 // the last leaf could not be read
	}
	next := w.next
	err := w.v.eachRecord(ctx, w.tx, w.src.Space, next-1, func(r Record) {
		w.missing(-1, next, r.Seq-1)
		next = r.Seq + 1
		w.entry(-1, r)
		w.done.Waiting++
	})
	if err != nil {
		return err
	}
	head, err := w.v.Records.Head(ctx, w.tx, w.src.Space)
	if err != nil {
		return fmt.Errorf("read outbox: %w", err)
	}
	w.missing(-1, next, head) // numbers that were given
	return nil
}

// entry checks one entry by itself. An entry has one finding at most.
func (w *walk) entry(i int64, r Record) {
	switch {
	case !r.Holds():
		w.findEntry(EntryChanged, i, r.Seq)
	case r.IsErased() && !w.named[r.Seq]:
		w.findEntry(EntryStripped, i, r.Seq)
	case r.IsErased() && r.Body != nil:
		w.findEntry(EntryHalfErased, i, r.Seq)
	case !r.IsErased() && w.named[r.Seq]:
		w.findEntry(EntryNotErased, i, r.Seq)
	}
}

// missing notes that entries first to last are missing, if there are any.
func (w *walk) missing(i, first, last int64) {
	if first <= last {
		w.find(Finding{Fault: EntryMissing, Leaf: i, First: first, Last: last})
	}
}

// findEntry notes a finding of one entry, together with that of the entry
// before it if that is the same.
func (w *walk) findEntry(fault Fault, i, seq int64) {
	if n := len(w.findings); n > 0 {
		if f := &w.findings[n-1]; f.Fault == fault && f.Leaf == i && f.Last == seq-1 {
			f.Last = seq
			return
		}
	}
	w.find(Finding{Fault: fault, Leaf: i, First: seq, Last: seq})
}
