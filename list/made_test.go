package list_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	xunicode "golang.org/x/text/encoding/unicode"
)

var makeLists = flag.Bool("make", false, "write the lists of testdata that are no text again")

// people are those of the lists that are made.
var people = [][]string{
	{"email", "first", "phone", "country"},
	{"anna@example.com", "Anna", "+1 212 555 0147", "US"},
	{"Anna@Example.com", "Anna", "", "GB"},
	{"", "Ben", "020 7946 0958", "GB"},
	{"nobody", "Cy", "", ""},
}

// made are the lists of testdata that are no text.
func made() map[string][]byte {
	lines := func(sep string) string {
		var b strings.Builder
		for _, row := range people {
			b.WriteString(strings.Join(row, sep) + "\n")
		}
		return b.String()
	}
	text := []byte(lines(","))
	packed := asGzip(text)
	damaged := slices.Clone(packed)
	damaged[len(damaged)-8] ^= 1
	locked := asZip(text)
	locked[bytes.LastIndex(locked, []byte("PK\x01\x02"))+8] |= 1 // the directory's flags
	workbook := asWorkbook(people)
	return map[string][]byte{
		"people.xlsx":        asSharedWorkbook(people),
		"two-sheets.xlsx":    twoSheets(),
		"people.parquet":     asParquet(people),
		"people.parquet.gz":  asGzip(asParquet(people)),
		"people.csv.gz":      packed,
		"people.csv.zst":     asZstd(text),
		"people.zip":         asZip(text),
		"people-utf16.txt":   asUTF16(lines("\t"), xunicode.LittleEndian, xunicode.UseBOM),
		"people-utf16be.txt": asUTF16(lines("\t"), xunicode.BigEndian, xunicode.UseBOM),
		"cut.csv.gz":         packed[:len(packed)-12],
		"damaged.csv.gz":     damaged,
		"bomb.csv.gz":        asGzip(append([]byte("email\n"), bytes.Repeat([]byte("anna@example.com\n"), 2<<20)...)),
		"two.zip":            asZip(text, text),
		"locked.zip":         locked,
		"twice.csv.gz":       asGzip(packed),
		"cut.xlsx":           workbook[:len(workbook)/2],
		"cut.parquet":        asParquet(people)[:200],
		"old.xls":            []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 500)),
	}
}

// twoSheets is a workbook whose second sheet is not read.
func twoSheets() []byte {
	f := excelize.NewFile()
	defer f.Close()
	must(f.NewSheet("Sheet2"))
	check(f.SetCellStr("Sheet2", "A1", "email"))
	check(f.SetCellStr("Sheet2", "A2", "elsewhere@example.com"))
	for i, row := range people {
		check(f.SetSheetRow("Sheet1", must(excelize.CoordinatesToCellName(1, i+1)), &row))
	}
	var b bytes.Buffer
	check(f.Write(&b))
	return b.Bytes()
}

// TestMadeLists holds that the lists in testdata are the ones that are made here,
// and makes them again with -make. Dates within them differ, so what they say is
// compared.
func TestMadeLists(t *testing.T) {
	t.Parallel()
	for name, file := range made() {
		path := filepath.Join(listsDir, name)
		if *makeLists {
			check(os.WriteFile(path, file, 0o600))
		}
		kept, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if a, b := outcome(t, file), outcome(t, kept); a != b {
			t.Errorf("%s: made %s, kept %s", name, a, b)
		}
	}
}
