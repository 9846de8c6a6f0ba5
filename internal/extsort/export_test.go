package extsort

import "os"

// File lets a fault test reach the file, which has no name; nil before the
// first run.
func (s *Sorter) File() *os.File { return s.file }

// RecordSize is the size of one record on disk.
const RecordSize = recordSize
