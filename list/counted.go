package list

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"slices"

	"github.com/selvedge/selvedge"
)

// What people's numbers never look like, and numbers that were counted up to find
// out who is here do (whoever looks at the order of the rows alone takes the
// same numbers shuffled). A block is 10,000 numbers that differ in
// their last four digits: of one, a list may have a quarter, which is more than a
// shop in a small town has. And the last digits of people's numbers are as even as
// chance makes them: neither is one of them there most of the time, nor are all of
// them equally often to the row.
const (
	blockNumbers  = 10_000
	maxOfBlock    = blockNumbers / 4
	regularFrom   = 10_000 // numbers, from which on their digits are looked at
	regularDigits = 4      // the last so many
)

// maxBlocks is how many blocks are kept, of 1.3 KB each at most.
const maxBlocks = 1 << 16

const reasonCountedUp = "enumeration"

// countedUp tells whether the phone numbers of a list were counted up. In what order
// they come, and how often, makes no difference. It belongs to one goroutine.
type countedUp struct {
	factor uint64 // odd, and nobody knows it: so nobody can have blocks meet in a slot
	slots  []slot // a hash table, at most half full; nil until there is a number
	kept   int
	// Only blocks whose hash begins with so many zero bits are kept: when there are
	// too many, half of them go. Which ones nobody can know, and whoever counts up
	// fills hundreds.
	sampled int
}

// slot is a block under its number's first digits; it is free without one.
type slot struct {
	key uint64
	*block
}

const slotBits = 17 // 2 * maxBlocks

func newCountedUp(entropy selvedge.Entropy) countedUp {
	var b [8]byte
	entropy.Fill("counted up", b[:])
	return countedUp{factor: binary.LittleEndian.Uint64(b[:]) | 1}
}

// add takes numbers, country code first.
func (c *countedUp) add(numbers []uint64) {
	if len(numbers) > 0 && c.slots == nil {
		c.slots = make([]slot, 1<<slotBits)
	}
	for _, n := range numbers {
		if b := c.block(n / blockNumbers); b != nil {
			b.add(uint16(n % blockNumbers))
		}
	}
}

// block returns a block, nil if it is not kept.
func (c *countedUp) block(key uint64) *block {
	hash := key * c.factor
	for bits.LeadingZeros64(hash) >= c.sampled {
		s := c.slot(key, hash)
		if s.block != nil {
			return s.block
		}
		if c.kept < maxBlocks {
			c.kept++
			*s = slot{key, &block{}}
			return s.block
		}
		c.sampleFewer()
	}
	return nil
}

// slot returns the slot of a key, or the free one where it goes.
func (c *countedUp) slot(key, hash uint64) *slot {
	for i := hash << c.sampled >> (64 - slotBits); ; i = (i + 1) % (1 << slotBits) {
		if s := &c.slots[i]; s.block == nil || s.key == key {
			return s
		}
	}
}

func (c *countedUp) sampleFewer() {
	all := c.slots
	c.slots, c.kept = make([]slot, 1<<slotBits), 0
	c.sampled++
	for _, s := range all {
		if hash := s.key * c.factor; s.block != nil && bits.LeadingZeros64(hash) >= c.sampled {
			*c.slot(s.key, hash) = s
			c.kept++
		}
	}
}

// refusal returns a CodeInvalid error, Reason "enumeration", if the numbers were
// counted up. It says nothing of how many, or whose, and is the same each time.
func (c *countedUp) refusal() error {
	var d digits
	dense := false
	for _, s := range c.slots {
		if s.block != nil {
			dense = dense || s.n > maxOfBlock
			s.each(d.add)
		}
	}
	if !dense && !d.regular() {
		return nil
	}
	return selvedge.Errorf(selvedge.CodeInvalid, "the phone numbers of this list follow one another as those of people do not; "+
		"nothing of it was taken, nobody was looked up, and the platform was told").At("phone").Because(reasonCountedUp)
}

// CountedUp says that Receive or ReceiveMembers refused a list because its numbers
// were counted up.
func CountedUp(err error) bool {
	e, ok := errors.AsType[*selvedge.Error](err)
	return ok && e.Reason == reasonCountedUp
}

// digits is how often each digit stands at each of the last places.
type digits struct {
	numbers int
	at      [regularDigits][10]int
}

func (d *digits) add(last uint16) {
	d.numbers++
	for i := range d.at {
		d.at[i][last%10]++
		last /= 10
	}
}

// regular says that the digits are not as chance makes them. The sum is Pearson's
// chi-squared with nine degrees of freedom. By chance it is below 0.35 in one list
// of 150,000 at one place, and at two places in one of four thousand million.
func (d *digits) regular() bool {
	if d.numbers < regularFrom {
		return false
	}
	tooEven := 0
	expected := float64(d.numbers) / 10
	for _, of := range d.at {
		var sum float64
		for _, n := range of {
			if 2*n > d.numbers {
				return true
			}
			sum += (float64(n) - expected) * (float64(n) - expected) / expected
		}
		if sum < 0.35 {
			tooEven++
		}
	}
	return tooEven >= 2
}

// fewOfBlock is how many numbers of a block are kept one by one.
const fewOfBlock = 24

// block is which of its numbers are there.
type block struct {
	n   int
	few [fewOfBlock]uint16 // the first of them, while they are few
	all *[(blockNumbers + 63) / 64]uint64
}

func (b *block) add(last uint16) {
	if b.all == nil {
		if slices.Contains(b.few[:b.n], last) {
			return
		}
		if b.n < fewOfBlock {
			b.few[b.n] = last
			b.n++
			return
		}
		b.all = new([(blockNumbers + 63) / 64]uint64)
		for _, l := range b.few {
			b.all[l/64] |= 1 << (l % 64)
		}
	}
	if bit := uint64(1) << (last % 64); b.all[last/64]&bit == 0 {
		b.all[last/64] |= bit
		b.n++
	}
}

// each calls fn with the last digits of each number.
func (b *block) each(fn func(last uint16)) {
	if b.all == nil {
		for _, l := range b.few[:b.n] {
			fn(l)
		}
		return
	}
	for i, word := range b.all {
		for ; word != 0; word &= word - 1 {
			fn(uint16(64*i + bits.TrailingZeros64(word)))
		}
	}
}
