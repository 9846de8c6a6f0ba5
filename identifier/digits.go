package identifier

import (
	"strings"

	"github.com/selvedge/selvedge/internal/numbering"
)

// dial is what is dialled for a number: its digits, and whether a plus stands
// before them. It stays on the stack.
type dial struct {
	digits [256]byte // the first n; a uint8 cannot go beyond the end
	n      uint8
	plus   bool

	// What tells that the text may be more than a plain number.
	numbers uint8 // parts between slashes that are long enough to be a number
	dot     uint8 // how many digits stand before the last dot
}

// What a byte may stand for in a number. Digits are 1, so that a byte is counted
// without asking.
const (
	ignored = iota
	digit
	dot
	slash
	plus
	foreign
)

var inNumber = func() (t [256]uint8) {
	for c := range t {
		switch {
		case isDigit(rune(c)):
			t[c] = digit
		case c == '.':
			t[c] = dot
		case c == '/':
			t[c] = slash
		case c == '+':
			t[c] = plus
		case strings.IndexByte(" \t-()[]_~", byte(c)) < 0:
			t[c] = foreign
		}
	}
	return t
}()

// read takes the digits out of a number's text. It returns false if there is
// anything in it but digits, a plus before them, and punctuation, or if it is
// longer than what is read at all. "+44 (0)20" keeps its zero: the numbering plan
// knows what it is.
func (d *dial) read(s string) bool {
	if len(s) > maxNumberText {
		return false
	}
	part := uint8(0) // where the part since the last slash begins
	for i := range len(s) {
		c := s[i]
		kind := inNumber[c]
		if kind <= digit {
			// A space is overwritten by the next digit: which of the two stands
			// where is different in every list, and a branch would be guessed
			// wrong.
			d.digits[d.n] = c
			d.n += kind
			continue
		}
		switch {
		case kind == dot:
			d.dot = d.n
		case kind == slash:
			d.countPart(part)
			part = d.n
		case kind == plus && !d.plus && d.n == 0:
			d.plus = true
		default:
			return false
		}
	}
	d.countPart(part)
	return true
}

func (d *dial) countPart(from uint8) {
	if d.n-from >= minNumber {
		d.numbers++
	}
}

// plain says that the text which was read is one number as it stands: nothing
// that a spreadsheet or a person has put around it is to be undone, and it is
// neither a placeholder nor more than one number.
func (d *dial) plain() bool {
	if d.n < minNumber || d.numbers > 1 {
		return false
	}
	return d.dot == 0 || !allZeros(string(d.digits[d.dot:d.n])) // a fraction of nothing
}

// ask asks the numbering plans, and writes their answer to n.
func (d *dial) ask(n *number, region numbering.Region) Reason {
	if d.n == 0 {
		return ReasonNotPhone
	}
	digits, plus := d.digits[:d.n], d.plus
	// A spreadsheet fills up with zeros what it has no room for.
	if len(digits) > maxDigits && allZeros(string(digits[maxDigits:])) {
		return ReasonExcel
	}
	// No country code begins with a zero, so zeros after a plus, or with no
	// region to say otherwise, are the international prefix of most countries.
	if (plus || region == 0) && len(digits) >= 2 && digits[0] == '0' && digits[1] == '0' {
		plus, digits = true, digits[2:]
	}
	switch {
	case !plus && region == 0:
		return ReasonNoCountry
	case len(digits) < 2 || plus && len(digits) < 3:
		return ReasonNotPhone
	}
	// A number that can be dialled only within its own town says nothing about
	// which town, and is refused as well.
	if !n.Parse(digits, plus, region) {
		return ReasonImpossible
	}
	return Accepted
}
