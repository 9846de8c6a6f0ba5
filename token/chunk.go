package token

import (
	"io"
	"iter"
)

// chunkFormat is frozen: chunks are truth, and stay readable for ever. A change
// of the layout is a new version beside this one. docs/formats/chunk.md has
// every byte.
var chunkFormat = Format{
	Name:    "chunk",
	Magic:   [8]byte{'S', 'E', 'L', 'V', 'C', 'H', 'N', 'K'},
	Version: 1,
}

// Chunk is an open chunk: the tokens of contact points, as compaction or an
// import wrote them.
type Chunk struct{ Table }

// WriteChunk writes a chunk to w; Format.Write says what is asked of the
// header and the entries. A chunk of no entries is a chunk.
func WriteChunk(w io.Writer, h Header, entries iter.Seq2[Entry, error]) (Header, error) {
	return chunkFormat.Write(w, h, entries)
}

// OpenChunk opens a chunk on b, which stays in use, and checks the whole of it
// as Format.Open does.
func OpenChunk(b []byte) (*Chunk, error) {
	t, err := chunkFormat.Open(b)
	if err != nil {
		return nil, err
	}
	return &Chunk{Table: *t}, nil
}
