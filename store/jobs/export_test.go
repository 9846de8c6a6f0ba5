package jobs

import (
	"context"
	"time"
)

// Wake has Run look for due jobs now, as if its timer had gone off.
func (r *Rows) Wake() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.wakes {
		poke(c)
	}
}

// Wake does what Run does at each beat.
func (r *River) Wake() { r.tend(context.Background()) }

// CutOff is a beat at which the database cannot be reached.
func (r *River) CutOff() {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r.tend(ctx)
}

// SetPace has Run ask for due jobs at short intervals, and beat and lease as
// they are given.
func (r *River) SetPace(beat, lease time.Duration) {
	r.beat, r.lease, r.poll = beat, lease, 5*time.Millisecond
}
