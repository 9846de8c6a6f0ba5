package list

import (
	"context"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/internal/extsort"
	"github.com/selvedge/selvedge/internal/secret"
	"github.com/selvedge/selvedge/token"
)

// gatherer takes the identifiers of a list row by row, wherever they are read
// from, makes tokens of them and counts them.
type gatherer struct {
	kind    Kind
	keys    *token.Keys
	kek     *secret.KEK
	entropy selvedge.Entropy
	blobs   blob.Store
	region  string
	tokens  *extsort.Sorter
	sidecar *sidecarWriter

	width      uint64 // at most so many identifiers in a row
	understood int64  // rows with an identifier that was understood
	report     Report

	row        []Key // the tokens of the row that is being read
	identities int   // how many of them tell identifiers apart
}

func (v *Receiver) gather(ctx context.Context, kind Kind, region string) (gatherer, error) {
	keys, err := v.Keys.Current(ctx)
	if err != nil {
		return gatherer{}, err
	}
	return gatherer{
		kind: kind, keys: keys, kek: v.Keys.KEK, entropy: v.Entropy, blobs: v.Blobs, region: region,
		tokens:  extsort.New(v.Dir, v.memory()),
		sidecar: newSidecarWriter(ctx, v.Blobs, v.Entropy, keys.Epoch(), identifier.RuleSet),
		report:  Report{Columns: []Column{}, Refused: []Refusal{}}, // encoded as [], never as null
	}, nil
}

// close drops what is left.
func (g *gatherer) close() {
	_ = g.tokens.Close()
	g.sidecar.abort()
}

// add takes an identifier of the row, the i-th that it may have.
func (g *gatherer) add(cell identifier.Cell, i int) error {
	if cell.Hashed {
		g.report.Hashed++
	} else {
		g.report.Clear++
	}
	if cell.Repaired {
		g.report.Repaired++
	}
	if err := g.take(Key{cell.Identity.Class, g.keys.Of(cell.Identity)}, false, i); err != nil {
		return err
	}
	for _, f := range cell.Also() {
		if err := g.take(Key{f.Class, g.keys.Of(f)}, true, i); err != nil {
			return err
		}
	}
	return nil
}

// take takes a token of the row.
func (g *gatherer) take(k Key, also bool, i int) error {
	known := false
	for _, r := range g.row {
		known = known || r == k
	}
	if !known {
		g.row = append(g.row, k)
		if !also {
			g.identities++
		}
	}
	// The place counts rows that were understood, not rows of the file: so the
	// bits that seal keeps for them are bounded by what was worth reading.
	return g.tokens.Add(pack(k.Class, k.Token, also, uint64(g.understood)*g.width+uint64(i)))
}

// endRow counts the row and begins the next one. A row that adds and has two
// identifiers leaves what ties them together.
func (g *gatherer) endRow(refused bool) error {
	switch {
	case len(g.row) > 0:
		g.understood++
	case refused:
		g.report.Rows.Refused++
	default:
		g.report.Rows.Empty++
	}
	var err error
	if g.kind != Remove && g.identities > 1 {
		err = g.sidecar.add(g.row)
	}
	g.row, g.identities = g.row[:0], 0
	return err
}
