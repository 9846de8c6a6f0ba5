package list

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"unicode/utf8"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/token"
)

// DefaultMemory is what a Receiver whose Memory is 0 works with.
const DefaultMemory = 64 << 20

// Receiver turns uploads into sealed lists. Its fields are set once; then it is
// safe for concurrent use, each upload with memory of its own.
type Receiver struct {
	Keys     *token.Keyring // the keys of the tokens
	External ExternalIDs    // of the senders' own ids
	Blobs    blob.Store     // where spills and sidecars go
	Entropy  selvedge.Entropy
	Dir      string // folder for what does not fit in memory
	// Memory is how many bytes of tokens one upload may hold in memory, 0 for
	// DefaultMemory. To it come one bit for each row and a few buffers.
	Memory int
}

// Options are what the sender says about a list.
type Options struct {
	// DefaultRegion is the ISO 3166 country of the phone numbers that are
	// written without a country code. If it is empty, they are refused.
	DefaultRegion string
}

// Sealed is a list that was read to its end. Its spill is durable, and so is its
// sidecar.
type Sealed struct {
	Spill   blob.Ref
	Sidecar *Sidecar // nil if no row has two identifiers
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
//   - CodeTooLarge with the Row, if a row is longer than MaxLine;
//   - CodeInvalid, Reason "ended_early": the list ends inside a quoted cell, or r
//     failed. The Row is the one that was being read.
//
// An error of r that is an *selvedge.Error is returned as it is, and so is the
// context's when it ends. Anything else is a fault of the store or the folder.
func (v *Receiver) Receive(ctx context.Context, r io.Reader, o Options) (Sealed, error) {
	if err := checkRegion(o.DefaultRegion); err != nil {
		return Sealed{}, err
	}
	g, err := v.gather(ctx, Add, o.DefaultRegion)
	if err != nil {
		return Sealed{}, err
	}
	defer g.close()
	u := &upload{gatherer: g, in: newLines(ctx, r)}
	if err := u.readHeader(); err != nil {
		return Sealed{}, err
	}
	if err := u.readRows(); err != nil {
		return Sealed{}, err
	}
	return u.seal(ctx)
}

func (v *Receiver) memory() int {
	if v.Memory == 0 {
		return DefaultMemory
	}
	return v.Memory
}

// checkRegion returns an error unless the region is empty or one that identifier
// takes as a default country.
func checkRegion(region string) error {
	if region == "" {
		return nil
	}
	if _, reason := identifier.Read(identifier.Phone, "5550100", region); reason != identifier.ReasonBadRegion {
		return nil
	}
	return selvedge.Errorf(selvedge.CodeInvalid, "not a country; give its two ISO 3166 letters, such as GB").At("default_region")
}

// upload is one Receive at work.
type upload struct {
	gatherer
	in  *lines
	csv *csv.Reader

	cols []column
	row  int64 // number of the row that was read last
}

// next reads a row. The record is valid until the next call.
func (u *upload) next() ([]string, error) {
	u.in.begin()
	record, err := u.csv.Read()
	u.row += u.in.blank
	if err != io.EOF {
		u.row++
	}
	if u.in.err != nil && u.in.err != io.EOF {
		return nil, u.fault(u.in.err) // even if the broken row is a bad one as well
	}
	return record, err
}

// fault says at which row the input failed.
func (u *upload) fault(err error) error {
	if err == errRowTooLong {
		return selvedge.Errorf(selvedge.CodeTooLarge,
			"a row has more than %d bytes; is a closing quote missing?", MaxLine).AtRow(u.row)
	}
	if e, ok := err.(*selvedge.Error); ok && e.Reason == reasonEndedEarly {
		return e.AtRow(u.row)
	}
	return err
}

// readRows reads everything after the header.
func (u *upload) readRows() error {
	rows, ids := &u.report.Rows, &u.report.Identifiers
	n := int64(len(u.cols))
	for {
		record, err := u.next()
		rows.Empty += u.in.blank
		ids.Empty += u.in.blank * n
		switch _, bad := errors.AsType[*csv.ParseError](err); {
		case err == io.EOF:
			rows.Read = rows.Empty + rows.Refused + u.understood
			ids.Read = rows.Read * n
			return nil
		case bad:
			rows.Refused++
			u.report.refuse(ReasonBadQuotes, u.row, n)
		case err != nil:
			return err
		default:
			if err := u.take(record); err != nil {
				return err
			}
		}
	}
}

// take reads the identifiers of a row and counts it.
func (u *upload) take(record []string) error {
	refused := u.report.Identifiers.Refused
	for i, c := range u.cols {
		if c.index >= len(record) || record[c.index] == "" {
			u.report.Identifiers.Empty++
			continue
		}
		text := record[c.index]
		if !utf8.ValidString(text) {
			u.report.refuse(ReasonBadText, u.row, 1)
			continue
		}
		cell, reason := identifier.Read(c.kind, text, u.region)
		switch reason {
		case identifier.Accepted:
			if err := u.add(cell, i); err != nil {
				return err
			}
		case identifier.ReasonEmpty:
			u.report.Identifiers.Empty++
		default:
			u.report.refuse(reason, u.row, 1)
		}
	}
	return u.endRow(u.report.Identifiers.Refused > refused)
}
