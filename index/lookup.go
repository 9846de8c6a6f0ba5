package index

import (
	"errors"
	"iter"
	"sort"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/token"
)

// Lookup calls hit with each ordinal that carries one of the tokens, eligible
// or not. Tokens must ascend; a repeated one is looked up once. An ordinal is
// hit once for each of its tokens that was found.
//
// It returns an error if the tokens do not ascend, since what comes after would
// be missed, and if there is no segment of the class. What was hit before an
// error must be thrown away.
//
// Each token is sought from where the one before it was found, in steps that
// double. So a long list runs through the segment as a merge does, a short one
// does a binary search for each token, and every list between costs about
// rows * log2(entries/rows).
func (a *Ads) Lookup(class identifier.Class, tokens iter.Seq[token.Token], hit func(selvedge.Ordinal)) error {
	s := a.segments[class]
	if s == nil {
		return errors.New("look up tokens: no segment of the form class")
	}
	at, n := 0, s.table.Len()
	in := 0 // of what came since
	var last token.Token
	for t := range tokens {
		if last.Compare(t) > 0 {
			return errors.New("look up tokens: tokens are not in ascending order")
		}
		last = t
		for at = seek(at, n, func(i int) bool { return s.table.At(i).Token.Compare(t) < 0 }); at < n; at++ {
			e := s.table.At(at)
			if e.Token != t {
				break
			}
			hit(e.Ordinal)
		}
		if len(s.more) == 0 {
			continue
		}
		for in = seek(in, len(s.more), func(i int) bool { return s.more[i].Token.Compare(t) < 0 }); in < len(s.more) && s.more[in].Token == t; in++ {
			hit(s.more[in].Ordinal)
		}
	}
	return nil
}

// seek returns the first of n places at or after from that is not before what is
// sought.
func seek(from, n int, before func(i int) bool) int {
	step := 1
	for from+step <= n && before(from+step-1) {
		from += step
		step *= 2
	}
	// The place is in [from, from+step-1], or is the end.
	return from + sort.Search(min(step-1, n-from), func(i int) bool { return !before(from + i) })
}
