package list_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	xunicode "golang.org/x/text/encoding/unicode"

	"github.com/selvedge/selvedge/list"
)

// TestCanaries plants words in columns that are not read, in every container, and
// looks for them in all that is left: the report, the spill, the sidecar and the
// folder.
func TestCanaries(t *testing.T) {
	t.Parallel()
	const canary = "canary"
	rows := [][]string{{"first canary", "email", "street", "phone", "born", "country"}}
	for i := range 300 {
		rows = append(rows, []string{
			"Canary" + fmt.Sprint(i), fmt.Sprintf("p%d@example.com", i), "1 canary Road", fmt.Sprintf("+1212555%04d", i), "1990-canary", "US",
		})
	}
	var text strings.Builder
	for _, row := range rows {
		text.WriteString(strings.Join(row, ",") + "\n")
	}
	plain := []byte(text.String())
	for name, file := range map[string][]byte{
		"csv": plain, "gzip": asGzip(plain), "zstd": asZstd(plain), "zip": asZip(plain), "ndjson": asNDJSON(rows),
		"utf-16": asUTF16(text.String(), xunicode.LittleEndian, xunicode.UseBOM),
		"xlsx":   asSharedWorkbook(rows), "parquet": asParquet(rows),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			sealed, err := b.Receive(t.Context(), bytes.NewReader(file), granted(list.Options{}))
			if err != nil {
				t.Fatal(err)
			}
			if sealed.Sidecar == nil || sealed.Report.Dropped != 3 || sealed.Report.Rows.Used != 300 {
				t.Fatalf("report %+v", sealed.Report)
			}
			left, _ := json.Marshal(sealed.Report)
			err = filepath.WalkDir(b.dir, func(path string, d fs.DirEntry, err error) error {
				if err != nil || d.IsDir() {
					return err
				}
				content, err := os.ReadFile(path)
				left = append(append(left, path...), content...)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if len(left) < 600*16 || bytes.Contains(bytes.ToLower(left), []byte(canary)) {
				t.Errorf("a canary is in the %d bytes that are left", len(left))
			}
		})
	}
}

// TestEndlessInside are files that are sound outside and endless within.
func TestEndlessInside(t *testing.T) {
	t.Parallel()
	endless := []byte("email\n" + strings.Repeat("xyzzy1234", 20_000))
	quoted := []byte("email\n\"" + strings.Repeat("xyz,1234\n", 20_000))
	deep := []byte(`{"email":"anna@example.com"}` + "\n" + strings.Repeat("[", 60_000) + "\n")
	for name, c := range map[string]struct {
		file         []byte
		code, reason string
	}{
		"line in gzip":   {asGzip(endless), "too_large", ""},
		"line in zip":    {asZip(endless), "too_large", ""},
		"cell in zstd":   {asZstd(quoted), "too_large", ""},
		"line of JSON":   {append([]byte(`{"email":"`), endless...), "too_large", ""},
		"zip in gzip":    {asGzip(asZip([]byte("email\n"))), "invalid", "packed_twice"},
		"xlsx in gzip":   {asGzip(asWorkbook(people)), "", ""},
		"zip in zip":     {asZip(asZip([]byte("email\n"))), "invalid", "packed_twice"},
		"no text at all": {asGzip(nil), "invalid", "empty_file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.code == "" {
				newBench(t).receive(t, string(c.file), "")
				return
			}
			if e := newBench(t).refuse(t, string(c.file), ""); string(e.Code) != c.code || e.Reason != c.reason {
				t.Errorf("error is %+v", e)
			}
		})
	}
	report, _ := newBench(t).receive(t, string(deep), "")
	if report.Rows.Used != 1 || report.Rows.Refused != 1 {
		t.Errorf("deep JSON: %+v", report.Rows)
	}
}
