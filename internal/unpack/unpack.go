// Package unpack takes a file out of what it was compressed with.
//
// The promise: what comes out is what went in, or the reader ends with an error
// that names what is wrong; and a small file that unpacks to an endless one is
// given up before it has cost anything worth naming. Errors are *selvedge.Error of
// CodeInvalid, Field "file", with the Reasons below; those of the reader that is
// unpacked come as they are.
package unpack

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"errors"
	"io"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/selvedge/selvedge"
)

// Compression is what a file was compressed with.
type Compression string

// The compressions; the zero one is none.
const (
	Gzip Compression = "gzip"
	Zstd Compression = "zstd"
	Zip  Compression = "zip"
)

// The reasons of errors.
const (
	ReasonTruncated = "truncated_file"   // it ends before what was packed does
	ReasonChecksum  = "bad_checksum"     // what comes out is not what went in
	ReasonCorrupt   = "corrupt_file"     // it cannot be unpacked
	ReasonBomb      = "unpacks_too_far"  // it unpacks to too much, or to too many times its size
	ReasonMembers   = "several_members"  // a zip of more than one file
	ReasonEmpty     = "no_member"        // a zip of no file
	ReasonEncrypted = "encrypted_file"   // it asks for a password
	ReasonMethod    = "unknown_packing"  // a zip packed in a way that is not read here
	ReasonWindow    = "too_large_window" // zstd that needs too much memory
	maxWindow       = 32 << 20           // of zstd: what its levels up to 19 need, four times over
)

// Limits is how far a file may unpack.
type Limits struct {
	Total int64 // bytes that come out
	// Ratio is how many times as much may come out as went in. It counts only
	// from Free bytes on: a short file may well be one value over and over.
	Ratio, Free int64
}

// Sniff returns the compression of a file that begins with b.
func Sniff(b []byte) Compression {
	switch {
	case bytes.HasPrefix(b, []byte("\x1f\x8b")):
		return Gzip
	case bytes.HasPrefix(b, []byte("\x28\xb5\x2f\xfd")):
		return Zstd
	case bytes.HasPrefix(b, []byte("PK\x03\x04")), bytes.HasPrefix(b, []byte("PK\x05\x06")):
		return Zip
	default:
		return ""
	}
}

func fault(reason, text string) *selvedge.Error {
	return selvedge.Errorf(selvedge.CodeInvalid, "%s", text).At("file").Because(reason)
}

// Stream unpacks gzip and zstd. Members that follow one another are one file. It
// is to be closed.
func Stream(c Compression, r io.Reader, l Limits) (io.ReadCloser, error) {
	in := &counted{r: r}
	if c == Gzip {
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, in.explain(err)
		}
		return &reader{r: z, close: z.Close, in: in, limits: l}, nil
	}
	// One goroutine: what comes out is read by more than one already.
	z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, in.explain(err)
	}
	return &reader{r: z, close: func() error { z.Close(); return nil }, in: in, limits: l}, nil
}

// Member returns the one file of the zip, to be closed.
func (z *Archive) Member(l Limits) (io.ReadCloser, error) {
	var only *zip.File
	for _, f := range z.File {
		if strings.HasSuffix(f.Name, "/") || strings.HasPrefix(f.Name, "__MACOSX/") {
			continue // folders, and what a Mac puts beside each file
		}
		if only != nil {
			return nil, fault(ReasonMembers, "the zip holds several files; send one list at a time")
		}
		only = f
	}
	if only == nil {
		return nil, fault(ReasonEmpty, "the zip holds no file")
	}
	return z.Open(only, l)
}

// Open opens a file of the zip, to be closed.
func (z *Archive) Open(f *zip.File, l Limits) (io.ReadCloser, error) {
	if f.Flags&1 != 0 {
		return nil, fault(ReasonEncrypted, "the file asks for a password; send it without")
	}
	in := &counted{n: int64(min(f.CompressedSize64, uint64(z.size)))}
	r, err := f.Open()
	if err != nil {
		return nil, in.explain(err)
	}
	return &reader{r: r, close: r.Close, in: in, limits: l}, nil
}

// Archive is an open zip.
type Archive struct {
	*zip.Reader
	size int64
}

// OpenArchive opens a zip.
func OpenArchive(r io.ReaderAt, size int64) (*Archive, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		if errors.Is(err, zip.ErrFormat) {
			// The directory stands at the end.
			return nil, fault(ReasonTruncated, "the zip has no end: it was cut short")
		}
		return nil, (&counted{}).explain(err)
	}
	return &Archive{z, size}, nil
}

// counted counts what went in and keeps the error that it ended with.
type counted struct {
	r   io.Reader
	n   int64
	err error
}

// Read implements io.Reader.
func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	if err != nil && err != io.EOF {
		c.err = err
	}
	return n, err
}

// explain names what is wrong. Where the file that is unpacked could not be read,
// that is what is wrong.
func (c *counted) explain(err error) error {
	if c.err != nil {
		return c.err
	}
	_, corrupt := errors.AsType[flate.CorruptInputError](err)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return fault(ReasonTruncated, "the packed file ends too early: it was cut short")
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, zip.ErrChecksum), errors.Is(err, zstd.ErrCRCMismatch):
		return fault(ReasonChecksum, "the packed file is damaged: its checksum is wrong")
	case errors.Is(err, zip.ErrAlgorithm):
		return fault(ReasonMethod, "the zip is packed in a way that is not read here; pack it with deflate")
	case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return fault(ReasonWindow, "the file needs too large a window to unpack; pack it without --long")
	case corrupt:
		return fault(ReasonCorrupt, "the packed file is damaged")
	default:
		return fault(ReasonCorrupt, "the packed file cannot be read")
	}
}

// reader is what comes out, up to the limits.
type reader struct {
	r      io.Reader
	close  func() error
	in     *counted
	limits Limits
	out    int64
}

// Read implements io.Reader.
func (r *reader) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	r.out += int64(n)
	if r.out > r.limits.Total || r.out > r.limits.Free && r.out > r.in.n*r.limits.Ratio {
		return 0, fault(ReasonBomb, "the packed file unpacks to far more than a list would")
	}
	if err != nil && err != io.EOF {
		err = r.in.explain(err)
	}
	return n, err
}

// Close implements io.Closer.
func (r *reader) Close() error { return r.close() }
