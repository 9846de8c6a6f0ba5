package store

import (
	"context"
	"slices"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/internal/killpoint"
	"github.com/selvedge/selvedge/ledger"
)

// DB is an open database. It is a selvedge.Transactor, safe for concurrent use.
type DB struct {
	// Entered is called after each commit that appended ledger entries, once for
	// each of their spaces. It must not block, and is set before the first.
	Entered func(ledger.Space)
	// Blobs are what rows name. It is set once, before the first transaction
	// that has a row name a blob; without it every such transaction fails.
	Blobs blob.Store

	engine
	clock   selvedge.Clock
	entropy selvedge.Entropy
}

// Update implements selvedge.Transactor.
func (d *DB) Update(ctx context.Context, fn func(ctx context.Context, tx selvedge.Tx) error) error {
	var entered []ledger.Space
	err := d.engine.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		err := fn(ctx, tx)
		entered = tx.(session).entered()
		return err
	})
	if err == nil && d.Entered != nil {
		for _, space := range entered {
			d.Entered(space)
		}
	}
	return err
}

// engine is what differs between the databases: how a transaction begins and
// ends. Writers come one after the other on both, see the package comment.
type engine interface {
	selvedge.Transactor
	Close() error
	// BatchRows is how many rows a transaction of bulk work should take: so many
	// that what each transaction costs weighs little, and so few that whoever
	// withdraws meanwhile waits for some tens of milliseconds at most.
	BatchRows() int
	// catalogue is a query for the names of tables and columns, in order, without
	// what is not the installation's: what libraries keep, and what the running
	// server last thought of its ledger.
	catalogue() string
	// indexes is a query for the indexes that can be taken away and made again, in
	// the order in which to make them: the table, and both statements.
	indexes() string
}

// session is a connection in the hands of whoever holds it. While a transaction
// runs on it, it is that transaction.
type session interface {
	selvedge.Tx
	// exec runs a statement and returns how many rows it changed.
	exec(ctx context.Context, text string, args []any) (int64, error)
	// query runs a query, whose rows the caller closes.
	query(ctx context.Context, text string, args []any) (rows, error)
	// lists says whether a list can be one argument of a statement.
	lists() bool
	// load inserts n rows into a table, see the function load.
	load(ctx context.Context, table string, columns []string, n int, row func(c cells, i int)) error
	// act notes that the transaction enters an act in a space of the ledger.
	act(space ledger.Space, kind ledger.Kind)
	// entered returns the spaces that it enters acts in.
	entered() []ledger.Space
}

// acts is what a transaction is for: the last act names its commit to those who
// kill programs there.
type acts struct {
	last   ledger.Kind
	spaces []ledger.Space
}

func (a *acts) act(space ledger.Space, kind ledger.Kind) {
	a.last = kind
	if !slices.Contains(a.spaces, space) {
		a.spaces = append(a.spaces, space)
	}
}

func (a *acts) entered() []ledger.Space { return a.spaces }

// reach says that the transaction is before or after its commit.
func (a *acts) reach(side string) {
	if a.last != "" {
		killpoint.Reach(side + " commit of " + string(a.last))
	}
}

// rows is the answer to a query.
type rows interface {
	scanner
	Next() bool
	Err() error
	Close() error
}
