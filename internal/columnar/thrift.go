package columnar

import "encoding/binary"

// Types of the compact protocol (Apache Thrift).
const (
	thriftTrue = iota + 1
	thriftFalse
	thriftByte
	thriftI16
	thriftI32
	thriftI64
	thriftDouble
	thriftBinary
	thriftList
	thriftSet
	thriftMap
	thriftStruct
)

const (
	maxDepth    = 16
	maxElements = 200_000 // structures in lists: columns times row groups
)

// walker reads over a structure of the compact protocol. The library makes room
// for as many elements as a list says it has, before it looks for the first.
type walker struct {
	b        []byte
	ok       bool
	elements int
}

// walk returns the length of the structure that b begins with, and false if there
// is none, or one that says more than there is.
func walk(b []byte) (int, bool) {
	w := &walker{b: b, ok: true}
	w.structure(0)
	return len(b) - len(w.b), w.ok
}

func (w *walker) skip(n uint64) {
	if n > uint64(len(w.b)) {
		w.ok, n = false, uint64(len(w.b))
	}
	w.b = w.b[n:]
}

func (w *walker) byte() byte {
	if len(w.b) == 0 {
		w.ok = false
		return 0
	}
	c := w.b[0]
	w.b = w.b[1:]
	return c
}

func (w *walker) varint() uint64 {
	v, n := binary.Uvarint(w.b)
	if n <= 0 {
		w.ok = false
		return 0
	}
	w.b = w.b[n:]
	return v
}

func (w *walker) structure(depth int) {
	for w.ok {
		head := w.byte()
		if head == 0 {
			return
		}
		if head>>4 == 0 {
			w.varint() // the field's number
		}
		if kind := head & 15; kind != thriftTrue && kind != thriftFalse { // these are in the head
			w.value(kind, depth)
		}
	}
}

func (w *walker) value(kind byte, depth int) {
	if depth++; depth > maxDepth {
		w.ok = false
		return
	}
	switch kind {
	case thriftTrue, thriftFalse, thriftByte:
		w.skip(1)
	case thriftI16, thriftI32, thriftI64:
		w.varint()
	case thriftDouble:
		w.skip(8)
	case thriftBinary:
		w.skip(w.varint())
	case thriftList, thriftSet:
		head := w.byte()
		n := uint64(head >> 4)
		if n == 15 {
			n = w.varint()
		}
		w.several(n, depth, head&15)
	case thriftMap:
		if n := w.varint(); n > 0 {
			head := w.byte()
			w.several(n, depth, head>>4, head&15)
		}
	case thriftStruct:
		w.structure(depth)
	default:
		w.ok = false
	}
}

// several reads over n elements, each of the kinds given.
func (w *walker) several(n uint64, depth int, kinds ...byte) {
	if n > uint64(len(w.b)) { // each has a byte at least
		w.ok = false
		return
	}
	for ; n > 0 && w.ok; n-- {
		for _, k := range kinds {
			if k == thriftStruct {
				if w.elements++; w.elements > maxElements {
					w.ok = false
				}
			}
			w.value(k, depth)
		}
	}
}
