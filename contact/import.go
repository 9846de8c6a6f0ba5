package contact

import (
	"context"
	"encoding/hex"
	"errors"
	"maps"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/alert"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/change"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/prompt"
	"github.com/selvedge/selvedge/purpose"
	"github.com/selvedge/selvedge/token"
)

// Importer brings a platform's people: accounts and the contact points that they
// gave, as two CSV files or as NDJSON (docs/import.md). It is safe for concurrent use, though one import runs at a
// time.
type Importer struct {
	Repo    Repository
	Prompts prompt.Repository
	Tx      selvedge.Transactor
	Changes change.Log
	Outbox  ledger.Outbox
	Alerts  *alert.Office
	Blobs   blob.Store
	Names   *blob.Collector
	Keys    *token.Keyring
	Handles Handles
	Masks   MaskSealer
	Marks   Marks
	Clock   selvedge.Clock
	Entropy selvedge.Entropy
	// Dir is where sort runs and what is sent over HTTP go, and Memory how many bytes of tokens are kept in
	// memory before they do.
	Dir    string
	Memory int
	// Batch is how many rows one transaction takes: few enough that a withdrawal
	// does not wait long behind it. It must be set.
	Batch int
}

// lookRows is after how many rows the first reading looks whether to go on.
const lookRows = 1000

// Import brings two files in CSV. See Bring.
func (im *Importer) Import(ctx context.Context, actor selvedge.Actor, accounts, points Source) (Report, error) {
	return im.Bring(ctx, actor, Delivery{Accounts: accounts, Points: points})
}

// Bring applies what is delivered. Only the platform or an operator may.
//
// Rows that cannot be taken are counted by reason and left out; content that is
// none of its kind, or ends early, is a CodeInvalid error and changes nothing, and
// so does what unpacks to too much, a CodeTooLarge error. The import applies in
// batches, and nothing that it brings can be matched before it is complete. If it
// is cut off, the same content brings it to its end; until then, or until it is
// abandoned, other content is a CodeConflict error. Bringing the same rows again
// changes nothing.
//
// Under a Key, content that was brought completely is answered with the report of
// then, and other content is a CodeConflict error, which names a row if the import
// is open: at it, or behind it in the same batch, the content was changed.
func (im *Importer) Bring(ctx context.Context, actor selvedge.Actor, d Delivery) (Report, error) {
	if err := actor.Must(selvedge.PlatformRole, selvedge.OperatorRole); err != nil {
		return Report{}, err
	}
	if d.Key != "" && !isPlatformID(d.Key) {
		return Report{}, selvedge.Errorf(selvedge.CodeInvalid, "must be 1 to 128 visible ASCII characters").At("key").Because("bad_key")
	}
	c := d.content()
	whole, err := c.check(ctx)
	if err != nil {
		return Report{}, err
	}
	run, done, err := im.begin(ctx, actor, c, whole, d.Key)
	if err != nil || done != nil {
		return deref(done), err
	}
	defer run.close()
	if err := run.apply(ctx, whole); err != nil {
		return Report{}, err
	}
	if err := run.complete(ctx); err != nil {
		return Report{}, err
	}
	return run.report, nil
}

func deref(r *Report) Report {
	if r == nil {
		return Report{}
	}
	return *r
}

// apply applies the content, which must be what was checked.
func (r *run) apply(ctx context.Context, whole checked) (err error) {
	var applied fileDigests
	if applied.accounts, err = r.accounts(ctx); err != nil {
		return err
	}
	if applied.points, err = r.points(ctx); err != nil {
		return err
	}
	if applied != whole.sums {
		return selvedge.Errorf(selvedge.CodeConflict, "the content changed while it was read: bring what import %d began with", r.id).Because("files_changed")
	}
	return nil
}

// run is one import at work.
type run struct {
	*Importer
	*maker  // nil until it has begun
	actor   selvedge.Actor
	content content
	key     string
	keys    *token.Keys // of the epoch that was in force when the run began
	report  Report

	erased          map[string]*accountRow // rows of erased accounts, by platform id: they may come back
	refusedAccounts refusals

	refused refusals          // of contact_points.csv
	counted *roaring64.Bitmap // contact points that this run has met
	tokened *roaring64.Bitmap // contact points whose tokens are in tokens
	tokens  *tokenSorter      // nil in a dry run
	tally   *tally            // of a dry run
}

