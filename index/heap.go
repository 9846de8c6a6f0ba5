package index

import "github.com/selvedge/selvedge/token"

// cursor is a place in a chunk.
type cursor struct {
	chunk *token.Chunk
	at    int
	entry token.Entry // the entry there
}

// heap is a binary heap of cursors, the least entry first.
type heap []cursor

// newHeap returns the heap of the chunks' first entries.
func newHeap(chunks []*token.Chunk) heap {
	h := make(heap, 0, len(chunks))
	for _, c := range chunks {
		if c.Len() > 0 {
			h = append(h, cursor{chunk: c, entry: c.At(0)})
		}
	}
	for i := len(h)/2 - 1; i >= 0; i-- {
		h.down(i)
	}
	return h
}

// next moves the first cursor on, and returns the heap without it if its chunk
// has ended.
func (h heap) next() heap {
	if c := &h[0]; c.at+1 < c.chunk.Len() {
		c.at++
		c.entry = c.chunk.At(c.at)
	} else {
		last := len(h) - 1
		h[0] = h[last]
		h = h[:last]
	}
	h.down(0)
	return h
}

// down moves the cursor at i to its place.
func (h heap) down(i int) {
	for {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(h); child++ {
			if h[child].entry.Compare(h[least].entry) < 0 {
				least = child
			}
		}
		if least == i {
			return
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
}
