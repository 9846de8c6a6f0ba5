// Package numbering says which number of which country a run of dialled digits
// is, as github.com/nyaruka/phonenumbers does, whose metadata its tables are made
// from. That library matches each number against regular expressions, which takes
// a hundred times as long as hashing it; here every pattern is an automaton, and a
// number is one walk through a table of 22 kB.
//
// The promise: for digits alone, with or without a plus before them, and for every
// default region, Parse answers what the library's Parse, its
// IsPossibleNumberWithReason and its GetNationalSignificantNumber answer together.
// The library is asked when the tables are made and in the tests, and is no part
// of the product.
//
// Nothing is made at start, and everything is safe for concurrent use.
package numbering

//go:generate go run ./generate

// Region is a region that has a numbering plan. The zero Region is none.
type Region uint8

// RegionOf returns the region of an ISO 3166 code, in either case, and the zero
// Region for the empty text. It returns false for any other text.
func RegionOf(iso string) (Region, bool) {
	if iso == "" {
		return 0, true
	}
	if len(iso) != 2 {
		return 0, false
	}
	a, b := iso[0]&^0x20-'A', iso[1]&^0x20-'A' // clears what tells a from A
	if a >= 26 || b >= 26 {
		return 0, false
	}
	r := regions[int(a)*26+int(b)]
	return r, r != 0
}

// maxNational is the most digits of a national number that are read. E.164 has
// fewer, and some countries have such numbers of their own.
const maxNational = 17

// Number is a phone number in international form. The zero Number is none.
type Number struct {
	text       [1 + 3 + maxNational]byte
	size, code uint8
}

// Text returns the number with the plus, its country code and its national
// number, leading zeros of an Italian number included. It is valid as long as n.
func (n *Number) Text() []byte { return n.text[:n.size] }

// CountryCode returns the country code's digits.
func (n *Number) CountryCode() string { return string(n.text[1 : 1+n.code]) }

// plan is the numbering plan of a region, or of a country code without one. Three
// automata read its numbers: what is dialled for abroad, what is dialled within
// the country before the number, and the number.
type plan struct {
	code                      uint16
	main                      uint8  // the plan that speaks for all with this code
	dialOut, prefix, national uint16 // first states
	lengths                   uint32 // of its numbers, a bit for each
	local                     uint32 // of numbers that can be dialled only in their own town
	insert                    string // digits that take the place of a prefix with a group
}

// group is the place of a pattern's group in the digits that it has matched.
type group struct{ from, to uint8 }

// Marks of a state below those of a group.
const (
	noMatch    = 0
	plainMatch = 1
)

// walk reads digits from an automaton's first state and returns how many the
// pattern has matched and the mark of that match.
func walk(state uint16, digits []byte) (matched int, mark uint8) {
	for i, c := range digits {
		if m := marks[state]; m != noMatch {
			matched, mark = i, m
		}
		if state = steps[state][c-'0']; state == 0 {
			return matched, mark
		}
	}
	if m := lasts[state]; m != noMatch {
		matched, mark = len(digits), m
	}
	return matched, mark
}

// possible says that numbers of the plan may have n digits.
func (p *plan) possible(n int) bool { return n < 32 && p.lengths>>n&1 != 0 }

// tooLong says that every number of the plan has fewer than n digits.
func (p *plan) tooLong(n int) bool { return n >= 32 || p.lengths>>n == 0 && p.local>>n&1 == 0 }
