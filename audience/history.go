package audience

import (
	"context"
	"errors"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
)

// WholeEvery is how many versions go from one that is kept whole to the next. The
// others are kept as the ordinals that changed. BenchmarkHistory has measured it.
const WholeEvery = 16

// errDigest says that a version's members are not those that its digest is of.
var errDigest = errors.New("the members are not what the digest says")

// step returns the members of a version from those of the one before it, which it
// takes for itself, and checks them against the digest.
func step(ctx context.Context, blobs blob.Store, before *roaring.Bitmap, v Version) (*roaring.Bitmap, error) {
	var members *roaring.Bitmap
	var err error
	if v.Members != nil {
		members, err = getBitmap(ctx, blobs, *v.Members)
	} else if members, err = getBitmap(ctx, blobs, *v.Flips); err == nil {
		members.Xor(before)
	}
	if err != nil {
		return nil, err
	}
	if sum, err := digest(members); err != nil || sum != v.Digest {
		return nil, errors.Join(err, errDigest)
	}
	return members, nil
}

// last returns the members of the last of versions, which are all of an
// audience's from one that is kept whole.
func last(ctx context.Context, blobs blob.Store, versions []Version) (members *roaring.Bitmap, err error) {
	members = roaring.New()
	whole := 0
	for i, v := range slices.Backward(versions) {
		if v.Members != nil {
			whole = i
			break
		}
	}
	for _, v := range versions[whole:] {
		if members, err = step(ctx, blobs, members, v); err != nil {
			return nil, err
		}
	}
	return members, nil
}

// next puts the blob of a version that follows on others, and fills in what it
// says of its members.
func next(ctx context.Context, blobs blob.Store, v *Version, versions []Version, members *roaring.Bitmap) error {
	before, err := last(ctx, blobs, versions)
	if err != nil {
		return err
	}
	v.Number, v.Base = 1, [32]byte{}
	if n := len(versions); n > 0 {
		v.Number, v.Base = versions[n-1].Number+1, versions[n-1].Digest
	}
	flips := roaring.Xor(before, members)
	v.Added, v.Removed = flips.AndCardinality(members), flips.AndCardinality(before)
	if v.Digest, err = digest(members); err != nil {
		return err
	}
	kept := flips
	whole := v.Number%WholeEvery == 1
	if whole {
		kept = members
	}
	ref, err := putBitmap(ctx, blobs, kept)
	if err != nil {
		return err
	}
	v.Members, v.Flips = &ref, nil
	if !whole {
		v.Members, v.Flips = nil, &ref
	}
	return nil
}

// named returns the blob that a version is kept in.
func (v Version) named() blob.Ref {
	if v.Members != nil {
		return *v.Members
	}
	return *v.Flips
}

// history reads versions one after the other, those of one audience by number.
type history struct {
	blobs    blob.Store
	audience selvedge.AudienceID
	members  *roaring.Bitmap // of the version before, nil if they could not be read
}

// next reads the members of a version. If those that it builds on could not be
// read, neither can they.
func (h *history) next(ctx context.Context, v Version) (err error) {
	if v.Audience != h.audience {
		h.audience, h.members = v.Audience, nil
	}
	if v.Members == nil && h.members == nil {
		return errDigest
	}
	h.members, err = step(ctx, h.blobs, h.members, v)
	return err
}
