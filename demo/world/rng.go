package world

import "math/bits"

// rng is SplitMix64. It is written out because its numbers are part of the
// package's promise: the same seed must give the same bytes with every
// toolchain.
type rng uint64

// stream separates the uses of the seed, so that drawing once more in one place
// moves nothing in another.
type stream uint64

const (
	forName stream = iota + 1
	forMail
	forPhone
	forPerson
	forContacts
	forHashOnly
	forActs
	forList
	forOrder
)

func mix(z uint64) uint64 {
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return z ^ (z >> 31)
}

// rng returns the numbers that belong to one use, for one index. The slot
// separates several of the same use, such as a person's first mailbox from the
// second.
func (w *World) rng(s stream, slot, i int) rng {
	k := mix(w.key ^ uint64(s)<<56 ^ uint64(slot)<<48)
	return rng(mix(k + uint64(i)*0x9e3779b97f4a7c15))
}

func (r *rng) next() uint64 {
	*r += 0x9e3779b97f4a7c15
	return mix(uint64(*r))
}

// below returns a number from 0 to n-1; n must be positive.
func (r *rng) below(n int) int {
	hi, _ := bits.Mul64(r.next(), uint64(n))
	return int(hi)
}

// chance is true in p cases of a thousand.
func (r *rng) chance(p int) bool { return r.below(1000) < p }

func pick[T any](r *rng, s []T) T { return s[r.below(len(s))] }

// pad appends n in decimal, with zeros before it up to the width.
func pad(b []byte, n, width int) []byte {
	var d [20]byte
	i := len(d)
	for ; n > 0 || width > 0; width-- {
		i--
		d[i] = byte('0' + n%10)
		n /= 10
	}
	return append(b, d[i:]...)
}
