package ledgertest

import (
	"errors"
	"sync"
)

// ErrInjected is the error of a fault that was asked for.
var ErrInjected = errors.New("injected fault")

// Faults fails one of the calls that a Store and a Log share it for. It is safe
// for concurrent use. The zero Faults fails none, as does a nil one.
type Faults struct {
	mu        sync.Mutex
	countdown int
	persist   bool
	fired     bool
}

// Arm makes the n-th call from now fail, counted from 1. If persist is set, a
// call that changes something fails after it has done so, as a write does
// whose answer is lost.
func (f *Faults) Arm(n int, persist bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.countdown, f.persist, f.fired = n, persist, false
}

// Fired says whether the armed call has come.
func (f *Faults) Fired() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.fired
}

// call runs a call that changes nothing unless do does.
func (f *Faults) call(do func() error) error {
	fail, persist := f.next()
	if !fail {
		return do()
	}
	if persist {
		if err := do(); err != nil {
			return err
		}
	}
	return ErrInjected
}

func (f *Faults) next() (fail, persist bool) {
	if f == nil {
		return false, false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.countdown == 0 {
		return false, false
	}
	f.countdown--
	f.fired = f.countdown == 0
	return f.fired, f.persist
}
