package store

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/selvedge/selvedge"
)

// loadRows is how many rows of a dump one transaction takes.
const loadRows = 20_000

// Restore fills a new database from a dump and closes it. Open makes the
// database at the schema's version that the dump has (see OpenAt and
// OpenPostgresAt); the next ordinary opening brings it up to date. It returns
// how many rows there were. It returns a CodeConflict error if the database holds
// anything, and a CodeInvalid error if what it reads is no whole dump, was
// changed, or fits no such schema: the database is then to be thrown away.
func Restore(ctx context.Context, r io.Reader, open func(version int64) (*DB, error)) (rows int64, err error) {
	in := &undumper{r: bufio.NewReaderSize(r, 1<<20), sum: sha256.New()}
	magic := make([]byte, len(dumpMagic))
	if _, err := io.ReadFull(in.r, magic); err != nil || string(magic) != dumpMagic {
		return 0, errDump("it begins otherwise")
	}
	in.sum.Write(magic)
	version, err := binary.ReadUvarint(in)
	if err != nil || version == 0 || version > 1<<31 {
		return 0, errDump("it has no version")
	}
	d, err := open(int64(version))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	var tables []table
	err = d.Update(ctx, func(ctx context.Context, tx selvedge.Tx) (err error) {
		if tables, err = d.tables(ctx, tx); err != nil {
			return err
		}
		return empty(ctx, tx, tables)
	})
	if err != nil {
		return 0, err
	}
	for {
		mark, err := in.ReadByte()
		if err != nil {
			return rows, errDump("it ends early")
		}
		switch mark {
		case markTable:
			n, err := in.table(ctx, d, tables)
			rows += n
			if err != nil {
				return rows, err
			}
		case markSum:
			return rows, in.check()
		default:
			return rows, errDump("a part of no kind")
		}
	}
}

// empty checks that nobody's data is in the tables, and takes out the rows that a
// new schema begins with: numbers of which none was given.
func empty(ctx context.Context, tx selvedge.Tx, tables []table) error {
	for _, t := range tables {
		if slices.Contains(t.columns, "given") {
			if _, err := exec(ctx, tx, `DELETE FROM `+t.name+` WHERE given = 0`); err != nil {
				return err
			}
		}
		n, err := one(ctx, tx, number, `SELECT COUNT(*) FROM `+t.name)
		if err != nil {
			return err
		}
		if n != 0 {
			return selvedge.Errorf(selvedge.CodeConflict, "is not empty: a backup is restored into a new one").At("database")
		}
	}
	return nil
}

// check reads the sum at the end.
func (in *undumper) check() error {
	want := in.sum.Sum(nil)
	got := make([]byte, len(want))
	if _, err := io.ReadFull(in.r, got); err != nil {
		return errDump("it ends early")
	}
	if !slices.Equal(got, want) {
		return errDump("it was changed")
	}
	if _, err := in.r.ReadByte(); err != io.EOF {
		return errDump("something follows it")
	}
	return nil
}

// table reads a table, whose mark is read, into the one of its name.
func (in *undumper) table(ctx context.Context, d *DB, known []table) (rows int64, err error) {
	t, err := in.head(known)
	if err != nil {
		return 0, err
	}
	for {
		batch, more, err := in.rows(len(t.columns))
		if err != nil {
			return rows, err
		}
		err = d.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
			return load(ctx, tx, t.name, t.columns, batch, func(row []any) []any { return row })
		})
		if err != nil {
			return rows, fmt.Errorf("restore %s: %w", t.name, err)
		}
		rows += int64(len(batch))
		if !more {
			break
		}
	}
	if n, err := binary.ReadUvarint(in); err != nil || int64(n) != rows {
		return rows, errDump("a table has another number of rows than it says")
	}
	return rows, nil
}

func (in *undumper) head(known []table) (t table, err error) {
	name, err := in.bytes()
	if err != nil {
		return t, err
	}
	i := slices.IndexFunc(known, func(k table) bool { return k.name == string(name) })
	n, err := binary.ReadUvarint(in)
	if err != nil || i < 0 || n != uint64(len(known[i].columns)) {
		return t, errDump("it has a table that the schema of its version has not")
	}
	t.name = string(name)
	for range n {
		c, err := in.bytes()
		if err != nil {
			return t, err
		}
		if !slices.Contains(known[i].columns, string(c)) {
			return t, errDump("it has a column that the schema of its version has not")
		}
		t.columns = append(t.columns, string(c))
	}
	return t, nil
}

// rows reads rows until there are enough for a transaction, or the table ends.
func (in *undumper) rows(columns int) (batch [][]any, more bool, err error) {
	for len(batch) < loadRows {
		mark, err := in.ReadByte()
		if err != nil || (mark != markRow && mark != markEnd) {
			return nil, false, errDump("a table has no end")
		}
		if mark == markEnd {
			return batch, false, nil
		}
		row := make([]any, columns)
		for i := range row {
			if row[i], err = in.value(); err != nil {
				return nil, false, err
			}
		}
		batch = append(batch, row)
	}
	return batch, true, nil
}
