package list

import (
	"context"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/internal/secret"
	"github.com/selvedge/selvedge/internal/tally"
	"github.com/selvedge/selvedge/token"
)

// gatherer puts the harvests of a list together, in the order of its rows.
type gatherer struct {
	kind    Kind
	keys    *token.Keys
	kek     *secret.KEK
	entropy selvedge.Entropy
	blobs   blob.Store
	tokens  *tally.Tally
	sidecar *sidecarWriter
	rows    *rowsWriter // nil for a batch

	row        int64 // number of the row that was read last
	understood int64 // rows with an identifier that was understood
	refusals   []refusal
	tied       []Key  // of the row that goes into the sidecar
	names      *names // nil unless each row has names of its own
	counted    countedUp
	report     Report
}

func (v *Receiver) gather(ctx context.Context, kind Kind) (gatherer, error) {
	keys, err := v.Keys.Current(ctx)
	if err != nil {
		return gatherer{}, err
	}
	return gatherer{
		kind: kind, keys: keys, kek: v.Keys.KEK, entropy: v.Entropy, blobs: v.Blobs,
		tokens:  tally.New(v.Dir, v.memory()),
		counted: newCountedUp(v.Entropy),
		sidecar: newSidecarWriter(ctx, v.Blobs, v.Entropy, keys.Epoch(), identifier.RuleSet),
		report:  Report{Columns: []Column{}, Refused: []Refusal{}}, // encoded as [], never as null
	}, nil
}

// close drops what is left.
func (g *gatherer) close() {
	_ = g.tokens.Close()
	g.sidecar.abort()
	if g.rows != nil {
		g.rows.abort()
	}
}

// collect takes the harvest of the rows that come next.
func (g *gatherer) collect(h *harvest) error {
	if err := g.tokens.Add(h.records, uint64(g.understood)*rowWidth); err != nil {
		return err
	}
	if g.kind != Remove { // nobody learns anything from taking numbers away
		g.counted.add(h.numbers)
	}
	from := 0
	for _, end := range h.ends {
		g.tied = h.tied(g.tied[:0], h.ties[from:end])
		if err := g.sidecar.add(g.tied); err != nil {
			return err
		}
		from = end
	}
	if g.rows != nil {
		for _, r := range h.rejects {
			r.Row += g.row
			if err := g.rows.add(r); err != nil {
				return err
			}
		}
	}
	for _, f := range h.refusals {
		for i := range f.rows {
			f.rows[i] += g.row
		}
		g.refusals = mergeRefusal(g.refusals, f)
	}
	r := &g.report
	for _, p := range h.probes {
		r.Probes = mergeProbe(r.Probes, p)
	}
	r.Rows.Read += h.rows
	r.Rows.Refused += h.refused
	r.Identifiers.Empty += h.empty
	r.Clear += h.clear
	r.Hashed += h.hashed
	r.Repaired += h.repaired
	r.Split += h.split
	r.Placeholders += h.placeholders
	g.understood += h.understood
	g.row += h.rows
	if g.names != nil {
		if err := g.names.add(h.keys, r); err != nil {
			return err
		}
	}
	return h.fault
}

// finish counts what follows from the other counts. A row that was refused as a
// whole has an identifier in each of the columns.
func (g *gatherer) finish(columns int64) {
	r := &g.report
	for _, f := range g.refusals {
		r.Rows.Refused += f.whole
		n := f.count + f.whole*columns
		r.Identifiers.Refused += n
		r.Refused = append(r.Refused, Refusal{f.reason, n, f.rows})
	}
	r.Rows.Empty = r.Rows.Read - g.understood - r.Rows.Refused
}
