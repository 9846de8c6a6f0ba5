package numbering

// cut is what a national prefix makes of a number: the digits insert, then those
// of the group, then those after the prefix. The zero cut leaves the number.
type cut struct {
	end    int // of the prefix
	group  group
	insert string
}

// size returns how many digits the number has afterwards.
func (c *cut) size(digits []byte) int {
	return len(c.insert) + int(c.group.to-c.group.from) + len(digits) - c.end
}

// cutPrefix finds the plan's national prefix. It returns false, and the zero cut,
// if there is none, or if the digits are a number of the plan and would be none
// without it.
func (p *plan) cutPrefix(digits []byte) (cut, bool) {
	end, mark := walk(p.prefix, digits)
	if mark == noMatch {
		return cut{}, false
	}
	c := cut{end: end}
	if mark != plainMatch {
		c.group, c.insert = groups[mark], p.insert
	}
	if p.matches(digits) && !p.matchesCut(c, digits) {
		return cut{}, false
	}
	return c, true
}

// matches says that the digits are one of the plan's numbers by their pattern.
func (p *plan) matches(digits []byte) bool {
	_, mark := walk(p.national, digits)
	return mark != noMatch
}

// matchesCut is matches for the digits after a cut.
func (p *plan) matchesCut(c cut, digits []byte) bool {
	if c.insert == "" && c.group.from == c.group.to {
		return p.matches(digits[c.end:])
	}
	var text [len(dialled{}.text)]byte
	b := append(text[:0], c.insert...)
	b = append(b, digits[c.group.from:c.group.to]...)
	return p.matches(append(b, digits[c.end:]...))
}

// apply cuts the digits. What goes before the rest is written over the prefix, and
// before it if there is not enough.
func (d *dialled) apply(c cut) {
	t := d.digits()
	keep := t[c.group.from:c.group.to]
	d.lo += c.end - len(keep)
	copy(d.text[d.lo:], keep) // they may overlap, which copy allows
	d.lo -= len(c.insert)
	copy(d.text[d.lo:], c.insert)
}
