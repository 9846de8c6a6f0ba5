package match

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/index"
	"github.com/selvedge/selvedge/token"
)

// Tokens are the tokens of one list. They do not change while Run reads them.
type Tokens interface {
	// Epoch returns the epoch of the keys that the tokens were made with.
	Epoch() token.Epoch
	// RuleSet returns the identifier.RuleSet that they were made under.
	RuleSet() uint32
	// Len returns how many tokens of a class there are.
	Len(identifier.Class) int64
	// Tokens hands out the tokens of a class in ascending order.
	Tokens(identifier.Class) iter.Seq[token.Token]
}

// Result is what a match found, and what it is valid for.
type Result struct {
	// Members are the ordinals that were eligible for any ads.* purpose at
	// Position. They are the caller's to keep and change.
	Members  *roaring.Bitmap
	Position selvedge.Position
	Epoch    token.Epoch
	RuleSet  uint32
}

// classes are the form classes that a list may have tokens of.
var classes = []identifier.Class{identifier.ClassEmail, identifier.ClassPhone}

// Run matches a list against an index. It writes nothing: the intent to match
// is in the ledger before, by the caller. It is safe for concurrent use on one
// index.
//
// It returns
//   - a CodeForbidden error unless the actor is an org, the platform or the
//     system;
//   - a CodeUnavailable error if ads is nil or the zero Ads;
//   - a CodeConflict error if the tokens' epoch or rule set is not the index's:
//     the list must be made into tokens again;
//   - the context's error when it is cancelled, checked every few thousand
//     tokens;
//   - an error if the tokens do not ascend, or are not as many as Len says.
//
// With an error there is no result, not even a part of one.
func Run(ctx context.Context, actor selvedge.Actor, tokens Tokens, ads *index.Ads) (Result, error) {
	if err := may(actor, tokens, ads); err != nil {
		return Result{}, err
	}
	eligible := ads.EligibleAny()
	found := newHits(eligible)
	if err := lookUp(ctx, tokens, ads, found.add); err != nil {
		return Result{}, err
	}
	members := found.bitmap()
	members.And(eligible) // the gate: nothing gets past this line ineligible
	return Result{Members: members, Position: ads.Position(), Epoch: ads.Epoch(), RuleSet: ads.RuleSet()}, nil
}

// may returns an error unless the actor may match, and tokens and index are there
// and were made alike.
func may(actor selvedge.Actor, tokens Tokens, ads *index.Ads) error {
	if err := mayMatch(actor); err != nil {
		return err
	}
	if ads == nil || ads.Epoch() == 0 {
		return selvedge.Errorf(selvedge.CodeUnavailable, "there is no index to match against")
	}
	if tokens == nil {
		return errors.New("match: no tokens")
	}
	if tokens.Epoch() != ads.Epoch() || tokens.RuleSet() != ads.RuleSet() {
		return selvedge.Errorf(selvedge.CodeConflict,
			"the list and the index were made with different keys or rules: upload the list again").Because("stale_tokens")
	}
	return nil
}

// lookUp calls found with every ordinal that has one of the tokens, eligible or
// not.
func lookUp(ctx context.Context, tokens Tokens, ads *index.Ads, found func(selvedge.Ordinal)) error {
	for _, class := range classes {
		in := reader{ctx: ctx, tokens: tokens.Tokens(class)}
		if err := ads.Lookup(class, in.each, found); err != nil {
			return fmt.Errorf("match: %w", err)
		}
		if in.err != nil {
			return in.err
		}
		if in.read != tokens.Len(class) {
			return fmt.Errorf("match: %d tokens of class %s where %d should be", in.read, class, tokens.Len(class))
		}
	}
	return nil
}

// mayMatch refuses nobody and staff: a person's list comes from an org, and
// what staff look up goes through the inquiry desk. An org must have a name.
func mayMatch(actor selvedge.Actor) error {
	if err := actor.Must(selvedge.OrgRole, selvedge.PlatformRole, selvedge.SystemRole); err != nil {
		return err
	}
	if _, ok := actor.Org(); actor.Role() == selvedge.OrgRole && !ok {
		return selvedge.Errorf(selvedge.CodeForbidden, "an org without a name may not do this")
	}
	return nil
}

// cancelEvery is how many tokens pass between two looks at the context.
const cancelEvery = 4096

// reader counts tokens on their way, and stops them when the context ends.
type reader struct {
	ctx    context.Context
	tokens iter.Seq[token.Token]
	read   int64
	err    error // the context's
}

func (r *reader) each(yield func(token.Token) bool) {
	for t := range r.tokens {
		if r.read%cancelEvery == 0 {
			if r.err = r.ctx.Err(); r.err != nil {
				return
			}
		}
		r.read++
		if !yield(t) {
			return
		}
	}
	r.err = r.ctx.Err()
}
