package list

import (
	"io"
	"slices"

	"github.com/selvedge/selvedge/internal/secret"
)

// For tests of the layout of records: tokens that differ in a few chosen bits
// cannot be had through Receive.
var (
	Pack      = pack
	Unpack    = unpack
	SameToken = sameToken
)

// ReadSidecar reads a sidecar's bytes under a key, for the golden file and the
// fuzzer.
func ReadSidecar(b []byte, key secret.Key) (rows [][]Key, err error) {
	r, err := openSidecar(b, key)
	if err != nil {
		return nil, err
	}
	for {
		row, err := r.next()
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		rows = append(rows, slices.Clone(row))
	}
}
