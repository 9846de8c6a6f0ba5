package index

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/change"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/internal/killpoint"
	"github.com/selvedge/selvedge/purpose"
	"github.com/selvedge/selvedge/token"
)

// Source is what the index is derived from.
type Source interface {
	// Epoch returns the epoch of the keys that are in force, 0 if there are none.
	Epoch(ctx context.Context, tx selvedge.Tx) (token.Epoch, error)
	// Chunks returns the manifest, ordered by the chunks' digests. All chunks in
	// it are of the epoch that is in force.
	Chunks(ctx context.Context, tx selvedge.Tx) ([]contact.ChunkRow, error)
	// TokenRows says which tokens are in no chunk, and EachTokenRow calls fn with
	// those of them whose numbers are above after, in their order. An error of fn
	// ends it and is returned. Each token is in a chunk of the manifest or a row,
	// never in both.
	TokenRows(ctx context.Context, tx selvedge.Tx) (token.Rows, error)
	EachTokenRow(ctx context.Context, tx selvedge.Tx, after int64, fn func(token.Row) error) error
	// States calls fn with the state of each of the ordinals.
	States(ctx context.Context, tx selvedge.Tx, ordinals *roaring.Bitmap, fn func(State) error) error
	// Objections calls fn with what objections take away from each of the ordinals:
	// the purposes, and the org whose lists it is taken out of, "" for all. An
	// ordinal may come several times.
	Objections(ctx context.Context, tx selvedge.Tx, ordinals *roaring.Bitmap, fn func(selvedge.Ordinal, purpose.Set, selvedge.OrgID) error) error
	// Segment returns the segment kept for a class and the digest of the chunks
	// that it merges, and false if there is none.
	Segment(ctx context.Context, tx selvedge.Tx, c identifier.Class) (blob.Ref, [32]byte, bool, error)
	// PutSegment keeps the segment of a class instead of the one before. It
	// returns blob.Overtaken if the blob is not there to be named.
	PutSegment(ctx context.Context, tx selvedge.Tx, c identifier.Class, ref blob.Ref, source [32]byte) error
	// DropSegment forgets the segment of a class.
	DropSegment(ctx context.Context, tx selvedge.Tx, c identifier.Class) error
}

// State is what decides whether an ordinal is eligible.
type State struct {
	Ordinal selvedge.Ordinal
	Live    purpose.Set     // grants that have not ended
	Account contact.Account // Age and State alone
}

// Keeper keeps the index up to date with the change log and lends it out. It is
// safe for concurrent use; Close it when nothing uses it any more.
type Keeper struct {
	Source  Source
	Tx      selvedge.Transactor
	Changes change.Log
	Blobs   blob.Store
	Names   *blob.Collector
	Ages    contact.AgePolicy

	mu       sync.RWMutex
	position selvedge.Position                   // guarded by mu, like all below
	eligible map[purpose.Purpose]*roaring.Bitmap // at position
	objected map[selvedge.OrgID]*roaring.Bitmap  // at position: ordinals out of the org's lists
	segments map[identifier.Class]*kept          // one for each of classes
	delta    delta                               // tokens that are in no chunk yet
	ads      *Ads                                // of the four above; nil when they moved on
}

// kept is an open segment and what it was made from.
type kept struct {
	source  [32]byte
	segment *Segment
	content blob.Content
}

// Use brings the index up to the last committed change and calls fn with it.
// The index must not be used after fn has returned. While fn runs, the index is
// not brought up to date for anybody else.
func (k *Keeper) Use(ctx context.Context, fn func(*Ads) error) error {
	for {
		if err := k.Refresh(ctx); err != nil {
			return err
		}
		k.mu.RLock()
		if k.ads != nil {
			defer k.mu.RUnlock()
			return fn(k.ads)
		}
		// Between the two locks somebody rebuilt it, or moved it on and failed.
		k.mu.RUnlock()
	}
}

// Refresh brings the index up to the last committed change. A fault leaves it
// as it was or further along, never wrong, and the next call takes it up again.
func (k *Keeper) Refresh(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	var chunks []contact.ChunkRow
	var epoch token.Epoch
	err := k.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) (err error) {
		if err := k.catchUp(ctx, tx); err != nil {
			return err
		}
		if epoch, err = k.Source.Epoch(ctx, tx); err != nil {
			return err
		}
		if chunks, err = k.Source.Chunks(ctx, tx); err != nil {
			return err
		}
		// On the snapshot of the chunks: a token must not be missed on its way from
		// a row to a chunk.
		moved, err := k.delta.catchUp(ctx, tx, k.Source)
		if moved {
			k.ads = nil
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("bring the index up to date: %w", err)
	}
	for _, c := range classes {
		if err := k.segment(ctx, c, epoch, chunks); err != nil {
			return fmt.Errorf("bring the %s index up to date: %w", c, err)
		}
	}
	if k.ads != nil {
		return nil
	}
	var segments []*Segment
	for _, c := range classes {
		s, err := k.segments[c].segment.With(k.delta.of(c))
		if err != nil {
			return fmt.Errorf("bring the %s index up to date: %w", c, err)
		}
		segments = append(segments, s)
	}
	k.ads, err = NewAds(k.position, segments, k.eligible, k.objected)
	return err
}

// Position returns the position that the index was last brought up to.
func (k *Keeper) Position() selvedge.Position {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.position
}

