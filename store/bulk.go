package store

import (
	"context"
	"strings"

	"github.com/selvedge/selvedge"
)

// parts are how many rows one statement takes. A statement costs about as much
// as writing ten rows.
var parts = [...]int{200, 20, 1}

// inParts calls fn with the bounds of consecutive parts of n things, the larger
// ones first. Their sizes are few, so that there are few texts to prepare.
func inParts(n int, fn func(from, to int) error) error {
	from := 0
	for _, size := range parts {
		for ; n-from >= size; from += size {
			if err := fn(from, from+size); err != nil {
				return err
			}
		}
	}
	return nil
}

// places returns the text of n rows of so many places: (?, ?), (?, ?); a single
// column makes one list, (?, ?, ?).
func places(columns, n int) string {
	if columns == 1 {
		return "(" + strings.Repeat("?, ", n-1) + "?)"
	}
	row := places(1, columns)
	return strings.Repeat(row+", ", n-1) + row
}

// among calls fn with every row of a query that ends with a column, for the rows
// where the column is one of the keys, of which there may be none. Both ways use the column's index.
func among[K any](ctx context.Context, tx selvedge.Tx, fn func(scanner) error, text string, keys []K) error {
	if len(keys) == 0 {
		return nil
	}
	if tx.(session).lists() {
		return each(ctx, tx, fn, text+` = ANY (?)`, keys)
	}
	return inParts(len(keys), func(from, to int) error {
		args := make([]any, 0, to-from)
		for _, k := range keys[from:to] {
			args = append(args, k)
		}
		return each(ctx, tx, fn, text+` IN `+places(1, to-from), args...)
	})
}
