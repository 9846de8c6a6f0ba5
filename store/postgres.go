package store

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"github.com/selvedge/selvedge"
)

// postgres is the engine on a PostgreSQL server, which any number of processes
// may use.
//
// A write transaction takes one advisory lock before anything else and holds it
// until it ends. So writers come one after the other, as they do on SQLite, and
// what one has committed the next one sees: positions are handed out in commit
// order, no number is drawn twice, and no transaction must be run again. What a
// transaction waits for is at most the others' time, which is short by
// contract; readers wait for nobody.
type postgres struct {
	pool *pgxpool.Pool
	lock int64 // key of the writers' lock, a schema's own
	// turn is held, by having its one value, by this process's writer: those who
	// wait must not hold connections that readers need.
	turn  chan struct{}
	cells copyCells // the writer's
}

// A writer that hangs would stop all of them: the server ends it.
const (
	idleLimit      = 10 * time.Second
	statementLimit = 10 * time.Minute
)

// OpenPostgres opens the database at a postgres:// URL and brings its schema up
// to date if need be. The schema is the first of the connection's search_path.
// It returns a CodeInvalid error, without the URL, which may hold a password, if
// the URL cannot be read or the database is not in UTF-8. The clock dates changes
// and ledger entries, whose salts come from entropy.
func OpenPostgres(ctx context.Context, url string, clock selvedge.Clock, entropy selvedge.Entropy) (*DB, error) {
	return OpenPostgresAt(ctx, url, clock, entropy, latest)
}

// OpenPostgresAt is OpenPostgres with an earlier version of the schema, for
// Restore: nothing else works on it.
func OpenPostgresAt(ctx context.Context, url string, clock selvedge.Clock, entropy selvedge.Entropy, version int64) (_ *DB, err error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, selvedge.Errorf(selvedge.CodeInvalid, "is no postgres:// URL").At("database")
	}
	params := cfg.ConnConfig.RuntimeParams
	params["idle_in_transaction_session_timeout"] = fmt.Sprint(idleLimit.Milliseconds())
	// A plan for any arguments is kept for as long as the connection, and one that
	// was made when a table was small reads all of it ever after.
	params["plan_cache_mode"] = "force_custom_plan"
	params["statement_timeout"] = fmt.Sprint(statementLimit.Milliseconds())
	cfg.MaxConns = max(cfg.MaxConns, readConns+2)
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	d := &postgres{pool: pool, turn: make(chan struct{}, 1)}
	defer func() {
		if err != nil {
			pool.Close()
		}
	}()
	var schema, encoding string
	if err := pool.QueryRow(ctx, `SELECT current_schema(), current_setting('server_encoding')`).Scan(&schema, &encoding); err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	if encoding != "UTF8" {
		return nil, selvedge.Errorf(selvedge.CodeInvalid, "the database's encoding must be UTF8").At("database")
	}
	h := fnv.New64a()
	h.Write([]byte("selvedge writer " + schema))
	d.lock = int64(h.Sum64())
	if err := d.migrate(ctx, entropy, version); err != nil {
		return nil, err
	}
	return &DB{engine: d, clock: clock, entropy: entropy}, nil
}

// migrate brings the schema up to date, one process at a time: goose's own lock
// is not used, because the writers' does.
func (d *postgres) migrate(ctx context.Context, entropy selvedge.Entropy, version int64) error {
	return d.pool.AcquireFunc(ctx, func(c *pgxpool.Conn) (err error) {
		if _, err := c.Exec(ctx, `SELECT pg_advisory_lock($1)`, d.lock); err != nil {
			return fmt.Errorf("bring the schema up to date: %w", err)
		}
		defer func() {
			_, unlock := c.Exec(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, d.lock)
			err = errors.Join(err, unlock)
		}()
		db := stdlib.OpenDBFromPool(d.pool)
		defer db.Close()
		return migrate(ctx, goose.DialectPostgres, db, entropy, version)
	})
}

// BatchRows implements engine. A transaction waits for a dozen answers, and has as
// many plans made.
func (d *postgres) BatchRows() int { return 2000 }

func (d *postgres) catalogue() string {
	return `SELECT table_name::text, column_name::text FROM information_schema.columns
		WHERE table_schema = current_schema() AND table_name NOT LIKE 'river%' AND table_name NOT LIKE 'goose%' AND table_name <> 'verdict'
		ORDER BY table_name COLLATE "C", ordinal_position`
}

func (d *postgres) indexes() string {
	return `SELECT t.relname::text,
			CASE WHEN k.oid IS NULL THEN 'DROP INDEX ' || quote_ident(i.relname) ELSE 'ALTER TABLE ' || quote_ident(t.relname) || ' DROP CONSTRAINT ' || quote_ident(k.conname) END,
			CASE WHEN k.oid IS NULL THEN pg_get_indexdef(i.oid) ELSE 'ALTER TABLE ' || quote_ident(t.relname) || ' ADD CONSTRAINT ' || quote_ident(k.conname) || ' ' || pg_get_constraintdef(k.oid) END
		FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
			LEFT JOIN pg_constraint k ON k.conindid = i.oid AND k.contype IN ('p', 'u')
		WHERE t.relnamespace = current_schema()::regnamespace ORDER BY i.oid`
}

