package contact

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/change"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/prompt"
	"github.com/selvedge/selvedge/purpose"
	"github.com/selvedge/selvedge/token"
)

// Source opens a file of an import. It is opened twice: first the whole of both
// files is read and checked, so that a file that is cut off or no CSV changes
// nothing; then they are applied.
type Source func() (io.ReadCloser, error)

// Importer brings a platform's people: accounts.csv and contact_points.csv
// (docs/import.md). It is safe for concurrent use, though one import runs at a
// time.
type Importer struct {
	Repo    Repository
	Prompts prompt.Repository
	Tx      selvedge.Transactor
	Changes change.Log
	Outbox  ledger.Outbox
	Blobs   blob.Store
	Names   *blob.Collector
	Keys    *token.Keyring
	Handles Handles
	Masks   MaskSealer
	Marks   Marks
	Clock   selvedge.Clock
	// Dir is where sort runs go, and Memory how many bytes of tokens are kept in
	// memory before they do.
	Dir    string
	Memory int
	// Batch is how many rows one transaction takes: few enough that a withdrawal
	// does not wait long behind it. It must be set.
	Batch int
}

// lookRows is after how many rows the first reading looks whether to go on.
const lookRows = 1000

// Import applies the two files. Only the platform or an operator may.
//
// Rows that cannot be taken are counted by reason and left out; a file that is
// no CSV, has other columns or ends early is a CodeInvalid error and changes
// nothing. The import applies in batches, and nothing that it brings can be
// matched before it is complete. If it is cut off, the same two files bring it
// to its end; until then other files are a CodeConflict error. Bringing the
// same rows again changes nothing.
func (im *Importer) Import(ctx context.Context, actor selvedge.Actor, accounts, points Source) (Report, error) {
	if err := actor.Must(selvedge.PlatformRole, selvedge.OperatorRole); err != nil {
		return Report{}, err
	}
	digests, err := check(ctx, accounts, points)
	if err != nil {
		return Report{}, err
	}
	run, err := im.begin(ctx, actor, digests.both())
	if err != nil {
		return Report{}, err
	}
	defer run.close()
	var applied fileDigests
	if applied.accounts, err = run.accounts(ctx, accounts); err != nil {
		return Report{}, err
	}
	if applied.points, err = run.points(ctx, points); err != nil {
		return Report{}, err
	}
	if applied != digests {
		return Report{}, selvedge.Errorf(selvedge.CodeConflict, "the files changed while they were read: bring the ones that import %d began with", run.id).Because("files_changed")
	}
	if err := run.complete(ctx); err != nil {
		return Report{}, err
	}
	return run.report, nil
}

// fileDigests are the SHA-256 of the two files.
type fileDigests struct{ accounts, points [sha256.Size]byte }

// both returns the digest that an import of the two files is known by.
func (d fileDigests) both() [sha256.Size]byte {
	return sha256.Sum256(append(d.accounts[:], d.points[:]...))
}

// check reads both files to their end.
func check(ctx context.Context, accounts, points Source) (d fileDigests, err error) {
	ignore := func(int64, []string) error { return nil }
	if d.accounts, err = eachRow(ctx, accountsFile, accounts, accountColumns, ignore); err != nil {
		return d, err
	}
	d.points, err = eachRow(ctx, pointsFile, points, pointColumns, ignore)
	return d, err
}

// eachRow calls fn with every row of a file and returns the file's digest.
func eachRow(ctx context.Context, name string, open Source, columns []string, fn func(row int64, fields []string) error) (sum [sha256.Size]byte, err error) {
	rc, err := open()
	if err != nil {
		return sum, fmt.Errorf("open %s: %w", name, err)
	}
	defer rc.Close()
	h := sha256.New()
	t, err := openTable(name, io.TeeReader(rc, h), columns)
	if err != nil {
		return sum, err
	}
	for {
		fields, err := t.next()
		if err == io.EOF {
			return [sha256.Size]byte(h.Sum(nil)), nil
		}
		if err == nil && t.row%lookRows == 0 {
			err = ctx.Err()
		}
		if err == nil {
			err = fn(t.row, fields)
		}
		if err != nil {
			return sum, err
		}
	}
}

// run is one import at work.
type run struct {
	*Importer
	*maker
	actor  selvedge.Actor
	keys   *token.Keys // of the epoch that was in force when the run began
	report Report

	erased          map[string]*accountRow // rows of erased accounts, by platform id: they may come back
	refusedAccounts refusals

	refused refusals          // of contact_points.csv
	counted *roaring64.Bitmap // contact points that this run has met
	tokened *roaring.Bitmap   // ordinals whose tokens are in tokens
	tokens  *tokenSorter
}

