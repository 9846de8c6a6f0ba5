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
func parseNumber(text, region string) (number, Reason) {
	r, ok := numbering.RegionOf(region)
	if !ok {
		return number{}, ReasonBadRegion
	}
	// The common case is digits and punctuation and nothing else.
	var d dial
	if d.read(text) && d.plain() {
		return d.number(r)
	}
	return parseWrapped(text, r)
}

// parseWrapped reads a number that may have something around it or be damaged. It
// reads a plain one as well, only slower.
func parseWrapped(text string, r numbering.Region) (number, Reason) {
	s := unwrapNumber(text)
	if isJunk(s) {
		return number{}, ReasonEmpty
	}
	s, ok := foldNumber(s)
	if !ok {
		return number{}, ReasonNotPhone
	}
	if severalNumbers(s) {
		return number{}, ReasonSeveral
	}
	s, reason := fromSpreadsheet(s)
	if reason != Accepted {
		return number{}, reason
	}
	s, extended := cutExtension(s)
	s, ok = vanity(s)
	var d dial
	if !ok || !d.read(s) {
		return number{}, ReasonNotPhone
	}
	n, reason := d.number(r)
	n.repaired = extended && reason == Accepted
	return n, reason
}

// forms returns P0 and P1: with and without the plus (D7).
func (n *number) forms() [2]Form {
	e164 := n.Text()
	return [2]Form{phoneForm(e164), phoneForm(e164[1:])}
}

func (n *number) cell() Cell {
	forms := n.forms()
	c := Cell{Identity: forms[0], Repaired: n.repaired}
	c.alsoLookUp(forms[1])
	return c
}

func phoneForm(s []byte) Form { return Form{Class: ClassPhone, Digest: sha256.Sum256(s)} }
