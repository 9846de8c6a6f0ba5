package job

import (
	"encoding/binary"
	"errors"
	"time"

	"github.com/selvedge/selvedge"
)

// MaxAttempts is how many attempts at a job may fail: with the waits between
// them, that takes one to two hours. Whoever wants it done after that enqueues
// it anew.
const MaxAttempts = 20

// The waits between attempts: the first, doubled for each one after it, up to
// the last.
const (
	firstWait = time.Second
	lastWait  = 10 * time.Minute
)

// End is how an attempt ended.
type End struct {
	Number    int   // of the attempt
	Err       error // what the handler returned
	Cancelled bool  // Cancel was called
	Stopped   bool  // Run was told to end
}

// Outcome is what becomes of a job after an attempt.
type Outcome struct {
	State   State
	Attempt int           // how many count
	DueAt   time.Time     // of a job that waits; zero for others
	Failure selvedge.Code // "" for success
}

// Decide says what becomes of a job after an attempt. Success is Done whatever
// else happened. Otherwise a job that was cancelled is Cancelled, a Permanent
// error is Failed, an attempt that Run cut short does not count and the job is
// due at once, the last of MaxAttempts is Failed, and any other waits for as
// long as Wait says.
func Decide(e End, now time.Time, entropy selvedge.Entropy) Outcome {
	o := Outcome{Attempt: e.Number, Failure: selvedge.CodeOf(e.Err)}
	_, hopeless := errors.AsType[permanent](e.Err)
	switch {
	case e.Err == nil:
		o.State = Done
	case e.Cancelled:
		o.State = Cancelled
	case hopeless:
		o.State = Failed
	case e.Stopped:
		o.State, o.DueAt = Waiting, now
		o.Attempt--
	case e.Number >= MaxAttempts:
		o.State = Failed
	default:
		o.State, o.DueAt = Waiting, now.Add(Wait(e.Number, entropy))
	}
	return o
}

// Abandoned says what becomes of a job whose process died in an attempt: it is
// Cancelled if it was asked to end, Failed if the attempt was the last of
// MaxAttempts, and otherwise waits and is due at once.
func Abandoned(s Status, now time.Time) Outcome {
	o := Outcome{Attempt: s.Attempt, Failure: selvedge.CodeUnavailable}
	switch {
	case s.Cancelling:
		o.State = Cancelled
	case s.Attempt >= MaxAttempts:
		o.State = Failed
	default:
		o.State, o.DueAt = Waiting, now
	}
	return o
}

// Wait returns how long a job waits after so many failed attempts: at least half
// and less than the whole of a second doubled for each attempt after the first,
// at most ten minutes. Entropy chooses where between, so that jobs that failed
// together do not come back together.
func Wait(attempts int, entropy selvedge.Entropy) time.Duration {
	whole := lastWait
	if n := max(attempts, 1) - 1; n < 10 { // 2^10 s is more than the last
		whole = firstWait << n
	}
	var b [8]byte
	entropy.Fill("job/wait", b[:])
	half := uint64(whole / 2)
	return time.Duration(half + binary.BigEndian.Uint64(b[:])%half).Truncate(time.Microsecond)
}
