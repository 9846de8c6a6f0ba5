package upload

import (
	"context"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
)

// ID names an upload.
type ID string

const (
	// MaxLength is the largest file in bytes.
	MaxLength = 10 << 30
	// MaxOpen is how many uploads an org may have at a time, and so what it can
	// fill the disk with.
	MaxOpen = 10
	// MaxParts is how many parts an upload may have: who sends byte by byte would
	// otherwise make a file and a row of each.
	MaxParts = 16_384
	// DefaultPart is how many bytes become durable together: what a killed server
	// has to be sent again at most.
	DefaultPart = 8 << 20
	// Life is how long an upload is kept from when it was begun.
	Life = 24 * time.Hour
)

// Upload is a file on its way.
type Upload struct {
	ID        ID
	Org       selvedge.OrgID
	Length    int64 // that was announced, in bytes
	Offset    int64 // how many bytes of it are durable
	Parts     int64 // in how many parts
	ExpiresAt time.Time
	Key       []byte // sealed under the key-encryption key, bound to Bound
}

// Complete says whether all of it is there.
func (u Upload) Complete() bool { return u.Offset == u.Length }

// Bound returns what the key of an upload is bound to when it is sealed.
func Bound(id ID) []byte { return append([]byte("selvedge/upload/"), id...) }

// Part is what one blob holds of an upload.
type Part struct {
	Number int64 // from 1
	Length int64 // in the clear, in bytes
	Blob   blob.Ref
	// Salt is what the part's key is derived with. It is random, because a number
	// can come again: a part that was cut off leaves no row, and perhaps its bytes.
	Salt [16]byte
}

// Repository keeps uploads.
type Repository interface {
	// InsertUpload keeps an upload of which nothing has arrived.
	InsertUpload(ctx context.Context, tx selvedge.Tx, u Upload) error
	// Upload returns one of an org's uploads that are not over at now. It returns a
	// CodeNotFound error otherwise.
	Upload(ctx context.Context, tx selvedge.Tx, org selvedge.OrgID, id ID, now time.Time) (Upload, error)
	// CountUploads returns how many uploads of an org are not over at now.
	CountUploads(ctx context.Context, tx selvedge.Tx, org selvedge.OrgID, now time.Time) (int64, error)
	// AddPart adds what follows after the first from bytes, and names its blob. The
	// part's Number is set by it. It returns a CodeConflict error, Reason
	// "wrong_offset", if the upload has another offset or is gone.
	AddPart(ctx context.Context, tx selvedge.Tx, id ID, from int64, p Part) error
	// Parts returns the parts of an upload in their order.
	Parts(ctx context.Context, tx selvedge.Tx, id ID) ([]Part, error)
	// DeleteUpload deletes an upload with its parts. It returns a CodeNotFound error
	// if there is none.
	DeleteUpload(ctx context.Context, tx selvedge.Tx, id ID) error
	// DeleteUploads deletes the uploads that are over at now, and returns how many
	// there were.
	DeleteUploads(ctx context.Context, tx selvedge.Tx, now time.Time) (int64, error)
}

func notFound() error {
	return selvedge.Errorf(selvedge.CodeNotFound, "there is no such thing")
}

// WrongOffset is the error for bytes that do not follow after those that are there.
func WrongOffset() error {
	return selvedge.Errorf(selvedge.CodeConflict, "the upload is not at this offset: ask where it is, and go on from there").
		At("Upload-Offset").Because("wrong_offset")
}
