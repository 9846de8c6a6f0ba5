package compaction

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/internal/killpoint"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/token"
)

const (
	// foldRows is how many rows are folded at once, in memory.
	foldRows = 1 << 18
	// young is how many entries a chunk must have to be left alone: a smaller one
	// is folded again with the next rows, so that chunks stay few.
	young = 1 << 20
	// turns is how often a fold is tried that others got in the way of.
	turns = 5
)

var classes = []identifier.Class{identifier.ClassEmail, identifier.ClassPhone}

// Service compacts. It is safe for concurrent use, also by several processes:
// whatever two do at once, one commits, and the other finds that it was late.
type Service struct {
	Repo   Repository
	Keys   token.KeyRepository
	Tx     selvedge.Transactor
	Outbox ledger.Outbox
	Ledger ledger.Gate
	Blobs  blob.Store
	Names  *blob.Collector
}

// fence begins each transaction that changes something.
type fence func(ctx context.Context, tx selvedge.Tx) error

func unfenced(context.Context, selvedge.Tx) error { return nil }

// Pending says what waits for a compaction.
func (s *Service) Pending(ctx context.Context) (p Pending, err error) {
	err = s.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		p, err = s.Repo.Pending(ctx, tx)
		return err
	})
	return p, err
}

// Fold puts all token rows that there are when it begins into chunks. It is for
// whoever needs that they are few; Handle does it too.
func (s *Service) Fold(ctx context.Context) error {
	_, err := s.fold(ctx, unfenced)
	return err
}

// fold returns how many rows it folded.
func (s *Service) fold(ctx context.Context, f fence) (rows int64, err error) {
	for turn := 1; ; {
		n, err := s.foldOnce(ctx, f)
		switch {
		case selvedge.CodeOf(err) == selvedge.CodeConflict && turn < turns:
			turn++ // somebody else folded, or a person was erased, or a rotation went on
			continue
		case err != nil:
			return rows, fmt.Errorf("fold token rows: %w", err)
		}
		rows += int64(n)
		if n < foldRows {
			return rows, nil
		}
	}
}

// foldOnce folds the first rows.
func (s *Service) foldOnce(ctx context.Context, f fence) (int, error) {
	var epochs token.Epochs
	var rows []token.Row
	var small []contact.ChunkRow
	err := s.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) (err error) {
		if epochs, err = s.Keys.Epochs(ctx, tx); err != nil {
			return err
		}
		if rows, err = s.Repo.Rows(ctx, tx, foldRows); err != nil || epochs.Next != 0 {
			return err
		}
		small, err = s.Repo.Young(ctx, tx, young)
		return err
	})
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	var old, made []blob.Ref
	var chunks []contact.ChunkRow
	for _, class := range classes {
		with := slices.DeleteFunc(slices.Clone(small), func(c contact.ChunkRow) bool { return c.Header.Class != class })
		c, ok, err := s.merge(ctx, class, rows, with)
		if err != nil {
			return 0, err
		}
		if !ok {
			continue
		}
		chunks, made = append(chunks, c), append(made, c.Ref)
		for _, w := range with {
			old = append(old, w.Ref)
		}
	}
	killpoint.Reach("before token rows are folded")
	err = s.Names.Name(ctx, func() error {
		return s.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
			if err := s.mayCommit(ctx, tx, f, epochs, len(old) > 0); err != nil {
				return err
			}
			return s.Repo.Fold(ctx, tx, rows[len(rows)-1].Seq, len(rows), old, chunks)
		})
	}, made...)
	if err == nil {
		killpoint.Reach("after token rows are folded")
	}
	return len(rows), err
}

// merge writes the rows of a class, and chunks, as one chunk. It returns false
// if there are no such rows.
func (s *Service) merge(ctx context.Context, class identifier.Class, rows []token.Row, with []contact.ChunkRow) (contact.ChunkRow, bool, error) {
	var h token.Header
	var entries []token.Entry
	for _, r := range rows {
		if r.Class != class {
			continue
		}
		if len(entries) > 0 && r.Header != h {
			return contact.ChunkRow{}, false, errors.New("token rows are of different keys or rules")
		}
		h = r.Header
		entries = append(entries, r.Entry)
	}
	if len(entries) == 0 {
		return contact.ChunkRow{}, false, nil
	}
	for _, c := range with {
		was := c.Header
		if was.Count = 0; was != h {
			return contact.ChunkRow{}, false, errors.New("token rows are of other keys or rules than a chunk")
		}
		err := s.open(ctx, c.Ref, func(chunk *token.Chunk) error {
			entries = slices.AppendSeq(entries, chunk.Entries())
			return nil
		})
		if err != nil {
			return contact.ChunkRow{}, false, err
		}
	}
	slices.SortFunc(entries, token.Entry.Compare)
	c, err := s.write(ctx, h, slices.Values(slices.Compact(entries)))
	return c, true, err
}

