package ledger

import (
	"context"

	"github.com/selvedge/selvedge"
)

// Space is one of the two logs.
type Space string

// The spaces.
const (
	Ads      Space = "ads"
	Registry Space = "registry"
)

// Kind says what the act was. The words are kept for ever and never change.
type Kind string

// The kinds.
const (
	PromptRegistered Kind = "prompt.registered" // in effect from then on
	PromptProposed   Kind = "prompt.proposed"   // waits for a second operator
	PromptApproved   Kind = "prompt.approved"   // in effect from then on
	PromptRefused    Kind = "prompt.refused"    // for good
	ImportBegun      Kind = "import.begun"
	ImportBatch      Kind = "import.batch"
	ImportCompleted  Kind = "import.completed"
	ImportAbandoning Kind = "import.abandoning" // it will never be complete
	ImportAbandoned  Kind = "import.abandoned"
	GrantWithdrawn   Kind = "grant.withdrawn"
	GrantExpired     Kind = "grant.expired"
	GrantErased      Kind = "grant.erased" // its person's account was
	ObjectionMade    Kind = "objection.made"
	ObjectionLifted  Kind = "objection.lifted"
	AccountChanged   Kind = "account.changed"
	PointGiven       Kind = "point.given"    // by an event
	PointVerified    Kind = "point.verified" // by an event
	GrantGiven       Kind = "grant.given"    // what an event made matchable
	ControlLost      Kind = "control.lost"   // of an address; its grants end
	AlertRaised      Kind = "alert.raised"   // for the office
	TokensErased     Kind = "tokens.erased"  // of erased people, out of the chunks
	OrgCreated       Kind = "org.created"
	OrgApproved      Kind = "org.approved"
	OrgSuspended     Kind = "org.suspended"
	OrgReactivated   Kind = "org.reactivated"
	MandateGranted   Kind = "mandate.granted" // an agency may act for an org
	MandateEnded     Kind = "mandate.ended"
	TermsPublished   Kind = "terms.published"
	TermsAccepted    Kind = "terms.accepted"
	LabelProposed    Kind = "label.proposed"
	LabelApproved    Kind = "label.approved" // people are shown it from then on
	LabelRejected    Kind = "label.rejected"
	KeyIssued        Kind = "key.issued"
	KeyRevoked       Kind = "key.revoked"
	AudienceCreated  Kind = "audience.created"
	ListAccepted     Kind = "list.accepted"
	DraftSealed      Kind = "draft.sealed" // its lists wait to be matched
	MatchIntended    Kind = "match.intended"
	VersionSealed    Kind = "version.sealed"
	StaffLookup      Kind = "staff.lookup"
	JobCancelled     Kind = "job.cancelled"
	AccountErased    Kind = "account.erased" // its body is Erasure
	LogEnded         Kind = "log.ended"      // its body is Ending
	KeysRotating     Kind = "keys.rotating"  // a rotation of the token keys was begun
	KeysRotated      Kind = "keys.rotated"
	KeysDestroyed    Kind = "keys.destroyed"
	KeysResealed     Kind = "keys.resealed" // under another key-encryption key
)

// Entry is one act.
type Entry struct {
	Space Space
	Kind  Kind
	Actor selvedge.Actor
	// About are the accounts that the entry speaks of: it goes with them when they
	// are erased.
	About []selvedge.AccountID
	// Body is kept as JSON. It speaks of internal numbers and digests, never of
	// a contact point's value or a platform's account id.
	Body any
}

// Outbox takes entries on their way to the log.
type Outbox interface {
	// Append adds entries, in order within each space, at the outbox's time.
	// They are in the outbox if and only if tx commits.
	Append(ctx context.Context, tx selvedge.Tx, entries ...Entry) error
}

// Eraser destroys what entries say of an account.
type Eraser interface {
	// Erase destroys salts and bodies of the entries about an account, and
	// returns which they were, in order: an AccountErased entry of the same
	// transaction names them.
	Erase(ctx context.Context, tx selvedge.Tx, id selvedge.AccountID) ([]Ref, error)
}
