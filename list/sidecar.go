package list

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/internal/secret"
	"github.com/selvedge/selvedge/token"
)

// Key is one token of a row, of a form class or External.
type Key struct {
	Class identifier.Class
	Token token.Token
}

// Sidecar names what ties the identifiers of a list's rows together: the tokens
// of each row that has two identifiers or more, sealed under a key of its own,
// which is sealed under the installation's key-encryption key. Whoever destroys
// that Key destroys the sidecar. It is there so that a removal by one identifier
// of a row takes out what the row reached through its others.
//
// docs/formats/sidecar.md has the bytes.
type Sidecar struct {
	Ref   blob.Ref
	Key   []byte // sealed, bound to Ref.Sum
	Epoch token.Epoch
}

const (
	sidecarMagic   = "slvsidec"
	sidecarVersion = 1
	sidecarHeader  = 20
	// maxRow is more tokens than a row has: each identifier has a few forms.
	maxRow = 16 * (MaxIdentifiers + 1)
)

func sidecarBegin(e token.Epoch, ruleSet uint32) []byte {
	b := append(make([]byte, 0, sidecarHeader), sidecarMagic...)
	b = binary.LittleEndian.AppendUint32(b, sidecarVersion)
	b = binary.LittleEndian.AppendUint32(b, uint32(e))
	return binary.LittleEndian.AppendUint32(b, ruleSet)
}

// sidecarWriter writes a sidecar once it has a row.
type sidecarWriter struct {
	ctx     context.Context //nolint:containedctx // lives as long as one Receive
	blobs   blob.Store
	entropy selvedge.Entropy
	epoch   token.Epoch
	ruleSet uint32

	out    blob.Writer // nil until there is a row
	key    secret.Key
	buf    *bufio.Writer // before out
	sealed io.WriteCloser
	row    []byte
}

func newSidecarWriter(ctx context.Context, blobs blob.Store, entropy selvedge.Entropy, e token.Epoch, ruleSet uint32) *sidecarWriter {
	return &sidecarWriter{ctx: ctx, blobs: blobs, entropy: entropy, epoch: e, ruleSet: ruleSet}
}

// add writes a row.
func (w *sidecarWriter) add(row []Key) error {
	if w.out == nil {
		out, err := w.blobs.Create(w.ctx, blob.KindSidecar)
		if err != nil {
			return fmt.Errorf("create sidecar: %w", err)
		}
		w.out, w.key, w.buf = out, secret.Random(w.entropy, "sidecar"), bufio.NewWriterSize(out, 64<<10)
		header := sidecarBegin(w.epoch, w.ruleSet)
		_, _ = w.buf.Write(header) // Flush returns its error
		w.sealed = w.key.Seal(w.buf, header)
	}
	w.row = binary.LittleEndian.AppendUint16(w.row[:0], uint16(len(row)))
	for _, k := range row {
		w.row = append(append(w.row, byte(k.Class)), k.Token[:]...)
	}
	_, err := w.sealed.Write(w.row)
	return err
}

// end commits the sidecar and seals its key. It returns nil if there was no row.
func (w *sidecarWriter) end(kek *secret.KEK) (*Sidecar, error) {
	if w.out == nil {
		return nil, nil
	}
	if err := errors.Join(w.sealed.Close(), w.buf.Flush()); err != nil {
		return nil, fmt.Errorf("write sidecar: %w", err)
	}
	if err := w.ctx.Err(); err != nil {
		return nil, err
	}
	ref, err := w.out.Commit()
	if err != nil {
		return nil, fmt.Errorf("commit sidecar: %w", err)
	}
	s := &Sidecar{Ref: ref, Epoch: w.epoch}
	s.Key, err = kek.Seal(w.key, SidecarBound(ref))
	return s, err
}

func (w *sidecarWriter) abort() {
	if w.out != nil {
		w.out.Abort()
	}
}

// SidecarBound returns what the key of a sidecar is bound to when it is sealed.
func SidecarBound(ref blob.Ref) []byte { return append([]byte("selvedge/sidecar/"), ref.Sum[:]...) }

// Rows hands out the rows of a sidecar in the order in which they were written,
// each valid until the next, with tokens of the sidecar's epoch. It ends with a
// CodeInvalid error if the key does not open, and with another if the sidecar
// was changed or cannot be read.
func (v *Receiver) Rows(ctx context.Context, s Sidecar) iter.Seq2[[]Key, error] {
	return func(yield func([]Key, error) bool) {
		if err := v.rows(ctx, s, func(_ uint32, row []Key) bool { return yield(row, nil) }); err != nil {
			yield(nil, fmt.Errorf("read sidecar: %w", err))
		}
	}
}

