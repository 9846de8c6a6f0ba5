package list_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	xunicode "golang.org/x/text/encoding/unicode"
	"pgregory.net/rapid"

	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/token"
)

// table is a list before it is written as text. A column of kind 0 is no
// identifier's.
type table struct {
	kinds []identifier.Kind
	rows  [][]string
}

// cells are few, so that they repeat, in several spellings.
var cells = []string{
	"", "", " ", "n/a", "anna@example.com", " Anna@Example.com", "ben@example.org", "carla@example.net", hashed("anna@example.com"),
	strings.ToUpper(hashed("ben@example.org")), "selvedge.test.anna.0147@gmail.com", "selvedgetestanna0147+x@googlemail.com",
	hashed("selvedge.test.anna.0147@gmail.com"), hashed("selvedgetestanna0147@gmail.com"), "no address", "dora@example.com; eli@example.com", "+12125550148 / +12125550149", "o@b\u00fccher.example", "a@b",
	"+12125550147", "(212) 555-0147", "2125550147 x12", hashed("+12125550147"), hashed("12125550147"), "+447700900123", "12",
	strings.Repeat("c", 32), hashed("null"), "with, comma", "with; semicolon", "tab\there", "with \"quotes\"", "line\nbreak",
}

func drawTable(t *rapid.T) table {
	kinds := rapid.SliceOfN(rapid.SampledFrom([]identifier.Kind{0, identifier.Email, identifier.Phone}), 1, 5).
		Filter(func(k []identifier.Kind) bool {
			return slices.ContainsFunc(k, func(k identifier.Kind) bool { return k != 0 })
		}).
		Draw(t, "kinds")
	row := rapid.SliceOfN(rapid.SampledFrom(cells), len(kinds), len(kinds))
	return table{kinds, rapid.SliceOfN(row, 1, 40).Draw(t, "rows")}
}

// style is a way of writing a table as text.
type style struct {
	sep       rune
	mark      bool   // byte order mark
	end       string // of lines
	cutLast   bool   // the last line has no end
	quoteAll  bool
	declaring bool // sep= line
	container string
	packed    string
}

// untexted are the containers that are no separated text.
var untexted = []string{"workbook", "shared workbook", "parquet", "parquet of small pages", "ndjson"}

func drawStyle(t *rapid.T) style {
	return style{
		sep:       rapid.SampledFrom([]rune{',', ';', '\t'}).Draw(t, "sep"),
		mark:      rapid.Bool().Draw(t, "mark"),
		end:       rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "end"),
		cutLast:   rapid.Bool().Draw(t, "cut"),
		quoteAll:  rapid.Bool().Draw(t, "quote"),
		declaring: rapid.Bool().Draw(t, "declaring"),
		container: rapid.SampledFrom(append([]string{"", "", "utf-16le", "utf-16be", "unmarked utf-16"}, untexted...)).Draw(t, "container"),
		packed:    rapid.SampledFrom([]string{"", "", "gzip", "zstd", "zip"}).Draw(t, "packed"),
	}
}

// write writes the table in the order of columns given.
func (tb table) write(s style, order []int) []byte {
	var b []byte
	if slices.Contains(untexted, s.container) {
		b = tb.binary(s.container, order)
	} else {
		text := tb.text(s, order)
		switch s.container {
		case "":
			b = []byte(text)
		case "utf-16le":
			b = asUTF16(text, xunicode.LittleEndian, xunicode.UseBOM)
		case "utf-16be":
			b = asUTF16(text, xunicode.BigEndian, xunicode.UseBOM)
		default:
			b = asUTF16(text, xunicode.LittleEndian, xunicode.IgnoreBOM)
		}
	}
	switch s.packed {
	case "gzip":
		return asGzip(b)
	case "zstd":
		return asZstd(b)
	case "zip":
		if !strings.Contains(s.container, "workbook") {
			return asZip(b)
		}
	}
	return b
}

