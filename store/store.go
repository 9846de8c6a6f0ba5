package store

import (
	"context"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/internal/killpoint"
)

// DB is an open database. It is a selvedge.Transactor, safe for concurrent use.
type DB struct {
	// Blobs are what rows name. It is set once, before the first transaction
	// that has a row name a blob; without it every such transaction fails.
	Blobs blob.Store

	engine
	clock selvedge.Clock
}

// engine is what differs between the databases: how a transaction begins and
// ends. Writers come one after the other on both, see the package comment.
type engine interface {
	selvedge.Transactor
	Close() error
	// catalogue is a query for the names of tables and columns, in order.
	catalogue() string
}

// session is a connection in the hands of whoever holds it. While a transaction
// runs on it, it is that transaction.
type session interface {
	selvedge.Tx
	// exec runs a statement and returns how many rows it changed.
	exec(ctx context.Context, text string, args []any) (int64, error)
	// query runs a query, whose rows the caller closes.
	query(ctx context.Context, text string, args []any) (rows, error)
	// load inserts rows into a table in the fastest way that there is. Nothing
	// of a failed load stays if the transaction is rolled back, which it must be.
	load(ctx context.Context, table string, columns []string, n int, row func(i int) []any) error
	// act notes what the transaction is for.
	act(name string)
}

// acts is what a transaction is for, which names its commit to those who kill
// programs there.
type acts struct{ last string }

func (a *acts) act(name string) { a.last = name }

// reach says that the transaction is before or after its commit.
func (a *acts) reach(side string) {
	if a.last != "" {
		killpoint.Reach(side + " commit of " + a.last)
	}
}

// rows is the answer to a query.
type rows interface {
	scanner
	Next() bool
	Err() error
	Close() error
}
