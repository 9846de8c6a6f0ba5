package fakeclock

import (
	"sync"
	"time"
)

// Clock is a selvedge.Clock, safe for concurrent use.
type Clock struct {
	mu  sync.Mutex
	now time.Time // guarded by mu
}

// New returns a clock that shows the time, cut to the microsecond.
func New(now time.Time) *Clock { return &Clock{now: now.UTC().Truncate(time.Microsecond)} }

// Now implements selvedge.Clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Add moves the clock forward. It panics for a negative duration: time does not
// go back.
func (c *Clock) Add(d time.Duration) {
	if d < 0 {
		panic("a clock does not go back")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d.Truncate(time.Microsecond))
}
