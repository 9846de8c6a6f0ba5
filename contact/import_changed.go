package contact

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"hash"

	"github.com/selvedge/selvedge"
)

// rowSum is a running hash of the rows of a part.
type rowSum struct {
	h   hash.Hash
	buf []byte
}

func newRowSum() *rowSum { return &rowSum{h: sha256.New()} }

func (s *rowSum) add(fields []string) {
	s.buf = s.buf[:0]
	for _, f := range fields {
		s.buf = binary.AppendUvarint(s.buf, uint64(len(f)))
		s.buf = append(s.buf, f...)
	}
	s.h.Write(s.buf)
}

// mark returns the hash up to here, keyed: whoever has the database alone must
// not find out by trying what stood in a batch of few rows.
func (h Handles) mark(s *rowSum) [16]byte {
	sum := h.key.MAC([]byte("rows of an import"), s.h.Sum(nil))
	return [16]byte(sum[:16])
}

// errChanged is other content under a key than before.
func errChanged(id ImportID) *selvedge.Error {
	return selvedge.Errorf(selvedge.CodeConflict, "import %d, of the same key, brought other content", id).Because("files_changed")
}

// changedAt says from which row on content is other than what an open import
// began with. What was not applied yet is known by the digest of the whole alone,
// so a change there is said to be behind what was.
func (im *Importer) changedAt(ctx context.Context, c content, id ImportID) error {
	var marks []ImportMark
	err := im.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) (err error) {
		marks, err = im.Repo.ImportMarks(ctx, tx, id)
		return err
	})
	if err != nil {
		return err
	}
	for _, p := range []part{accountPart, pointPart} {
		first, err := im.differs(ctx, c, p, marks)
		if err != nil {
			return err
		}
		if first > 0 {
			return errChanged(id).At(c.name(p)).AtRow(first)
		}
	}
	return errChanged(id)
}

// differs returns the first row of the batch in which a part is other than its
// marks, the first row behind them if it holds to them all, and 0 if there is none.
func (im *Importer) differs(ctx context.Context, c content, p part, marks []ImportMark) (first int64, err error) {
	for len(marks) > 0 && marks[0].Part < int(p) {
		marks = marks[1:]
	}
	sum, begins, found := newRowSum(), int64(0), false
	_, err = c.rows(ctx, p, func(at place, fields []string) error {
		if begins == 0 {
			begins = at.row
		}
		if found {
			return nil
		}
		mine := len(marks) > 0 && marks[0].Part == int(p)
		switch {
		case !mine, at.row > marks[0].LastRow: // behind them, or a row that ended a batch is none now
			first, found = begins, true
			return nil
		}
		sum.add(fields)
		if at.row < marks[0].LastRow {
			return nil
		}
		if im.Handles.mark(sum) != marks[0].Sum {
			first, found = begins, true
		}
		marks, begins = marks[1:], 0
		return nil
	})
	if !found && len(marks) > 0 && marks[0].Part == int(p) {
		first = max(begins, 1) // it ends before them
	}
	return first, err
}