// binary writes the table with a column more, so that no row is blank.
func (tb table) binary(container string, order []int) []byte {
	rows := make([][]string, len(tb.rows)+1)
	for _, col := range order {
		rows[0] = append(rows[0], fmt.Sprint(map[identifier.Kind]string{0: "note ", identifier.Email: "E-mail ", identifier.Phone: "Phone "}[tb.kinds[col]], col))
	}
	rows[0] = append(rows[0], "filler")
	for i, row := range tb.rows {
		for _, col := range order {
			rows[i+1] = append(rows[i+1], row[col])
		}
		rows[i+1] = append(rows[i+1], "x")
	}
	switch container {
	case "workbook":
		return asWorkbook(rows)
	case "shared workbook":
		return asSharedWorkbook(rows)
	case "parquet":
		return asParquet(rows)
	case "parquet of small pages":
		return asParquet(rows, parquet.PageBufferSize(64), parquet.MaxRowsPerRowGroup(7), parquet.Compression(&parquet.Zstd), parquet.DataPageVersion(1))
	default:
		return asNDJSON(rows)
	}
}

// text writes the table in the order of columns given.
func (tb table) text(s style, order []int) string {
	var b strings.Builder
	if s.mark {
		b.WriteString("\ufeff")
	}
	if s.declaring {
		b.WriteString("sep=" + string(s.sep) + s.end)
	}
	names := map[identifier.Kind]string{0: "note", identifier.Email: "E-mail", identifier.Phone: "Phone"}
	for i := -1; i < len(tb.rows); i++ {
		for j, col := range order {
			cell := names[tb.kinds[col]]
			if i >= 0 {
				cell = tb.rows[i][col]
			}
			if j > 0 {
				b.WriteRune(s.sep)
			}
			if s.quoteAll || strings.ContainsAny(cell, "\"\n,;\t") {
				cell = `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
			}
			b.WriteString(cell)
		}
		// A last line that is blank is a line by its end alone.
		blank := len(order) == 1 && i >= 0 && tb.rows[i][order[0]] == "" && !s.quoteAll
		if last := i == len(tb.rows)-1; !last || !s.cutLast || blank {
			b.WriteString(s.end)
		}
	}
	return b.String()
}

// oracle computes tallies and tokens as the contract states them, with maps and
// everything in memory.
func (tb table) oracle(t failer, b *bench, region string) (rows, ids list.Tally, refused map[identifier.Reason]int64, spill []string) {
	seen := map[identifier.Form]bool{}
	set := map[string]bool{}
	refused = map[identifier.Reason]int64{}
	for _, row := range tb.rows {
		var own list.Tally
		for col, kind := range tb.kinds {
			if kind == 0 {
				continue
			}
			values := []string{row[col]}
			if _, reason := identifier.Read(kind, row[col], region); reason == identifier.ReasonSeveral {
				values = identifier.Split(kind, row[col])
			}
			for _, value := range values {
				own.Read++
				cell, reason := identifier.Read(kind, value, region)
				switch {
				case reason == identifier.ReasonEmpty:
					own.Empty++
					continue
				case reason != identifier.Accepted:
					own.Refused++
					refused[reason]++
					continue
				case seen[cell.Identity]:
					own.Duplicate++
				default:
					seen[cell.Identity] = true
					own.Used++
				}
				for _, f := range append(slices.Clone(cell.Also()), cell.Identity) {
					set[fmt.Sprintf("%s %x", f.Class, [token.Size]byte(b.current(t).Of(f)))] = true
				}
			}
		}
		rows.Read++
		switch {
		case own.Used > 0:
			rows.Used++
		case own.Duplicate > 0:
			rows.Duplicate++
		case own.Refused > 0:
			rows.Refused++
		default:
			rows.Empty++
		}
		ids.Read += own.Read
		ids.Used += own.Used
		ids.Empty += own.Empty
		ids.Duplicate += own.Duplicate
		ids.Refused += own.Refused
	}
	return rows, ids, refused, slices.Sorted(maps.Keys(set))
}

// TestOracle compares with the oracle, in every style, through the disk and in
// memory, whatever the order of the columns.
func TestOracle(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	rapid.Check(t, func(t *rapid.T) {
		tb := drawTable(t)
		region := rapid.SampledFrom([]string{"", "US", "GB"}).Draw(t, "region")
		b.SetWorkers(rapid.SampledFrom([]int{1, 2, 7}).Draw(t, "workers"))
		b.Memory = rapid.SampledFrom([]int{0, 24, 24 * 16}).Draw(t, "memory")
		order := rapid.Permutation(identity(len(tb.kinds))).Draw(t, "order")
		rows, ids, refused, spill := tb.oracle(t, b, region)

		report, s := b.receive(t, string(tb.write(drawStyle(t), order)), region)
		checkSums(t, report)
		got := map[identifier.Reason]int64{}
		for _, f := range report.Refused {
			got[f.Reason] = f.Count
		}
		if diff := gocmp.Diff(rows, report.Rows) + gocmp.Diff(ids, report.Identifiers) +
			gocmp.Diff(refused, got) + gocmp.Diff(spill, tokens(s)); diff != "" {
			t.Fatalf("-oracle +got:\n%s", diff)
		}
	})
}

// TestStyleChangesNothing holds two styles and orders of one table against each
// other: the same spill, and the same report but for the columns' places.
func TestStyleChangesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	rapid.Check(t, func(t *rapid.T) {
		tb := drawTable(t)
		plain, first := b.receive(t, tb.text(style{sep: ',', end: "\n"}, identity(len(tb.kinds))), "US")
		order := rapid.Permutation(identity(len(tb.kinds))).Draw(t, "order")
		other, second := b.receive(t, string(tb.write(drawStyle(t), order)), "US")
		for _, r := range []*list.Report{&plain, &other} {
			r.Format, r.Compression, r.Encoding, r.Separator, r.Dropped = "", "", "", "", 0
			for i := range r.Refused {
				r.Refused[i].Rows = nil // lists that are no text number their rows in their own way
			}
			for i := range r.Columns {
				r.Columns[i].Number = 0
			}
			slices.SortFunc(r.Columns, func(a, b list.Column) int { return cmp.Compare(a.Kind, b.Kind) })
		}
		if diff := gocmp.Diff(plain, other) + gocmp.Diff(tokens(first), tokens(second)); diff != "" {
			t.Fatalf("-plain +styled:\n%s", diff)
		}
	})
}

func identity(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// TestHashesAlone holds a list that is mostly hashes and nothing else against the
// same one with all cells in quotes, which are read one by one.
func TestHashesAlone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.OneOf(
			rapid.StringMatching(`[0-9a-f]{64}`), rapid.StringMatching(`[0-9A-F]{64}`), rapid.StringMatching(`[0-9a-fg]{63,65}`),
			rapid.SampledFrom([]string{
				hashed(""), hashed("selvedge.probe@example.org"), hashed("x@example.com"), " " + hashed("x@example.com"), "x@example.com", "",
			}))
		rows := rapid.SliceOfN(cell, 1, 20).Draw(t, "rows")
		end := rapid.SampledFrom([]string{"\n", "\r\n", "\r"})
		plain, quoted := "email\n", "email\n"
		for _, r := range rows {
			e := end.Draw(t, "end")
			plain += r + e
			if r != "" {
				r = `"` + r + `"`
			}
			quoted += r + e
		}
		if rapid.Bool().Draw(t, "cut") {
			plain, quoted = strings.TrimRight(plain, "\r\n"), strings.TrimRight(quoted, "\r\n")
		}
		first, one := b.receive(t, plain, "US")
		second, other := b.receive(t, quoted, "US")
		if diff := gocmp.Diff(first, second) + gocmp.Diff(tokens(one), tokens(other)); diff != "" {
			t.Fatalf("-plain +quoted:\n%s", diff)
		}
	})
}
