package store

import (
	"context"
	"database/sql/driver"
	"encoding/binary"
	"io"
	"strings"
	"time"

	"github.com/selvedge/selvedge"
)

// cells takes the values of a row, column by column, in the form in which an
// engine loads them: an import writes millions, and a box around each value
// would cost more than the value.
type cells interface {
	number(int64)
	text(string)
	bytes([]byte) // keeps no hold of them beyond the load; null if nil
	time(time.Time)
	null()
}

// load inserts rows into a table, in the fastest way that the engine has. row
// gives the cells of one row, in the order of the columns. Nothing of a failed
// load stays if the transaction is rolled back, which it must be.
func load[T any](ctx context.Context, tx selvedge.Tx, table string, columns []string, vs []T, row func(cells, T)) error {
	if len(vs) == 0 {
		return nil
	}
	return tx.(session).load(context.WithoutCancel(ctx), table, columns, len(vs), func(c cells, i int) { row(c, vs[i]) })
}

// sqliteCells is rows as arguments of a statement.
type sqliteCells struct{ args []driver.NamedValue }

func (c *sqliteCells) add(v driver.Value) {
	c.args = append(c.args, driver.NamedValue{Ordinal: len(c.args) + 1, Value: v})
}

func (c *sqliteCells) number(n int64) { c.add(n) }
func (c *sqliteCells) text(s string)  { c.add(s) }
func (c *sqliteCells) null()          { c.add(nil) }

func (c *sqliteCells) bytes(b []byte) {
	if b == nil {
		c.add(nil)
		return
	}
	c.add(b)
}

func (c *sqliteCells) time(t time.Time) {
	if t.IsZero() {
		c.add(nil)
		return
	}
	c.add(t.UnixMicro())
}

// copyCells is rows in PostgreSQL's binary COPY format
// (https://www.postgresql.org/docs/15/sql-copy.html). All columns here are
// BIGINT, TEXT or BYTEA, whose binary forms are the plain ones.
type copyCells struct{ b []byte }

const (
	copyHead = "PGCOPY\n\xff\r\n\x00" + "\x00\x00\x00\x00" + "\x00\x00\x00\x00" // signature, flags, no extension
	copyEnd  = "\xff\xff"
)

func (c *copyCells) row(columns int) { c.b = binary.BigEndian.AppendUint16(c.b, uint16(columns)) }

func (c *copyCells) number(n int64) {
	c.b = binary.BigEndian.AppendUint32(c.b, 8)
	c.b = binary.BigEndian.AppendUint64(c.b, uint64(n))
}

func (c *copyCells) text(s string) {
	c.b = binary.BigEndian.AppendUint32(c.b, uint32(len(s)))
	c.b = append(c.b, s...)
}

func (c *copyCells) bytes(b []byte) {
	if b == nil {
		c.null()
		return
	}
	c.b = binary.BigEndian.AppendUint32(c.b, uint32(len(b)))
	c.b = append(c.b, b...)
}

func (c *copyCells) time(t time.Time) {
	if t.IsZero() {
		c.null()
		return
	}
	c.number(t.UnixMicro())
}

func (c *copyCells) null() { c.b = append(c.b, 0xff, 0xff, 0xff, 0xff) }

func (tx *postgresTx) lists() bool { return true }

// load inserts rows by COPY.
func (tx *postgresTx) load(ctx context.Context, table string, columns []string, n int, row func(cells, int)) error {
	c := tx.cells
	c.b = append(c.b[:0], copyHead...)
	r := &copyReader{cells: c, columns: len(columns), n: n, row: func(i int) { row(c, i) }}
	_, err := tx.Conn().PgConn().CopyFrom(ctx, r, "COPY "+table+" ("+strings.Join(columns, ", ")+") FROM STDIN (FORMAT binary)")
	return err
}

// copyReader makes rows as they are read, so that the server is at work on the
// first ones while the others are made.
type copyReader struct {
	cells   *copyCells // what was made and not read
	columns int
	made, n int
	ended   bool
	row     func(i int)
	read    int // bytes of cells that were read
}

// Read implements io.Reader.
func (r *copyReader) Read(p []byte) (int, error) {
	c := r.cells
	c.b = append(c.b[:0], c.b[r.read:]...)
	for ; r.made < r.n && len(c.b) < len(p); r.made++ {
		c.row(r.columns)
		r.row(r.made)
	}
	if r.made == r.n && !r.ended {
		c.b, r.ended = append(c.b, copyEnd...), true
	}
	if r.read = copy(p, c.b); r.read == 0 {
		return 0, io.EOF
	}
	return r.read, nil
}

func (c *sqliteConn) lists() bool { return false }

// load inserts rows many to a statement. It calls the driver itself: between it
// and here database/sql would look at every value once more.
func (c *sqliteConn) load(ctx context.Context, table string, columns []string, n int, row func(cells, int)) error {
	head := "INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES "
	return c.Raw(func(conn any) error {
		return inParts(n, func(from, to int) error {
			s, err := c.loader(ctx, conn.(driver.ConnPrepareContext), head, len(columns), to-from)
			if err != nil {
				return err
			}
			c.cells.args = c.cells.args[:0]
			for i := from; i < to; i++ {
				row(&c.cells, i)
			}
			_, err = s.ExecContext(ctx, c.cells.args)
			return err
		})
	})
}

// loader is a prepared INSERT of some rows.
type loader interface {
	io.Closer
	driver.StmtExecContext
}

type loaderKey struct {
	head string
	rows int
}

func (c *sqliteConn) loader(ctx context.Context, conn driver.ConnPrepareContext, head string, columns, rows int) (loader, error) {
	key := loaderKey{head, rows}
	if s, ok := c.loaders[key]; ok {
		return s, nil
	}
	s, err := conn.PrepareContext(ctx, head+places(columns, rows))
	if err != nil {
		return nil, err
	}
	c.loaders[key] = s.(loader)
	return s.(loader), nil
}
