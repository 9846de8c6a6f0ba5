package contact

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
)

// Source opens a file of an import, in the clear or as gzip. It is opened several
// times: first the whole content is read and checked, so that a file that is cut
// off or is none of its kind changes nothing; then it is applied.
type Source func() (io.ReadCloser, error)

// Delivery is what an import brings: two CSV files, or one file of NDJSON.
type Delivery struct {
	Accounts, Points Source
	Lines            Source // instead of both
	// Key is the sender's own name for the import, or empty: 1 to 128 visible ASCII
	// characters. What is sent again under it is the same import, or is refused.
	Key string
	// Packed says that the files are gzip; otherwise they may be.
	Packed bool
}

// content is what a delivery holds, unpacked.
type content interface {
	// name says what an error in a part is in.
	name(p part) string
	// rows calls fn with every row of a part, and returns the digest of the file
	// that the part is in. An error of fn ends it and is returned.
	rows(ctx context.Context, p part, fn func(at place, fields []string) error) ([sha256.Size]byte, error)
	// check reads all of it.
	check(ctx context.Context) (checked, error)
}

// place is where in the content a row is.
type place struct {
	row   int64 // in its file, from 1; the header of a CSV file counts
	bytes int64 // of the content, up to the row's end
	done  int64 // rows of the content up to it, headers left out
}

// checked is what is known of content that was read to its end.
type checked struct {
	sums  fileDigests
	bytes int64
	rows  int64
}

func (d Delivery) content() content {
	if d.Lines != nil {
		return &lineContent{source: unpacked(linesFile, d.Lines, d.Packed)}
	}
	return &csvContent{sources: [2]Source{unpacked(accountsFile, d.Accounts, d.Packed), unpacked(pointsFile, d.Points, d.Packed)}}
}

// fileDigests are the SHA-256 of the files that the two parts are in.
type fileDigests struct{ accounts, points [sha256.Size]byte }

// both returns the digest that an import of the two files is known by.
func (d fileDigests) both() [sha256.Size]byte {
	return sha256.Sum256(append(d.accounts[:], d.points[:]...))
}

// csvContent is accounts.csv and contact_points.csv.
type csvContent struct {
	sources [2]Source
	// ends is what of the content the parts before end with: known once it was
	// checked, and nothing until then.
	ends [2]place
}

func (c *csvContent) name(p part) string {
	if p == accountPart {
		return accountsFile
	}
	return pointsFile
}

func (c *csvContent) columns(p part) []string {
	if p == accountPart {
		return accountColumns
	}
	return pointColumns
}

func (c *csvContent) check(ctx context.Context) (out checked, err error) {
	c.ends = [2]place{}
	var last place
	count := func(at place, _ []string) error { last = at; return nil }
	if out.sums.accounts, err = c.rows(ctx, accountPart, count); err != nil {
		return out, err
	}
	c.ends[1] = last
	if out.sums.points, err = c.rows(ctx, pointPart, count); err != nil {
		return out, err
	}
	if last == c.ends[1] { // no contact point
		last.bytes, last.done = c.ends[1].bytes, c.ends[1].done
	}
	out.bytes, out.rows = last.bytes, last.done
	return out, nil
}

func (c *csvContent) rows(ctx context.Context, p part, fn func(at place, fields []string) error) (sum [sha256.Size]byte, err error) {
	name, before := c.name(p), c.ends[p-1]
	rc, err := c.sources[p-1]()
	if err != nil {
		return sum, fmt.Errorf("open %s: %w", name, err)
	}
	defer rc.Close()
	h := sha256.New()
	t, err := openTable(name, io.TeeReader(rc, h), c.columns(p))
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
			err = fn(place{row: t.row, bytes: before.bytes + t.r.InputOffset(), done: before.done + t.row - 1}, fields)
		}
		if err != nil {
			return sum, err
		}
	}
}
