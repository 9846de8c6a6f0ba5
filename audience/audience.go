package audience

import (
	"context"
	"time"
	"unicode/utf8"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/report"
	"github.com/selvedge/selvedge/token"
)

// Audience is a named set of contact points of one org.
type Audience struct {
	ID        selvedge.AudienceID
	Org       selvedge.OrgID
	Name      string // the org's own, shown to nobody else
	CreatedAt time.Time
}

// MaxName is the longest name of an audience, in characters.
const MaxName = 200

func validateName(name string) error {
	n := utf8.RuneCountInString(name)
	if n == 0 || n > MaxName || !utf8.ValidString(name) {
		return selvedge.Errorf(selvedge.CodeInvalid, "must be 1 to %d characters", MaxName).At("name").Because("bad_name")
	}
	return nil
}

// Version is the sealed membership of an audience at one moment: the union of
// its lists. Masks and ended grants are not taken out of it; they are applied
// at every use.
type Version struct {
	Audience  selvedge.AudienceID
	Number    int64 // from 1, within the audience
	Base      [32]byte
	Members   blob.Ref // a roaring bitmap of ordinals
	Added     uint64   // against the version before it
	Removed   uint64
	Position  selvedge.Position
	Epoch     token.Epoch
	RuleSet   uint32
	SealedAt  time.Time
	PublishAt time.Time
	Size      report.Size // of what may be used for the org's purpose at Position
}

// Repository keeps audiences, lists and versions. Methods that find nothing, or
// something of another org, return the same CodeNotFound error.
type Repository interface {
	InsertAudience(ctx context.Context, tx selvedge.Tx, a Audience) error
	Audience(ctx context.Context, tx selvedge.Tx, org selvedge.OrgID, id selvedge.AudienceID) (Audience, error)
	Audiences(ctx context.Context, tx selvedge.Tx, org selvedge.OrgID) ([]Audience, error) // by creation

	// InsertList, SetMatched and InsertVersion return blob.Overtaken if the blob
	// is not there to be named.
	InsertList(ctx context.Context, tx selvedge.Tx, l list.List) error
	List(ctx context.Context, tx selvedge.Tx, org selvedge.OrgID, audience selvedge.AudienceID, id selvedge.ListID) (list.List, error)
	Lists(ctx context.Context, tx selvedge.Tx, audience selvedge.AudienceID) ([]list.List, error) // by acceptance
	// Unmatched returns the lists that were accepted and not matched yet, oldest
	// first.
	Unmatched(ctx context.Context, tx selvedge.Tx) ([]list.List, error)
	// SetSpill puts another spill, of another key epoch, in the place of that of
	// an accepted list. It returns a CodeConflict error unless the list is in the
	// state accepted and its spill is old.
	SetSpill(ctx context.Context, tx selvedge.Tx, id selvedge.ListID, old, spill blob.Ref, e token.Epoch) error
	// SetMatched records the match of an accepted list and forgets its spill.
	// For a list that is not in the state accepted it is a CodeConflict error.
	SetMatched(ctx context.Context, tx selvedge.Tx, id selvedge.ListID, members blob.Ref, version int64) error

	InsertVersion(ctx context.Context, tx selvedge.Tx, v Version) error
	Versions(ctx context.Context, tx selvedge.Tx, audience selvedge.AudienceID) ([]Version, error) // by number
	// AllVersions calls fn with every version of every audience, those of one
	// audience by number. An error of fn ends it and is returned.
	AllVersions(ctx context.Context, tx selvedge.Tx, fn func(Version) error) error
}
