package aside

import "os"

// File lets a test look at the disk; the file has no name.
func (s *File) File() *os.File { return s.f }
