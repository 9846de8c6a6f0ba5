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
//	61 bits   place: understood row × identifier columns + column
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

func unpack(r extsort.Record) (c identifier.Class, t token.Token, also bool, place uint64) {
	binary.BigEndian.PutUint64(t[:8], r.A<<2|r.B>>62)
	binary.BigEndian.PutUint64(t[8:], r.B<<2|r.C>>62)
	return identifier.Class(r.A >> 62), t, r.C&alsoBit != 0, r.C & (alsoBit - 1)
}

// sameToken says whether two records have one class and one token.
func sameToken(r, s extsort.Record) bool { return r.A == s.A && r.B == s.B && r.C>>62 == s.C>>62 }

// seal writes the spill and finishes the report: what stands in the list before
// is known only now.
func (u *upload) seal(ctx context.Context, blobs blob.Store) (blob.Ref, error) {
	out, err := blobs.Create(ctx, blob.KindSpill)
	if err != nil {
		return blob.Ref{}, fmt.Errorf("create spill: %w", err)
	}
	defer out.Abort()
	// bufio keeps the first error and returns it from Flush.
	w := bufio.NewWriterSize(out, 64<<10)
	_, _ = w.Write(spillBegin(u.keys.Epoch(), identifier.RuleSet, u.entropy))
	counts, err := u.writeTokens(ctx, w)
	if err != nil {
		return blob.Ref{}, err
	}
	return spillEnd(ctx, out, w, counts)
}

// writeTokens writes each token once and counts used and duplicate identifiers
// and rows.
func (u *upload) writeTokens(ctx context.Context, w *bufio.Writer) (counts spillCounts, err error) {
	var (
		last extsort.Record
		cols = uint64(len(u.cols))
		used = make([]uint64, (u.understood+63)/64) // one bit for each understood row
		rows = &u.report.Rows
		ids  = &u.report.Identifiers
		n    int
	)
	for r, err := range u.tokens.Sorted() {
		if err != nil {
			return counts, fmt.Errorf("sort tokens: %w", err)
		}
		if n++; n%(1<<16) == 0 && ctx.Err() != nil {
			return counts, ctx.Err()
		}
		class, t, also, place := unpack(r)
		repeat := n > 1 && sameToken(r, last)
		last = r
		if !repeat {
			counts[class]++
			_, _ = w.Write(t[:])
		}
		switch {
		case also:
		case repeat:
			ids.Duplicate++
		default:
			ids.Used++
			row := place / cols
			if bit := uint64(1) << (row % 64); used[row/64]&bit == 0 {
				used[row/64] |= bit
				rows.Used++
			}
		}
	}
	rows.Duplicate = u.understood - rows.Used
	return counts, nil
}
