package identifier

import "github.com/selvedge/selvedge/internal/numbering"

// dial is what is dialled for a number: its digits, and whether a plus stands
// before them. It stays on the stack.
type dial struct {
	digits [64]byte // as far as they fit: no numbering plan reads more
	n      int      // how many there are
	plus   bool
	exact  bool // a digit after the fifteenth is no zero

	// What tells that the text may be more than a plain number.
	part, numbers int // digits since the last slash; parts long enough to be numbers
	dot           int // how many digits stand before the last dot
}

// read takes the digits out of a number's text. It returns false if there is
// anything in it but digits, a plus before them, and punctuation.
func (d *dial) read(s string) bool {
	for i := range len(s) {
		switch c := s[i]; c {
		case '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
			d.add(c)
		// "+44 (0)20" keeps its zero: the numbering plan knows what it is.
		case ' ', '\t', '-', '(', ')', '[', ']', '_', '~':
		case '.':
			d.dot = d.n
		case '/':
			d.endPart()
		case '+':
			if d.plus || d.n > 0 {
				return false
			}
			d.plus = true
		default:
			return false
		}
	}
	d.endPart()
	return true
}

func (d *dial) add(c byte) {
	if d.n < len(d.digits) {
		d.digits[d.n] = c
	}
	if d.n >= maxDigits && c != '0' {
		d.exact = true
	}
	d.n++
	d.part++
}

func (d *dial) endPart() {
	if d.part >= minNumber {
		d.numbers++
	}
	d.part = 0
}

// plain says that the text which was read is one number as it stands: nothing
// that a spreadsheet or a person has put around it is to be undone, and it is
// neither a placeholder nor more than one number.
func (d *dial) plain() bool {
	if d.n < minNumber || d.n > len(d.digits) || d.numbers > 1 {
		return false
	}
	return d.dot == 0 || !allZeros(string(d.digits[d.dot:d.n])) // a fraction of nothing
}

// number asks the numbering plans.
func (d *dial) number(region numbering.Region) (number, Reason) {
	if d.n == 0 {
		return number{}, ReasonNotPhone
	}
	// A spreadsheet fills up with zeros what it has no room for.
	if d.n > maxDigits && !d.exact {
		return number{}, ReasonExcel
	}
	digits, plus := d.digits[:min(d.n, len(d.digits))], d.plus
	// No country code begins with a zero, so zeros after a plus, or with no
	// region to say otherwise, are the international prefix of most countries.
	if (plus || region == 0) && len(digits) >= 2 && digits[0] == '0' && digits[1] == '0' {
		plus, digits = true, digits[2:]
	}
	switch {
	case !plus && region == 0:
		return number{}, ReasonNoCountry
	case len(digits) < 2 || plus && len(digits) < 3:
		return number{}, ReasonNotPhone
	case d.n > len(d.digits):
		return number{}, ReasonImpossible
	}
	// A number that can be dialled only within its own town says nothing about
	// which town, and is refused as well.
	n, ok := numbering.Parse(digits, plus, region)
	if !ok {
		return number{}, ReasonImpossible
	}
	return number{Number: n}, Accepted
}
