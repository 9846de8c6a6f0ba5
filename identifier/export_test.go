package identifier

import "github.com/selvedge/selvedge/internal/numbering"

// IsPlainNumber says whether a number is read on the fast path.
func IsPlainNumber(text string) bool {
	var d dial
	return d.read(text) && d.plain()
}

// ReadNumber reads a number, or, if careful, without the fast path.
func ReadNumber(text, region string, careful bool) (e164 string, repaired bool, reason Reason) {
	n, reason := readNumber(text, region, careful)
	return string(n.Text()), n.repaired, reason
}

// CanReadNumber is ReadNumber for the time that it takes.
func CanReadNumber(text, region string, careful bool) bool {
	_, reason := readNumber(text, region, careful)
	return reason == Accepted
}

func readNumber(text, region string, careful bool) (n number, reason Reason) {
	if r, ok := numbering.RegionOf(region); ok && careful {
		reason = n.parseWrapped(text, r)
	} else {
		reason = n.parse(text, region)
	}
	if reason != Accepted {
		return number{}, reason
	}
	return n, reason
}

// ReadAddress reads an address, or, if careful, without the fast path, and says
// whether it was read on that. The careful path answers refusals for both.
func ReadAddress(text string, careful bool) (c Cell, fast bool, reason Reason) {
	if !careful && c.readASCII(text) {
		return c, true, Accepted
	}
	m, reason := parseMailbox(text)
	if reason != Accepted {
		return Cell{}, false, reason
	}
	m.cell(&c)
	return c, false, Accepted
}
