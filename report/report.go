package report

import (
	"errors"
	"fmt"
	"time"
)

// Floor is the count below which nothing is said but "too small".
const Floor = 1000

// Size is a range of the ladder. The zero Size is "too small".
type Size struct{ step uint8 }

// TooSmall is the Size of everything under the Floor.
const TooSmall = "too small"

// bounds are the lower ends of the ladder's ranges, from Floor: 1k, 2k, 5k, 10k
// and so on. A Size's step is the number of bounds that the count reaches.
var bounds = func() []uint64 {
	var bs []uint64
	for d := uint64(Floor); d < 1e10; d *= 10 {
		bs = append(bs, d, 2*d, 5*d)
	}
	return bs
}()

// sizeOf returns the range that a count falls in.
func sizeOf(count uint64) Size {
	var s Size
	for _, b := range bounds {
		if count >= b {
			s.step++
		}
	}
	return s
}

// Deliverable says whether the audience is large enough to be used.
func (s Size) Deliverable() bool { return s.step > 0 }

// String returns the range, such as "1k-2k", or "too small".
func (s Size) String() string {
	switch {
	case s.step == 0 || int(s.step) > len(bounds):
		return TooSmall
	case int(s.step) == len(bounds):
		return short(bounds[s.step-1]) + "+"
	default:
		return short(bounds[s.step-1]) + "-" + short(bounds[s.step])
	}
}

func short(n uint64) string {
	for _, u := range []struct {
		of   uint64
		name string
	}{{1e9, "G"}, {1e6, "M"}, {1e3, "k"}} {
		if n >= u.of {
			return fmt.Sprintf("%d%s", n/u.of, u.name)
		}
	}
	return fmt.Sprint(n)
}

// MarshalText implements encoding.TextMarshaler: the String.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler, for clients: it takes the
// String of a Size and nothing else.
func (s *Size) UnmarshalText(text []byte) error {
	for step := range len(bounds) + 1 {
		if v := SizeAt(step); v.String() == string(text) {
			*s = v
			return nil
		}
	}
	return errors.New("read size: no range of the ladder")
}

// Step returns the place of the range on the ladder, for the database.
func (s Size) Step() int { return int(s.step) }

// SizeAt returns the Size whose Step was kept; "too small" for a step that is
// not on the ladder. Its callers are listed in the architecture test.
func SizeAt(step int) Size {
	if step < 0 || step > len(bounds) {
		return Size{}
	}
	return Size{uint8(step)}
}

// Ticks are the moments at which figures are published: the whole multiples of
// the interval, by the injected clock.
type Ticks struct{ Every time.Duration }

// Publish returns the tick at which a version is published that was uploaded
// and sealed at the given times: the first that leaves a quarter of an interval
// after the upload, so that how long a match took does not show, and that lies
// after the seal.
func (t Ticks) Publish(uploaded, sealed time.Time) time.Time {
	at := uploaded.Add(t.Every / 4)
	if sealed.After(at) {
		at = sealed
	}
	return at.Truncate(t.Every).Add(t.Every)
}
