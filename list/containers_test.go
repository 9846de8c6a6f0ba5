package list_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/xuri/excelize/v2"
	xunicode "golang.org/x/text/encoding/unicode"
)

// Writers of the containers that are not text. What they write is made by other
// people's programs, as lists are.

func must[T any](v T, err error) T {
	check(err)
	return v
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// asWorkbook writes rows, the first of them the header, as text cells.
func asWorkbook(rows [][]string) []byte {
	f := excelize.NewFile()
	defer f.Close()
	w := must(f.NewStreamWriter("Sheet1"))
	for i, row := range rows {
		cells := make([]any, len(row))
		for j, c := range row {
			if cells[j] = c; c == "" {
				cells[j] = nil
			}
		}
		check(w.SetRow(fmt.Sprintf("A%d", i+1), cells))
	}
	check(w.Flush())
	var b bytes.Buffer
	check(f.Write(&b))
	return b.Bytes()
}

// asSharedWorkbook writes them cell by cell, into the table of shared strings.
func asSharedWorkbook(rows [][]string) []byte {
	f := excelize.NewFile()
	defer f.Close()
	for i, row := range rows {
		for j, c := range row {
			if c != "" {
				check(f.SetCellStr("Sheet1", must(excelize.CoordinatesToCellName(j+1, i+1)), c))
			}
		}
	}
	var b bytes.Buffer
	check(f.Write(&b))
	return b.Bytes()
}

// asParquet writes rows under different names, an empty cell as none.
func asParquet(rows [][]string, options ...parquet.WriterOption) []byte {
	group := parquet.Group{}
	for _, name := range rows[0] {
		group[name] = parquet.Optional(parquet.String())
	}
	schema := parquet.NewSchema("list", group)
	index := map[string]int{}
	for i, column := range schema.Columns() {
		index[column[0]] = i
	}
	var b bytes.Buffer
	w := parquet.NewWriter(&b, append([]parquet.WriterOption{schema}, options...)...)
	for _, row := range rows[1:] {
		values := make(parquet.Row, len(row))
		for j, c := range row {
			i := index[rows[0][j]]
			values[i] = parquet.NullValue().Level(0, 0, i)
			if c != "" {
				values[i] = parquet.ByteArrayValue([]byte(c)).Level(0, 1, i)
			}
		}
		must(w.WriteRows([]parquet.Row{values}))
	}
	check(w.Close())
	return b.Bytes()
}

func asNDJSON(rows [][]string) []byte {
	var b strings.Builder
	for _, row := range rows[1:] {
		b.WriteByte('{')
		for j, c := range row {
			if j > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, "%s: %s", must(json.Marshal(rows[0][j])), must(json.Marshal(c)))
		}
		b.WriteString("}\n")
	}
	return []byte(b.String())
}

func asUTF16(text string, e xunicode.Endianness, mark xunicode.BOMPolicy) []byte {
	return []byte(must(xunicode.UTF16(e, mark).NewEncoder().String(text)))
}

func asGzip(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	must(w.Write(b))
	check(w.Close())
	return out.Bytes()
}

func asZstd(b []byte) []byte {
	w := must(zstd.NewWriter(nil))
	defer w.Close()
	return w.EncodeAll(b, nil)
}

func asZip(members ...[]byte) []byte {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for i, b := range members {
		m := must(w.Create(fmt.Sprintf("list%d.csv", i)))
		must(io.Copy(m, bytes.NewReader(b)))
	}
	check(w.Close())
	return out.Bytes()
}
