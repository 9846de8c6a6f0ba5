package list

import (
	"context"
	"io"
	"slices"
	"strings"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/token"
)

// DefaultMemory is what a Receiver whose Memory is 0 works with.
const DefaultMemory = 64 << 20

// Receiver turns uploads into sealed lists. Its fields are set once; then it is
// safe for concurrent use, each upload with memory of its own.
type Receiver struct {
	Keys     *token.Keyring // the keys of the tokens
	External ExternalIDs    // of the senders' own ids
	RowKeys  RowKeys        // of the reports of rows
	// ConsentFree are the countries whose rows need no consent, by the operator's
	// word. Without any, every row needs one.
	ConsentFree Countries
	Blobs       blob.Store // where spills and sidecars go
	Entropy     selvedge.Entropy
	Dir         string // folder for what does not fit in memory
	// Memory is how many bytes of tokens one upload may hold in memory, 0 for
	// DefaultMemory. To it come one bit for each row and a few buffers.
	Memory int

	workers int // how many goroutines read rows; 0 for one on each processor
}

// Sealed is a list that was read to its end. Its spill is durable, and so are its
// sidecar and its row report.
type Sealed struct {
	Spill   blob.Ref
	Sidecar *Sidecar  // nil if no row has two identifiers
	Rows    *blob.Ref // the row report; nil if nothing was refused, and for a batch
	Epoch   token.Epoch
	RuleSet uint32
	Report  Report

	// The keys of the epoch, nil if they were not at hand. Somebody may destroy
	// them before the list has a row that says that it needs them.
	keys *token.Keys
}

// Receive reads a list to its end. When it returns without an error, the spill
// is durable and the report complete. When it returns an error, nothing of the
// list is left in the store or the folder, unless the store itself failed to
// commit a blob: then unnamed ones may be left.
//
// Rows and cells that are not understood are no error: the report counts them.
// The errors of the list as a whole are, as *selvedge.Error,
//
//   - CodeInvalid, Field "default_region": the region is no ISO 3166 country;
//   - CodeInvalid, Field "header": Reason "empty_file", "not_utf8", "nul_bytes",
//     "bad_quotes", "bad_separator" (a sep= line), "no_known_column",
//     "hash_without_header" or "too_many_columns", and the header's Row;
//   - CodeInvalid, Field "ad_user_data" or "ad_personalization", Reason
//     "no_consent" if neither the list nor a column says that people have agreed
//     and no country is free, and "consent_denied" if the list says that they
//     have not;
//   - CodeInvalid, Field "source", "hash_rules" or one of the two, for a word
//     that is none;
//   - CodeInvalid, Field "phone", Reason "enumeration": the phone numbers, in the
//     clear, were counted up;
//   - CodeTooLarge with the Row, if a row is longer than MaxLine;
//   - CodeInvalid, Reason "ended_early": the list ends inside a quoted cell, or r
//     failed. The Row is the one that was being read.
//
// An error of r that is an *selvedge.Error is returned as it is, and so is the
// context's when it ends. Anything else is a fault of the store or the folder.
func (v *Receiver) Receive(ctx context.Context, r io.Reader, o Options) (Sealed, error) {
	if err := o.check(); err != nil {
		return Sealed{}, err
	}
	g, err := v.gather(ctx, Add)
	if err != nil {
		return Sealed{}, err
	}
	g.rows = &rowsWriter{ctx: ctx, blobs: v.Blobs, entropy: v.Entropy, keys: v.RowKeys}
	defer g.close()
	l := v.layout(o)
	u := &upload{gatherer: g, Options: o, dir: v.Dir, consent: l.consent}
	defer u.closeAll()
	in, err := u.open(&source{ctx: ctx, r: r}, l)
	if err != nil {
		return Sealed{}, err
	}
	if err := u.run(ctx, in, l, v.processors()); err != nil {
		return Sealed{}, err
	}
	if err := u.finish(); err != nil {
		return Sealed{}, err
	}
	return u.seal(ctx)
}

// layout returns the layout of a list before anything of it is read.
func (v *Receiver) layout(o Options) *layout {
	l := &layout{region: strings.ToUpper(o.DefaultRegion), consent: consentRule{o.Consents, v.ConsentFree}}
	l.choose(nil)
	return l
}

func (v *Receiver) memory() int {
	if v.Memory == 0 {
		return DefaultMemory
	}
	return v.Memory
}

// upload is one Receive at work.
type upload struct {
	gatherer
	Options
	dir     string
	consent consentRule
	header  []string    // of a Preview: the names of the columns, if there are any
	opened  []io.Closer // what the list is read through, the outermost last
}

// closeAll closes what the list was read through. What that has to say is said by
// then.
func (u *upload) closeAll() {
	for _, c := range slices.Backward(u.opened) {
		_ = c.Close()
	}
}

// finish counts what follows from the other counts: an identifier that is none of
// the other things is empty.
func (u *upload) finish() error {
	columns := int64(len(u.report.Columns))
	if columns == 0 {
		return noKnownColumn(0)
	}
	// Of a list whose rows have names of their own this is known only now.
	if err := u.consent.missing(u.report.rowsSay()); err != nil {
		return err
	}
	u.gatherer.finish(columns)
	ids := &u.report.Identifiers
	ids.Read = u.report.Rows.Read*columns + u.report.Split
	ids.Empty = ids.Read - u.report.Clear - u.report.Hashed - ids.Refused
	return nil
}
