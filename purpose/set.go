package purpose

import (
	"math/bits"
	"strings"

	"github.com/selvedge/selvedge"
)

// Set is a set of purposes, one bit each: bit n is Purpose n. It is kept in
// databases as the number it is. The zero Set allows nothing.
type Set uint32

// Matchable is the set of the purposes that a list may be matched under.
const Matchable = Set(1<<AdsMatchAdvertiser | 1<<AdsMatchPartner | 1<<AdsSuppress)

const security = Set(1<<Sec2FA | 1<<SecRecovery | 1<<SecReauth | 1<<SecLoginAlert | 1<<SecFraud)

// Of returns the set of the given purposes; Unknown adds nothing.
func Of(ps ...Purpose) Set {
	var s Set
	for _, p := range ps {
		if p != Unknown {
			s |= 1 << p
		}
	}
	return s
}

// Has says whether the set holds p. No set holds Unknown.
func (s Set) Has(p Purpose) bool { return p != Unknown && s&(1<<p) != 0 }

// Ads returns the matchable part of the set.
func (s Set) Ads() Set { return s & Matchable }

// List returns the purposes in the set in ascending order.
func (s Set) List() []Purpose {
	out := make([]Purpose, 0, bits.OnesCount32(uint32(s)))
	for s != 0 {
		p := Purpose(bits.TrailingZeros32(uint32(s)))
		out = append(out, p)
		s &= s - 1
	}
	return out
}

// String returns the names joined by spaces, "unknown" for the empty set.
func (s Set) String() string {
	if s == 0 {
		return Unknown.String()
	}
	names := make([]string, 0, 4)
	for _, p := range s.List() {
		names = append(names, p.String())
	}
	return strings.Join(names, " ")
}

// Validate says whether one prompt may ask for the whole set. A prompt that
// asks for a contact point in the name of security must not make it matchable:
// sec.* beside ads.* is a CodePurposeDenied error, and nothing overrides it.
// (In the 2019 case the prompts spoke of safeguarding the account.)
func (s Set) Validate() error {
	if s&security != 0 && s.Ads() != 0 {
		return selvedge.Errorf(selvedge.CodePurposeDenied,
			"a prompt that asks for sec.* purposes cannot grant ads.* purposes: ask for advertising in a prompt of its own").
			At("purposes").Because("sec_grants_ads")
	}
	return nil
}
