package list

import (
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/token"
)

// Kind is what a list does to its audience. The words are kept in databases and
// never change; the zero Kind is none.
type Kind string

// The kinds.
const (
	Add    Kind = "add"
	Remove Kind = "remove"
	// Replace adds too. The first one of a draft ends everything before it in the
	// audience.
	Replace Kind = "replace"
)

// State is how far a list has come. The words are kept in databases and never
// change; the zero State is none.
type State string

// The states, in order.
const (
	StateOpen     State = "open"     // part of a draft: its tokens are durable, and it waits for others
	StateAccepted State = "accepted" // sealed: nothing comes to it any more, nobody was looked up
	StateMatched  State = "matched"  // its members are known and its spill is gone
)

// List is one request that adds members to an audience or takes them out: an
// upload, or a batch of members.
type List struct {
	ID       selvedge.ListID
	Org      selvedge.OrgID
	Audience selvedge.AudienceID
	Kind     Kind
	State    State
	// Draft is the number of the draft that the list was sealed with, from 1, in
	// the order in which the audience's drafts were sealed; 0 while it is open.
	// The lists of one draft come into one version.
	Draft int64

	// Declared is what was declared of it.
	Declared Declared

	// Report is what the list's sender is told. It was complete when the list
	// was taken, and the match changes nothing in it.
	Report Report

	// Spill names the tokens of a list that waits to be matched. It is nil from
	// StateMatched on: tokens are kept no longer than the match needs them.
	Spill *blob.Ref
	// Sidecar is what ties the identifiers of its rows together. It is nil if no
	// row has two, for a removal, and once the list counts no more.
	Sidecar *Sidecar
	// Rows names the report of the rows that were refused. It is nil if there are
	// none, for batches, and once the list counts no more.
	Rows *blob.Ref
	// Members names a bitmap of ordinals: those that the list reached, or for a
	// removal those that it takes out. Lists of one draft of which nothing tells
	// the members apart may share one. Version is the version of the audience
	// that the list first counts in. Nil and 0 until StateMatched.
	Members *blob.Ref
	Version int64
	// Epoch and RuleSet are what the spill's tokens were made under. A match
	// under another epoch has to be refused: its tokens would meet nobody.
	Epoch   token.Epoch
	RuleSet uint32

	// AcceptedAt is when the sender was told that the list is in, SealedAt when
	// its draft was sealed: zero while it is open, and for an upload the same.
	AcceptedAt time.Time
	SealedAt   time.Time
	// EffectiveAt is when the list's members enter the audience, if that is later
	// than its version; otherwise it is AcceptedAt.
	EffectiveAt time.Time
	// ExpiresAt is when the list's members leave the audience. It is later than
	// AcceptedAt and EffectiveAt. A removal expires when all that came before it
	// must have.
	ExpiresAt time.Time
}

// Adds says whether the list has members to add.
func (l List) Adds() bool { return l.Kind != Remove }
