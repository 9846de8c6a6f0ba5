package list

import (
	"io"
	"strings"

	"github.com/selvedge/selvedge/internal/columnar"
	"github.com/selvedge/selvedge/internal/unpack"
	"github.com/selvedge/selvedge/internal/workbook"
)

// Bounds of a workbook and of a Parquet file. A workbook's shared strings have to
// be in memory: this is what a full sheet of 1,048,576 rows has of e-mail
// addresses, twice.
var (
	workbookLimits = workbook.Limits{Unpack: unpacking, Strings: 64 << 20, Row: MaxLine}
	parquetLimits  = columnar.Limits{Footer: 32 << 20, Page: 64 << 20, Values: 4 << 20, Row: MaxLine}
)

// sheetRows is how many rows of a sheet are read before they are handed on.
const sheetRows = 1024

// openWorkbook reads up to the header of the first sheet.
func (u *upload) openWorkbook(z *unpack.Archive, l *layout) (container, error) {
	sheet, sheets, err := workbook.Open(z, workbookLimits)
	if err != nil {
		return nil, err
	}
	u.opened = append(u.opened, sheet)
	if sheets > 1 {
		u.report.Sheets = sheets
	}
	w := &workbookList{sheet: sheet}
	all := func(int) bool { return true }
	// As in a text, comments may stand before the header.
	for {
		row, cells, err := w.row(all)
		if err == io.EOF {
			return nil, headerFault(0, "empty_file", "the sheet has no header and no rows")
		}
		if err != nil {
			return nil, err
		}
		u.row = row - 1
		if len(cells) > 0 && !strings.HasPrefix(strings.TrimSpace(strings.Join(cells, "")), "#") {
			w.ahead = append(w.ahead, sheetRow{row, cells})
			break
		}
	}
	for len(w.ahead) <= samples {
		row, cells, err := w.row(all)
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		w.ahead = append(w.ahead, sheetRow{row, cells})
	}
	more := make([][]string, len(w.ahead)-1)
	for i, r := range w.ahead[1:] {
		more[i] = r.cells
	}
	header, err := u.mapColumns(l, w.ahead[0].cells, more, w.ahead[0].number)
	if err != nil {
		return nil, err
	}
	if header {
		u.row = w.ahead[0].number
		w.ahead = w.ahead[1:]
	}
	w.layout, w.last = l, u.row
	return w, nil
}

// workbookList is the rows of a sheet, after its header.
type workbookList struct {
	sheet  *workbook.Sheet
	layout *layout
	ahead  []sheetRow // that were looked at already
	last   int64      // number of the row that was handed on last
}

// sheetRow is a row with all its cells.
type sheetRow struct {
	number int64
	cells  []string
}

// row reads a row with the cells that want would have.
func (w *workbookList) row(want func(int) bool) (number int64, cells []string, err error) {
	number, err = w.sheet.Next(want, func(column int, text string) {
		for len(cells) < column {
			cells = append(cells, "")
		}
		cells = append(cells, text)
	})
	return number, cells, err
}

func (w *workbookList) next() (chunk, error) {
	l := w.layout
	k := len(l.want)
	at := map[int]int{} // columns and their places in a row that is handed on
	for i, c := range l.want {
		at[c] = i
	}
	c := &cellsChunk{}
	for range sheetRows {
		cells := make([]string, k)
		var number int64
		if len(w.ahead) > 0 {
			r := w.ahead[0]
			w.ahead, number = w.ahead[1:], r.number
			for i, column := range l.want {
				if column < len(r.cells) {
					cells[i] = r.cells[column]
				}
			}
		} else {
			var err error
			number, err = w.sheet.Next(
				func(column int) bool { _, ok := at[column]; return ok },
				func(column int, text string) { cells[at[column]] = text })
			if err == io.EOF {
				break
			}
			if err != nil {
				return nil, err
			}
		}
		c.rows = append(c.rows, cellsRow{number - w.last - 1, cells})
		w.last = number
	}
	if len(c.rows) == 0 {
		return nil, io.EOF
	}
	return c, nil
}

// cellsChunk is rows of a sheet.
type cellsChunk struct{ rows []cellsRow }

type cellsRow struct {
	blank int64 // rows before it that the sheet leaves out
	cells []string
}

func (c *cellsChunk) read(w *worker) error {
	for _, r := range c.rows {
		if w.full() {
			break
		}
		w.blank(r.blank)
		w.take(r.cells)
	}
	return nil
}

// openParquet reads the names of the columns.
func (u *upload) openParquet(r io.Reader, l *layout) (container, error) {
	f, err := u.putAside(r, maxAside)
	if err != nil {
		return nil, err
	}
	file, err := columnar.Open(f, f.Size(), parquetLimits)
	if err != nil {
		return nil, err
	}
	u.opened = append(u.opened, file)
	u.Header = HasHeader // the names are always there
	if _, err := u.mapColumns(l, file.Names(), nil, 0); err != nil {
		return nil, err
	}
	for _, c := range l.want {
		if c >= len(file.Names()) {
			return nil, badColumns(0)
		}
	}
	rows := file.Rows(l.want)
	u.opened = append(u.opened, rows)
	return &parquetList{rows}, nil
}

// parquetList is the rows of a Parquet file, numbered from 1.
type parquetList struct{ rows *columnar.Rows }

func (p *parquetList) next() (chunk, error) {
	b, err := p.rows.Next()
	return batchChunk(b), err
}

// batchChunk is rows of a Parquet file.
type batchChunk columnar.Batch

func (b batchChunk) read(w *worker) error {
	l := w.layout
	k := len(l.wanted)
	for i := range b.Rows {
		if w.full() {
			break
		}
		cells := b.Cells[i*k : (i+1)*k]
		w.rows++
		w.begin()
		filled := false
		for j, c := range l.wanted {
			if c.kind != 0 {
				filled = filled || len(cells[j]) > 0
			} else if len(cells[j]) > 0 {
				w.beside(c.role, cells[j][0])
			}
		}
		if w.mayCount(filled) {
			for j, c := range l.wanted {
				if c.kind != 0 {
					w.at(c.index)
					w.several(c.kind, cells[j])
				}
			}
		}
		w.endRow()
	}
	return nil
}
