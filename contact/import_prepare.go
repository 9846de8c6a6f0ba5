package contact

import (
	"context"
	"crypto/sha256"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/prompt"
)

const pointsFile = "contact_points.csv"

var pointColumns = []string{"account", "kind", "value", "sha256", "region", "prompt", "given_at", "verified_at", "verified_by"}

// pointRow is one row of contact_points.csv, understood as far as it can be
// without the database. The value itself is gone by now.
type pointRow struct {
	row        int64
	platformID string
	kind       identifier.Kind
	forms      []identifier.Form
	handle     Handle
	mask       []byte
	prompt     prompt.Name
	givenAt    time.Time
	verifiedAt time.Time
	verifiedBy string
	refused    identifier.Reason
}

// parsePoint understands one row.
func (im *Importer) parsePoint(row int64, f []string, now time.Time) pointRow {
	p := pointRow{row: row, platformID: f[0], verifiedBy: f[8]}
	refuse := func(reason identifier.Reason) pointRow { p.refused = reason; return p }
	if !isPlatformID(p.platformID) {
		return refuse(reasonBadAccount)
	}
	var ok bool
	if p.kind, ok = identifier.ParseKind(f[1]); !ok {
		return refuse(reasonBadKind)
	}
	var err error
	if p.prompt, err = prompt.ParseName(f[5]); err != nil {
		return refuse(reasonBadPrompt)
	}
	if p.givenAt, ok = parseTime(f[6]); !ok {
		return refuse(reasonBadTime)
	}
	if f[7] != "" {
		if p.verifiedAt, ok = parseTime(f[7]); !ok {
			return refuse(reasonBadTime)
		}
	}
	if p.givenAt.After(now) || p.verifiedAt.After(now) {
		return refuse(reasonFuture)
	}
	if p.verifiedAt.IsZero() != (p.verifiedBy == "") || (p.verifiedBy != "" && !isWay(p.verifiedBy)) {
		return refuse(reasonBadVerifiedBy)
	}
	value, hashes := f[2], f[3]
	if (value == "") == (hashes == "") {
		return refuse(reasonValueOrHash)
	}
	if value != "" {
		return im.withValue(p, value, f[4])
	}
	return im.withHashes(p, hashes)
}

func (im *Importer) withValue(p pointRow, value, region string) pointRow {
	known, refused := identifier.Contact(p.kind, value, region)
	if refused != "" {
		p.refused = refused
		return p
	}
	p.forms = known.Forms
	p.handle = im.Handles.Of(p.platformID, known.Identity)
	p.mask = im.Masks.Seal(known.Mask, p.handle[:])
	return p
}

// withHashes takes the hashes of an address's forms; the first is that of the
// form it is known by.
func (im *Importer) withHashes(p pointRow, hashes string) pointRow {
	for _, text := range strings.Fields(hashes) {
		form, refused := identifier.Hash(p.kind, text)
		if refused != "" {
			p.refused = refused
			return p
		}
		if !slices.Contains(p.forms, form) {
			p.forms = append(p.forms, form)
		}
	}
	if len(p.forms) == 0 {
		p.refused = identifier.ReasonEmpty
		return p
	}
	p.handle = im.Handles.Of(p.platformID, p.forms[0])
	return p
}

// parseTime reads an RFC 3339 time. Nothing was given before 1970; a year 1 is
// how some systems write that they do not know.
func parseTime(s string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339Nano, s)
	return t.UTC().Truncate(time.Microsecond), err == nil && t.Unix() >= 0
}

// prepared hands out batches of understood rows in the file's order, while
// other goroutines work ahead on the next ones. The channel must be read to its
// end, which comes soon after ctx is cancelled; then the function returns the
// file's digest, or why the file was not read to its end.
func (r *run) prepared(ctx context.Context) (<-chan *pointBatch, func() ([sha256.Size]byte, error)) {
	ahead := 2 * runtime.GOMAXPROCS(0)
	work := make(chan *pointBatch, ahead)
	ordered := make(chan *pointBatch, ahead)
	var sum [sha256.Size]byte
	var readErr error
	now := r.Clock.Now()
	for range runtime.GOMAXPROCS(0) {
		go func() {
			for b := range work {
				for i, f := range b.fields {
					b.rows = append(b.rows, r.parsePoint(b.at[i], f, now))
				}
				b.fields = nil
				close(b.done)
			}
		}()
	}
	go func() {
		defer close(ordered)
		defer close(work)
		var b *pointBatch
		rows := newRowSum()
		send := func() error {
			b.sum = r.Handles.mark(rows)
			for _, c := range []chan *pointBatch{work, ordered} {
				select {
				case c <- b:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			b = nil
			return nil
		}
		sum, readErr = r.content.rows(ctx, pointPart, func(at place, f []string) error {
			if b == nil {
				b = &pointBatch{fields: make([][]string, 0, r.Batch), at: make([]int64, 0, r.Batch), done: make(chan struct{})}
			}
			if r.key != "" {
				rows.add(f)
			}
			b.at, b.end = append(b.at, at.row), at
			if b.fields = append(b.fields, append([]string(nil), f...)); len(b.fields) < r.Batch {
				return nil
			}
			return send()
		})
		if readErr == nil && b != nil {
			readErr = send()
		}
	}()
	// Both are written before ordered is closed, and read after.
	return ordered, func() ([sha256.Size]byte, error) { return sum, readErr }
}

// pointBatch is a run of rows on its way through the import. Rows may be read
// once done is closed.
type pointBatch struct {
	at     []int64 // the row's number in the file, of each
	end    place
	sum    [16]byte
	fields [][]string
	rows   []pointRow
	done   chan struct{}
}
