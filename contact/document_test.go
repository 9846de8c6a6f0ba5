package contact_test

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDocument imports the files that docs/import.md shows, and holds the page
// against what comes out: the report, its fields, the columns and the reasons.
func TestDocument(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("../docs/import.md")
	must(t, err)
	doc := string(b)
	blocks := func(language string) (out []string) {
		for _, m := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(doc, -1) {
			out = append(out, m[1])
		}
		return out
	}
	files, reports, asLines := blocks("csv"), blocks("json"), blocks("ndjson")
	if len(files) != 2 || len(reports) != 1 || len(asLines) != 1 {
		t.Fatalf("the page shows %d files, %d reports and %d files of lines", len(files), len(reports), len(asLines))
	}
	if diff := cmp.Diff(strings.Split(lines(t, files[0], files[1]), "\n"), strings.Split(asLines[0], "\n"), cmp.Transformer("line", func(s string) (v map[string]string) {
		_ = json.Unmarshal([]byte(s), &v)
		return v
	})); diff != "" {
		t.Errorf("the lines that are shown (-the CSV files +shown):\n%s", diff)
	}
	p := newPlatform(t)
	got, err := p.Import(t.Context(), office, text(files[0]), text(files[1]))
	must(t, err)
	var shown, real any
	must(t, json.Unmarshal([]byte(reports[0]), &shown))
	told, err := json.Marshal(got)
	must(t, err)
	must(t, json.Unmarshal(told, &real))
	if diff := cmp.Diff(shown, real); diff != "" {
		t.Errorf("the report that is shown (-shown +real):\n%s", diff)
	}
	for column := range strings.FieldsFuncSeq(accountsHeader+pointsHeader, func(r rune) bool { return r == ',' || r == '\n' }) {
		if !strings.Contains(doc, "\n| `"+column+"` |") {
			t.Errorf("the page has no row for the column %s", column)
		}
	}
	for _, name := range regexp.MustCompile(`"([a-z_]+)":`).FindAllSubmatch(told, -1) {
		if !bytes.Contains(b, append(append([]byte("`"), name[1]...), '`')) && !bytes.Contains(b, append(append([]byte(`"`), name[1]...), '"')) {
			t.Errorf("the page does not know the field %s", name[1])
		}
	}

	// Every reason that the code can give stands in the page.
	var code strings.Builder
	for _, name := range []string{"report.go", "csv.go", "import.go", "import_changed.go", "lines.go", "unpack.go", "dry.go", "view.go"} {
		text, err := os.ReadFile(name)
		must(t, err)
		code.Write(text)
	}
	reasons := regexp.MustCompile(`identifier\.Reason = "([a-z0-9_]+)"|Because\("([a-z0-9_]+)"\)|e\.Reason = .*, "([a-z0-9_]+)"|lineFault\{"([a-z0-9_]+)"|errLine\([a-z0-9.]+, "([a-z0-9_]+)"`).FindAllStringSubmatch(code.String(), -1)
	if len(reasons) < 18 {
		t.Fatalf("only %d reasons were found in the code", len(reasons))
	}
	for _, m := range reasons {
		if word := m[1] + m[2] + m[3] + m[4] + m[5]; !strings.Contains(doc, "`"+word+"`") {
			t.Errorf("the page does not know the reason %s", word)
		}
	}
}