// Close implements engine.
func (d *postgres) Close() error {
	d.pool.Close()
	return nil
}

// Update implements selvedge.Transactor.
func (d *postgres) Update(ctx context.Context, fn func(ctx context.Context, tx selvedge.Tx) error) error {
	select {
	case d.turn <- struct{}{}:
		defer func() { <-d.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	// Each statement sees what is committed when it begins, and since nobody
	// else can write, that is the same for all of them. A snapshot for the whole
	// transaction would be taken before the lock is there.
	return d.run(ctx, pgx.TxOptions{IsoLevel: pgx.ReadCommitted}, func(tx *postgresTx) error {
		err := tx.QueryRow(ctx, `SELECT pg_advisory_xact_lock($1), pg_current_xact_id()::text`, d.lock).Scan(nil, &tx.id)
		if err != nil {
			return fmt.Errorf("begin transaction: %w", err)
		}
		return fn(ctx, tx)
	})
}

// View implements selvedge.Transactor.
func (d *postgres) View(ctx context.Context, fn func(ctx context.Context, tx selvedge.Tx) error) error {
	return d.run(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx *postgresTx) error { return fn(ctx, tx) })
}

func (d *postgres) run(ctx context.Context, options pgx.TxOptions, fn func(*postgresTx) error) error {
	begun, err := d.pool.BeginTx(ctx, options)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("begin transaction: %w", err)
	}
	tx := &postgresTx{Tx: begun, cells: &d.cells}
	// Also when fn panics, and when ctx has ended; after the commit it does
	// nothing.
	defer func() { _ = begun.Rollback(context.WithoutCancel(ctx)) }()
	if err := fn(tx); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	tx.reach("before")
	if err := begun.Commit(context.WithoutCancel(ctx)); err != nil {
		return d.settle(ctx, tx, err)
	}
	tx.reach("after")
	return nil
}

// settle finds out what became of a commit that failed. Where the connection
// was lost, only the server knows.
func (d *postgres) settle(ctx context.Context, tx *postgresTx, lost error) error {
	if tx.id == "" || !tx.Conn().IsClosed() {
		return fmt.Errorf("commit: %w", lost)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), idleLimit)
	defer cancel()
	var status string
	// Whoever gets the lock knows that the transaction has ended.
	err := pgx.BeginFunc(ctx, d.pool, func(check pgx.Tx) error {
		if _, err := check.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, d.lock); err != nil {
			return err
		}
		return check.QueryRow(ctx, `SELECT pg_xact_status($1::xid8)`, tx.id).Scan(&status)
	})
	switch {
	case err != nil:
		return selvedge.Errorf(selvedge.CodeUnavailable, "the database went away while a transaction was committed: whether it was is not known").Because("commit_unknown")
	case status == "committed":
		return nil
	default:
		return fmt.Errorf("commit: %w", lost)
	}
}

// postgresTx is an open transaction.
type postgresTx struct {
	pgx.Tx
	acts
	id    string     // of the transaction on the server; empty in a View
	cells *copyCells // of the load that runs; the writer's
}

// OpaqueTx implements selvedge.Tx.
func (*postgresTx) OpaqueTx() {}

func (tx *postgresTx) exec(ctx context.Context, text string, args []any) (int64, error) {
	done, err := tx.Exec(ctx, numbered(text), args...)
	return done.RowsAffected(), err
}

func (tx *postgresTx) query(ctx context.Context, text string, args []any) (rows, error) {
	r, err := tx.Query(ctx, numbered(text), args...)
	return postgresRows{r}, err
}

type postgresRows struct{ pgx.Rows }

// Close implements rows.
func (r postgresRows) Close() error {
	r.Rows.Close()
	return nil
}

// texts are statements as they are written here, and as PostgreSQL wants them.
// There are as many as the program has.
var texts sync.Map

// numbered returns a text with $1, $2 for each question mark. No text here has
// one in a literal.
func numbered(text string) string {
	if t, ok := texts.Load(text); ok {
		return t.(string)
	}
	var b strings.Builder
	n := 0
	for _, part := range strings.SplitAfter(text, "?") {
		head, ok := strings.CutSuffix(part, "?")
		b.WriteString(head)
		if ok {
			n++
			fmt.Fprintf(&b, "$%d", n)
		}
	}
	texts.Store(text, b.String())
	return b.String()
}

// Postgres returns the pool of connections, and nil on SQLite: for what brings
// its own tables and must commit with ours.
func (d *DB) Postgres() *pgxpool.Pool {
	if p, ok := d.engine.(*postgres); ok {
		return p.pool
	}
	return nil
}

// PostgresTx returns the transaction that tx is. A tx of another engine is a
// fault in the program.
func PostgresTx(tx selvedge.Tx) pgx.Tx { return tx.(*postgresTx).Tx }
