package contact

import (
	"context"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/purpose"
	"github.com/selvedge/selvedge/token"
)

// ImportID is the number of an import.
type ImportID int64

// ImportState says how far an import is.
type ImportState string

// The states.
const (
	ImportOpen       ImportState = "open"       // at work, or cut off: nothing of it can be matched
	ImportComplete   ImportState = "complete"   // for good
	ImportAbandoning ImportState = "abandoning" // it will never be complete, and holds up the next until it is abandoned
	ImportAbandoned  ImportState = "abandoned"  // for good
)

// ImportStatus is what is known of an import.
type ImportStatus struct {
	ID      ImportID
	Key     string // the sender's own name for it; "" if it has none
	State   ImportState
	Digest  [32]byte
	BegunAt time.Time
	EndedAt time.Time // complete or abandoned; zero until then
	Progress
	Points int64 // contact points that it has brought
	Grants int64 // of these and of earlier ones, made matchable by it, or to be so once it is complete
	Gone   int64 // of Grants, taken back by the abandonment
	Report *Report
}

// Progress says how much of its content an import has dealt with. When it is
// taken up again after it was cut off, it begins anew, but for Batches.
type Progress struct {
	Bytes, BytesDone int64 // of the content, unpacked
	Rows, RowsDone   int64
	Batches          int64 // transactions that committed, those of every attempt
}

// NewImport is an import that begins.
type NewImport struct {
	Digest      [32]byte
	Key         string
	Bytes, Rows int64
}

// part is one of the two parts of an import's content: accounts come first.
type part int

const (
	accountPart part = 1
	pointPart   part = 2
)

// ImportStep is a batch of an import.
type ImportStep struct {
	Bytes, Rows    int64 // dealt with when it has committed, from the beginning
	Points, Grants int64 // brought by it
	// Mark, if it is not zero, is kept: see ImportMark.
	Mark ImportMark
}

// ImportMark is a keyed hash of an import's rows up to the end of a batch.
type ImportMark struct {
	Part    int // 1 is accounts, 2 contact points
	LastRow int64
	Sum     [16]byte
}

// ImportRepository keeps imports and the manifest of token chunks. At most one
// import is open, or being abandoned, at a time.
type ImportRepository interface {
	// OpenImport returns the number and digest of the import that is open or being
	// abandoned; zeros and false if there is none.
	OpenImport(ctx context.Context, tx selvedge.Tx) (ImportID, [32]byte, bool, error)
	// BeginImport opens an import. It fails while another is open or being
	// abandoned, and if an import that was not abandoned has the same Key, but for
	// the empty one.
	BeginImport(ctx context.Context, tx selvedge.Tx, n NewImport, at time.Time) (ImportID, error)
	// ImportStep records a batch: the import's progress, what it brought, and the
	// mark. It returns a CodeConflict error if the import is not open.
	ImportStep(ctx context.Context, tx selvedge.Tx, id ImportID, s ImportStep) error
	// ImportMarks returns the marks of an open import, by part and row.
	ImportMarks(ctx context.Context, tx selvedge.Tx, id ImportID) ([]ImportMark, error)
	// CompleteImport closes an import with its report, names its chunks in the
	// manifest and forgets its marks. It returns a CodeConflict error if the import
	// is not open, and blob.Overtaken if a chunk is not there to be named.
	CompleteImport(ctx context.Context, tx selvedge.Tx, id ImportID, chunks []ChunkRow, r Report, at time.Time) error
	// ImportedOrdinals calls fn with the ordinals that an import brings, in
	// order, and the purposes that are live.
	ImportedOrdinals(ctx context.Context, tx selvedge.Tx, id ImportID, fn func(selvedge.Ordinal, purpose.Set) error) error

	// Import returns what is known of an import, and a CodeNotFound error if there
	// is none of the number.
	Import(ctx context.Context, tx selvedge.Tx, id ImportID) (ImportStatus, error)
	// ImportOfKey returns the import that has a key, which is not empty, and was not
	// abandoned; false if there is none.
	ImportOfKey(ctx context.Context, tx selvedge.Tx, key string) (ImportStatus, bool, error)
	// Imports returns imports, the newest first, at most so many, with numbers below
	// before, unless it is 0. Their reports are left out.
	Imports(ctx context.Context, tx selvedge.Tx, before ImportID, limit int) ([]ImportStatus, error)

	// BeginAbandon has an open import never be complete, and forgets its marks. It
	// returns a CodeConflict error if the import is neither open nor being abandoned.
	BeginAbandon(ctx context.Context, tx selvedge.Tx, id ImportID, at time.Time) error
	// DropImportGrants deletes ads grants that an import which is being abandoned
	// made, at most so many, also those of erased accounts, and returns how many it
	// deleted. Numbers stay given: ordinals, and those of persons.
	DropImportGrants(ctx context.Context, tx selvedge.Tx, id ImportID, limit int) (int, error)
	// EndAbandon closes an import that is being abandoned. It returns a
	// CodeConflict error if it is not, or has a grant left.
	EndAbandon(ctx context.Context, tx selvedge.Tx, id ImportID, at time.Time) error
}

// ChunkRow is a line of the manifest: a token chunk that counts.
type ChunkRow struct {
	Ref    blob.Ref
	Header token.Header
}
