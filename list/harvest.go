package list

import (
	"encoding/binary"
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

	numbers []uint64 // phone numbers in the clear
	lanes   [lanes]lane
	records []tally.Record // of the lanes, once they are tokens
	ties    []tie          // the tokens of rows that have two identifiers, one after the other
	ends    []int          // where each of them ends

	refusals []refusal
	rejects  []RefusedRow // the first of them, one by one
	probes   []ProbeResult
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

// lanes is how many classes of token there are, and 1: they count from 1.
const lanes = External + 1

// lane is what was read of one class, to become tokens all at once: that is
// faster than one by one.
type lane struct {
	tokens [][token.Size]byte // the first bytes of digests, until mint
	places []uint64           // of each, twice, and 1 for a further form (Cell.Also)
}

// tie names a token by its class and its place in the lane.
type tie struct {
	class identifier.Class
	at    int
}

// reset empties h and keeps its memory.
func (h *harvest) reset() {
	kept := h.lanes
	for i, l := range kept {
		kept[i] = lane{l.tokens[:0], l.places[:0]}
	}
	*h = harvest{lanes: kept, records: h.records[:0], ties: h.ties[:0], ends: h.ends[:0], numbers: h.numbers[:0], rejects: h.rejects[:0]}
}

// mint makes tokens of the digests, and records of the tokens.
func (h *harvest) mint(keys *token.Keys) {
	for class := range h.lanes {
		l := &h.lanes[class]
		if class := identifier.Class(class); class != External && len(l.tokens) > 0 {
			keys.Encrypt(class, l.tokens)
		}
		h.records = slices.Grow(h.records, len(l.tokens))
		for i := range l.tokens {
			t, place := &l.tokens[i], l.places[i]
			h.records = append(h.records, tally.NewRecord(uint8(class),
				binary.BigEndian.Uint64(t[:8]), binary.BigEndian.Uint64(t[8:]), place&1 != 0, place>>1))
		}
	}
}

// tied appends the tokens of ties.
func (h *harvest) tied(to []Key, ties []tie) []Key {
	for _, t := range ties {
		to = append(to, Key{t.class, h.lanes[t.class].tokens[t.at]})
	}
	return to
}

// refuse notes a refusal of n identifiers of a row, or of a row as a whole.
func (h *harvest) refuse(reason identifier.Reason, row, n, whole int64) {
	h.refusals = mergeRefusal(h.refusals, refusal{reason, n, whole, []int64{row}})
	if len(h.rejects) <= MaxListedRows {
		h.rejects = append(h.rejects, RefusedRow{row, reason})
	}
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

// picker takes the identifiers of a row, wherever they are read from. It belongs
// to one goroutine.
type picker struct {
	*harvest
	kind Kind

	cell identifier.Cell // the one that is being read

	row        []tie // what is distinct in the row that is being read
	identities int   // how many of them tell identifiers apart
	taken      int64 // identifiers of the row that were understood
	failed     bool  // one was refused
}

// probe says whether the identifier that stands in p.cell is a probe, and counts it
// if it is.
func (p *picker) probe() bool {
	found, ok := probes().probe(&p.cell)
	if ok {
		p.probes = mergeProbe(p.probes, ProbeResult{found.probe, found.recipe, 1})
	}
	return ok
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
	if cell.Number != 0 {
		p.numbers = append(p.numbers, cell.Number)
	}
	p.take(cell.Identity.Class, (*[token.Size]byte)(cell.Identity.Digest[:]), 0)
	also := cell.Also()
	for i := range also {
		p.take(also[i].Class, (*[token.Size]byte)(also[i].Digest[:]), 1)
	}
	p.taken++
}

// addHash takes an identifier of the row that is a hash and nothing else.
func (p *picker) addHash(c identifier.Class, d *identifier.Digest) {
	p.hashed++
	p.take(c, (*[token.Size]byte)(d[:]), 0)
	p.taken++
}

// take takes what becomes a token of the row; also is 1 for a further form. Two
// that differ here differ as tokens: a cipher maps no two blocks to one.
func (p *picker) take(c identifier.Class, t *[token.Size]byte, also uint64) {
	l := &p.lanes[c]
	known := false
	for _, r := range p.row {
		known = known || r.class == c && l.tokens[r.at] == *t
	}
	if !known {
		p.row = append(p.row, tie{c, len(l.tokens)})
		if also == 0 {
			p.identities++
		}
	}
	l.tokens = append(l.tokens, *t)
	// The place counts rows that were understood, not rows of the file: so the
	// bits that seal keeps for them are bounded by what was worth reading.
	l.places = append(l.places, uint64(p.understood*rowWidth+p.taken)<<1|also)
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
