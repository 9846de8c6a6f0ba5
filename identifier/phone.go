package identifier

import (
	"crypto/sha256"
	"errors"
	"strconv"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// maxDigits is the most that a number has, country code included (E.164). A
// spreadsheet keeps as many significant digits and writes zeros after them.
const maxDigits = 15

// number is a phone number in international form.
type number struct {
	country  string // the calling code
	national string // the national significant number, with Italy's leading zeros
	repaired bool   // Cell.Repaired
}

// parseNumber reads one phone number. A number without country code belongs to
// the region, and is refused if there is none: nothing is tried silently (D8).
// The length must be one that the country's numbering plan has. That the number
// is assigned is not asked: an unassigned number matches nobody, and the lists
// of assigned ranges lag behind the world.
func parseNumber(text, region string) (number, Reason) {
	region = strings.ToUpper(region)
	if region != "" && !phonenumbers.GetSupportedRegions()[region] {
		return number{}, ReasonBadRegion
	}
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
	dial, reason := dialled(s, region)
	if reason != Accepted {
		return number{}, reason
	}
	n, reason := parseDialled(dial, region)
	n.repaired = extended
	return n, reason
}

// dialled reduces a number to its digits, with a plus before them if it has a
// country code.
func dialled(s, region string) (string, Reason) {
	s, ok := vanity(s)
	if !ok {
		return "", ReasonNotPhone
	}
	// "+44 (0)20" keeps its zero here: the numbering plan knows what it is.
	plus, digits := false, make([]byte, 0, 2*maxDigits)
	for i := range len(s) {
		switch c := s[i]; {
		case isDigit(rune(c)):
			digits = append(digits, c)
		case c == '+' && !plus && len(digits) == 0:
			plus = true
		case strings.IndexByte(" \t-.()[]/_~", c) < 0:
			return "", ReasonNotPhone
		}
	}
	if len(digits) == 0 {
		return "", ReasonNotPhone
	}
	d := string(digits)
	if isRounded(d) {
		return "", ReasonExcel
	}
	// No country code begins with a zero, so zeros after a plus, or with no
	// region to say otherwise, are the international prefix of most countries.
	if plus || region == "" {
		if rest, ok := strings.CutPrefix(d, "00"); ok {
			plus, d = true, rest
		}
	}
	switch {
	case plus:
		return "+" + d, Accepted
	case region == "":
		return "", ReasonNoCountry
	default:
		return d, Accepted
	}
}

// parseDialled asks the numbering plans.
func parseDialled(dial, region string) (number, Reason) {
	p, err := phonenumbers.Parse(dial, region)
	if err != nil {
		if errors.Is(err, phonenumbers.ErrNotANumber) {
			return number{}, ReasonNotPhone
		}
		return number{}, ReasonImpossible
	}
	// A number that can be dialled only within its own town says nothing about
	// which town.
	if phonenumbers.IsPossibleNumberWithReason(p) != phonenumbers.IS_POSSIBLE {
		return number{}, ReasonImpossible
	}
	return number{
		country:  strconv.Itoa(int(p.GetCountryCode())),
		national: phonenumbers.GetNationalSignificantNumber(p),
	}, Accepted
}

// forms returns P0 and P1: with and without the plus (D7).
func (n *number) forms() []Form {
	e164 := "+" + n.country + n.national
	return []Form{phoneForm(e164), phoneForm(e164[1:])}
}

func (n *number) cell() Cell {
	forms := n.forms()
	return Cell{Identity: forms[0], Also: forms[1:], Repaired: n.repaired}
}

func phoneForm(s string) Form {
	return Form{Class: ClassPhone, Digest: sha256.Sum256([]byte(s))}
}
