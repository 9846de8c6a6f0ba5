package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // registers the driver

	"github.com/selvedge/selvedge"
)

//go:embed migrations/*.sql
var migrations embed.FS

// DB is an open database. It is a selvedge.Transactor, safe for concurrent use.
type DB struct {
	pools []*sql.DB
	clock selvedge.Clock
	// Each connection is owned by whoever took it out of its channel. There is
	// one writer, so that write transactions are serial and come in the order
	// in which they asked.
	writer  chan *conn
	readers chan *conn
}

// readConns is how many read transactions run at once.
const readConns = 8

// Open opens the SQLite database at path, making it and bringing its schema up
// to date if need be. The clock dates changes and outbox entries.
func Open(ctx context.Context, path string, clock selvedge.Clock) (_ *DB, err error) {
	d := &DB{clock: clock, writer: make(chan *conn, 1), readers: make(chan *conn, readConns)}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.Close())
		}
	}()
	w, err := sql.Open("sqlite", dsn(path, "journal_mode(WAL)", "synchronous(FULL)"))
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	d.pools = append(d.pools, w)
	if err := migrate(ctx, w); err != nil {
		return nil, err
	}
	if err := d.connect(ctx, w, d.writer); err != nil {
		return nil, err
	}
	r, err := sql.Open("sqlite", dsn(path, "query_only(1)"))
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	d.pools = append(d.pools, r)
	return d, d.connect(ctx, r, d.readers)
}

func dsn(path string, pragmas ...string) string {
	q := url.Values{}
	for _, p := range append(pragmas, "busy_timeout(10000)") {
		q.Add("_pragma", p)
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

// connect fills a channel with connections.
func (d *DB) connect(ctx context.Context, pool *sql.DB, into chan *conn) error {
	for range cap(into) {
		c, err := pool.Conn(ctx)
		if err != nil {
			return fmt.Errorf("open database: %w", err)
		}
		into <- &conn{Conn: c, stmts: map[string]*sql.Stmt{}}
	}
	return nil
}

func migrate(ctx context.Context, db *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, files)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("bring the schema up to date: %w", err)
	}
	return nil
}

// Close closes the database. No transaction may be open.
func (d *DB) Close() error {
	var errs []error
	for _, conns := range []chan *conn{d.writer, d.readers} {
		for range len(conns) {
			errs = append(errs, (<-conns).Close())
		}
	}
	for _, p := range d.pools {
		errs = append(errs, p.Close())
	}
	return errors.Join(errs...)
}

// Update implements selvedge.Transactor.
func (d *DB) Update(ctx context.Context, fn func(ctx context.Context, tx selvedge.Tx) error) error {
	// IMMEDIATE takes the write lock now, not at the first write, where it could
	// be refused.
	return run(ctx, d.writer, "BEGIN IMMEDIATE", fn)
}

// View implements selvedge.Transactor.
func (d *DB) View(ctx context.Context, fn func(ctx context.Context, tx selvedge.Tx) error) error {
	return run(ctx, d.readers, "BEGIN", fn)
}

func run(ctx context.Context, conns chan *conn, begin string, fn func(ctx context.Context, tx selvedge.Tx) error) error {
	var c *conn
	select {
	case c = <-conns:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { conns <- c }()
	if _, err := c.ExecContext(ctx, begin); err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	committed := false
	defer func() {
		if !committed {
			// Also when fn panics, and when ctx has ended.
			_, _ = c.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
		}
	}()
	if err := fn(ctx, c); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	// Not to be cancelled half way: that it failed must be true when it is said.
	if _, err := c.ExecContext(context.WithoutCancel(ctx), "COMMIT"); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	committed = true
	return nil
}

// conn is a connection with the statements prepared on it. While a transaction
// runs on it, it is that transaction.
type conn struct {
	*sql.Conn
	stmts map[string]*sql.Stmt
}

// OpaqueTx implements selvedge.Tx.
func (*conn) OpaqueTx() {}

// Close closes the statements and the connection.
func (c *conn) Close() error {
	var errs []error
	for _, s := range c.stmts {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, c.Conn.Close())...)
}

// stmt returns the prepared statement of a text. A Tx that is not this store's
// is a fault in the program.
func stmt(ctx context.Context, tx selvedge.Tx, text string) (*sql.Stmt, error) {
	c := tx.(*conn)
	if s, ok := c.stmts[text]; ok {
		return s, nil
	}
	s, err := c.PrepareContext(ctx, text)
	if err != nil {
		return nil, fmt.Errorf("prepare statement: %w", err)
	}
	c.stmts[text] = s
	return s, nil
}
