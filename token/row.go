package token

// Row is a token that is in no chunk yet: an entry of its own, with what a
// chunk's header says of all of its entries. It is truth, and as secret as a
// chunk.
type Row struct {
	// Seq is the row's number, in the order in which rows were kept. A number is
	// never given again.
	Seq    int64
	Header // Count apart
	Entry
}

// Rows says which rows there are, so that who holds a copy of them can tell what
// is new.
type Rows struct {
	// Last is the number of the last row that was ever kept.
	Last int64
	// Gone changes whenever a row was deleted or changed: then a copy is to be
	// read anew. It never comes back to what it was.
	Gone int64
}
