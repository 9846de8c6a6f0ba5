package delimited

// Shrink makes the blocks smaller, so that a short text has many.
func (s *Splitter) Shrink(n int) { s.buf = make([]byte, n) }
