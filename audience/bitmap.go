package audience

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/match"
)

// putBitmap keeps a bitmap in the portable roaring format, in the one form that
// run optimisation gives it: equal sets have equal names.
func putBitmap(ctx context.Context, blobs blob.Store, b *roaring.Bitmap) (blob.Ref, error) {
	b.RunOptimize()
	return put(ctx, blobs, b)
}

// put keeps what is a bitmap or can be written as one.
func put(ctx context.Context, blobs blob.Store, b io.WriterTo) (blob.Ref, error) {
	w, err := blobs.Create(ctx, blob.KindBitmap)
	if err != nil {
		return blob.Ref{}, err
	}
	defer w.Abort()
	if _, err := b.WriteTo(w); err != nil {
		return blob.Ref{}, fmt.Errorf("write bitmap: %w", err)
	}
	return w.Commit()
}

// digest returns the name that putBitmap would give a bitmap.
func digest(b *roaring.Bitmap) ([32]byte, error) {
	b.RunOptimize()
	h := sha256.New()
	if _, err := b.WriteTo(h); err != nil {
		return [32]byte{}, fmt.Errorf("write bitmap: %w", err)
	}
	return [32]byte(h.Sum(nil)), nil
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

// getTaken reads what a removal takes out.
func getTaken(ctx context.Context, blobs blob.Store, ref blob.Ref) (match.Taken, error) {
	content, err := blobs.Open(ctx, ref)
	if err != nil {
		return match.Taken{}, err
	}
	defer content.Close()
	return match.ReadTaken(content.Bytes())
}
