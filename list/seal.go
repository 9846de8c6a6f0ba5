package list

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/token"
)

// seal writes the spill and finishes the report: what stands in the list before
// is known only now. It ends the sidecar too.
func (g *gatherer) seal(ctx context.Context) (Sealed, error) {
	if err := g.counted.refusal(); err != nil {
		return Sealed{}, err
	}
	sealed := Sealed{Epoch: g.keys.Epoch(), RuleSet: identifier.RuleSet, keys: g.keys}
	out, err := g.blobs.Create(ctx, blob.KindSpill)
	if err != nil {
		return Sealed{}, fmt.Errorf("create spill: %w", err)
	}
	defer out.Abort()
	// bufio keeps the first error and returns it from Flush.
	w := bufio.NewWriterSize(out, 64<<10)
	_, _ = w.Write(spillBegin(sealed.Epoch, sealed.RuleSet, g.entropy, g.kind == Remove))
	counts, err := g.writeTokens(ctx, w)
	if err != nil {
		return Sealed{}, err
	}
	if sealed.Sidecar, err = g.sidecar.end(g.kek); err != nil {
		return Sealed{}, err
	}
	if g.rows != nil {
		if sealed.Rows, err = g.rows.end(); err != nil {
			return Sealed{}, err
		}
	}
	sealed.Spill, err = spillEnd(ctx, out, w, counts, g.kind == Remove)
	sealed.Report = g.report
	return sealed, err
}

// writeTokens writes each token once and counts used and duplicate identifiers
// and rows. The senders' own ids are written for a removal alone.
func (g *gatherer) writeTokens(ctx context.Context, w *bufio.Writer) (counts spillCounts, err error) {
	var (
		used = make([]uint64, (g.understood+63)/64) // one bit for each understood row
		rows = &g.report.Rows
		ids  = &g.report.Identifiers
		most = uint64(max(RepeatedFrom, g.report.Rows.Read/1000))
		buf  []byte
	)
	for keys, err := range g.tokens.Keys(ctx) {
		if err != nil {
			return counts, fmt.Errorf("count tokens: %w", err)
		}
		buf = slices.Grow(buf[:0], len(keys)*token.Size)
		for _, k := range keys {
			if class := identifier.Class(k.Group); class != External || g.kind == Remove {
				counts[class]++
				buf = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(buf, k.Hi), k.Lo)
			}
			if k.Count == 0 {
				continue // a further form, which counts for nothing
			}
			ids.Used++
			ids.Duplicate += int64(k.Count - 1)
			if k.Count > most {
				g.report.Repeated += int64(k.Count)
			}
			row := k.First / rowWidth
			if bit := uint64(1) << (row % 64); used[row/64]&bit == 0 {
				used[row/64] |= bit
				rows.Used++
			}
		}
		_, _ = w.Write(buf)
	}
	rows.Duplicate = g.understood - rows.Used
	return counts, nil
}
