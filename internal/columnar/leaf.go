package columnar

import (
	"encoding/hex"
	"io"
	"strconv"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// cellSize is what a value takes in memory beside its text.
const cellSize = 16

// leaf reads the values of one column in a row group.
type leaf struct {
	column *parquet.Column
	text   bool // values are declared to be text
	pages  parquet.Pages
	page   parquet.Page
	values parquet.ValueReader
	buf    [256]parquet.Value
	at, n  int
}

func (l *leaf) open(c *parquet.Column, chunk parquet.ColumnChunk) {
	l.close()
	l.column, l.pages, l.at, l.n = c, chunk.Pages(), 0, 0
	l.text = false
	if t := c.Type().LogicalType(); t != nil {
		_, l.text = t.Value.(*format.StringType)
	}
}

func (l *leaf) close() {
	if l.page != nil {
		parquet.Release(l.page)
	}
	if l.pages != nil {
		_ = l.pages.Close() // it was read
	}
	l.pages, l.page, l.values = nil, nil, nil
}

// peek makes l.buf[l.at] the next value. It returns io.EOF after the last.
func (l *leaf) peek() error {
	for l.at == l.n {
		if l.values == nil {
			if l.page != nil {
				parquet.Release(l.page)
				l.page = nil
			}
			page, err := l.pages.ReadPage()
			if err != nil {
				return err
			}
			l.page, l.values = page, page.Values()
		}
		n, err := l.values.ReadValues(l.buf[:])
		l.at, l.n = 0, n
		if err == io.EOF || err == nil && n == 0 {
			l.values = nil
		} else if err != nil {
			return err
		}
	}
	return nil
}

// read puts the values of as many rows as there are sizes into every k-th of
// cells, and adds up what they take. A row ends where a value begins that repeats
// nothing.
func (l *leaf) read(cells [][]string, k int, sizes []int, limit int) error {
	for row := range sizes {
		for first := true; ; first = false {
			if err := l.peek(); err != nil {
				if err == io.EOF && !first {
					break // the last row of the group
				}
				return err
			}
			v := &l.buf[l.at]
			if !first && v.RepetitionLevel() == 0 {
				break
			}
			l.at++
			if !v.IsNull() {
				// Checked before it is copied: a dictionary names a long value in a
				// few bits, over and over.
				if sizes[row] += cellSize + len(v.Bytes()); sizes[row] > limit {
					return fault(ReasonRow, "a row holds too much text")
				}
				cells[row*k] = append(cells[row*k], l.string(v))
			}
			if l.column.MaxRepetitionLevel() == 0 {
				break
			}
		}
	}
	return nil
}

// string returns a value as text. Bytes that are none are a digest as databases
// have it, which is written in hexadecimal.
func (l *leaf) string(v *parquet.Value) string {
	switch v.Kind() {
	case parquet.ByteArray, parquet.FixedLenByteArray:
		b := v.ByteArray()
		if !l.text && !printable(b) {
			return hex.EncodeToString(b)
		}
		return string(b)
	case parquet.Int32:
		return strconv.FormatInt(int64(v.Int32()), 10)
	case parquet.Int64:
		return strconv.FormatInt(v.Int64(), 10)
	case parquet.Float, parquet.Double:
		return strconv.FormatFloat(number(v), 'f', -1, 64)
	default:
		return "" // no identifier is a truth value or a time
	}
}

func number(v *parquet.Value) float64 {
	if v.Kind() == parquet.Float {
		return float64(v.Float())
	}
	return v.Double()
}

func printable(b []byte) bool {
	for _, c := range b {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}
