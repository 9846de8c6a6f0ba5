package audience

import (
	"context"
	"fmt"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/selvedge/selvedge/blob"
)

// putBitmap keeps a bitmap in the portable roaring format, in the one form that
// run optimisation gives it: equal sets have equal names.
func putBitmap(ctx context.Context, blobs blob.Store, b *roaring.Bitmap) (blob.Ref, error) {
	w, err := blobs.Create(ctx, blob.KindBitmap)
	if err != nil {
		return blob.Ref{}, err
	}
	defer w.Abort()
	b.RunOptimize()
	if _, err := b.WriteTo(w); err != nil {
		return blob.Ref{}, fmt.Errorf("write bitmap: %w", err)
	}
	return w.Commit()
}

// getBitmap reads a bitmap into memory of its own.
func getBitmap(ctx context.Context, blobs blob.Store, ref blob.Ref) (*roaring.Bitmap, error) {
	content, err := blobs.Open(ctx, ref)
	if err != nil {
		return nil, err
	}
	defer content.Close()
	b := roaring.New()
	if err := b.UnmarshalBinary(content.Bytes()); err != nil {
		return nil, fmt.Errorf("read bitmap: %w", err)
	}
	if err := b.Validate(); err != nil {
		return nil, fmt.Errorf("read bitmap: %w", err)
	}
	return b, nil
}