// mayCommit returns a CodeConflict error unless the keys in force are those of
// before and, for what takes chunks out of the manifest, no rotation is under
// way: it would find gone what it is about to convert.
func (s *Service) mayCommit(ctx context.Context, tx selvedge.Tx, f fence, was token.Epochs, takes bool) error {
	if err := f(ctx, tx); err != nil {
		return err
	}
	now, err := s.Keys.Epochs(ctx, tx)
	if err == nil && (now.Current != was.Current || takes && now.Next != 0) {
		err = selvedge.Errorf(selvedge.CodeConflict, "a rotation of the keys came between")
	}
	return err
}

// purge writes the chunks anew that hold tokens of erased people. While a
// rotation is under way it does nothing: there will be another turn.
func (s *Service) purge(ctx context.Context, f fence) (res Result, err error) {
	var epochs token.Epochs
	var erased *roaring.Bitmap
	var chunks []contact.ChunkRow
	err = s.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) (err error) {
		if epochs, err = s.Keys.Epochs(ctx, tx); err != nil {
			return err
		}
		erased, chunks, err = s.Repo.Erased(ctx, tx)
		return err
	})
	if err != nil || epochs.Next != 0 || erased.IsEmpty() {
		return res, err
	}
	for _, c := range chunks {
		dropped, err := s.rewrite(ctx, f, epochs, c, erased)
		if err != nil {
			return res, fmt.Errorf("write a chunk anew: %w", err)
		}
		if dropped > 0 {
			res.Chunks++
			res.Tokens += dropped
		}
	}
	return res, s.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		if err := s.mayCommit(ctx, tx, f, epochs, true); err != nil {
			return err
		}
		if err := s.Repo.Forget(ctx, tx, erased); err != nil {
			return err
		}
		return s.Outbox.Append(ctx, tx, ledger.Entry{Space: ledger.Ads, Kind: ledger.TokensErased, Actor: system, Body: struct {
			Ordinals []uint32 `json:"ordinals"`
		}{erased.ToArray()}})
	})
}

// rewrite writes one chunk anew, unless it holds no token of the erased, and
// returns how many it held.
func (s *Service) rewrite(ctx context.Context, f fence, epochs token.Epochs, old contact.ChunkRow, erased *roaring.Bitmap) (dropped int64, err error) {
	var with *contact.ChunkRow
	var made []blob.Ref
	err = s.open(ctx, old.Ref, func(chunk *token.Chunk) error {
		for e := range chunk.Entries() {
			if erased.Contains(uint32(e.Ordinal)) {
				dropped++
			}
		}
		if dropped == 0 || dropped == int64(chunk.Len()) {
			return nil // a chunk of no entries is not kept
		}
		c, err := s.write(ctx, chunk.Header(), func(yield func(token.Entry) bool) {
			for e := range chunk.Entries() {
				if !erased.Contains(uint32(e.Ordinal)) && !yield(e) {
					return
				}
			}
		})
		with, made = &c, []blob.Ref{c.Ref}
		return err
	})
	if err != nil || dropped == 0 {
		return 0, err
	}
	killpoint.Reach("before a chunk is written anew")
	err = s.Names.Name(ctx, func() error {
		return s.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
			if err := s.mayCommit(ctx, tx, f, epochs, true); err != nil {
				return err
			}
			return s.Repo.Rewrite(ctx, tx, old.Ref, with)
		})
	}, made...)
	if err == nil {
		killpoint.Reach("after a chunk is written anew")
	}
	return dropped, err
}

// open calls fn with a chunk, which is gone when open returns.
func (s *Service) open(ctx context.Context, ref blob.Ref, fn func(*token.Chunk) error) error {
	content, err := s.Blobs.Open(ctx, ref)
	if err != nil {
		return err
	}
	defer content.Close()
	chunk, err := token.OpenChunk(content.Bytes())
	if err != nil {
		return err
	}
	return fn(chunk)
}

// write writes a chunk, which nothing names yet.
func (s *Service) write(ctx context.Context, h token.Header, entries iter.Seq[token.Entry]) (contact.ChunkRow, error) {
	w, err := s.Blobs.Create(ctx, blob.KindChunk)
	if err != nil {
		return contact.ChunkRow{}, err
	}
	defer w.Abort()
	h, err = token.WriteChunk(w, h, func(yield func(token.Entry, error) bool) {
		for e := range entries {
			if !yield(e, nil) {
				return
			}
		}
	})
	if err != nil {
		return contact.ChunkRow{}, err
	}
	ref, err := w.Commit()
	return contact.ChunkRow{Ref: ref, Header: h}, err
}
