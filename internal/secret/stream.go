package secret

import (
	"bytes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"io"
	"slices"
)

// chunkLen is how many bytes of a stream are sealed together.
const chunkLen = 64 << 10

// errStream says no more: what is wrong with a sealed stream cannot be told.
var errStream = errors.New("a sealed stream does not open: it was cut or changed, or is another key's")

// Seal returns a writer that seals what is written to it into w, in chunks of 64
// KiB of AES-256-GCM, and the last when it is closed: the STREAM construction
// (Hoang, Reyhanitabar, Rogaway, Vizár: Online Authenticated-Encryption and its
// Nonce-Reuse Misuse-Resistance, 2015). A chunk's nonce is its number, from 0,
// in 11 bytes of big endian, and 1 for the last chunk, 0 for others. Every chunk
// is bound to the bytes. A Key seals one stream, ever: two would have the same
// nonces. The writer belongs to one goroutine.
func (k Key) Seal(w io.Writer, bound []byte) io.WriteCloser {
	return &sealer{w: w, aead: k.AEAD(), bound: bound, plain: make([]byte, 0, chunkLen)}
}

type sealer struct {
	w      io.Writer
	aead   cipher.AEAD
	bound  []byte
	number uint64
	plain  []byte
	sealed []byte
}

// nonce returns the nonce of a chunk.
func nonce(number uint64, last bool) []byte {
	var n [12]byte
	binary.BigEndian.PutUint64(n[3:11], number)
	if last {
		n[11] = 1
	}
	return n[:]
}

// Write implements io.Writer.
func (s *sealer) Write(p []byte) (n int, err error) {
	for len(p) > 0 {
		// A full chunk waits for the next byte: it may be the last one.
		if len(s.plain) == chunkLen {
			if err := s.flush(false); err != nil {
				return n, err
			}
		}
		m := min(len(p), chunkLen-len(s.plain))
		s.plain = append(s.plain, p[:m]...)
		p, n = p[m:], n+m
	}
	return n, nil
}

func (s *sealer) flush(last bool) error {
	s.sealed = s.aead.Seal(s.sealed[:0], nonce(s.number, last), s.plain, s.bound)
	s.number++
	s.plain = s.plain[:0]
	_, err := s.w.Write(s.sealed)
	return err
}

// Close implements io.Closer. It does not close w.
func (s *sealer) Close() error { return s.flush(true) }

// Open returns a reader of what Seal has sealed under the key and the same
// bytes. It hands out nothing that was not checked, and returns an error instead
// of an end if the stream was cut or changed, or has bytes behind its end.
func (k Key) Open(sealed, bound []byte) io.Reader {
	return k.OpenFrom(bytes.NewReader(sealed), int64(len(sealed)), bound)
}

// OpenFrom is Open of the next size bytes of r. An error of r is returned as it
// is.
func (k Key) OpenFrom(r io.Reader, size int64, bound []byte) io.Reader {
	return &opener{r: r, left: size, aead: k.AEAD(), bound: bound}
}

type opener struct {
	r      io.Reader
	left   int64 // bytes of the stream that were not read
	aead   cipher.AEAD
	bound  []byte
	number uint64
	sealed []byte
	buf    []byte
	plain  bytes.Reader // what is left of the chunk that was opened last
	err    error        // what comes after it
}

// Read implements io.Reader.
func (o *opener) Read(p []byte) (int, error) {
	for o.plain.Len() == 0 && o.err == nil {
		o.err = o.next()
	}
	if o.plain.Len() == 0 {
		return 0, o.err
	}
	return o.plain.Read(p)
}

// next opens a chunk, and returns io.EOF with the last.
func (o *opener) next() (end error) {
	n := min(o.left, chunkLen+int64(o.aead.Overhead()))
	o.sealed = slices.Grow(o.sealed[:0], int(n))[:n]
	if _, err := io.ReadFull(o.r, o.sealed); err == io.EOF || err == io.ErrUnexpectedEOF {
		return errStream
	} else if err != nil {
		return err
	}
	o.left -= n
	last := o.left == 0
	plain, err := o.aead.Open(o.buf[:0], nonce(o.number, last), o.sealed, o.bound)
	if err != nil {
		return errStream
	}
	o.buf = plain
	o.number++
	o.plain.Reset(plain)
	if last {
		return io.EOF
	}
	return nil
}
