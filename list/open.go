package list

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	xunicode "golang.org/x/text/encoding/unicode"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/aside"
	"github.com/selvedge/selvedge/internal/delimited"
	"github.com/selvedge/selvedge/internal/unpack"
)

// Bounds of what is not read as it comes.
const (
	// maxAside is the largest file that has to be put aside: a zip, a workbook or
	// a Parquet file has its directory at the end.
	maxAside = 10 << 30
	// maxWorkbook is the largest workbook, which has at most 1,048,576 rows.
	maxWorkbook = 256 << 20
)

// unpacking is how far a file may unpack. Lists of one person's addresses over and
// over shrink to a hundredth; what shrinks to less is no list.
var unpacking = unpack.Limits{Total: 64 << 30, Ratio: 200, Free: 16 << 20}

// What files begin with.
const (
	parquetMagic = "PAR1"
	oldOffice    = "\xd0\xcf\x11\xe0"
)

// The reasons of a file that is not read, beside those of unpack.
const (
	reasonTwice  = "packed_twice"
	reasonOld    = "old_workbook"
	reasonFormat = "wrong_format"
	reasonArray  = "json_array"
)

func fileFault(reason, text string) *selvedge.Error {
	return selvedge.Errorf(selvedge.CodeInvalid, "%s", text).At("file").Because(reason)
}

// open finds out what a list is written in, from its first bytes and never from
// its name, and reads up to its first row.
func (u *upload) open(r io.Reader, l *layout) (container, error) {
	in := bufio.NewReaderSize(r, window)
	start, err := in.Peek(4)
	if err != nil && err != io.EOF {
		return nil, atRow(err, 1)
	}
	packed := unpack.Sniff(start)
	switch packed {
	case "":
		return u.openPlain(in, l)
	case unpack.Zip:
		return u.openZip(in, l)
	}
	u.report.Compression = packed
	out, err := unpack.Stream(packed, in, unpacking)
	if err != nil {
		return nil, atRow(err, 1)
	}
	u.opened = append(u.opened, out)
	return u.openMember(out, l)
}

// openMember opens what was compressed.
func (u *upload) openMember(r io.Reader, l *layout) (container, error) {
	in := bufio.NewReaderSize(r, window)
	start, err := in.Peek(4)
	if err != nil && err != io.EOF {
		return nil, atRow(err, 1)
	}
	switch unpack.Sniff(start) {
	case "":
		return u.openPlain(in, l)
	case unpack.Zip:
		if u.report.Compression != unpack.Zip {
			return u.openZip(in, l) // a workbook, which is a zip by itself
		}
	}
	return nil, fileFault(reasonTwice, "the file is packed more than once; pack it once")
}

// openPlain opens a list that is not compressed.
func (u *upload) openPlain(in *bufio.Reader, l *layout) (container, error) {
	start, _ := in.Peek(4)
	switch {
	case bytes.HasPrefix(start, []byte(parquetMagic)):
		if err := u.found(Parquet); err != nil {
			return nil, err
		}
		return u.openParquet(in, l)
	case bytes.HasPrefix(start, []byte(oldOffice)):
		return nil, fileFault(reasonOld, "this is a workbook of the old kind, or one with a password; save it as .xlsx without")
	case u.Format == Parquet || u.Format == XLSX:
		return nil, wrongFormat()
	}
	return u.openText(in, l)
}

// openZip opens a workbook or the one file of a zip.
func (u *upload) openZip(in io.Reader, l *layout) (container, error) {
	f, err := u.putAside(in, maxAside)
	if err != nil {
		return nil, err
	}
	z, err := unpack.OpenArchive(f, f.Size())
	if err != nil {
		return nil, err
	}
	for _, m := range z.File {
		if m.Name == "xl/workbook.xml" {
			if err := u.found(XLSX); err != nil {
				return nil, err
			}
			if f.Size() > maxWorkbook {
				return nil, selvedge.Errorf(selvedge.CodeTooLarge, "a workbook may have %d MiB; send a larger list as CSV", maxWorkbook>>20).At("file")
			}
			return u.openWorkbook(z, l)
		}
	}
	if u.report.Compression != "" {
		return nil, fileFault(reasonTwice, "the file is packed more than once; pack it once")
	}
	u.report.Compression = unpack.Zip
	member, err := z.Member(unpacking)
	if err != nil {
		return nil, err
	}
	u.opened = append(u.opened, member)
	return u.openMember(member, l)
}

