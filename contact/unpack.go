package contact

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"errors"
	"io"

	"github.com/selvedge/selvedge"
)

// Bounds of what a file in gzip may unpack to. Lists of addresses shrink to a
// third or a tenth, and the most alike that were seen to a fortieth.
const (
	maxRatio   = 200
	freeRatio  = 16 << 20  // unpacked bytes from which on the ratio counts
	maxContent = 256 << 30 // bytes of one file, unpacked
)

// unpacked returns a source of a file in the clear: one that begins as gzip does
// is unpacked (RFC 1952), all of its members; one that must be gzip is refused if it
// is not.
func unpacked(name string, open Source, must bool) Source {
	return func() (io.ReadCloser, error) {
		file, err := open()
		if err != nil {
			return nil, err
		}
		u := &unpacker{name: name, file: file}
		in := bufio.NewReaderSize(&u.packed, 64<<10)
		u.packed.r = file
		u.r = in
		if magic, _ := in.Peek(2); must || string(magic) == "\x1f\x8b" {
			z, err := gzip.NewReader(in)
			if err != nil {
				return nil, errors.Join(u.fault(err), file.Close())
			}
			u.r, u.zipped = z, true
		}
		return u, nil
	}
}

// unpacker reads a file in the clear, and says what is wrong with one that cannot
// be unpacked to its end.
type unpacker struct {
	name   string
	file   io.Closer
	packed counter
	r      io.Reader
	zipped bool
	n      int64
}

// counter counts the bytes that are read.
type counter struct {
	r io.Reader
	n int64
}

// Read implements io.Reader.
func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// Read implements io.Reader.
func (u *unpacker) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	u.n += int64(n)
	if u.n > maxContent || u.zipped && u.n > freeRatio && u.n > maxRatio*u.packed.n {
		return 0, selvedge.Errorf(selvedge.CodeTooLarge, "the file unpacks to more than %d times its size, or %d GiB", maxRatio, maxContent>>30).
			At(u.name).Because("unpacks_too_large")
	}
	if err != nil && err != io.EOF && u.zipped {
		err = u.fault(err)
	}
	return n, err
}

// Close implements io.Closer.
func (u *unpacker) Close() error { return u.file.Close() }

// fault names what is wrong with a file in gzip. What is wrong with reading it
// stays as it is.
func (u *unpacker) fault(err error) error {
	e := selvedge.Errorf(selvedge.CodeInvalid, "the file is damaged: it is no gzip file from its beginning to its end").At(u.name).Because("bad_gzip")
	_, corrupt := errors.AsType[flate.CorruptInputError](err)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF) || err == io.EOF:
		e.Message, e.Reason = "the file ends early: its last part was not sent, or not written", "gzip_cut_off"
	case errors.Is(err, gzip.ErrChecksum):
		e.Message, e.Reason = "the file is damaged: what it unpacks to is not what was packed", "gzip_checksum"
	case !corrupt && !errors.Is(err, gzip.ErrHeader):
		return err
	}
	return e
}

// unreadable is the error of a file that cannot be read on, at a row. What
// already says what is wrong is kept.
func unreadable(file string, row int64, err error) error {
	if e, ok := errors.AsType[*selvedge.Error](err); ok {
		return e.AtRow(row)
	}
	e := selvedge.Errorf(selvedge.CodeInvalid, "the file cannot be read to its end").At(file).AtRow(row).Because("unreadable")
	e.Err = err
	return e
}
