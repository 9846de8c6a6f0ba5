package contact

import (
	"context"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/purpose"
	"github.com/selvedge/selvedge/token"
)

// Repository keeps accounts, contact points and grants. Texts are compared byte
// for byte; times keep their microseconds.
type Repository interface {
	// Accounts returns the accounts with these platform ids; ids that no
	// account has are missing from the result.
	Accounts(ctx context.Context, tx selvedge.Tx, platformIDs []string) (map[string]Account, error)
	// Holders returns of the accounts with these platform ids what a contact point
	// names them by; ids that no account has are missing from the result.
	Holders(ctx context.Context, tx selvedge.Tx, platformIDs []string) (map[string]Holder, error)
	// PutAccounts keeps new accounts (ID 0, which it fills in) and new facts of
	// known ones. Facts are Country, Age, ActiveOn and State, and AgeAt and StateAt,
	// which it sets to the time at where they are zero; nothing else is changed.
	// Country, Age and State have a history: what an account was before, and that
	// it is otherwise from the time at on.
	PutAccounts(ctx context.Context, tx selvedge.Tx, as []*Account, at time.Time) error
	// Object keeps an objection of an account from MadeAt on, and LiftObjection
	// ends the one of the same scope, org and handle at LiftedAt. They return
	// false, and change nothing, if one stands already, or none does.
	Object(ctx context.Context, tx selvedge.Tx, id selvedge.AccountID, o Objection) (bool, error)
	LiftObjection(ctx context.Context, tx selvedge.Tx, id selvedge.AccountID, o Objection) (bool, error)
	// Objections returns every objection that an account ever made, in the order
	// in which they were made.
	Objections(ctx context.Context, tx selvedge.Tx, id selvedge.AccountID) ([]Objection, error)

	// InsertPoints keeps contact points in order and fills in their IDs. Of each
	// it says whether it is new. If one with the same identity is there, also
	// from earlier in ps, it changes nothing and fills the Point with what is
	// kept.
	InsertPoints(ctx context.Context, tx selvedge.Tx, ps []*Point) ([]bool, error)
	// FindPoints looks for contact points as InsertPoints does, and keeps nothing. Of
	// each it says whether it is there, and fills the Point of one that is with what
	// is kept.
	FindPoints(ctx context.Context, tx selvedge.Tx, ps []*Point) ([]bool, error)
	// SetVerified records the proof of control of an unverified contact point. It
	// returns a CodeConflict error if the contact point is verified: the first
	// proof stands.
	SetVerified(ctx context.Context, tx selvedge.Tx, id selvedge.ContactID, at time.Time, by string) error
	// Points returns the contact points of an account, the one given first first.
	Points(ctx context.Context, tx selvedge.Tx, id selvedge.AccountID) ([]Point, error)

	// InsertAdsGrants keeps grants under the next ordinals, in order, and fills
	// in their Ordinal and Person. A Person of 0 says that these are the
	// account's first ordinals: the account is given the next Person.
	InsertAdsGrants(ctx context.Context, tx selvedge.Tx, gs []*AdsGrant) error
	// InsertTokens keeps tokens as rows, which count from tx on, under the next
	// numbers; Seq is not read.
	InsertTokens(ctx context.Context, tx selvedge.Tx, rows []token.Row) error
	// AdsGrants returns the grants of an account by ordinal.
	AdsGrants(ctx context.Context, tx selvedge.Tx, id selvedge.AccountID) ([]AdsGrant, error)
	// AdsGrantsOf returns the grants of contact points; those that have none are
	// missing from the result.
	AdsGrantsOf(ctx context.Context, tx selvedge.Tx, ids []selvedge.ContactID) (map[selvedge.ContactID]AdsGrant, error)
	// EndedOf returns the purposes of contact points for which a grant has ended;
	// those for which none has are missing from the result.
	EndedOf(ctx context.Context, tx selvedge.Tx, ids []selvedge.ContactID) (map[selvedge.ContactID]purpose.Set, error)
	// Ends returns the ended grants of an account, by contact point and purpose.
	Ends(ctx context.Context, tx selvedge.Tx, id selvedge.AccountID) ([]End, error)
	// EndGrants records ends, and takes the ads.* purposes among them out of
	// the Live set of the contact point's grant. A grant that has ended stays
	// as it ended.
	EndGrants(ctx context.Context, tx selvedge.Tx, ends []End) error

	// EndAddress records what ends for all that an account gave of an address up
	// to a time, known or not. It returns false, and changes nothing, if as much
	// was recorded for the reason up to that time or a later one.
	EndAddress(ctx context.Context, tx selvedge.Tx, e AddressEnd) (bool, error)
	// AddressEnds returns what was recorded so for accounts.
	AddressEnds(ctx context.Context, tx selvedge.Tx, ids []selvedge.AccountID) ([]AddressEnd, error)
	// AnyAddressEnd says whether anything was ever recorded so.
	AnyAddressEnd(ctx context.Context, tx selvedge.Tx) (bool, error)

	// Owners calls fn with who stands behind each of the ordinals, in order;
	// ordinals that were not given are left out. An error of fn ends it and is
	// returned.
	Owners(ctx context.Context, tx selvedge.Tx, ordinals *roaring.Bitmap, fn func(Owner) error) error

	// EraseAccount deletes the account with all that is kept of it, and leaves the
	// mark of its platform id. Its tokens that are rows go. Its ordinals stay, with their person number and
	// nothing else; they have no live grant any more, and are listed as ordinals
	// whose tokens are to go.
	EraseAccount(ctx context.Context, tx selvedge.Tx, id selvedge.AccountID, m Mark, at time.Time) error
	// AnyErased says whether any account was ever erased.
	AnyErased(ctx context.Context, tx selvedge.Tx) (bool, error)
	// Erased returns when the accounts with these marks were erased last; marks of
	// no erased account are missing from the result.
	Erased(ctx context.Context, tx selvedge.Tx, marks []Mark) (map[Mark]time.Time, error)
	// CountPeople returns how many people stand behind ordinals, and how many of
	// them were erased: they are counted and can be told nothing.
	CountPeople(ctx context.Context, tx selvedge.Tx, ordinals *roaring.Bitmap) (people, erased int64, err error)

	ImportRepository
}

// Holder is an account as contact points name it.
type Holder struct {
	Account selvedge.AccountID
	Person  selvedge.Person // 0 until the first ordinal
}

// Owner is the contact point behind an ordinal.
type Owner struct {
	Ordinal    selvedge.Ordinal
	Contact    selvedge.ContactID
	PlatformID string
	GivenAt    time.Time
}
