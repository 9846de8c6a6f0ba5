package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"io"

	"github.com/selvedge/selvedge"
)

// undumper reads a dump, and knows of no database: what it hands out is what the
// bytes say, in their order. After its first error it is of no more use.
type undumper struct {
	r      io.Reader
	buf    []byte // what was read ahead: buf[at:]
	at     int
	summed int       // buf[:summed] is in the sum
	sum    hash.Hash // of all that was handed out, as far as summed
}

const (
	// readAhead is how much is read at once.
	readAhead = 1 << 16
	// maxValue is the longest value that a dump may have. The longest that is
	// written is a bitmap of all ordinals, half a gigabyte.
	maxValue = 1 << 30
	// maxColumns is more columns than a table has.
	maxColumns = 1000
)

// errDump is a dump that was cut off, or is none.
func errDump(what string) error {
	return selvedge.Errorf(selvedge.CodeInvalid, "is no whole dump of a database: %s", what).At("dump")
}

// begin returns a reader of a dump, and the version of the schema that it has.
func begin(r io.Reader) (in *undumper, version int64, err error) {
	in = &undumper{r: r, buf: make([]byte, 0, readAhead), sum: sha256.New()}
	magic := make([]byte, len(dumpMagic))
	if _, err := io.ReadFull(in, magic); err != nil || string(magic) != dumpMagic {
		return nil, 0, errDump("it begins otherwise")
	}
	v, err := binary.ReadUvarint(in)
	if err != nil || v == 0 || v > 1<<31 {
		return nil, 0, errDump("it has no version")
	}
	return in, int64(v), nil
}

// more reads on when what was read ahead is used up.
func (in *undumper) more() error {
	in.add()
	in.at, in.summed = 0, 0
	n, err := io.ReadAtLeast(in.r, in.buf[:cap(in.buf)], 1)
	in.buf = in.buf[:n]
	return err
}

// add brings the sum up to what was handed out.
func (in *undumper) add() {
	in.sum.Write(in.buf[in.summed:in.at])
	in.summed = in.at
}

// ReadByte implements io.ByteReader.
func (in *undumper) ReadByte() (byte, error) {
	if in.at == len(in.buf) {
		if err := in.more(); err != nil {
			return 0, err
		}
	}
	in.at++
	return in.buf[in.at-1], nil
}

// Read implements io.Reader.
func (in *undumper) Read(p []byte) (int, error) {
	if in.at == len(in.buf) {
		if err := in.more(); err != nil {
			return 0, err
		}
	}
	n := copy(p, in.buf[in.at:])
	in.at += n
	return n, nil
}

// next returns the name and the columns of the next table, and false at the end
// of the dump, which is as it was written. The table before must be read to its
// end.
func (in *undumper) next() (t table, ok bool, err error) {
	mark, err := in.ReadByte()
	switch {
	case err != nil:
		return t, false, errDump("it ends early")
	case mark == markSum:
		return t, false, in.check()
	case mark != markTable:
		return t, false, errDump("a part of no kind")
	}
	name, err := in.bytes()
	if err != nil {
		return t, false, err
	}
	n, err := binary.ReadUvarint(in)
	if err != nil || n > maxColumns {
		return t, false, errDump("a table has no columns")
	}
	t.name = string(name)
	for range n {
		c, err := in.bytes()
		if err != nil {
			return t, false, err
		}
		t.columns = append(t.columns, string(c))
	}
	return t, true, nil
}

// rows returns the next rows of a table, at most so many, and whether there may
// be more. Read is how many of the table were returned before.
func (in *undumper) rows(t table, read int64, most int) (batch [][]any, more bool, err error) {
	for len(batch) < most {
		mark, err := in.ReadByte()
		if err != nil || (mark != markRow && mark != markEnd) {
			return nil, false, errDump("a table has no end")
		}
		if mark == markEnd {
			if n, err := binary.ReadUvarint(in); err != nil || n != uint64(read)+uint64(len(batch)) {
				return nil, false, errDump("a table has another number of rows than it says")
			}
			return batch, false, nil
		}
		row := make([]any, len(t.columns))
		for i := range row {
			if row[i], err = in.value(); err != nil {
				return nil, false, err
			}
		}
		batch = append(batch, row)
	}
	return batch, true, nil
}

// check reads the sum at the end.
func (in *undumper) check() error {
	in.add()
	want, got := in.sum.Sum(nil), make([]byte, sha256.Size)
	if _, err := io.ReadFull(in, got); err != nil {
		return errDump("it ends early")
	}
	if !bytes.Equal(got, want) {
		return errDump("it was changed")
	}
	if _, err := in.ReadByte(); err != io.EOF {
		return errDump("something follows it")
	}
	return nil
}

// bytes reads a length and as many bytes.
func (in *undumper) bytes() ([]byte, error) {
	n, err := binary.ReadUvarint(in)
	if err != nil || n > maxValue {
		return nil, errDump("a value has no end")
	}
	if n <= readAhead {
		b := make([]byte, n)
		if _, err := io.ReadFull(in, b); err != nil {
			return nil, errDump("a value has no end")
		}
		return b, nil
	}
	// Not n bytes at once: the length may be wrong.
	var b bytes.Buffer
	if _, err := io.CopyN(&b, in, int64(n)); err != nil {
		return nil, errDump("a value has no end")
	}
	return b.Bytes(), nil
}

func (in *undumper) value() (any, error) {
	kind, err := in.ReadByte()
	if err != nil {
		return nil, errDump("a row has no end")
	}
	switch kind {
	case kindNull:
		return nil, nil
	case kindInt:
		n, err := binary.ReadVarint(in)
		if err != nil {
			return nil, errDump("a number has no end")
		}
		return n, nil
	case kindText:
		b, err := in.bytes()
		return string(b), err
	case kindBlob:
		return in.bytes()
	default:
		return nil, errDump("a value of no kind")
	}
}
