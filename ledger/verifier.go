package ledger

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/ledger/proof"
)

// Verifier checks logs, entries, salts and erasures against each other. It may
// work beside a running Sequencer.
//
// It can see what contradicts something else, or a signature. Whoever has the
// log's key and the database can make a new past without a contradiction;
// against that, keep checkpoints where they cannot reach (Source.Kept).
type Verifier struct {
	Tx      selvedge.Transactor
	Records Repository
	Sources []Source // both spaces: the registry's erasures speak of ads too
}

// Source is one space's log, and what is trusted of it.
type Source struct {
	Space Space
	Log   LogReader
	Keys  []string // verifier keys, in the form of note.NewVerifier
	Kept  [][]byte // older checkpoints, kept elsewhere: the log must still contain them
}

// Report is what was checked and what is wrong. Nothing is if Findings is
// empty.
type Report struct {
	Spaces   []Checked
	Findings []Finding
}

// Checked counts what was checked of one space.
type Checked struct {
	Space   Space
	Leaves  int64 // in the log
	Signed  int64 // of them under the log's checkpoint
	Entries int64 // in the database and in a leaf
	Erased  int64 // of them without their salt
	Waiting int64 // entries that are not in a leaf yet
}

// glimpse is what a log had before the database was looked at.
type glimpse struct {
	size       int64
	checkpoint []byte
}

// Verify reads every leaf and every entry. It returns an error only if it could
// not look: the database or a log's size cannot be read. Findings come in the
// order of Sources, in each the erasures that cannot be read, the leaves with
// their entries, the entries that wait, the erasures, and the checkpoints.
func (v *Verifier) Verify(ctx context.Context) (Report, error) {
	// The logs first: whatever they have by now is in the database that is
	// looked at next, unless something is wrong.
	before := make([]glimpse, len(v.Sources))
	for i, src := range v.Sources {
		var err error
		// An unreadable checkpoint shows as one that no key signed.
		before[i].checkpoint, _ = src.Log.Checkpoint(ctx)
		if before[i].size, err = src.Log.Size(ctx); err != nil {
			return Report{}, fmt.Errorf("read log: %w", err)
		}
	}
	var report Report
	err := v.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		report = Report{}
		named, bad, err := v.erasures(ctx, tx)
		if err != nil {
			return err
		}
		for i, src := range v.Sources {
			w := walk{v: v, src: src, tx: tx, named: named[src.Space], next: 1, findings: bad[src.Space]}
			w.done.Space = src.Space
			if err := w.run(ctx, before[i]); err != nil {
				return err
			}
			report.Spaces = append(report.Spaces, w.done)
			report.Findings = append(report.Findings, w.findings...)
		}
		return nil
	})
	return report, err
}

// erasures collects the entries that erasures name, by space, and the erasures
// that cannot be read.
func (v *Verifier) erasures(ctx context.Context, tx selvedge.Tx) (map[Space]map[int64]bool, map[Space][]Finding, error) {
	named, bad := map[Space]map[int64]bool{}, map[Space][]Finding{}
	for _, src := range v.Sources {
		err := v.eachRecord(ctx, tx, src.Space, 0, func(r Record) {
			if r.Kind != AccountErased || r.IsErased() || !r.holds() {
				return // one that says what was not committed to excuses nothing
			}
			e, ok := readErasure(r.Body)
			if !ok {
				bad[r.Space] = append(bad[r.Space], Finding{Space: r.Space, Fault: ErasureMalformed, Leaf: -1, First: r.Seq, Last: r.Seq})
			}
			for _, ref := range e.Entries {
				if named[ref.Space] == nil {
					named[ref.Space] = map[int64]bool{}
				}
				named[ref.Space][ref.Seq] = true
			}
		})
		if err != nil {
			return nil, nil, err
		}
	}
	return named, bad, nil
}

// readErasure reads an erasure's body, and false if it is not one: what names
// no place at all is no list.
func readErasure(body []byte) (Erasure, bool) {
	var e Erasure
	if json.Unmarshal(body, &e) != nil {
		return Erasure{}, false
	}
	for _, ref := range e.Entries {
		if ref.Seq < 1 || ref.Space != Ads && ref.Space != Registry {
			return Erasure{}, false
		}
	}
	return e, true
}

// eachRecord calls fn for every record after a sequence number.
func (v *Verifier) eachRecord(ctx context.Context, tx selvedge.Tx, space Space, after int64, fn func(Record)) error {
	for {
		records, err := v.Records.Records(ctx, tx, space, after, proof.MaxEntries)
		if err != nil {
			return fmt.Errorf("read outbox: %w", err)
		}
		for _, r := range records {
			fn(r)
			after = r.Seq
		}
		if len(records) == 0 {
			return nil
		}
	}
}
