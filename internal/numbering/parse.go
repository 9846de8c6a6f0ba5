package numbering

// head is the room before the digits for what goes there: a plus, a country code,
// and the digits that a plan inserts, once for each prefix that is cut.
const head = 1 + 3 + 2*4

// minNational is the least digits that are read at all.
const minNational = 2

// dialled is a number at work: digits in the midst of a buffer.
type dialled struct {
	text   [head + deep + maxNational]byte
	lo, hi int
}

func (d *dialled) digits() []byte { return d.text[d.lo:d.hi] }

// Parse reads the digits of a number, which are ASCII. With a plus they begin with
// a country code. Without one they are dialled in the region, and may begin with
// what is dialled there for abroad or before a national number. It returns false,
// and leaves n, if no numbering plan has such a number, or if it can be dialled
// only locally, and for a national number if there is no region. That the number
// is assigned is not asked.
func (n *Number) Parse(digits []byte, plus bool, region Region) bool {
	if len(digits) > deep+maxNational {
		return false
	}
	d := dialled{lo: head, hi: head + len(digits)}
	copy(d.text[head:], digits)
	from := &plans[region]
	by := (*plan)(nil)
	ok := false
	if plus {
		by, ok = d.cutCode()
	}
	// What stands behind a plus and is no country code is read as if the plus
	// were not there, if it leads to a country code.
	if !ok {
		if region == 0 {
			return false
		}
		if by, ok = d.cutAbroad(from); !ok || plus && by == nil {
			return false
		}
	}
	if by == nil {
		by = from
	}
	if d.hi-d.lo < minNational {
		return false
	}
	if cut, ok := by.cutPrefix(d.digits()); ok {
		if n := cut.size(d.digits()); by.possible(n) || by.tooLong(n) {
			d.apply(cut)
		}
	}
	size := d.hi - d.lo
	if size < minNational || size > maxNational || !plans[by.main].possible(size) {
		return false
	}
	d.number(n, by.code)
	return true
}

// cutCode cuts a country code off the digits and returns the plan that speaks for
// it. It returns false, and leaves the digits, if there is no such code.
func (d *dialled) cutCode() (*plan, bool) {
	t := d.digits()
	if len(t) <= minNational {
		return nil, false
	}
	p := &plans[leads[int(t[0]-'0')*100+int(t[1]-'0')*10+int(t[2]-'0')]]
	if p.code == 0 {
		return nil, false
	}
	d.lo += codeDigits(p.code)
	return p, true
}

// cutAbroad cuts off what is dialled in the plan's region for abroad, and the
// country code after it, or the region's own country code if the digits are a
// number of the region only without it. It returns the plan of the country code,
// nil if there was none, and false if there is no such code.
func (d *dialled) cutAbroad(p *plan) (*plan, bool) {
	t := d.digits()
	// No country code begins with a zero.
	if n, mark := walk(p.dialOut, t); mark != noMatch && (n == len(t) || t[n] != '0') {
		d.lo += n
		return d.cutCode()
	}
	n := codeDigits(p.code)
	if !hasCode(t, p.code) {
		return nil, true
	}
	cut, _ := p.cutPrefix(t[n:])
	if !p.tooLong(len(t)) && (p.matches(t) || !p.matchesCut(cut, t[n:])) {
		return nil, true
	}
	d.lo += n
	d.apply(cut)
	return &plans[p.main], true
}

// number writes the digits as a number with the country code.
func (d *dialled) number(n *Number, code uint16) {
	lo := d.lo
	for ; code > 0; code /= 10 {
		lo--
		d.text[lo] = '0' + byte(code%10)
	}
	n.code = uint8(d.lo - lo)
	lo--
	d.text[lo] = '+'
	n.size = uint8(copy(n.text[:], d.text[lo:d.hi]))
}

func codeDigits(code uint16) int {
	switch {
	case code < 10:
		return 1
	case code < 100:
		return 2
	default:
		return 3
	}
}

// hasCode says that digits begin with the country code.
func hasCode(digits []byte, code uint16) bool {
	n := codeDigits(code)
	if len(digits) < n {
		return false
	}
	v := uint16(0)
	for _, c := range digits[:n] {
		v = v*10 + uint16(c-'0')
	}
	return v == code
}
