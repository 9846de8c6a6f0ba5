package org

import (
	"context"
	"time"
	"unicode/utf8"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/purpose"
)

// Kind is what an org does. The zero Kind does nothing.
type Kind string

// The kinds.
const (
	Advertiser Kind = "advertiser" // brings lists of its own customers
	Partner    Kind = "partner"    // supplies audiences to advertisers
)

// Purpose returns the purpose that the kind's lists are matched under, Unknown
// for any other word.
func (k Kind) Purpose() purpose.Purpose {
	switch k {
	case Advertiser:
		return purpose.AdsMatchAdvertiser
	case Partner:
		return purpose.AdsMatchPartner
	default:
		return purpose.Unknown
	}
}

// State is whether an org may act. The zero State may not.
type State string

// The states.
const (
	Pending   State = "pending" // waits for a second operator
	Active    State = "active"
	Suspended State = "suspended"
)

// Org is an advertiser or a data partner. Numbers and limits are counted over
// all orgs of one legal entity.
type Org struct {
	ID          selvedge.OrgID
	Name        string
	LegalEntity string
	Kind        Kind
	State       State
	CreatedAt   time.Time
	CreatedBy   string // the operator; empty if it is not kept
}

// MaxName is the longest name or legal entity, in characters.
const MaxName = 200

// Validate returns a CodeInvalid error naming the first field at fault.
func (o Org) Validate() error {
	if !validName(o.Name) {
		return selvedge.Errorf(selvedge.CodeInvalid, "must be 1 to %d characters of text", MaxName).At("name").Because("bad_name")
	}
	if !validName(o.LegalEntity) {
		return selvedge.Errorf(selvedge.CodeInvalid, "must be 1 to %d characters of text", MaxName).At("legal_entity").Because("bad_name")
	}
	if o.Kind.Purpose() == purpose.Unknown {
		return selvedge.Errorf(selvedge.CodeInvalid, "must be %s or %s", Advertiser, Partner).At("kind").Because("bad_kind")
	}
	return nil
}

func validName(s string) bool {
	n := utf8.RuneCountInString(s)
	if n == 0 || n > MaxName || !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if r < ' ' || r == 0x7f {
			return false
		}
	}
	return true
}

// Repository keeps orgs and keys. Methods that find nothing return a
// CodeNotFound error.
type Repository interface {
	InsertOrg(ctx context.Context, tx selvedge.Tx, o Org) error
	Org(ctx context.Context, tx selvedge.Tx, id selvedge.OrgID) (Org, error)
	Orgs(ctx context.Context, tx selvedge.Tx) ([]Org, error) // by creation
	// SetOrgState takes an org from one state to another. It returns a
	// CodeConflict error if there is no such org in the first.
	SetOrgState(ctx context.Context, tx selvedge.Tx, id selvedge.OrgID, from, to State) error

	InsertKey(ctx context.Context, tx selvedge.Tx, k Key) error
	KeyByPublic(ctx context.Context, tx selvedge.Tx, public string) (Key, error)
	// Keys returns every key by creation, those made at one time by their
	// public parts.
	Keys(ctx context.Context, tx selvedge.Tx) ([]Key, error)
	// KeysOf returns the keys of one org, in the order of Keys.
	KeysOf(ctx context.Context, tx selvedge.Tx, id selvedge.OrgID) ([]Key, error)
	// RevokeKey revokes a key at a time. It returns a CodeConflict error if there
	// is no such key, or if it is revoked: the first revocation stands.
	RevokeKey(ctx context.Context, tx selvedge.Tx, public string, at time.Time) error

	// NextID advances the counter of the org's stream and prefix and returns
	// it, from 1.
	NextID(ctx context.Context, tx selvedge.Tx, org selvedge.OrgID, prefix string) (uint64, error)

	OnceRepository
	MandateRepository
	TermsRepository
}
