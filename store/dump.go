package store

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"

	"github.com/selvedge/selvedge"
)

// A dump is every row of every table, in a form that knows no engine: what was
// written on SQLite can be read into PostgreSQL, and the other way round.
// docs/formats/backup.md has the bytes.
const dumpMagic = "SVGDUMP1"

// Marks of a dump's parts, and of the kinds of value.
const (
	markTable = 'T'
	markRow   = 'R'
	markEnd   = 'E' // of a table
	markSum   = 'Z' // of the dump

	kindNull = 0
	kindInt  = 1
	kindText = 2
	kindBlob = 3
)

// Dump writes every table as tx sees it, and returns how many rows there were.
// It keeps nothing in memory but a row. What the engine's job library keeps in
// tables of its own is not in it.
func (d *DB) Dump(ctx context.Context, tx selvedge.Tx, w io.Writer) (rows int64, err error) {
	version, err := one(ctx, tx, number, `SELECT MAX(version_id) FROM goose_db_version`)
	if err != nil {
		return 0, err
	}
	tables, err := d.tables(ctx, tx)
	if err != nil {
		return 0, err
	}
	out := newDumper(w, version)
	for _, t := range tables {
		n, err := out.table(ctx, tx, t)
		if err != nil {
			return 0, fmt.Errorf("dump %s: %w", t.name, err)
		}
		rows += n
	}
	if err := out.end(w); err != nil {
		return 0, fmt.Errorf("write dump: %w", err)
	}
	return rows, nil
}

// table is a table's name and columns.
type table struct {
	name    string
	columns []string
}

// tables returns the tables of the schema in the order of their names.
func (d *DB) tables(ctx context.Context, tx selvedge.Tx) ([]table, error) {
	var ts []table
	err := each(ctx, tx, func(s scanner) error {
		var name, column string
		if err := s.Scan(&name, &column); err != nil {
			return err
		}
		if n := len(ts); n == 0 || ts[n-1].name != name {
			ts = append(ts, table{name: name})
		}
		t := &ts[len(ts)-1]
		t.columns = append(t.columns, column)
		return nil
	}, d.catalogue())
	return ts, err
}

// dumper writes a dump, and knows of no database. It remembers the first error.
type dumper struct {
	w       *bufio.Writer
	sum     hash.Hash
	scratch [binary.MaxVarintLen64]byte
	err     error
}

// newDumper returns a writer of a dump of a version of the schema, which it has
// begun.
func newDumper(w io.Writer, version int64) *dumper {
	o := &dumper{sum: sha256.New()}
	o.w = bufio.NewWriterSize(io.MultiWriter(w, o.sum), 1<<20)
	o.raw([]byte(dumpMagic))
	o.uvarint(uint64(version))
	return o
}

// end ends the dump, with its sum.
func (o *dumper) end(w io.Writer) error {
	o.raw([]byte{markSum})
	if err := errors.Join(o.err, o.w.Flush()); err != nil {
		return err
	}
	_, err := w.Write(o.sum.Sum(nil))
	return err
}

func (o *dumper) raw(b []byte) {
	if o.err == nil {
		_, o.err = o.w.Write(b)
	}
}

func (o *dumper) uvarint(n uint64) { o.raw(binary.AppendUvarint(o.scratch[:0], n)) }

func (o *dumper) text(s string) {
	o.uvarint(uint64(len(s)))
	if o.err == nil {
		_, o.err = o.w.WriteString(s)
	}
}

func (o *dumper) table(ctx context.Context, tx selvedge.Tx, t table) (rows int64, err error) {
	o.head(t)
	values, to := make([]any, len(t.columns)), make([]any, len(t.columns))
	for i := range values {
		to[i] = &values[i]
	}
	err = each(ctx, tx, func(s scanner) error {
		if err := s.Scan(to...); err != nil {
			return err
		}
		rows++
		return o.row(values)
	}, `SELECT `+strings.Join(t.columns, ", ")+` FROM `+t.name)
	o.foot(rows)
	return rows, err
}

func (o *dumper) head(t table) {
	o.raw([]byte{markTable})
	o.text(t.name)
	o.uvarint(uint64(len(t.columns)))
	for _, c := range t.columns {
		o.text(c)
	}
}

func (o *dumper) row(values []any) error {
	o.raw([]byte{markRow})
	for _, v := range values {
		if err := o.value(v); err != nil {
			return err
		}
	}
	return o.err
}

func (o *dumper) foot(rows int64) {
	o.raw([]byte{markEnd})
	o.uvarint(uint64(rows))
}

func (o *dumper) value(v any) error {
	switch v := v.(type) {
	case nil:
		o.raw([]byte{kindNull})
	case int64:
		o.raw([]byte{kindInt})
		o.raw(binary.AppendVarint(o.scratch[:0], v))
	case string:
		o.raw([]byte{kindText})
		o.text(v)
	case []byte:
		o.raw([]byte{kindBlob})
		o.uvarint(uint64(len(v)))
		o.raw(v)
	default:
		return fmt.Errorf("a value is kept as %T", v)
	}
	return nil
}