func (v *Receiver) rows(ctx context.Context, s Sidecar, each func(ruleSet uint32, row []Key) bool) error {
	key, err := v.Keys.KEK.Open(s.Key, SidecarBound(s.Ref))
	if err != nil {
		return err
	}
	content, err := v.Blobs.Open(ctx, s.Ref)
	if err != nil {
		return err
	}
	defer content.Close()
	r, err := openSidecar(content.Bytes(), key)
	if err != nil {
		return err
	}
	if r.epoch != s.Epoch {
		return fmt.Errorf("it is of key epoch %d, not %d", r.epoch, s.Epoch)
	}
	for n := 1; ; n++ {
		row, err := r.next()
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case n%4096 == 0 && ctx.Err() != nil:
			return ctx.Err()
		case !each(r.ruleSet, row):
			return nil
		}
	}
}

// sidecarReader reads a sidecar that was opened.
type sidecarReader struct {
	epoch   token.Epoch
	ruleSet uint32
	in      *bufio.Reader
	row     []Key
}

func openSidecar(b []byte, key secret.Key) (*sidecarReader, error) {
	if len(b) < sidecarHeader || string(b[:8]) != sidecarMagic {
		return nil, errors.New("no sidecar at all")
	}
	if v := binary.LittleEndian.Uint32(b[8:]); v != sidecarVersion {
		return nil, fmt.Errorf("format version %d is not known", v)
	}
	r := &sidecarReader{epoch: token.Epoch(binary.LittleEndian.Uint32(b[12:])), ruleSet: binary.LittleEndian.Uint32(b[16:])}
	if r.epoch < token.FirstEpoch || r.ruleSet == 0 {
		return nil, errors.New("no epoch or rule set")
	}
	r.in = bufio.NewReaderSize(key.Open(b[sidecarHeader:], b[:sidecarHeader]), 64<<10)
	return r, nil
}

var errSidecarRow = errors.New("a row that no sidecar has")

// next returns the next row, and io.EOF after the last.
func (r *sidecarReader) next() ([]Key, error) {
	var b [1 + token.Size]byte
	if _, err := io.ReadFull(r.in, b[:2]); err != nil {
		return nil, early(err, err == io.EOF)
	}
	n := binary.LittleEndian.Uint16(b[:])
	if n < 2 || n > maxRow {
		return nil, errSidecarRow
	}
	r.row = r.row[:0]
	for range n {
		if _, err := io.ReadFull(r.in, b[:]); err != nil {
			return nil, early(err, false)
		}
		c := identifier.Class(b[0])
		if c < identifier.ClassEmail || c > External {
			return nil, errSidecarRow
		}
		r.row = append(r.row, Key{c, token.Token(b[1:])})
	}
	return r.row, nil
}

// early returns errSidecarRow for an end in the middle of a row.
func early(err error, end bool) error {
	if !end && (err == io.EOF || err == io.ErrUnexpectedEOF) {
		return errSidecarRow
	}
	return err
}

// RenewSidecar writes a sidecar again, with tokens of the keys that are in force
// and under a new key of its own. It returns a CodeNotFound error if the keys of
// the sidecar's epoch were destroyed. The old one stays: it is the caller's to
// delete, once no row names it.
func (v *Receiver) RenewSidecar(ctx context.Context, s Sidecar) (Sidecar, error) {
	from, err := v.Keys.Of(ctx, s.Epoch)
	if err != nil {
		return Sidecar{}, err
	}
	to, err := v.Keys.Current(ctx)
	if err != nil {
		return Sidecar{}, err
	}
	c := token.Conversion{From: from, To: to}
	w := newSidecarWriter(ctx, v.Blobs, v.Entropy, to.Epoch(), 0)
	defer w.abort()
	var bad error
	err = v.rows(ctx, s, func(ruleSet uint32, row []Key) bool {
		w.ruleSet = ruleSet
		for i, k := range row {
			row[i] = Convert(c, k)
		}
		bad = w.add(row)
		return bad == nil
	})
	if err = errors.Join(err, bad); err != nil {
		return Sidecar{}, fmt.Errorf("renew sidecar: %w", err)
	}
	next, err := w.end(v.Keys.KEK)
	if err == nil && next == nil {
		err = errors.New("renew sidecar: it has no rows")
	}
	if err != nil {
		return Sidecar{}, err
	}
	return *next, nil
}

// Convert takes a key to another epoch. That of an org's own id is of none.
func Convert(c token.Conversion, k Key) Key {
	if k.Class != External {
		k.Token = c.Token(k.Class, k.Token)
	}
	return k
}
