package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"

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
	// Sources are the logs of both spaces, for the registry's erasures speak of
	// ads too, and those that ended.
	Sources []Source
}

// Source is one space's log, and what is trusted of it.
type Source struct {
	Space Space
	Log   LogReader
	Keys  []string // verifier keys, in the form of note.NewVerifier
	Kept  [][]byte // older checkpoints, kept elsewhere: the log must still contain them
	// Ended is the origin of a log that ended. Its leaves are held against what
	// the Ending in the space says of it; waiting entries are not its matter.
	Ended string
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
	Log     string // origin, if the log ended
	Leaves  int64  // in the log
	Lost    int64  // of them, given up when the log ended
	Signed  int64  // of them under the log's checkpoint
	Entries int64  // in the database and in a leaf
	Erased  int64  // of them without their salt
	Waiting int64  // entries that are not in a leaf yet
}

// glimpse is what a log had before the database was looked at.
type glimpse struct {
	size       int64
	checkpoint []byte
	missing    bool // there is no log
}

// sizeOf returns the size of a log, 0 and true if there is none.
func sizeOf(ctx context.Context, log LogReader) (size int64, missing bool, err error) {
	size, err = log.Size(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, true, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("read log: %w", err)
	}
	return size, false, nil
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
		if before[i].size, before[i].missing, err = sizeOf(ctx, src.Log); err != nil {
			return Report{}, err
		}
	}
	var report Report
	err := v.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		report = Report{}
		p, err := v.told(ctx, tx)
		if err != nil {
			return err
		}
		for i, src := range v.Sources {
			w := walk{v: v, src: src, tx: tx, named: p.named[src.Space], next: 1}
			w.done.Space, w.done.Log = src.Space, src.Ended
			if src.Ended == "" {
				w.findings = p.bad[src.Space]
			} else if e, ok := p.endings[src.Ended]; ok {
				w.kept = e.Kept
				w.src.Kept = slices.Concat(src.Kept, checkpointOf(e))
			} else {
				w.kept = math.MaxInt64
				w.find(Finding{Fault: LogUnexplained, Leaf: -1})
			}
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

// told is what entries say of other entries and of logs.
type told struct {
	named   map[Space]map[int64]bool // entries that erasures name
	bad     map[Space][]Finding      // erasures that cannot be read
	endings map[string]Ending        // by the log's origin
}

func (v *Verifier) told(ctx context.Context, tx selvedge.Tx) (told, error) {
	t := told{map[Space]map[int64]bool{}, map[Space][]Finding{}, map[string]Ending{}}
	for _, src := range v.Sources {
		if src.Ended != "" {
			continue // the space's own source is there too
		}
		err := v.eachRecord(ctx, tx, src.Space, 0, func(r Record) {
			if r.IsErased() || !r.Holds() {
				return // one that says what was not committed to excuses nothing
			}
			switch r.Kind {
			case AccountErased:
				t.erasure(r)
			case LogEnded:
				if e, ok := readEnding(r.Body); ok {
					t.endings[e.Log] = e
				}
			}
		})
		if err != nil {
			return told{}, err
		}
	}
	return t, nil
}

func (t *told) erasure(r Record) {
	e, ok := readErasure(r.Body)
	if !ok {
		t.bad[r.Space] = append(t.bad[r.Space], Finding{Space: r.Space, Fault: ErasureMalformed, Leaf: -1, First: r.Seq, Last: r.Seq})
	}
	for _, ref := range e.Entries {
		if t.named[ref.Space] == nil {
			t.named[ref.Space] = map[int64]bool{}
		}
		t.named[ref.Space][ref.Seq] = true
	}
}

// checkpointOf returns the last checkpoint that a log signed, if it could be
// read when the log ended: the log's folder must still contain it.
func checkpointOf(e Ending) [][]byte {
	if e.Checkpoint == "" {
		return nil
	}
	return [][]byte{[]byte(e.Checkpoint)}
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