func (im *Importer) newRun(actor selvedge.Actor, c content) *run {
	return &run{
		Importer: im, actor: actor, content: c,
		erased: map[string]*accountRow{}, refused: refusals{}, counted: roaring64.New(), tokened: roaring64.New(),
	}
}

// begin opens the import of some content, or takes it up where it was cut off. If
// it is complete, it returns the report instead.
func (im *Importer) begin(ctx context.Context, actor selvedge.Actor, c content, whole checked, key string) (*run, *Report, error) {
	r := im.newRun(actor, c)
	r.key = key
	digest := whole.sums.both()
	var done *Report
	var changed ImportID
	var err error
	if r.keys, err = im.Keys.Current(ctx); err != nil {
		return nil, nil, err
	}
	err = im.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		done, changed = nil, 0
		var err error
		if r.maker, err = im.newMaker(ctx, tx); err != nil {
			return err
		}
		before, known, err := im.before(ctx, tx, digest, key)
		switch {
		case err != nil:
			return err
		case known && before.Digest != digest && before.State == ImportOpen:
			changed = before.ID
			return nil
		case known && before.Digest != digest:
			return errChanged(before.ID)
		case known && before.State == ImportComplete:
			done = before.Report
			return nil
		case known:
			r.id = before.ID
			return nil
		}
		n := NewImport{Digest: digest, Key: key, Bytes: whole.bytes, Rows: whole.rows}
		if r.id, err = im.Repo.BeginImport(ctx, tx, n, im.Clock.Now()); err != nil {
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
	if err == nil && changed != 0 {
		err = im.changedAt(ctx, c, changed)
	}
	if err != nil || done != nil {
		return nil, done, err
	}
	r.report.Import = r.id
	r.tokens = newTokenSorter(im.Dir, im.Memory)
	return r, nil, nil
}

// before returns the import that this content, or this key, is of already. It
// returns a CodeConflict error if another stands in the way.
func (im *Importer) before(ctx context.Context, tx selvedge.Tx, digest [32]byte, key string) (v ImportStatus, known bool, err error) {
	if key != "" {
		v, known, err = im.Repo.ImportOfKey(ctx, tx, key)
	}
	if err == nil && !known {
		var id ImportID
		if id, _, known, err = im.Repo.OpenImport(ctx, tx); err == nil && known {
			v, err = im.Repo.Import(ctx, tx, id)
		}
		if err == nil && known && v.State == ImportOpen && v.Digest != digest {
			return v, false, selvedge.Errorf(selvedge.CodeConflict, "import %d is not complete: bring the same content again to complete it, or abandon it", v.ID).Because("import_open")
		}
	}
	if err == nil && known && v.State == ImportAbandoning {
		err = selvedge.Errorf(selvedge.CodeConflict, "import %d is being abandoned: bring that to its end first", v.ID).Because("import_abandoning")
	}
	return v, known, err
}

func (r *run) close() { _ = r.tokens.close() }

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
		if err := r.Repo.CompleteImport(ctx, tx, r.id, chunks, r.report, r.Clock.Now()); err != nil {
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

// span is the rows of a batch.
type span struct {
	part     part
	from, to int64
	end      place
	sum      [16]byte // of the part's rows up to its end
}

// batch runs fn in a transaction of its own with an entry that says what it
// covered. What fn brought is counted in the import. The import must be open
// still: somebody may have abandoned it.
func (r *run) batch(ctx context.Context, s span, fn func(ctx context.Context, tx selvedge.Tx) (points, grants int, err error)) error {
	return r.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		points, grants, err := fn(ctx, tx)
		if err != nil {
			return err
		}
		step := ImportStep{Bytes: s.end.bytes, Rows: s.end.done, Points: int64(points), Grants: int64(grants)}
		if r.key != "" {
			step.Mark = ImportMark{int(s.part), s.to, s.sum}
		}
		if err := r.Repo.ImportStep(ctx, tx, r.id, step); err != nil {
			return err
		}
		return r.Outbox.Append(ctx, tx, ledger.Entry{
			Space: ledger.Registry, Kind: ledger.ImportBatch, Actor: r.actor,
			Body: struct {
				Import ImportID `json:"import"`
				File   string   `json:"file"`
				From   int64    `json:"from_row"`
				To     int64    `json:"to_row"`
			}{r.id, r.content.name(s.part), s.from, s.to},
		})
	})
}
