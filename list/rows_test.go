package list_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/list"
)

// TestRowReport: each row of which something was refused, with each reason once,
// in whatever container and with however many workers, and nothing else.
func TestRowReport(t *testing.T) {
	t.Parallel()
	rows := [][]string{
		{"email", "email 2", "phone", "ad_user_data"},
		{"anna@example.com", "no address", "+12125550147", ""},
		{"ben@example.com", "", "", ""},
		{"x", "y", "12", ""},
		{"carla@example.com", "", "", "denied"},
		{strings.Repeat("c", 32), "", "2125550147", "maybe"},
		{"dora@example.com", "", "2125550148", ""},
	}
	want := []list.RefusedRow{
		{2, "space_inside"},
		{4, "not_an_email"},
		{4, "no_country_code"},
		{5, "consent_denied"},
		{6, "bad_consent"},
		{7, "no_country_code"},
	}
	var csv strings.Builder
	for _, row := range rows {
		csv.WriteString(strings.Join(row, ",") + "\n")
	}
	for name, file := range map[string]string{"csv": csv.String(), "xlsx": string(asWorkbook(rows)), "ndjson": string(asNDJSON(rows))} {
		for _, workers := range []int{1, 3} {
			b := newBench(t)
			b.SetWorkers(workers)
			sealed, err := b.Receive(t.Context(), strings.NewReader(file), granted(list.Options{}))
			if err != nil {
				t.Fatal(err)
			}
			got, err := b.RowReport(t.Context(), *sealed.Rows)
			if err != nil {
				t.Fatal(err)
			}
			expect := want
			if name == "ndjson" { // it has no header row
				expect = nil
				for _, r := range want {
					expect = append(expect, list.RefusedRow{Row: r.Row - 1, Reason: r.Reason})
				}
			}
			if diff := cmp.Diff(list.RowReport{Rows: expect, Complete: true}, got); diff != "" {
				t.Errorf("%s, %d workers (-want +got):\n%s", name, workers, diff)
			}
		}
	}
}

// TestNoRowReport: a list of which nothing was refused leaves none, nor does a
// batch.
func TestNoRowReport(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	sealed, err := b.Receive(t.Context(), strings.NewReader("email\nanna@example.com\n\nn/a\n"), granted(list.Options{}))
	batch, _ := b.members(t, list.Add, list.Member{Emails: []string{"x"}})
	if err != nil || sealed.Rows != nil || batch.Rows != nil {
		t.Errorf("%v, %v, %v", err, sealed.Rows, batch.Rows)
	}
}

// TestRowReportIsBounded: the first of very many rows are listed, the report says
// that there are more, and all are counted.
func TestRowReportIsBounded(t *testing.T) {
	t.Parallel()
	for _, more := range []int{0, 1, 50_000} {
		b := newBench(t)
		b.Memory = 0
		sealed, err := b.Receive(t.Context(), strings.NewReader("email\n"+strings.Repeat("x\n", list.MaxListedRows+more)), granted(list.Options{}))
		if err != nil {
			t.Fatal(err)
		}
		got, err := b.RowReport(t.Context(), *sealed.Rows)
		if err != nil || len(got.Rows) != list.MaxListedRows || got.Rows[len(got.Rows)-1].Row != list.MaxListedRows+1 || got.Complete != (more == 0) {
			t.Errorf("%d more: %d rows, complete %v, %v", more, len(got.Rows), got.Complete, err)
		}
		if n := sealed.Report.Rows.Refused; n != int64(list.MaxListedRows+more) {
			t.Errorf("%d counted", n)
		}
		if sealed.Rows.Size > 1<<20 {
			t.Errorf("%d bytes", sealed.Rows.Size)
		}
	}
}

// TestRowReportIsSealed: two reports of one list have nothing in common, and one
// that was changed or cut is none.
func TestRowReportIsSealed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	file := "email\n" + strings.Repeat("x\n", 1000)
	content := func() []byte {
		sealed, err := b.Receive(t.Context(), strings.NewReader(file), granted(list.Options{}))
		if err != nil {
			t.Fatal(err)
		}
		c, err := b.Blobs.Open(t.Context(), *sealed.Rows)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		return bytes.Clone(c.Bytes())
	}
	first, second := content(), content()
	if n := len(list.RowsMagic); !bytes.Equal(first[:n], second[:n]) || bytes.Equal(first[n:n+16], second[n:n+16]) || bytes.Equal(first[n+16:], second[n+16:]) {
		t.Error("two reports are alike")
	}
	if _, err := list.ReadRows(first, b.RowKeys); err != nil {
		t.Error(err)
	}
	for i := range first {
		if i%7 == 0 {
			if _, err := list.ReadRows(first[:i], b.RowKeys); err == nil {
				t.Errorf("cut after %d bytes", i)
			}
		}
		bad := bytes.Clone(first)
		bad[i] ^= 1
		if _, err := list.ReadRows(bad, b.RowKeys); err == nil {
			t.Errorf("byte %d changed", i)
		}
	}
	_, err := b.RowReport(t.Context(), blob.Ref{Kind: blob.KindRows, Size: 1})
	if selvedge.CodeOf(err) != selvedge.CodeNotFound {
		t.Errorf("one that is not there: %v", err)
	}
}

// TestEveryReasonHasANumber and a text, which are told apart, and of which a
// spreadsheet makes no formula.
func TestEveryReasonHasANumber(t *testing.T) {
	t.Parallel()
	word := regexp.MustCompile(`Reason(?: +identifier\.Reason)? += "([a-z0-9_]+)"`)
	seen := map[int]string{}
	for _, dir := range []string{".", "../identifier"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			for _, m := range word.FindAllStringSubmatch(string(text), -1) {
				r := identifier.Reason(m[1])
				n, advice := list.ReasonNumber(r), list.ReasonText(r)
				if n < 101 || n > 999 || seen[n] != "" {
					t.Errorf("%s has number %d, as %q", r, n, seen[n])
				}
				seen[n] = m[1]
				for _, cell := range []string{m[1], fmt.Sprint(n), advice} {
					if cell == "" || strings.ContainsAny(cell[:1], "=+-@\t\r'\"") {
						t.Errorf("%s: %q is no cell for a spreadsheet", r, cell)
					}
				}
			}
		}
	}
	page, err := os.ReadFile("../docs/lists.md")
	if err != nil {
		t.Fatal(err)
	}
	for n, reason := range seen {
		number := regexp.MustCompile(fmt.Sprintf("(?m)^[^`\n]*\\b%d\\b.*`%s`", n, reason))
		if n/100 < 6 && !number.Match(page) {
			t.Errorf("docs/lists.md does not say that %s is %d", reason, n)
		}
	}
	if len(seen) < 25 {
		t.Errorf("%d reasons", len(seen))
	}
}

// FuzzRowReport reads what is under the seal: any bytes are a report or none.
func FuzzRowReport(f *testing.F) {
	b := newBench(f)
	f.Add([]byte{1, 101, 2, 202, 0, 0})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 101})
	f.Fuzz(func(t *testing.T, plain []byte) {
		if len(plain) > 1<<16 {
			return
		}
		r, err := list.ReadRows(list.SealRows(plain, b.RowKeys), b.RowKeys)
		last := int64(0)
		for _, row := range r.Rows {
			if row.Row < last || row.Row < 1 || list.ReasonNumber(row.Reason) == 0 {
				t.Fatalf("%+v after %d", row, last)
			}
			last = row.Row
		}
		if err != nil && r.Rows != nil {
			t.Fatal("an error with rows")
		}
	})
}
