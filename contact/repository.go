package contact

import (
	"context"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/purpose"
	"github.com/selvedge/selvedge/token"
)

// Repository keeps accounts, contact points and grants. Texts are compared byte
// for byte; times keep their microseconds.
type Repository interface {
	// Accounts returns the accounts with these platform ids; ids that no
	// account has are missing from the result.
	Accounts(ctx context.Context, tx selvedge.Tx, platformIDs []string) (map[string]Account, error)
	// PutAccounts keeps new accounts (ID 0, which it fills in) and new facts of
	// known ones, and adds each to the history of its account at the time.
	PutAccounts(ctx context.Context, tx selvedge.Tx, as []*Account, at time.Time) error
	// SetObjection records an objection made at the time, or lifted if zero.
	SetObjection(ctx context.Context, tx selvedge.Tx, id selvedge.AccountID, at time.Time) error

	// InsertPoint keeps a contact point and fills in its ID. If one with the
	// same identity is there, it changes nothing, returns false, and fills p
	// with what is kept.
	InsertPoint(ctx context.Context, tx selvedge.Tx, p *Point) (bool, error)
	// SetVerified records the proof of control of an unverified contact point.
	SetVerified(ctx context.Context, tx selvedge.Tx, id selvedge.ContactID, at time.Time, by string) error
	// Points returns the contact points of an account, oldest first.
	Points(ctx context.Context, tx selvedge.Tx, id selvedge.AccountID) ([]Point, error)

	// InsertAdsGrant keeps a grant under the next ordinal, which it fills in.
	// g.Person is the account's; if it is 0, this is the account's first
	// ordinal, and the account is given the next Person.
	InsertAdsGrant(ctx context.Context, tx selvedge.Tx, g *AdsGrant) error
	// AdsGrants returns the grants of an account by ordinal.
	AdsGrants(ctx context.Context, tx selvedge.Tx, id selvedge.AccountID) ([]AdsGrant, error)
	// Ends returns the ended grants of an account.
	Ends(ctx context.Context, tx selvedge.Tx, id selvedge.AccountID) ([]End, error)
	// EndGrants records ends, and takes the ads.* purposes among them out of
	// the Live set of the contact point's grant. A grant that has ended stays
	// as it ended.
	EndGrants(ctx context.Context, tx selvedge.Tx, ends []End) error

	// Owners calls fn with who stands behind each of the ordinals, in order.
	Owners(ctx context.Context, tx selvedge.Tx, ordinals *roaring.Bitmap, fn func(Owner) error) error

	ImportRepository
}

// Owner is the contact point behind an ordinal.
type Owner struct {
	Ordinal    selvedge.Ordinal
	Contact    selvedge.ContactID
	PlatformID string
	GivenAt    time.Time
}

// ImportID is the number of an import.
type ImportID int64

// ImportRepository keeps imports and the manifest of token chunks.
type ImportRepository interface {
	// OpenImport returns the number and digest of the import that is not
	// complete, and false if there is none.
	OpenImport(ctx context.Context, tx selvedge.Tx) (ImportID, [32]byte, bool, error)
	// BeginImport opens an import.
	BeginImport(ctx context.Context, tx selvedge.Tx, digest [32]byte, at time.Time) (ImportID, error)
	// CompleteImport closes an import and names its chunks in the manifest.
	CompleteImport(ctx context.Context, tx selvedge.Tx, id ImportID, chunks []ChunkRow, at time.Time) error
	// ImportedOrdinals calls fn with the ordinals that an import brings, in
	// order, and the purposes that are live.
	ImportedOrdinals(ctx context.Context, tx selvedge.Tx, id ImportID, fn func(selvedge.Ordinal, purpose.Set) error) error
}

// ChunkRow is a line of the manifest: a token chunk that counts.
type ChunkRow struct {
	Ref    blob.Ref
	Header token.Header
}
