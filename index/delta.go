package index

import (
	"context"
	"errors"
	"slices"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/token"
)

// delta is a copy of the token rows: what was given since the last compaction.
// They are few, for compaction sees to it. The zero delta holds none.
type delta struct {
	seen    token.Rows
	headers map[identifier.Class]token.Header
	entries map[identifier.Class][]token.Entry // in order
}

// catchUp makes the delta a copy of the rows as tx sees them, and says whether
// it changed. With an error the delta holds nothing, and is made from the first
// row the next time. What of gave out before stays as it is.
func (d *delta) catchUp(ctx context.Context, tx selvedge.Tx, source Source) (moved bool, err error) {
	now, err := source.TokenRows(ctx, tx)
	if err != nil || now == d.seen {
		return false, err
	}
	next := delta{seen: now, headers: map[identifier.Class]token.Header{}, entries: map[identifier.Class][]token.Entry{}}
	after := int64(0)
	if now.Gone == d.seen.Gone { // nothing was taken away: the copy needs what is new
		after = d.seen.Last
		for _, c := range classes {
			if old := d.entries[c]; len(old) > 0 {
				next.headers[c], next.entries[c] = d.headers[c], slices.Clone(old)
			}
		}
	}
	err = source.EachTokenRow(ctx, tx, after, func(r token.Row) error {
		if have, ok := next.headers[r.Class]; ok && have != r.Header {
			return errors.New("token rows are of different keys or rules")
		}
		next.headers[r.Class] = r.Header
		next.entries[r.Class] = append(next.entries[r.Class], r.Entry)
		return nil
	})
	if err != nil {
		*d = delta{}
		return true, err
	}
	for c, es := range next.entries {
		slices.SortFunc(es, token.Entry.Compare)
		next.entries[c] = slices.Compact(es)
	}
	*d = next
	return true, nil
}

// of returns what the delta holds of a class.
func (d *delta) of(c identifier.Class) (token.Header, []token.Entry) {
	return d.headers[c], d.entries[c]
}
