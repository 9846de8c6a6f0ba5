package store

import (
	"bytes"
	"context"
	"database/sql"

	"github.com/pressly/goose/v3"

	"github.com/selvedge/selvedge"
)

// MigrateTo brings a schema to where a release left it whose last migration was
// the given one.
func MigrateTo(ctx context.Context, dialect goose.Dialect, db *sql.DB, last int64) error {
	p, err := provider(dialect, db, selvedge.NewSeededEntropy("test"))
	if err != nil {
		return err
	}
	_, err = p.UpTo(ctx, last)
	return err
}

// BlobColumns returns the columns that name blobs, as table.column.
func BlobColumns() (out []string) {
	for _, c := range blobColumns {
		out = append(out, c.table+"."+c.column)
	}
	return out
}

// DumpTable is a table of a dump.
type DumpTable struct {
	Name    string
	Columns []string
	Rows    [][]any
}

// Undump reads a dump without a database.
func Undump(b []byte) (version int64, ts []DumpTable, err error) {
	in, version, err := begin(bytes.NewReader(b))
	if err != nil {
		return 0, nil, err
	}
	for {
		t, ok, err := in.next()
		if err != nil || !ok {
			return version, ts, err
		}
		d := DumpTable{Name: t.name, Columns: t.columns}
		for more := true; more; {
			var rows [][]any
			if rows, more, err = in.rows(t, int64(len(d.Rows)), 3); err != nil {
				return 0, nil, err
			}
			d.Rows = append(d.Rows, rows...)
		}
		ts = append(ts, d)
	}
}

// Redump writes a dump without a database.
func Redump(version int64, ts []DumpTable) ([]byte, error) {
	var b bytes.Buffer
	o := newDumper(&b, version)
	for _, t := range ts {
		o.head(table{t.Name, t.Columns})
		for _, r := range t.Rows {
			if err := o.row(r); err != nil {
				return nil, err
			}
		}
		o.foot(int64(len(t.Rows)))
	}
	err := o.end(&b)
	return b.Bytes(), err
}
