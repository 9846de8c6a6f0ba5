package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // registers the driver

	"github.com/selvedge/selvedge"
)

// sqlite is the engine on a file of its own.
type sqlite struct {
	pools []*sql.DB
	// Each connection is owned by whoever took it out of its channel. There is
	// one writer, so that write transactions are serial and come in the order
	// in which they asked.
	writer  chan *sqliteConn
	readers chan *sqliteConn
	sync    string // a file to make durable at the end, whose writes are not
}

// readConns is how many read transactions run at once.
const readConns = 8

// Open opens the SQLite database at path, making it and bringing its schema up
// to date if need be. The clock dates changes and ledger entries, whose salts
// come from entropy.
func Open(ctx context.Context, path string, clock selvedge.Clock, entropy selvedge.Entropy) (*DB, error) {
	return openSQLite(ctx, path, clock, entropy, latest, "WAL", "FULL")
}

// OpenAt is Open with an earlier version of the schema, for Restore: nothing
// else works on it, and nothing of it is durable before it is closed without an
// error.
func OpenAt(ctx context.Context, path string, clock selvedge.Clock, entropy selvedge.Entropy, version int64) (*DB, error) {
	// Whoever fails throws the file away, so that there need be no way back.
	db, err := openSQLite(ctx, path, clock, entropy, version, "OFF", "OFF")
	if err != nil {
		return nil, err
	}
	db.engine.(*sqlite).sync = path
	return db, nil
}

// openSQLite opens a database. Journal is how a transaction is taken back, and
// synchronous when its writes are made durable.
func openSQLite(ctx context.Context, path string, clock selvedge.Clock, entropy selvedge.Entropy, version int64, journal, synchronous string) (_ *DB, err error) {
	d := &sqlite{writer: make(chan *sqliteConn, 1), readers: make(chan *sqliteConn, readConns)}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.Close())
		}
	}()
	// The ends of all indexes that an import writes at stay in the cache.
	w, err := sql.Open("sqlite", dsn(path, "journal_mode("+journal+")", "synchronous("+synchronous+")", "cache_size(-65536)"))
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	d.pools = append(d.pools, w)
	if err := migrate(ctx, goose.DialectSQLite3, w, entropy, version); err != nil {
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
	return &DB{engine: d, clock: clock, entropy: entropy}, d.connect(ctx, r, d.readers)
}

// BatchRows implements engine. A transaction costs little here.
func (d *sqlite) BatchRows() int { return 1000 }

func (d *sqlite) catalogue() string {
	return `SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE 'goose%' AND m.name <> 'verdict' ORDER BY m.name, c.cid`
}

func (d *sqlite) indexes() string {
	return `SELECT tbl_name, 'DROP INDEX ' || name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY rowid`
}

func dsn(path string, pragmas ...string) string {
	q := url.Values{}
	for _, p := range append(pragmas, "busy_timeout(10000)") {
		q.Add("_pragma", p)
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

// connect fills a channel with connections.
func (d *sqlite) connect(ctx context.Context, pool *sql.DB, into chan *sqliteConn) error {
	for range cap(into) {
		c, err := pool.Conn(ctx)
		if err != nil {
			return fmt.Errorf("open database: %w", err)
		}
		into <- &sqliteConn{Conn: c, stmts: map[string]*sql.Stmt{}, loaders: map[loaderKey]loader{}}
	}
	return nil
}

// Close implements engine.
func (d *sqlite) Close() error {
	var errs []error
	for _, conns := range []chan *sqliteConn{d.writer, d.readers} {
		for range len(conns) {
			errs = append(errs, (<-conns).Close())
		}
	}
	for _, p := range d.pools {
		errs = append(errs, p.Close())
	}
	if d.sync != "" {
		// The last connection moves the log into the file, as a rule.
		if err := syncFile(d.sync + "-wal"); !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
		errs = append(errs, syncFile(d.sync), syncFile(filepath.Dir(d.sync)))
	}
	return errors.Join(errs...)
}

// syncFile makes a file durable, or the names in a folder.
func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Update implements selvedge.Transactor.
func (d *sqlite) Update(ctx context.Context, fn func(ctx context.Context, tx selvedge.Tx) error) error {
	// IMMEDIATE takes the write lock now, not at the first write, where it could
	// be refused.
	return run(ctx, d.writer, "BEGIN IMMEDIATE", fn)
}

// View implements selvedge.Transactor.
func (d *sqlite) View(ctx context.Context, fn func(ctx context.Context, tx selvedge.Tx) error) error {
	return run(ctx, d.readers, "BEGIN", fn)
}

func run(ctx context.Context, conns chan *sqliteConn, begin string, fn func(ctx context.Context, tx selvedge.Tx) error) error {
	var c *sqliteConn
	select {
	case c = <-conns:
	case <-ctx.Done():
		return ctx.Err()
	}
	c.acts = acts{}
	defer func() { conns <- c }()
	c.committed = nil
	committed := false
	defer func() {
		if !committed {
			// Also when fn panics, and when ctx has ended; even in the middle of
			// the BEGIN, which may have been carried out all the same.
			_, _ = c.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
		}
	}()
	if _, err := c.ExecContext(ctx, begin); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("begin transaction: %w", err)
	}
	if err := fn(ctx, c); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	c.reach("before")
	// Not to be cancelled half way: that it failed must be true when it is said.
	if _, err := c.ExecContext(context.WithoutCancel(ctx), "COMMIT"); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	committed = true
	c.reach("after")
	for _, fn := range c.committed {
		fn()
	}
	return nil
}

// sqliteConn is a connection with the statements prepared on it. While a transaction
// runs on it, it is that transaction.
type sqliteConn struct {
	*sql.Conn
	acts
	stmts     map[string]*sql.Stmt
	loaders   map[loaderKey]loader
	cells     sqliteCells // of the load that runs
	committed []func()    // of the transaction that runs; see AfterCommit
}

// OpaqueTx implements selvedge.Tx.
func (*sqliteConn) OpaqueTx() {}

// Close closes the statements and the connection.
func (c *sqliteConn) Close() error {
	var errs []error
	for _, s := range c.stmts {
		errs = append(errs, s.Close())
	}
	for _, s := range c.loaders {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, c.Conn.Close())...)
}

// stmt returns the prepared statement of a text.
func (c *sqliteConn) stmt(ctx context.Context, text string) (*sql.Stmt, error) {
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

func (c *sqliteConn) exec(ctx context.Context, text string, args []any) (int64, error) {
	s, err := c.stmt(ctx, text)
	if err != nil {
		return 0, err
	}
	res, err := s.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (c *sqliteConn) query(ctx context.Context, text string, args []any) (rows, error) {
	s, err := c.stmt(ctx, text)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(ctx, args...)
}
