package match

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

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
	// Tokens returns the tokens of a class, in any order. Where those that begin
	// alike stand together, they are found faster.
	Tokens(identifier.Class) []token.Token
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
//   - an error if the tokens are not as many as Len says.
//
// With an error there is no result, not even a part of one.
func Run(ctx context.Context, actor selvedge.Actor, tokens Tokens, ads *index.Ads) (Result, error) {
	if err := may(actor, tokens, ads); err != nil {
		return Result{}, err
	}
	eligible := ads.EligibleAny()
	var found hits
	err := lookUp(ctx, tokens, ads, func() sink { return newHits(eligible) }, func(s sink) { found.join(s.(*hits)) })
	if err != nil {
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

// sink takes ordinals that a look-up found.
type sink interface{ add([]selvedge.Ordinal) }

// A worker takes so many tokens at a time: enough to be worth the asking, few
// enough that a cancelled match ends soon, and that a short list occupies all.
const (
	leastTokens = 1 << 9
	mostTokens  = 1 << 13
)

// lookUp finds every ordinal that has one of the tokens, eligible or not, on all
// processors if there are tokens for them. Each worker has a sink of its own;
// they are handed to join, one at a time, when all is found.
func lookUp(ctx context.Context, tokens Tokens, ads *index.Ads, newSink func() sink, join func(sink)) error {
	blocks, err := cut(tokens)
	if err != nil {
		return err
	}
	var (
		next    atomic.Int64
		workers = max(1, min(runtime.GOMAXPROCS(0), len(blocks)/2))
		sinks   = make([]sink, workers)
		errs    = make([]error, workers)
		wait    sync.WaitGroup
	)
	for w := range workers {
		sinks[w] = newSink()
		wait.Go(func() {
			var found []selvedge.Ordinal
			for errs[w] == nil {
				i := int(next.Add(1) - 1)
				if errs[w] = ctx.Err(); errs[w] != nil || i >= len(blocks) {
					return
				}
				if found, errs[w] = ads.AppendHits(found[:0], blocks[i].class, blocks[i].tokens); errs[w] == nil {
					sinks[w].add(found)
				}
			}
		})
	}
	wait.Wait()
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("match: %w", err)
	}
	for _, s := range sinks {
		join(s)
	}
	return nil
}

// block is some of the tokens of a class.
type block struct {
	class  identifier.Class
	tokens []token.Token
}

// cut cuts the tokens into blocks.
func cut(tokens Tokens) ([]block, error) {
	var blocks []block
	var all int64
	for _, c := range classes {
		all += tokens.Len(c)
	}
	size := int(min(max(all/int64(4*runtime.GOMAXPROCS(0)), leastTokens), mostTokens))
	for _, c := range classes {
		of := tokens.Tokens(c)
		if int64(len(of)) != tokens.Len(c) {
			return nil, fmt.Errorf("match: %d tokens of class %s where %d should be", len(of), c, tokens.Len(c))
		}
		for b := range slices.Chunk(of, size) {
			blocks = append(blocks, block{c, b})
		}
	}
	return blocks, nil
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
