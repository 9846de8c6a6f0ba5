package identifier

import (
	"crypto/sha256"

	"github.com/selvedge/selvedge/internal/numbering"
)

// maxDigits is the most that a number has, country code included (E.164). A
// spreadsheet keeps as many significant digits and writes zeros after them.
const maxDigits = 15

// number is a phone number in international form.
type number struct {
	numbering.Number
	repaired bool // Cell.Repaired
}

// parseNumber reads one phone number. A number without country code belongs to
// the region, and is refused if there is none: nothing is tried silently (D8).
// The length must be one that the country's numbering plan has. That the number
// is assigned is not asked: an unassigned number matches nobody, and the lists
// of assigned ranges lag behind the world.
//
// It is a method, as is what it calls, because copying the number at each return
// took longer than reading it.
func (n *number) parse(text, region string) Reason {
	r, ok := numbering.RegionOf(region)
	if !ok {
		return ReasonBadRegion
	}
	// The common case is digits and punctuation and nothing else.
	var d dial
	if d.read(text) && d.plain() {
		return d.ask(n, r)
	}
	return n.parseWrapped(text, r)
}

// parseWrapped reads a number that may have something around it or be damaged. It
// reads a plain one as well, only slower.
func (n *number) parseWrapped(text string, r numbering.Region) Reason {
	s := unwrapNumber(text)
	if isJunk(s) {
		return ReasonEmpty
	}
	s, ok := foldNumber(s)
	if !ok {
		return ReasonNotPhone
	}
	if severalNumbers(s) {
		return ReasonSeveral
	}
	s, reason := fromSpreadsheet(s)
	if reason != Accepted {
		return reason
	}
	s, extended := cutExtension(s)
	s, ok = vanity(s)
	var d dial
	if !ok || !d.read(s) {
		return ReasonNotPhone
	}
	n.repaired = extended
	return d.ask(n, r)
}

// forms returns P0 and P1: with and without the plus (D7).
func (n *number) forms() [2]Form {
	e164 := n.Text()
	return [2]Form{phoneForm(e164), phoneForm(e164[1:])}
}

// cell writes the number's forms to c.
func (n *number) cell(c *Cell) {
	e164 := n.Text()
	c.Identity = phoneForm(e164)
	c.alsoLookUp(phoneForm(e164[1:]))
	c.Repaired = n.repaired
	c.Placeholder = isPlaceholderNumber(e164)
	for _, d := range e164[1:] {
		c.Number = 10*c.Number + uint64(d-'0')
	}
}

func phoneForm(s []byte) Form { return Form{Class: ClassPhone, Digest: sha256.Sum256(s)} }
