package report

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
)

// Budget of one legal entity, in figures: of a day and of a month, by UTC.
const (
	PerDay   = 20
	PerMonth = 200
)

// Answer is what an org is told of a set. The zero Answer is that nothing was told
// yet.
type Answer struct {
	Size Size
	// At is when Size was published, Due when the next figure can be if this one
	// had to be an older one, or none, because the budget was spent.
	At, Due time.Time
}

// Told says whether there is a Size.
func (a Answer) Told() bool { return !a.At.IsZero() }

// Publication is a figure that is told, once, of a sealed version.
type Publication struct {
	ID       int64 // in the order in which they were made
	Entity   string
	Audience selvedge.AudienceID
	Version  int64
	At       time.Time
	Size     Size
	// Own says that the figure was made for this set. If not, it is that of a
	// publication before, of a set that was near.
	Own     bool
	Members *blob.Ref // of the set; nil unless the figure is its own
	Count   uint64    // of the set; 0 unless the figure is its own
}

// Repository keeps publications.
type Repository interface {
	// InsertPublication gives p its ID. It returns blob.Overtaken if the blob is
	// not there to be named.
	InsertPublication(ctx context.Context, tx selvedge.Tx, p *Publication) error
	// Publications returns how many publications an entity has that are told at a
	// time or later.
	Publications(ctx context.Context, tx selvedge.Tx, entity string, from time.Time) (int64, error)
	// OwnFigures calls fn with the publications of an entity whose figure is their own
	// and whose count lies between two, these included, the last first. An error of
	// fn ends it and is returned.
	OwnFigures(ctx context.Context, tx selvedge.Tx, entity string, least, most uint64, fn func(Publication) error) error
}

// Set is a set of contact points that a figure is asked of.
type Set struct {
	Members *roaring.Bitmap
	Ref     blob.Ref // of Members
}

// Question asks for the figure of a sealed version.
type Question struct {
	Entity   string // the legal entity of the org, whose lists count together
	Audience selvedge.AudienceID
	Version  int64
	At       time.Time // when the figure is told
	Last     Answer    // of the version before
}

// Publisher is the one maker of figures. It is safe for concurrent use.
type Publisher struct {
	Repo  Repository
	Blobs blob.Store
}

var errFound = errors.New("found")

// Tell returns the figure of a sealed version and charges it to the budget of the
// legal entity, in the transaction that seals. A set that is Near to one that the
// entity was told of has that one's figure, whichever of its orgs and audiences it
// was, and is charged as any other: if it were free, the budget would tell that it
// is near. Past the budget the Answer is the one of the version before, with the
// date from which there can be another, and nothing is charged: what is told then
// depends on what the entity did, and on nobody's contact points.
func (p *Publisher) Tell(ctx context.Context, tx selvedge.Tx, q Question, s Set) (Answer, error) {
	due, err := p.spent(ctx, tx, q)
	if err != nil {
		return Answer{}, err
	}
	if !due.IsZero() {
		return Answer{Size: q.Last.Size, At: q.Last.At, Due: due}, nil
	}
	pub := Publication{Entity: q.Entity, Audience: q.Audience, Version: q.Version, At: q.At}
	near, err := p.near(ctx, tx, q.Entity, s.Members)
	switch {
	case err != nil:
		return Answer{}, err
	case near != nil:
		pub.Size = near.Size
	default:
		pub.Own, pub.Count, pub.Members = true, s.Members.GetCardinality(), &s.Ref
		pub.Size = sizeOf(pub.Count)
	}
	if err := p.Repo.InsertPublication(ctx, tx, &pub); err != nil {
		return Answer{}, err
	}
	return Answer{Size: pub.Size, At: q.At}, nil
}

// spent returns from when on there is budget again, and the zero time if there is
// some now.
func (p *Publisher) spent(ctx context.Context, tx selvedge.Tx, q Question) (time.Time, error) {
	at := q.At.UTC()
	day := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC)
	month := time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, time.UTC)
	n, err := p.Repo.Publications(ctx, tx, q.Entity, month)
	if err != nil || n >= PerMonth {
		return month.AddDate(0, 1, 0), err
	}
	n, err = p.Repo.Publications(ctx, tx, q.Entity, day)
	if err != nil || n >= PerDay {
		return day.AddDate(0, 0, 1), err
	}
	return time.Time{}, nil
}

// near returns the last publication of an entity with a figure of its own whose
// set is near, nil if there is none.
func (p *Publisher) near(ctx context.Context, tx selvedge.Tx, entity string, members *roaring.Bitmap) (found *Publication, err error) {
	least, most := between(members.GetCardinality())
	err = p.Repo.OwnFigures(ctx, tx, entity, least, most, func(pub Publication) error {
		content, err := p.Blobs.Open(ctx, *pub.Members)
		if err != nil {
			return err
		}
		defer content.Close()
		told := roaring.New()
		if _, err := told.FromBuffer(content.Bytes()); err != nil { // a view; its digest was checked
			return fmt.Errorf("read bitmap: %w", err)
		}
		if Near(members, told) {
			found = &pub
			return errFound
		}
		return nil
	})
	if err == errFound {
		err = nil
	}
	return found, err
}
