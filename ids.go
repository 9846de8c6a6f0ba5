package selvedge

import "context"

// The ids. Strings are what outsiders see, and come from an IDSource; numbers
// are internal and never leave.
type (
	// OrgID names an advertiser or partner.
	OrgID string
	// AudienceID names an audience of one org.
	AudienceID string
	// ListID names one upload to an audience.
	ListID string

	// AccountID is the internal number of a person's account.
	AccountID int64
	// ContactID is the internal number of a contact point.
	ContactID int64
	// Person is the number that stands for one person in counts. It is kept
	// for ever; erasure deletes the one row that ties it to an account.
	Person uint32
	// Ordinal is a matchable contact point's place in every bitmap. A contact
	// point gets one at the first moment it is both verified and granted for
	// advertising, and never otherwise: if others had one, deleting a security
	// contact would shift every bitmap. Ordinals start at 1 and are not reused.
	Ordinal uint32
	// Position is a place in the ads change order: it moves with every change
	// that touches an ordinal, an org or a list, and with nothing else. What
	// is computed names the position that it is valid at.
	Position int64
)

// IDSource makes the ids that an org sees. Each org has a stream of its own,
// so that an id tells nothing about any other org, nor about how many there
// are of anything. Implementations are safe for concurrent use.
type IDSource interface {
	// Next returns the next id of the org's stream, prefix first. It consumes
	// the stream in tx: if tx does not commit, the id was never given.
	Next(ctx context.Context, tx Tx, org OrgID, prefix string) (string, error)
}
