package store

import (
	"context"
	"strings"

	"github.com/selvedge/selvedge"
)

// part is how many rows one statement takes. A statement costs about as much
// as writing ten rows, so that more would gain little.
const part = 50

// inParts calls fn with the bounds of consecutive parts of n things: full ones,
// then single ones, so that there are only two texts to prepare.
func inParts(n int, fn func(from, to int) error) error {
	for from := 0; from < n; {
		to := from + 1
		if n-from >= part {
			to = from + part
		}
		if err := fn(from, to); err != nil {
			return err
		}
		from = to
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

// insert runs an INSERT of many rows in few statements: head, the rows, tail.
// It calls scan with every row that comes back.
func insert[T any](ctx context.Context, tx selvedge.Tx, head string, columns int, vs []T, row func(T) []any, tail string, scan func(scanner) error) error {
	return inParts(len(vs), func(from, to int) error {
		args := make([]any, 0, columns*(to-from))
		for _, v := range vs[from:to] {
			args = append(args, row(v)...)
		}
		return each(ctx, tx, scan, head+places(columns, to-from)+tail, args...)
	})
}
