package list

import (
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/token"
)

// State is how far a list has come. The words are kept in databases and never
// change; the zero State is none.
type State string

// The states, in order.
const (
	StateAccepted State = "accepted" // sealed: its tokens are durable, nobody was looked up
	StateMatched  State = "matched"  // its members are known and its spill is gone
)

// List is one upload to an audience.
type List struct {
	ID       selvedge.ListID
	Org      selvedge.OrgID
	Audience selvedge.AudienceID
	State    State

	// Report is what the upload's sender is told. It was complete when the list
	// was accepted, and the match changes nothing in it.
	Report Report

	// Spill names the tokens of a list that waits to be matched. It is nil from
	// StateMatched on: tokens are kept no longer than the match needs them.
	Spill *blob.Ref
	// Members names the bitmap of the ordinals that the list reached, and Version
	// the version of the audience that it first counts in. Nil and 0 until
	// StateMatched.
	Members *blob.Ref
	Version int64
	// Epoch and RuleSet are what the spill's tokens were made under. A match
	// under another epoch has to be refused: its tokens would meet nobody.
	Epoch   token.Epoch
	RuleSet uint32

	// AcceptedAt is when the sender was told that the list is in.
	AcceptedAt time.Time
	// ExpiresAt is when the list's members leave the audience. It is later than
	// AcceptedAt.
	ExpiresAt time.Time
}