// putAside reads a stream to its end.
func (u *upload) putAside(r io.Reader, limit int64) (*aside.File, error) {
	f, err := aside.Fill(r, u.dir, u.entropy, limit)
	if err == aside.ErrTooLarge {
		return nil, selvedge.Errorf(selvedge.CodeTooLarge, "the file is larger than %d GiB", limit>>30).At("file")
	}
	if err != nil {
		return nil, atRow(err, 1)
	}
	u.opened = append(u.opened, f)
	return f, nil
}

// found reports a format, and refuses a file that its sender said is of another.
func (u *upload) found(f Format) error {
	if u.Format != "" && u.Format != f {
		return wrongFormat()
	}
	u.report.Format = f
	return nil
}

func wrongFormat() *selvedge.Error {
	return fileFault(reasonFormat, "the file is not of the format that was said")
}

// openText opens a list that is written as text.
func (u *upload) openText(in *bufio.Reader, l *layout) (container, error) {
	start, _ := in.Peek(window)
	u.report.Encoding = u.Encoding
	if u.Encoding == "" {
		u.report.Encoding = encodingOf(start)
	}
	var r io.Reader = in
	switch e := u.report.Encoding; e {
	case UTF16LE, UTF16BE:
		order := map[Encoding]xunicode.Endianness{UTF16LE: xunicode.LittleEndian, UTF16BE: xunicode.BigEndian}[e]
		r = xunicode.UTF16(order, xunicode.IgnoreBOM).NewDecoder().Reader(in)
	case Windows:
		l.declared1252 = u.Encoding == Windows
		l.guessed1252 = !l.declared1252
	}
	t := newText(r)
	text := strings.TrimPrefix(t.seen, byteOrderMark)
	switch first := strings.TrimLeft(text, " \t\r\n"); {
	case u.Format == NDJSON || u.Format == "" && strings.HasPrefix(first, "{"):
		u.report.Format = NDJSON
		return u.openNDJSON(t, l)
	case u.Format == "" && (strings.HasPrefix(first, "[{") || strings.HasPrefix(first, "[\n")):
		return nil, fileFault(reasonArray, "this is one JSON array; write one object on each line instead")
	}
	u.report.Format = CSV
	return u.openCSV(t, l)
}

// encodingOf tells a text's encoding by its byte order mark, or else by what
// cannot be in UTF-8: half of UTF-16 is NUL bytes, and what is not valid is most
// likely Windows-1252, as spreadsheets write it. That is a guess, and the report
// shows it.
func encodingOf(b []byte) Encoding {
	switch {
	case bytes.HasPrefix(b, []byte("\xff\xfe")):
		return UTF16LE
	case bytes.HasPrefix(b, []byte("\xfe\xff")):
		return UTF16BE
	}
	var nul [2]int
	for i, c := range b {
		if c == 0 {
			nul[i%2]++
		}
	}
	switch few := len(b) / 4; {
	case nul[1] > few && nul[0] == 0:
		return UTF16LE
	case nul[0] > few && nul[1] == 0:
		return UTF16BE
	case validStart(b):
		return UTF8
	default:
		return Windows
	}
}

// validStart says that b is the start of a text in UTF-8: its last character may
// be cut.
func validStart(b []byte) bool {
	for cut := range min(utf8.UTFMax, len(b)+1) {
		if utf8.Valid(b[:len(b)-cut]) {
			return cut == 0 || !utf8.FullRune(b[len(b)-cut:])
		}
	}
	return false
}

// lineDialect is that of a text whose rows are lines, whatever is in them.
var lineDialect = delimited.Dialect{MaxRow: MaxLine}
