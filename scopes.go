package selvedge

import "slices"

// Scopes are what an org's key may be used for. The zero Scopes allow nothing.
type Scopes uint8

// The scopes. Their places are kept in databases and never change.
const (
	ReadAudiences  Scopes = 1 << iota // look at audiences, lists and labels
	WriteAudiences                    // make audiences, upload lists, propose labels
	ManageKeys                        // list, issue and revoke the org's keys
	AcceptTerms                       // accept the terms in the org's name
)

// AllScopes allow all that an org may do.
const AllScopes = ReadAudiences | WriteAudiences | ManageKeys | AcceptTerms

// scopeWords are the words of the scopes, in the order of their bits.
var scopeWords = []string{"audiences:read", "audiences:write", "keys:manage", "terms:accept"}

// ParseScopes returns the scopes that words name. It returns a CodeInvalid error
// if there is no word, or one that names none.
func ParseScopes(words []string) (Scopes, error) {
	var s Scopes
	for _, w := range words {
		i := slices.Index(scopeWords, w)
		if i < 0 {
			return 0, badScopes()
		}
		s |= 1 << i
	}
	if s == 0 {
		return 0, badScopes()
	}
	return s, nil
}

func badScopes() error {
	return Errorf(CodeInvalid, "must name at least one scope, and only such as there are").At("scopes").Because("bad_scopes")
}

// Words returns the words of the scopes, in a fixed order.
func (s Scopes) Words() []string {
	out := []string{}
	for i, w := range scopeWords {
		if s&(1<<i) != 0 {
			out = append(out, w)
		}
	}
	return out
}
