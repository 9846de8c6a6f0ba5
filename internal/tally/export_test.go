package tally

import "os"

// File lets a fault test reach the file, which has no name; nil before the
// first run.
func (t *Tally) File() *os.File { return t.file }

// Parts is how many parts there are, and a block's records and size.
const (
	Parts        = parts
	BlockRecords = blockRecords
	BlockSize    = blockSize
)
