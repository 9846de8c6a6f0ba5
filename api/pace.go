package api

import (
	"fmt"
	"math"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/selvedge/selvedge"
)

// Pace is how many requests each org may make: Burst at once, and PerSecond as
// time goes on. The platform and its operators are never kept waiting: what they
// bring are people's choices. The zero Pace lets no org in.
type Pace struct {
	PerSecond float64
	Burst     int
}

// DefaultPace lets an org send a list of a million members in batches of 5,000
// without a pause.
func DefaultPace() Pace { return Pace{PerSecond: 20, Burst: 200} }

// limiter keeps each org to the pace, over all of its keys. It is safe for
// concurrent use. It holds a few words for each org that has asked since the
// server began: orgs are made by operators, and there are not many.
type limiter struct {
	pace Pace

	mu   sync.Mutex
	orgs map[selvedge.OrgID]*rate.Limiter // guarded by mu
}

func newLimiter(p Pace) *limiter {
	return &limiter{pace: p, orgs: map[selvedge.OrgID]*rate.Limiter{}}
}

// admit returns a CodeTooMany error, with how long to wait, if the actor is an
// org that has asked too much by now. Of an org it says in the header how it
// stands (draft-ietf-httpapi-ratelimit-headers-11): that is the org's own doing,
// and nobody else's.
func (l *limiter) admit(h http.Header, actor selvedge.Actor, now time.Time) error {
	org, ok := actor.Org()
	if agency, acts := actor.Agency(); acts {
		org = agency // which keeps nobody waiting but itself
	}
	if !ok {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	one := l.orgs[org]
	if one == nil {
		one = rate.NewLimiter(rate.Limit(l.pace.PerSecond), l.pace.Burst)
		l.orgs[org] = one
	}
	turn := one.ReserveN(now, 1)
	defer func() { l.pace.tell(h, one.TokensAt(now)) }()
	wait := time.Minute // of a pace that never lets anybody in
	if turn.OK() {
		if wait = turn.DelayFrom(now); wait == 0 {
			return nil
		}
		turn.CancelAt(now)
	}
	return &waitError{selvedge.Errorf(selvedge.CodeTooMany, "the org asks faster than %g times a second", l.pace.PerSecond), wait}
}

// tell says in a header how many requests are left, and when all of them will be
// again. A pace that never lets anybody in has nothing to say.
func (p Pace) tell(h http.Header, left float64) {
	if p.PerSecond <= 0 {
		return
	}
	seconds := func(requests float64) int64 { return int64(math.Ceil(requests / p.PerSecond)) }
	h.Set("RateLimit-Policy", fmt.Sprintf(`"org";q=%d;w=%d`, p.Burst, seconds(float64(p.Burst))))
	h.Set("RateLimit", fmt.Sprintf(`"org";r=%d;t=%d`, max(0, int64(left)), max(0, seconds(float64(p.Burst)-left))))
}
