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

// Draft is what waits in an audience to be sealed: its open lists. Without any,
// there is no draft, and that is the zero Draft.
type Draft struct {
	Lists   int64
	FirstAt time.Time       // when the first of them came
	Last    selvedge.ListID // the one that came last
	LastAt  time.Time       // when it came
}

// Version is the sealed membership of an audience at one moment: what its lists
// make together (see Membership). Masks and ended grants are not taken out of it;
// they are applied at every use. It is kept whole or as what changed since the
// version before; Digest is that of the whole either way.
type Version struct {
	Audience   selvedge.AudienceID
	Number     int64    // from 1, within the audience
	Base       [32]byte // Digest of the version before; zero for the first
	Digest     [32]byte // SHA-256 of the members as a roaring bitmap
	Members    *blob.Ref
	Flips      *blob.Ref // ordinals that are in one of this version and the one before; nil if Members is not
	Added      uint64    // against the version before it
	Removed    uint64
	Position   selvedge.Position
	Epoch      token.Epoch
	RuleSet    uint32
	AcceptedAt time.Time // when the draft was sealed that the version is of
	SealedAt   time.Time
	PublishAt  time.Time
	Figure     report.Answer // of what may be used for the org's purpose at Position
}

// Repository keeps audiences, lists and versions. Methods that find nothing, or
// something of another org, return the same CodeNotFound error.
type Repository interface {
	InsertAudience(ctx context.Context, tx selvedge.Tx, a Audience) error
	Audience(ctx context.Context, tx selvedge.Tx, org selvedge.OrgID, id selvedge.AudienceID) (Audience, error)
	// Audiences returns at most n of an org's audiences by creation: those after
	// the one with an id, from the first for "" and for an id that is none of the org's.
	Audiences(ctx context.Context, tx selvedge.Tx, org selvedge.OrgID, after selvedge.AudienceID, n int) ([]Audience, error)

	// InsertList, SetSpill, SetSidecar, SetMatched and InsertVersion return
	// blob.Overtaken if the blob is not there to be named.
	InsertList(ctx context.Context, tx selvedge.Tx, l list.List) error
	List(ctx context.Context, tx selvedge.Tx, org selvedge.OrgID, audience selvedge.AudienceID, id selvedge.ListID) (list.List, error)
	// Lists returns the lists of an audience in the order in which they count:
	// that of their seals, and within a draft that of their coming. Open ones come
	// where they would if they had been sealed when they came.
	Lists(ctx context.Context, tx selvedge.Tx, audience selvedge.AudienceID) ([]list.List, error)
	// ListsAfter returns at most n lists of an audience in the order in which they
	// came: those after the one with an id, from the first for "" and for an id that
	// is none of the audience's.
	ListsAfter(ctx context.Context, tx selvedge.Tx, audience selvedge.AudienceID, after selvedge.ListID, n int) ([]list.List, error)
	// Unmatched returns the lists that were sealed and not matched yet, oldest
	// first.
	Unmatched(ctx context.Context, tx selvedge.Tx) ([]list.List, error)
	// SetSpill puts another spill, of another key epoch, in the place of that of
	// a list that waits. It returns a CodeConflict error unless the list is not
	// matched and its spill is old.
	SetSpill(ctx context.Context, tx selvedge.Tx, id selvedge.ListID, old, spill blob.Ref, e token.Epoch) error
	// SetMatched records the match of sealed lists and forgets their spills. If
	// one of them is not in the state accepted it is a CodeConflict error.
	SetMatched(ctx context.Context, tx selvedge.Tx, ids []selvedge.ListID, members blob.Ref, version int64) error

	// Unexpired returns, of the audiences given, in no order, those with a matched list
	// that adds and expires after the time.
	Unexpired(ctx context.Context, tx selvedge.Tx, ids []selvedge.AudienceID, at time.Time) ([]selvedge.AudienceID, error)
	// Living returns the audiences with a list whose members count at the time or
	// later, or which has a sidecar or a row report.
	Living(ctx context.Context, tx selvedge.Tx, at time.Time) ([]Audience, error)

	// Draft returns what waits to be sealed in an audience.
	Draft(ctx context.Context, tx selvedge.Tx, audience selvedge.AudienceID) (Draft, error)
	// Drafts returns the audiences in which something waits to be sealed.
	Drafts(ctx context.Context, tx selvedge.Tx) ([]selvedge.AudienceID, error)
	// NextDraft returns the number of the draft that an audience seals next: one
	// more than the last of its lists has.
	NextDraft(ctx context.Context, tx selvedge.Tx, audience selvedge.AudienceID) (int64, error)
	// SealDraft gives the open lists of an audience the number and the state
	// accepted, puts them behind all others in their order, and returns how many
	// there were.
	SealDraft(ctx context.Context, tx selvedge.Tx, audience selvedge.AudienceID, draft int64, at time.Time) (int64, error)

	// SetSidecar puts another sidecar in the place of a list's. It returns a
	// CodeConflict error unless the list's is old.
	SetSidecar(ctx context.Context, tx selvedge.Tx, id selvedge.ListID, old blob.Ref, next list.Sidecar) error
	// DropSidecars forgets the sidecars of lists, keys first of all, and their row
	// reports. Lists without stay as they are.
	DropSidecars(ctx context.Context, tx selvedge.Tx, ids []selvedge.ListID) error
	// OlderSidecars returns the lists, of all audiences, whose sidecar is of an
	// epoch before the one given.
	OlderSidecars(ctx context.Context, tx selvedge.Tx, e token.Epoch) ([]list.List, error)

	InsertVersion(ctx context.Context, tx selvedge.Tx, v Version) error
	Versions(ctx context.Context, tx selvedge.Tx, audience selvedge.AudienceID) ([]Version, error) // by number
	// AllVersions calls fn with every version of every audience, those of one
	// audience by number. An error of fn ends it and is returned.
	AllVersions(ctx context.Context, tx selvedge.Tx, fn func(Version) error) error
	// Unpublished returns the numbers of an audience's versions that are published
	// after a time, ascending.
	Unpublished(ctx context.Context, tx selvedge.Tx, audience selvedge.AudienceID, at time.Time) ([]int64, error)
	// Progress returns how far an audience is at a time.
	Progress(ctx context.Context, tx selvedge.Tx, audience selvedge.AudienceID, at time.Time) (Progress, error)
	// Sealed calls fn with the versions that were inserted after the one of a place,
	// in their order: all for 0, but then without those that come before the last one
	// of their audience that is kept whole, and those of each audience by number. An
	// error of fn ends it and is returned.
	Sealed(ctx context.Context, tx selvedge.Tx, after int64, fn func(Sealed) error) error
	// Backward returns at most n versions of an audience, from the one of a number
	// down.
	Backward(ctx context.Context, tx selvedge.Tx, audience selvedge.AudienceID, from int64, n int) ([]Version, error)
}

// Progress is how far an audience is.
type Progress struct {
	Lists   bool          // it has lists
	Waiting bool          // of one of them, the version is not there or not published
	Figure  report.Answer // of the last version, by number, that is published
	AsOf    time.Time     // when that was; zero if there is none
}

// Sealed is a version, whose it is, and its place among the versions of all
// audiences, in the order in which they were inserted, from 1.
type Sealed struct {
	Version
	Org   selvedge.OrgID
	Place int64
}
