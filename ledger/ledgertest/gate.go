package ledgertest

import (
	"context"
	"slices"
	"sync"

	"github.com/selvedge/selvedge/ledger"
)

// Gate is a ledger.Gate without a log. The zero Gate lets everything pass.
type Gate struct {
	// Entering is called by each Await, if it is set; its error is Await's.
	Entering func(ledger.Space) error

	mu        sync.Mutex
	contained error
	awaited   []ledger.Space
}

var _ ledger.Gate = (*Gate)(nil)

// Contain closes the gate with an error, or opens it again with nil.
func (g *Gate) Contain(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.contained = err
}

// Awaited returns the spaces that were waited for, in order.
func (g *Gate) Awaited() []ledger.Space {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.awaited)
}

// Await implements ledger.Gate.
func (g *Gate) Await(ctx context.Context, space ledger.Space) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := g.Contained(); err != nil {
		return err
	}
	g.mu.Lock()
	g.awaited = append(g.awaited, space)
	g.mu.Unlock()
	if g.Entering != nil {
		return g.Entering(space)
	}
	return nil
}

// Contained implements ledger.Gate.
func (g *Gate) Contained() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.contained
}
