package selvedge

import "time"

// Clock tells the time. It is injected everywhere, so that ticks, expiries and
// deadlines are tested by moving the clock and never by waiting.
// Implementations are safe for concurrent use.
type Clock interface {
	// Now returns the time in UTC, to the microsecond: the precision that both
	// databases keep.
	Now() time.Time
}

// WallClock is the machine's clock.
type WallClock struct{}

// Now implements Clock.
func (WallClock) Now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