// catchUp reads the change log from where it was left. A change only says which
// ordinals to look at again: what is eligible is read from what is true now, on
// the same snapshot, so reading a change twice does no harm.
func (k *Keeper) catchUp(ctx context.Context, tx selvedge.Tx) error {
	if k.eligible == nil {
		k.eligible, k.objected = map[purpose.Purpose]*roaring.Bitmap{}, map[selvedge.OrgID]*roaring.Bitmap{}
		for _, p := range purpose.Matchable.List() {
			k.eligible[p] = roaring.New()
		}
	}
	touched := roaring.New()
	last := k.position
	err := k.Changes.Since(ctx, tx, k.position, func(e change.Entry) error {
		last = e.Last
		if e.Ordinals != nil {
			touched.Or(e.Ordinals)
		}
		return nil
	})
	if err != nil || last == k.position {
		return err
	}
	k.ads = nil
	on := map[purpose.Purpose][]uint32{}
	err = k.Source.States(ctx, tx, touched, func(s State) error {
		if len(s.Account.Masked(k.Ages)) > 0 {
			return nil
		}
		for _, p := range s.Live.Ads().List() {
			on[p] = append(on[p], uint32(s.Ordinal))
		}
		return nil
	})
	if err != nil {
		return err
	}
	for p, b := range k.eligible {
		b.AndNot(touched)
		b.AddMany(on[p])
	}
	for _, b := range k.objected {
		b.AndNot(touched)
	}
	err = k.Source.Objections(ctx, tx, touched, func(o selvedge.Ordinal, ps purpose.Set, org selvedge.OrgID) error {
		if org != "" {
			if k.objected[org] == nil {
				k.objected[org] = roaring.New()
			}
			k.objected[org].Add(uint32(o))
			return nil
		}
		for _, p := range ps.List() {
			k.eligible[p].Remove(uint32(o))
		}
		return nil
	})
	if err != nil {
		// Half of it is done: it is made from the first change again.
		k.position, k.eligible, k.objected = 0, nil, nil
		return err
	}
	for _, b := range k.eligible {
		b.RunOptimize()
	}
	k.position = last
	return nil
}

// segment makes the open segment of a class the one of the manifest's chunks:
// it keeps it, opens the one that is kept for them, or merges them into one.
func (k *Keeper) segment(ctx context.Context, c identifier.Class, epoch token.Epoch, manifest []contact.ChunkRow) error {
	var chunks []contact.ChunkRow
	h := sha256.New()
	// Without it, a segment of no chunks would be one of every epoch.
	_ = binary.Write(h, binary.LittleEndian, epoch) // a hash takes everything
	for _, r := range manifest {
		if r.Header.Class == c {
			chunks = append(chunks, r)
			h.Write(r.Ref.Sum[:])
		}
	}
	source := [32]byte(h.Sum(nil))
	if have := k.segments[c]; have != nil && have.source == source {
		return nil
	}
	var ref blob.Ref
	var old [32]byte
	var ok bool
	err := k.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) (err error) {
		ref, old, ok, err = k.Source.Segment(ctx, tx, c)
		return err
	})
	if err != nil {
		return err
	}
	next := &kept{source: source}
	if ok && old == source {
		// A segment that does not open is rebuilt: it is derived.
		_ = k.open(ctx, next, ref)
	}
	if next.segment == nil {
		if ref, err = k.build(ctx, c, epoch, chunks); err != nil {
			return err
		}
		if err := k.open(ctx, next, ref); err != nil {
			return err
		}
		killpoint.Reach("before a segment is published")
		err := k.Names.Name(ctx, func() error {
			return k.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
				return k.Source.PutSegment(ctx, tx, c, ref, source)
			})
		}, ref)
		if err != nil {
			return errors.Join(err, next.content.Close())
		}
		killpoint.Reach("after a segment is published")
	}
	k.ads = nil
	if k.segments == nil {
		k.segments = map[identifier.Class]*kept{}
	}
	before := k.segments[c]
	k.segments[c] = next
	if before != nil {
		return before.content.Close()
	}
	return nil
}

func (k *Keeper) open(ctx context.Context, next *kept, ref blob.Ref) error {
	content, err := k.Blobs.Open(ctx, ref)
	if err != nil {
		return err
	}
	s, err := OpenSegment(content.Bytes())
	if err != nil {
		return errors.Join(err, content.Close())
	}
	next.segment, next.content = s, content
	return nil
}

// build merges chunks into a new segment.
func (k *Keeper) build(ctx context.Context, c identifier.Class, epoch token.Epoch, rows []contact.ChunkRow) (blob.Ref, error) {
	var chunks []*token.Chunk
	for _, r := range rows {
		content, err := k.Blobs.Open(ctx, r.Ref)
		if err != nil {
			return blob.Ref{}, err
		}
		defer content.Close()
		chunk, err := token.OpenChunk(content.Bytes())
		if err != nil {
			return blob.Ref{}, err
		}
		chunks = append(chunks, chunk)
	}
	w, err := k.Blobs.Create(ctx, blob.KindSegment)
	if err != nil {
		return blob.Ref{}, err
	}
	defer w.Abort()
	h := token.Header{Family: token.Ads, Class: c, Epoch: epoch, RuleSet: identifier.RuleSet}
	if _, err := BuildSegment(w, h, chunks); err != nil {
		return blob.Ref{}, err
	}
	return w.Commit()
}

// Rebuild merges the chunks into segments again, whatever is kept.
func (k *Keeper) Rebuild(ctx context.Context) error {
	k.mu.Lock()
	var errs []error
	for _, c := range classes {
		errs = append(errs, k.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
			return k.Source.DropSegment(ctx, tx, c)
		}))
	}
	k.mu.Unlock()
	if err := errors.Join(append(errs, k.Close())...); err != nil {
		return err
	}
	return k.Refresh(ctx)
}

// Close releases the segments.
func (k *Keeper) Close() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	var errs []error
	for _, s := range k.segments {
		errs = append(errs, s.content.Close())
	}
	k.segments, k.ads = nil, nil
	return errors.Join(errs...)
}
