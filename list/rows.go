package list

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/internal/secret"
)

// MaxListedRows is how many refusals a row report lists. The Report counts all.
const MaxListedRows = 100_000

// RefusedRow is a row of which something was refused, for one reason. It holds no
// value. A row that has several reasons stands there with each.
type RefusedRow struct {
	Row    int64 // numbered as Refusal.Rows are
	Reason identifier.Reason
}

// RowReport lists the rows of which something was refused, in their order.
type RowReport struct {
	Rows []RefusedRow
	// Complete says that all of them are there. If not, it is the first
	// MaxListedRows that are.
	Complete bool
}

// RowKeys are the keys of row reports: one for each, of a salt that stands in
// front of it. The zero RowKeys panics.
type RowKeys struct{ root *secret.Root }

// NewRowKeys returns the RowKeys of an installation.
func NewRowKeys(root *secret.Root) RowKeys { return RowKeys{root} }

func (k RowKeys) of(salt []byte) secret.Key {
	return k.root.Derive("list/rows/" + hex.EncodeToString(salt))
}

// docs/formats/rows.md has the bytes.
const (
	rowsMagic   = "slvrows1"
	rowsSalt    = 16
	rowsHeader  = len(rowsMagic) + rowsSalt
	maxRowsBlob = 4 << 20 // more than MaxListedRows can take
)

// rowsWriter writes a row report once it has a row.
type rowsWriter struct {
	ctx     context.Context //nolint:containedctx // lives as long as one Receive
	blobs   blob.Store
	entropy selvedge.Entropy
	keys    RowKeys

	out    blob.Writer // nil until there is a row
	buf    *bufio.Writer
	sealed io.WriteCloser
	last   RefusedRow
	listed int
	full   bool
	pair   []byte
}

// add lists a refusal. One that was listed just before is not listed again.
func (w *rowsWriter) add(r RefusedRow) error {
	if r == w.last || w.full {
		return nil
	}
	if w.out == nil {
		if err := w.begin(); err != nil {
			return err
		}
	}
	if w.listed == MaxListedRows {
		w.full = true
		return w.write(0, 0) // that there are more
	}
	w.listed++
	delta := uint64(r.Row - w.last.Row)
	w.last = r
	return w.write(delta, uint64(ReasonNumber(r.Reason)))
}

func (w *rowsWriter) begin() error {
	out, err := w.blobs.Create(w.ctx, blob.KindRows)
	if err != nil {
		return fmt.Errorf("create row report: %w", err)
	}
	w.out, w.buf = out, bufio.NewWriterSize(out, 64<<10)
	header := make([]byte, rowsHeader)
	copy(header, rowsMagic)
	w.entropy.Fill("rows", header[len(rowsMagic):])
	_, _ = w.buf.Write(header) // Flush returns its error
	w.sealed = w.keys.of(header[len(rowsMagic):]).Seal(w.buf, header)
	return nil
}

func (w *rowsWriter) write(delta, number uint64) error {
	w.pair = binary.AppendUvarint(binary.AppendUvarint(w.pair[:0], delta), number)
	_, err := w.sealed.Write(w.pair)
	return err
}

// end commits the report, and returns nil if there is none.
func (w *rowsWriter) end() (*blob.Ref, error) {
	if w.out == nil {
		return nil, nil
	}
	if err := errors.Join(w.sealed.Close(), w.buf.Flush()); err != nil {
		return nil, fmt.Errorf("write row report: %w", err)
	}
	if err := w.ctx.Err(); err != nil {
		return nil, err
	}
	ref, err := w.out.Commit()
	if err != nil {
		return nil, fmt.Errorf("commit row report: %w", err)
	}
	return &ref, nil
}

func (w *rowsWriter) abort() {
	if w.out != nil {
		w.out.Abort()
	}
}

// RowReport reads the row report of a list. It returns a CodeNotFound error if it
// is not there any more, and another if it was changed or cannot be read.
func (v *Receiver) RowReport(ctx context.Context, ref blob.Ref) (RowReport, error) {
	content, err := v.Blobs.Open(ctx, ref)
	if err != nil {
		return RowReport{}, err
	}
	defer content.Close()
	r, err := readRows(content.Bytes(), v.RowKeys)
	if err != nil {
		return RowReport{}, fmt.Errorf("read row report: %w", err)
	}
	return r, nil
}

var errRows = errors.New("no row report at all")

// readRows reads the bytes of a row report.
func readRows(b []byte, keys RowKeys) (RowReport, error) {
	if len(b) < rowsHeader || len(b) > maxRowsBlob || string(b[:len(rowsMagic)]) != rowsMagic {
		return RowReport{}, errRows
	}
	header, sealed := b[:rowsHeader], b[rowsHeader:]
	in := bufio.NewReader(keys.of(header[len(rowsMagic):]).Open(sealed, header))
	out := RowReport{Complete: true}
	var row uint64
	for {
		delta, err := binary.ReadUvarint(in)
		if err == io.EOF {
			return out, nil
		}
		number, err := after(in, err)
		if err != nil {
			return RowReport{}, err
		}
		if delta == 0 && number == 0 {
			out.Complete = false
			continue
		}
		row += delta
		reason := reasonOf(number)
		if reason == "" || row == 0 || row > 1<<62 || !out.Complete || len(out.Rows) == MaxListedRows {
			return RowReport{}, errRows
		}
		out.Rows = append(out.Rows, RefusedRow{int64(row), reason})
	}
}

// after reads the second number of a pair.
func after(in io.ByteReader, err error) (uint64, error) {
	if err != nil {
		return 0, err
	}
	n, err := binary.ReadUvarint(in)
	if err == io.EOF {
		return 0, io.ErrUnexpectedEOF
	}
	return n, err
}
