package audience

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
)

// sincePage is how many versions are read at a time, back from the last: two that
// are kept whole are among them.
const sincePage = 4 * WholeEvery

// since returns from when on the earliest of members of the version of a number
// has been one without a break. It goes back from there, and reads no blob of a
// version that nobody came with.
func (h *Holders) since(ctx context.Context, id selvedge.AudienceID, number int64, members []selvedge.Ordinal) (at time.Time, err error) {
	left := slices.Clone(members) // who is in all versions that were looked at
	for len(left) > 0 && number > 0 {
		var page []Version
		err := h.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) (err error) {
			page, err = h.Repo.Backward(ctx, tx, id, number, sincePage)
			return err
		})
		if err != nil {
			return at, err
		}
		begin := number
		for i, v := range page {
			if v.Added == 0 {
				number = v.Number - 1
				continue
			}
			came, enough, err := h.came(ctx, page[i:], left)
			if err != nil {
				return at, err
			}
			if !enough { // the next page begins with v
				break
			}
			if number = v.Number - 1; len(came) > 0 {
				at = v.SealedAt // of those that are left, everybody came before
				left = slices.DeleteFunc(left, func(o selvedge.Ordinal) bool { return slices.Contains(came, o) })
			}
		}
		if number == begin {
			return at, fmt.Errorf("version %d of an audience cannot be read", number)
		}
	}
	return at, nil
}

// came returns who of members of the first of versions, which go back from it, was
// none of the version before, and false if they do not go back far enough to tell.
func (h *Holders) came(ctx context.Context, versions []Version, members []selvedge.Ordinal) (came []selvedge.Ordinal, enough bool, err error) {
	v := versions[0]
	if v.Members == nil {
		came, err := h.among(ctx, *v.Flips, members)
		return came, true, err
	}
	if v.Number == 1 {
		return members, true, nil
	}
	was := map[selvedge.Ordinal]bool{} // in the version before: in the whole one before that, and then turned
	for _, w := range versions[1:] {
		if w.Members == nil && w.Added+w.Removed == 0 {
			continue
		}
		in, err := h.among(ctx, w.named(), members)
		if err != nil {
			return nil, false, err
		}
		for _, o := range in {
			was[o] = !was[o]
		}
		if w.Members == nil {
			continue
		}
		for _, o := range members {
			if !was[o] {
				came = append(came, o)
			}
		}
		return came, true, nil
	}
	return nil, false, nil
}

// among returns those of ordinals that are in a bitmap, which is not read whole.
func (h *Holders) among(ctx context.Context, ref blob.Ref, ordinals []selvedge.Ordinal) (in []selvedge.Ordinal, err error) {
	content, err := h.Blobs.Open(ctx, ref)
	if err != nil {
		return nil, err
	}
	defer content.Close()
	b := roaring.New()
	if _, err := b.FromBuffer(content.Bytes()); err != nil {
		return nil, fmt.Errorf("read bitmap: %w", err)
	}
	for _, o := range ordinals {
		if b.Contains(uint32(o)) {
			in = append(in, o)
		}
	}
	return in, nil
}
