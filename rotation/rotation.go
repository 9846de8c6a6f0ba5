package rotation

import (
	"context"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/token"
	"github.com/selvedge/selvedge/upload"
)

// Counts are how many chunks and tokens count, and of how many of these the
// tokens of the next epoch are there.
type Counts struct {
	Chunks, ChunksDone int64
	Tokens, TokensDone int64
}

// Need is what can be read with the keys of an epoch alone.
type Need struct {
	Chunks   int64 // that count or are staged
	Lists    int64 // that wait to be matched
	Sidecars int64 // of lists that may count
}

// Repository keeps what a rotation has done. A chunk that it made is staged: it
// stands beside the one whose place it will take, names its blob, and does not
// count.
type Repository interface {
	// Unstaged returns the chunks that count and have none staged in their
	// place, in the order of the imports that brought them.
	Unstaged(ctx context.Context, tx selvedge.Tx) ([]contact.ChunkRow, error)
	// Stage keeps a chunk in the place of an old one. It returns a CodeConflict
	// error if the old one does not count or has one in its place already.
	Stage(ctx context.Context, tx selvedge.Tx, old blob.Ref, c contact.ChunkRow) error
	// Replace has every staged chunk count, and forgets those in whose places
	// they are.
	Replace(ctx context.Context, tx selvedge.Tx) error
	// CountRows returns how many tokens are rows, in no chunk. ConvertRows puts
	// what convert returns in the place of each of these tokens, as one of the
	// epoch to.
	CountRows(ctx context.Context, tx selvedge.Tx) (int64, error)
	ConvertRows(ctx context.Context, tx selvedge.Tx, to token.Epoch, convert func(token.Row) token.Token) error
	// Counts returns how far the rotation has come.
	Counts(ctx context.Context, tx selvedge.Tx) (Counts, error)
	// Needed returns what needs the keys of an epoch.
	Needed(ctx context.Context, tx selvedge.Tx, e token.Epoch) (Need, error)
	// SidecarKeys returns the sealed keys of all sidecars, and ResealSidecar puts
	// another one in the place of one; a sidecar that there is not is no error.
	SidecarKeys(ctx context.Context, tx selvedge.Tx) ([]SidecarKey, error)
	ResealSidecar(ctx context.Context, tx selvedge.Tx, k SidecarKey) error
	// UploadKeys returns the sealed keys of all uploads, and ResealUpload puts
	// another one in the place of one; an upload that there is not is no error.
	UploadKeys(ctx context.Context, tx selvedge.Tx) ([]UploadKey, error)
	ResealUpload(ctx context.Context, tx selvedge.Tx, k UploadKey) error
}

// UploadKey is the key of an upload, sealed under the key-encryption key.
type UploadKey struct {
	Upload upload.ID
	Sealed []byte
}

// SidecarKey is the key of a list's sidecar, sealed under the key-encryption key.
type SidecarKey struct {
	Sidecar blob.Ref
	Sealed  []byte
}

// State is what an operator is told of an epoch's keys.
type State string

// The states.
const (
	Making  State = "next"    // a rotation is going to it
	InForce State = "current" // its tokens are made and matched
	Waiting State = "old"     // kept for what only it can read
)

// Epoch is one epoch whose keys are kept.
type Epoch struct {
	Epoch token.Epoch
	State State
	Keys  []token.SealedKey // by class
	Need  Need
}

// Progress says which keys there are and how far the rotation under way, if
// there is one, has come.
type Progress struct {
	token.Epochs
	Counts
	Kept []Epoch // by epoch
}

// Result is what a rotation did.
type Result struct {
	From   token.Epoch `json:"from_epoch"`
	To     token.Epoch `json:"to_epoch"`
	Chunks int64       `json:"chunks"`
	Tokens int64       `json:"tokens"`
	// Lists are how many lists wait that only older keys can read. Those keys are
	// destroyed once the lists are matched.
	Lists int64 `json:"lists_waiting"`
}
