package server

import (
	"context"
	"sync"
)

// ending ends work that outlives the request that asked for it, when the server
// is to end. The zero ending has not come.
type ending struct {
	mu    sync.Mutex
	ended bool
	stops map[*context.CancelFunc]bool
}

// outlive returns a context that does not end with ctx, but when the server is to
// end. Its cancel function must be called.
func (e *ending) outlive(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ended {
		stop()
	}
	if e.stops == nil {
		e.stops = map[*context.CancelFunc]bool{}
	}
	e.stops[&stop] = true
	return ctx, func() {
		stop()
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.stops, &stop)
	}
}

// end has everything stop.
func (e *ending) end() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ended = true
	for stop := range e.stops {
		(*stop)()
	}
}
