package selvedge

import "context"

// Tx is one open transaction. It is opaque: only the store that opened it can
// use it. Every repository method, outbox append and enqueue takes the Tx
// first, so that one transaction crosses packages while the rules stay in the
// domains. A Tx belongs to one goroutine and ends with the function that it
// was given to.
type Tx interface {
	// OpaqueTx marks a type as a transaction. It does nothing.
	OpaqueTx()
}

// Transactor opens transactions. It is safe for concurrent use.
type Transactor interface {
	// Update runs fn in a read-write transaction and commits it when fn returns
	// nil. If fn returns an error or panics, or the commit fails, nothing of it
	// happened. Update returns fn's error unchanged. Transactions are
	// serialisable: fn sees everything committed before it and nothing else.
	Update(ctx context.Context, fn func(ctx context.Context, tx Tx) error) error
	// View runs fn in a read-only transaction on one snapshot. A write through
	// its Tx fails.
	View(ctx context.Context, fn func(ctx context.Context, tx Tx) error) error
}
