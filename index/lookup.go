package index

import (
	"errors"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/token"
)

// AppendHits appends the ordinals that carry one of the tokens, eligible or
// not, in no order. An ordinal is appended once for each token that found it.
// Tokens may come in any order and repeat; those that begin alike are best kept
// together, for the processor's caches.
//
// It returns an error if there is no segment of the class.
//
// A segment keeps so many bits of each token that another token is taken for it
// with a chance below FalseHits; Confirm tells such a hit from a true one.
func (a *Ads) AppendHits(hits []selvedge.Ordinal, class identifier.Class, tokens []token.Token) ([]selvedge.Ordinal, error) {
	s := a.segments[class]
	if s == nil {
		return hits, errors.New("look up tokens: no segment of the form class")
	}
	return s.appendHits(hits, tokens), nil
}