// begin opens the import of a digest, or takes it up where it was cut off.
func (im *Importer) begin(ctx context.Context, actor selvedge.Actor, digest [32]byte) (*run, error) {
	r := &run{Importer: im, actor: actor, erased: map[string]*accountRow{}, refused: refusals{}, counted: roaring64.New(), tokened: roaring.New()}
	var err error
	if r.keys, err = im.Keys.Current(ctx); err != nil {
		return nil, err
	}
	err = im.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		var err error
		if r.maker, err = im.newMaker(ctx, tx); err != nil {
			return err
		}
		id, open, ok, err := im.Repo.OpenImport(ctx, tx)
		switch {
		case err != nil:
			return err
		case ok && open != digest:
			return selvedge.Errorf(selvedge.CodeConflict, "import %d is not complete: bring the same two files again to complete it", id).Because("import_open")
		case ok:
			r.id = id
			return nil
		}
		if r.id, err = im.Repo.BeginImport(ctx, tx, digest, im.Clock.Now()); err != nil {
			return err
		}
		return im.Outbox.Append(ctx, tx, ledger.Entry{
			Space: ledger.Registry, Kind: ledger.ImportBegun, Actor: actor,
			Body: struct {
				Import ImportID `json:"import"`
				Digest string   `json:"digest"`
			}{r.id, hex.EncodeToString(digest[:])},
		})
	})
	if err != nil {
		return nil, err
	}
	r.report.Import = r.id
	r.tokens = newTokenSorter(im.Dir, im.Memory)
	return r, nil
}

func (r *run) close() { r.tokens.close() }

// errRotated says that tokens are of an epoch that is not in force.
var errRotated = errors.New("the token keys were rotated meanwhile")

// complete writes the chunks, then makes all that the import brought matchable
// in one transaction. If the keys were rotated since the import began, its
// chunks are converted: only those of the epoch in force get into the manifest.
func (r *run) complete(ctx context.Context) error {
	chunks, err := r.tokens.write(ctx, r.Blobs, r.keys.Epoch())
	if err != nil {
		return err
	}
	for {
		refs := make([]blob.Ref, len(chunks))
		for i, c := range chunks {
			refs[i] = c.Ref
		}
		err := r.Names.Name(ctx, func() error { return r.bringOn(ctx, chunks) }, refs...)
		if err != errRotated {
			return err
		}
		if chunks, err = r.convert(ctx, chunks); err != nil {
			return err
		}
	}
}

// convert takes chunks to the keys that are in force.
func (r *run) convert(ctx context.Context, old []ChunkRow) (chunks []ChunkRow, err error) {
	c := token.Conversion{From: r.keys, Dir: r.Dir, Memory: r.Memory}
	if c.To, err = r.Keys.Current(ctx); err != nil {
		return nil, err
	}
	for _, o := range old {
		var n ChunkRow
		if n.Ref, n.Header, err = c.Chunk(ctx, r.Blobs, o.Ref); err != nil {
			return nil, err
		}
		chunks = append(chunks, n)
	}
	r.keys = c.To
	return chunks, nil
}

// bringOn makes all that the import brought matchable. It returns errRotated if
// its chunks are not of the epoch that is in force.
func (r *run) bringOn(ctx context.Context, chunks []ChunkRow) error {
	return r.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		if e, err := r.Keys.Epoch(ctx, tx); err != nil {
			return err
		} else if e != r.keys.Epoch() {
			return errRotated
		}
		// Settles the expiries that are due, so that no grant comes on after it
		// ended: the import may have lain open for long.
		if _, err := r.Changes.Append(ctx, tx); err != nil {
			return err
		}
		granted := map[purpose.Set]*roaring.Bitmap{}
		err := r.Repo.ImportedOrdinals(ctx, tx, r.id, func(o selvedge.Ordinal, live purpose.Set) error {
			if live == 0 {
				return nil // ended before it ever could be matched
			}
			if granted[live] == nil {
				granted[live] = roaring.New()
			}
			granted[live].Add(uint32(o))
			return nil
		})
		if err != nil {
			return err
		}
		if err := r.Repo.CompleteImport(ctx, tx, r.id, chunks, r.Clock.Now()); err != nil {
			return err
		}
		var brought uint64
		for _, s := range slices.Sorted(maps.Keys(granted)) {
			b := granted[s]
			brought += b.GetCardinality()
			b.RunOptimize()
			if _, err := r.Changes.Append(ctx, tx, change.Change{Kind: change.GrantOn, Purposes: s, Ordinals: b}); err != nil {
				return err
			}
		}
		space := ledger.Registry
		if brought > 0 {
			space = ledger.Ads
		}
		return r.Outbox.Append(ctx, tx, ledger.Entry{
			Space: space, Kind: ledger.ImportCompleted, Actor: r.actor,
			Body: struct {
				Import  ImportID `json:"import"`
				Granted uint64   `json:"granted"`
			}{r.id, brought},
		})
	})
}

// batch runs fn in a transaction of its own with an entry that says what it
// covered.
func (r *run) batch(ctx context.Context, file string, from, to int64, fn func(ctx context.Context, tx selvedge.Tx) error) error {
	return r.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		if err := fn(ctx, tx); err != nil {
			return err
		}
		return r.Outbox.Append(ctx, tx, ledger.Entry{
			Space: ledger.Registry, Kind: ledger.ImportBatch, Actor: r.actor,
			Body: struct {
				Import ImportID `json:"import"`
				File   string   `json:"file"`
				From   int64    `json:"from_row"`
				To     int64    `json:"to_row"`
			}{r.id, file, from, to},
		})
	})
}
