package compaction

import (
	"context"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/token"
)

// Pending is what waits for a compaction.
type Pending struct {
	Rows   int64 // tokens that are in no chunk
	Erased int64 // ordinals of erased people whose tokens may be in chunks
}

// Repository keeps token rows and the manifest.
type Repository interface {
	// Pending says what waits.
	Pending(ctx context.Context, tx selvedge.Tx) (Pending, error)
	// Rows returns the first token rows, at most max, in the order of their
	// numbers.
	Rows(ctx context.Context, tx selvedge.Tx, max int) ([]token.Row, error)
	// Young returns the chunks of the manifest that were made of rows and have
	// fewer entries than below, in the order of their digests.
	Young(ctx context.Context, tx selvedge.Tx, below uint64) ([]contact.ChunkRow, error)
	// Fold deletes the token rows up to the number through, takes the old chunks
	// out of the manifest and names others, which were made of all these. It
	// returns a CodeConflict error if there are not so many rows, or if an old
	// chunk does not count or has one staged in its place (see
	// rotation.Repository), and blob.Overtaken if a chunk is not there to be
	// named.
	Fold(ctx context.Context, tx selvedge.Tx, through int64, rows int, old []blob.Ref, chunks []contact.ChunkRow) error
	// Erased returns the ordinals of erased people whose tokens may be in chunks,
	// and the chunks that may hold them. Those that an import brings which is not
	// complete are left out: its tokens are still to come.
	Erased(ctx context.Context, tx selvedge.Tx) (*roaring.Bitmap, []contact.ChunkRow, error)
	// Rewrite puts a chunk in the place of an old one in the manifest; with nil,
	// none. It returns the errors of Fold.
	Rewrite(ctx context.Context, tx selvedge.Tx, old blob.Ref, with *contact.ChunkRow) error
	// Forget takes ordinals off the list of those whose tokens may be in chunks.
	Forget(ctx context.Context, tx selvedge.Tx, ordinals *roaring.Bitmap) error
}

// Result is what a compaction did.
type Result struct {
	Rows   int64 // folded into chunks
	Chunks int64 // written anew without erased tokens
	Tokens int64 // of erased people that were in them
}
