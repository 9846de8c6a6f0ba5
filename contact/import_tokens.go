package contact

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/internal/extsort"
	"github.com/selvedge/selvedge/token"
)

// tokenSorter collects the tokens of an import by form class.
type tokenSorter struct {
	sorters map[identifier.Class]*extsort.Sorter
}

func newTokenSorter(dir string, memory int) *tokenSorter {
	t := &tokenSorter{sorters: map[identifier.Class]*extsort.Sorter{}}
	for _, c := range []identifier.Class{identifier.ClassEmail, identifier.ClassPhone} {
		t.sorters[c] = extsort.New(dir, memory)
	}
	return t
}

func (t *tokenSorter) add(keys *token.Keys, f identifier.Form, o selvedge.Ordinal) error {
	k := keys.Of(f)
	return t.sorters[f.Class].Add(extsort.Record{
		A: binary.BigEndian.Uint64(k[:8]),
		B: binary.BigEndian.Uint64(k[8:]),
		C: uint64(o),
	})
}

// write writes a chunk for each class that has tokens and returns their rows
// for the manifest.
func (t *tokenSorter) write(ctx context.Context, blobs blob.Store, epoch token.Epoch) ([]ChunkRow, error) {
	var rows []ChunkRow
	for _, c := range []identifier.Class{identifier.ClassEmail, identifier.ClassPhone} {
		s := t.sorters[c]
		if s.Len() == 0 {
			continue
		}
		row, err := writeChunk(ctx, blobs, token.Header{
			Family: token.Ads, Class: c, Epoch: epoch, RuleSet: identifier.RuleSet, Count: uint64(s.Len()),
		}, s.Sorted())
		if err != nil {
			return nil, fmt.Errorf("write %s chunk: %w", c, err)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func writeChunk(ctx context.Context, blobs blob.Store, h token.Header, records iter.Seq2[extsort.Record, error]) (ChunkRow, error) {
	w, err := blobs.Create(ctx, blob.KindChunk)
	if err != nil {
		return ChunkRow{}, err
	}
	defer w.Abort()
	h, err = token.WriteChunk(w, h, entries(records))
	if err != nil {
		return ChunkRow{}, err
	}
	ref, err := w.Commit()
	return ChunkRow{Ref: ref, Header: h}, err
}

func entries(records iter.Seq2[extsort.Record, error]) iter.Seq2[token.Entry, error] {
	return func(yield func(token.Entry, error) bool) {
		for r, err := range records {
			var e token.Entry
			binary.BigEndian.PutUint64(e.Token[:8], r.A)
			binary.BigEndian.PutUint64(e.Token[8:], r.B)
			e.Ordinal = selvedge.Ordinal(r.C)
			if !yield(e, err) {
				return
			}
		}
	}
}

func (t *tokenSorter) close() error {
	var err error
	for _, s := range t.sorters {
		err = errors.Join(err, s.Close())
	}
	return err
}
