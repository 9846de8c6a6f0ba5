package list

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"

	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/internal/extsort"
	"github.com/selvedge/selvedge/token"
)

// A record of the sort holds, from the top bit of its 192,
//
//	2 bits    class
//	128 bits  token
//	1 bit     set if the token is a further form of the identifier (Cell.Also)
//	61 bits   place: understood row × rowWidth + place in it
//
// So one pass sees each token of each class once, with its first identifier in
// front, and further forms, which count for nothing, after all identifiers.
const (
	placeBits = 61
	alsoBit   = 1 << placeBits
)

func pack(c identifier.Class, t token.Token, also bool, place uint64) extsort.Record {
	hi, lo := binary.BigEndian.Uint64(t[:8]), binary.BigEndian.Uint64(t[8:])
	r := extsort.Record{A: uint64(c)<<62 | hi>>2, B: hi<<62 | lo>>2, C: lo<<62 | place}
	if also {
		r.C |= alsoBit
	}
	return r
}

func unpackRecord(r extsort.Record) (c identifier.Class, t token.Token, also bool, place uint64) {
	binary.BigEndian.PutUint64(t[:8], r.A<<2|r.B>>62)
	binary.BigEndian.PutUint64(t[8:], r.B<<2|r.C>>62)
	return identifier.Class(r.A >> 62), t, r.C&alsoBit != 0, r.C & (alsoBit - 1)
}

// sameToken says whether two records have one class and one token.
func sameToken(r, s extsort.Record) bool { return r.A == s.A && r.B == s.B && r.C>>62 == s.C>>62 }

// seal writes the spill and finishes the report: what stands in the list before
// is known only now. It ends the sidecar too.
func (g *gatherer) seal(ctx context.Context) (Sealed, error) {
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
	sealed.Spill, err = spillEnd(ctx, out, w, counts, g.kind == Remove)
	sealed.Report = g.report
	return sealed, err
}

// writeTokens writes each token once and counts used and duplicate identifiers
// and rows. The senders' own ids are written for a removal alone.
func (g *gatherer) writeTokens(ctx context.Context, w *bufio.Writer) (counts spillCounts, err error) {
	var (
		last extsort.Record
		used = make([]uint64, (g.understood+63)/64) // one bit for each understood row
		rows = &g.report.Rows
		ids  = &g.report.Identifiers
		n    int
		same int64 // identifiers of one value so far
		most = max(RepeatedFrom, g.report.Rows.Read/1000)
	)
	for r, err := range g.tokens.Sorted() {
		if err != nil {
			return counts, fmt.Errorf("sort tokens: %w", err)
		}
		if n++; n%(1<<16) == 0 && ctx.Err() != nil {
			return counts, ctx.Err()
		}
		class, t, also, place := unpackRecord(r)
		repeat := n > 1 && sameToken(r, last)
		last = r
		if !repeat {
			same = 0
		}
		if !repeat && (class != External || g.kind == Remove) {
			counts[class]++
			_, _ = w.Write(append(w.AvailableBuffer(), t[:]...))
		}
		if !also {
			if same++; same == most+1 {
				g.report.Repeated += same
			} else if same > most {
				g.report.Repeated++
			}
		}
		switch {
		case also:
		case repeat:
			ids.Duplicate++
		default:
			ids.Used++
			row := place / rowWidth
			if bit := uint64(1) << (row % 64); used[row/64]&bit == 0 {
				used[row/64] |= bit
				rows.Used++
			}
		}
	}
	rows.Duplicate = g.understood - rows.Used
	return counts, nil
}
