// Package columnar reads chosen columns of an Apache Parquet file as rows of text.
//
// The promise: columns that nobody asks for are not read from the file, let alone
// decoded; and a page is looked at before the library decodes it, so that no file
// makes it take more memory than the Limits say. Errors are *selvedge.Error of
// CodeInvalid, Field "file", with the Reasons below.
package columnar

import (
	"encoding/binary"
	"errors"
	"io"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"

	"github.com/selvedge/selvedge"
)

// The reasons of errors.
const (
	ReasonNotOne   = "bad_parquet"          // it is damaged, or is no Parquet file
	ReasonPage     = "too_large_page"       // a page is over a limit
	ReasonRow      = "row_too_long"         // the values of a row are over a limit
	ReasonEncoding = "unsupported_encoding" // a packing or encoding that is not read; of DELTA_BYTE_ARRAY a few bytes unpack to anything
)

// Limits bound what a file may cost.
type Limits struct {
	Footer int64 // bytes of the directory
	Page   int64 // bytes of a page, packed or not
	Values int32 // values of a page
	Row    int   // bytes of one row's values
}

func fault(reason, text string) *selvedge.Error {
	return selvedge.Errorf(selvedge.CodeInvalid, "%s", text).At("file").Because(reason)
}

func damaged() error {
	return fault(ReasonNotOne, "the Parquet file is damaged or was cut short")
}

// File is an open file. It belongs to one goroutine.
type File struct {
	r      io.ReaderAt
	file   *parquet.File
	limits Limits
	names  []string
	leaves []*parquet.Column

	page []byte // of guard
	zstd *zstd.Decoder
}

// Close gives back what is still held.
func (f *File) Close() error {
	if f.zstd != nil {
		f.zstd.Close()
	}
	return nil
}

// Open reads the directory of a file.
func Open(r io.ReaderAt, size int64, l Limits) (f *File, err error) {
	defer func() { err = caught(err, recover()) }()
	var end [8]byte
	if size < 12 {
		return nil, damaged()
	}
	if _, err := r.ReadAt(end[:], size-8); err != nil && err != io.EOF {
		return nil, err
	}
	n := int64(binary.LittleEndian.Uint32(end[:]))
	if string(end[4:]) != "PAR1" || n > size-12 || n > l.Footer {
		return nil, damaged()
	}
	footer := make([]byte, n)
	if _, err := r.ReadAt(footer, size-8-n); err != nil && err != io.EOF {
		return nil, err
	}
	if _, ok := walk(footer); !ok {
		return nil, damaged()
	}
	// Indexes and filters are for finding rows; here all are read.
	file, err := parquet.OpenFile(r, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, damaged()
	}
	f = &File{r: r, file: file, limits: l}
	f.walk(file.Root())
	return f, nil
}

// walk finds the leaves. A list of values has the name of its column, the parts of
// a structure their path.
func (f *File) walk(c *parquet.Column) {
	if !c.Leaf() {
		for _, child := range c.Columns() {
			f.walk(child)
		}
		return
	}
	path := c.Path()
	name := strings.Join(path, ".")
	if len(path) == 3 && c.MaxRepetitionLevel() == 1 && (path[1] == "list" || path[1] == "bag" || path[1] == "array") {
		name = path[0]
	}
	f.names = append(f.names, name)
	f.leaves = append(f.leaves, c)
}

// Names returns the names of the columns.
func (f *File) Names() []string { return f.names }

// caught turns a panic of the library into an error: it does not expect every
// file. Errors of the reader and those with a name stay as they are.
func caught(err error, panicked any) error {
	if panicked != nil {
		return damaged()
	}
	return err
}

// explain names what is wrong.
func explain(err error) error {
	if _, ok := errors.AsType[*selvedge.Error](err); ok {
		return err
	}
	return damaged()
}

// Rows reads rows of the columns with the given numbers, from 0.
func (f *File) Rows(columns []int) *Rows {
	r := &Rows{file: f, columns: columns, groups: f.file.RowGroups()}
	r.leaves = make([]leaf, len(columns))
	return r
}

// Rows reads the rows of some columns. It belongs to one goroutine, and is to be
// closed.
type Rows struct {
	file    *File
	columns []int
	groups  []parquet.RowGroup
	group   int   // that is read next
	left    int64 // rows of the group that is being read
	leaves  []leaf
	sizes   [maxBatch]int // of the rows of a batch
}

// maxBatch is how many rows a Batch has at most.
const maxBatch = 1024

// Close gives back what is still held.
func (r *Rows) Close() error {
	for i := range r.leaves {
		r.leaves[i].close()
	}
	return nil
}

// Batch is some rows: of each in turn, the values in each column. A value that is
// missing is an empty cell, and so is a list of none.
type Batch struct {
	Rows  int
	Cells [][]string // row × columns
}

// Next returns the next rows, or io.EOF after the last.
func (r *Rows) Next() (b Batch, err error) {
	defer func() { err = caught(err, recover()) }()
	for r.left == 0 {
		if r.group == len(r.groups) {
			return Batch{}, io.EOF
		}
		if err := r.open(r.groups[r.group]); err != nil {
			return Batch{}, explain(err)
		}
		r.group++
	}
	n := int(min(maxBatch, r.left))
	r.left -= int64(n)
	k := len(r.columns)
	b = Batch{Rows: n, Cells: make([][]string, n*k)}
	clear(r.sizes[:])
	for i := range r.leaves {
		if err := r.leaves[i].read(b.Cells[i:], k, r.sizes[:n], r.file.limits.Row); err != nil {
			return Batch{}, explain(err)
		}
	}
	return b, nil
}

// open begins a row group.
func (r *Rows) open(g parquet.RowGroup) error {
	if r.left = g.NumRows(); r.left < 0 {
		return damaged()
	}
	for i, c := range r.columns {
		column := r.file.leaves[c]
		chunk, err := r.file.leafChunk(r.group, g, column.Index())
		if err != nil {
			return err
		}
		r.leaves[i].open(column, chunk)
	}
	return nil
}
