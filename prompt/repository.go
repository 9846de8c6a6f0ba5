package prompt

import (
	"context"
	"time"

	"github.com/selvedge/selvedge"
)

// Ref is the internal number of a prompt name, registered or not.
type Ref int64

// Registered is a prompt in effect.
type Registered struct {
	Ref Ref
	Prompt
	By string    // the operator who brought it; "" if that is not kept
	At time.Time // since when it is in effect
	// ApprovedBy are the two names behind a prompt that grants ads.*. Until
	// approval was an act, they are those that the prompt's file gave.
	ApprovedBy []string
}

// Repository keeps prompts. What Prompts returns is in effect; a proposal is
// nowhere in it, nor in anything that reads it, until it is approved.
type Repository interface {
	// Prompts returns every prompt in effect, as it was given, with its Ref.
	Prompts(ctx context.Context, tx selvedge.Tx) (map[Name]Registered, error)
	// Proposals returns every prompt that was ever proposed, as it was given,
	// whatever became of it.
	Proposals(ctx context.Context, tx selvedge.Tx) (map[Name]Proposal, error)

	// RegisterPrompt puts a prompt that grants no ads.* in effect, and fails for
	// one that does. It returns a CodeConflict error if the name is in effect or
	// was proposed. A name that has a number keeps it.
	RegisterPrompt(ctx context.Context, tx selvedge.Tx, p Prompt, by string, at time.Time) error
	// ProposePrompt keeps a prompt that grants ads.* as a proposal that is
	// Pending, and fails for one that does not. It returns a CodeConflict error
	// if the name is in effect or was proposed. A name that has a number keeps
	// it.
	ProposePrompt(ctx context.Context, tx selvedge.Tx, p Prompt, by string, at time.Time) error
	// DecidePrompt records the decision on a proposal and, if it states ForAds, puts
	// the prompt in effect from the decision's time on; otherwise the proposal
	// is Refused. It returns a CodeConflict error if none of the name is
	// Pending, and fails if who decides is who proposed.
	DecidePrompt(ctx context.Context, tx selvedge.Tx, n Name, d Decision) error

	// PromptRef returns the number of a name, giving it one if it has none. A
	// name that is not registered has a number too: a contact point from an
	// unknown prompt keeps saying which.
	PromptRef(ctx context.Context, tx selvedge.Tx, n Name) (Ref, error)
	// FindPromptRef returns the number of a name, false if it has none.
	FindPromptRef(ctx context.Context, tx selvedge.Tx, n Name) (Ref, bool, error)
	// PromptName returns the name that has a number. It returns a CodeNotFound
	// error if none has.
	PromptName(ctx context.Context, tx selvedge.Tx, ref Ref) (Name, error)
}
