package columnar

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"io"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// maxPageHead is the longest head of a page: its longest parts are the smallest and
// the largest value.
const maxPageHead = 64 << 10

// guard looks at all pages of a column in a row group before the library does,
// which takes what a page says of itself for granted: the memory that it asks for,
// and as much as comes out of what is packed.
func (f *File) guard(m *format.ColumnMetaData) error {
	from, size := m.DataPageOffset, m.TotalCompressedSize
	if m.DictionaryPageOffset != 0 {
		from = m.DictionaryPageOffset
	}
	if from < 0 || size < 0 || size > f.file.Size() || from > f.file.Size()-size {
		return damaged()
	}
	in := bufio.NewReaderSize(io.NewSectionReader(f.r, from, size), 64<<10)
	var protocol thrift.CompactProtocol
	for {
		head, err := in.Peek(maxPageHead)
		if len(head) == 0 {
			if err == io.EOF {
				return nil
			}
			return err
		}
		n, ok := walk(head)
		if !ok {
			return damaged()
		}
		var h format.PageHeader
		if err := thrift.Unmarshal(&protocol, head[:n], &h); err != nil {
			return err
		}
		_, _ = in.Discard(n) // it is in the buffer
		if err := f.check(&h); err != nil {
			return err
		}
		if n := int64(h.CompressedPageSize); int64(cap(f.page)) < n {
			f.page = make([]byte, n)
		}
		packed := f.page[:h.CompressedPageSize]
		if _, err := io.ReadFull(in, packed); err != nil {
			return err
		}
		if err := f.unpacks(&h, m.Codec, packed); err != nil {
			return err
		}
	}
}

// check looks at what a page says of itself.
func (f *File) check(h *format.PageHeader) error {
	values, encoding := int32(0), format.Plain
	switch {
	case h.DataPageHeader.Valid:
		values, encoding = h.DataPageHeader.V.NumValues, h.DataPageHeader.V.Encoding
	case h.DataPageHeaderV2.Valid:
		values, encoding = h.DataPageHeaderV2.V.NumValues, h.DataPageHeaderV2.V.Encoding
	case h.DictionaryPageHeader.Valid:
		values, encoding = h.DictionaryPageHeader.V.NumValues, h.DictionaryPageHeader.V.Encoding
	}
	switch {
	case h.CompressedPageSize < 0 || h.UncompressedPageSize < 0 || values < 0:
		return damaged()
	case int64(h.CompressedPageSize) > f.limits.Page || int64(h.UncompressedPageSize) > f.limits.Page || values > f.limits.Values:
		return fault(ReasonPage, "a page of the Parquet file is too large; write it with smaller pages")
	case encoding == format.DeltaByteArray:
		return fault(ReasonEncoding, "DELTA_BYTE_ARRAY is not read; write the columns as PLAIN or with dictionaries")
	}
	return nil
}

// unpacks says whether a page is as large as it says. The packings that are not
// here say themselves how much comes out, and the library believes no more.
func (f *File) unpacks(h *format.PageHeader, codec format.CompressionCodec, packed []byte) error {
	if v2 := h.DataPageHeaderV2; v2.Valid {
		if v2.V.IsCompressed.Valid && !v2.V.IsCompressed.V {
			return nil
		}
		levels := int64(v2.V.DefinitionLevelsByteLength) + int64(v2.V.RepetitionLevelsByteLength)
		if v2.V.DefinitionLevelsByteLength < 0 || v2.V.RepetitionLevelsByteLength < 0 || levels > int64(len(packed)) {
			return damaged()
		}
		packed = packed[levels:]
	}
	if len(packed) == 0 {
		return nil
	}
	var r io.Reader
	switch codec {
	case format.Uncompressed, format.Snappy, format.Lz4Raw:
		return nil
	case format.Gzip:
		z, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			return err
		}
		r = z
	case format.Zstd:
		if f.zstd == nil {
			z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(32<<20))
			if err != nil {
				return err
			}
			f.zstd = z
		}
		if err := f.zstd.Reset(bytes.NewReader(packed)); err != nil {
			return err
		}
		r = f.zstd
	default:
		return fault(ReasonEncoding, "the columns are packed in a way that is not read; use snappy, gzip, zstd or none")
	}
	n, err := io.Copy(io.Discard, io.LimitReader(r, int64(h.UncompressedPageSize)+1))
	if err == nil && n > int64(h.UncompressedPageSize) {
		err = damaged()
	}
	return err
}

// leafChunk returns the pages of a column in a row group, once they were looked at.
func (f *File) leafChunk(group int, g parquet.RowGroup, column int) (parquet.ColumnChunk, error) {
	groups, chunks := f.file.Metadata().RowGroups, g.ColumnChunks()
	if group >= len(groups) || column >= len(groups[group].Columns) || column >= len(chunks) {
		return nil, damaged()
	}
	if err := f.guard(&groups[group].Columns[column].MetaData); err != nil {
		return nil, err
	}
	return chunks[column], nil
}
