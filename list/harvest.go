package list

import (
	"slices"
	"strings"

	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/internal/tally"
	"github.com/selvedge/selvedge/token"
)

// rowWidth is more identifiers than a row has: its addresses and numbers, and the
// sender's own id.
const rowWidth = MaxIdentifiers + 1

// harvest is what became of some rows that follow one another: tokens and counts,
// and nothing that was sent. Rows are numbered from 1 within it, so that it can be
// made before anybody knows what comes before.
type harvest struct {
	rows       int64 // that it is of, the blank ones included
	understood int64 // rows with an identifier that was understood
	refused    int64 // rows
	empty      int64 // identifiers; only where nobody can tell them from the others' counts

	clear, hashed, repaired, split, placeholders int64

	records []tally.Record
	ties    []Key // the tokens of rows that have two identifiers, one after the other
	ends    []int // where each of them ends

	refusals []refusal
	keys     []string // names of columns that were new, where each row has names of its own
	fault    error    // of the row that the rows end with, which nothing comes after
}

// refusal counts what was refused for one reason.
type refusal struct {
	reason identifier.Reason
	count  int64   // identifiers
	whole  int64   // rows of which nobody can say how many identifiers they have
	rows   []int64 // the first of them, ascending
}

// reset empties h and keeps its memory.
func (h *harvest) reset() {
	*h = harvest{records: h.records[:0], ties: h.ties[:0], ends: h.ends[:0]}
}

// refuse notes a refusal of n identifiers of a row, or of a row as a whole.
func (h *harvest) refuse(reason identifier.Reason, row, n, whole int64) {
	h.refusals = mergeRefusal(h.refusals, refusal{reason, n, whole, []int64{row}})
}

// mergeRefusal adds f to what is sorted by reason. Its rows are not before any
// that are there.
func mergeRefusal(to []refusal, f refusal) []refusal {
	i, found := slices.BinarySearchFunc(to, f.reason, func(r refusal, want identifier.Reason) int {
		return strings.Compare(string(r.reason), string(want))
	})
	if !found {
		to = slices.Insert(to, i, refusal{reason: f.reason})
	}
	r := &to[i]
	r.count += f.count
	r.whole += f.whole
	for _, row := range f.rows {
		if k := len(r.rows); k < MaxRefusedRows && (k == 0 || r.rows[k-1] != row) {
			r.rows = append(r.rows, row)
		}
	}
	return to
}

// picker makes tokens of the identifiers of a row, wherever they are read from.
// It belongs to one goroutine.
type picker struct {
	*harvest
	kind Kind
	keys *token.Keys

	cell identifier.Cell // the one that is being read
	key  Key             // of it

	row        []Key // the tokens of the row that is being read
	identities int   // how many of them tell identifiers apart
	taken      int64 // identifiers of the row that were understood
	failed     bool  // one was refused
}

// add takes an identifier of the row, which stands in p.cell.
func (p *picker) add() {
	cell := &p.cell
	if cell.Hashed {
		p.hashed++
	} else {
		p.clear++
	}
	if cell.Repaired {
		p.repaired++
	}
	if cell.Placeholder {
		p.placeholders++
	}
	p.takeForm(&cell.Identity, false)
	also := cell.Also()
	for i := range also {
		p.takeForm(&also[i], true)
	}
	p.taken++
}

func (p *picker) takeForm(f *identifier.Form, also bool) {
	p.keys.Fill(&p.key.Token, f)
	p.key.Class = f.Class
	p.take(p.key, also)
}

// take takes a token of the row.
func (p *picker) take(k Key, also bool) {
	known := false
	for _, r := range p.row {
		known = known || r == k
	}
	if !known {
		p.row = append(p.row, k)
		if !also {
			p.identities++
		}
	}
	// The place counts rows that were understood, not rows of the file: so the
	// bits that seal keeps for them are bounded by what was worth reading.
	p.records = append(p.records, recordOf(k, also, uint64(p.understood*rowWidth+p.taken)))
}

// drop refuses an identifier of the row.
func (p *picker) drop(reason identifier.Reason, row, n int64) {
	p.failed = true
	p.refuse(reason, row, n, 0)
}

// endRow counts the row and begins the next one. A row that adds and has two
// identifiers leaves what ties them together.
func (p *picker) endRow() {
	if len(p.row) > 0 {
		p.understood++
	} else if p.failed {
		p.harvest.refused++
	}
	if p.kind != Remove && p.identities > 1 {
		p.ties = append(p.ties, p.row...)
		p.ends = append(p.ends, len(p.ties))
	}
	p.row, p.identities, p.taken, p.failed = p.row[:0], 0, 0, false
}
