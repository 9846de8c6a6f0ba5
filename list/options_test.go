package list_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/list"
)

// TestWhatTheSenderSays overrides what the file tells.
func TestWhatTheSenderSays(t *testing.T) {
	t.Parallel()
	choose := func(texts ...string) (out []list.Choice) {
		for _, text := range texts {
			out = append(out, must(list.ParseChoice(text)))
		}
		return out
	}
	hash := hashed("anna@example.com")
	for name, c := range map[string]struct {
		text string
		o    list.Options
		want list.Report // the columns, header, rows used and refused alone
	}{
		"separator":          {"a;b,email\nx;y,anna@example.com\n", list.Options{Separator: ";"}, list.Report{}},
		"separator, found":   {"a;b;c,email\nx;y;z,anna@example.com\n", list.Options{Separator: ","}, list.Report{Header: true, Columns: []list.Column{{Number: 2, Kind: "email"}}, Rows: list.Tally{Used: 1}}},
		"none":               {"email\nanna@example.com,ben@example.com\n", list.Options{Separator: list.NoSeparator}, list.Report{Header: true, Columns: []list.Column{{Number: 1, Kind: "email"}}, Rows: list.Tally{Used: 1}}},
		"no header":          {"email@example.com\nanna@example.com\n", list.Options{Header: list.NoHeader}, list.Report{Columns: []list.Column{{Number: 1, Kind: "email"}}, Rows: list.Tally{Used: 2}}},
		"a header, unknown":  {"kontakt\nanna@example.com\n", list.Options{Header: list.HasHeader}, list.Report{}},
		"by number":          {"kontakt\nanna@example.com\n", list.Options{Columns: choose("1:email")}, list.Report{Header: true, Columns: []list.Column{{Number: 1, Kind: "email"}}, Rows: list.Tally{Used: 1}}},
		"by number, hashes":  {hash + "\n" + hash + "\n", list.Options{Columns: choose("1:email")}, list.Report{Columns: []list.Column{{Number: 1, Kind: "email"}}, Rows: list.Tally{Used: 1}}},
		"by name":            {"A b,email\nanna@example.com,ben@example.com\n", list.Options{Columns: choose("a_B:email")}, list.Report{Header: true, Columns: []list.Column{{Number: 1, Kind: "email"}}, Rows: list.Tally{Used: 1}}},
		"a name that is not": {"email\nanna@example.com\n", list.Options{Columns: choose("mail 2:email")}, list.Report{}},
		"twice":              {"email\nanna@example.com\n", list.Options{Columns: choose("email:email", "1:phone")}, list.Report{}},
		"country alone":      {"email,land\nanna@example.com,DE\n", list.Options{Columns: choose("2:country")}, list.Report{}},
		"JSON by name":       {`{"email":"x","kontakt":"anna@example.com"}`, list.Options{Columns: choose("Kontakt:email")}, list.Report{Header: true, Columns: []list.Column{{Number: 2, Kind: "email"}}, Rows: list.Tally{Used: 1}}},
		"JSON by number":     {`{"email":"anna@example.com"}`, list.Options{Columns: choose("1:email")}, list.Report{}},
		"JSON as CSV":        {"{\"email\":\"x\"}\nanna@example.com\n", list.Options{Format: list.CSV}, list.Report{}},
		"not a workbook":     {"email\n", list.Options{Format: list.XLSX}, list.Report{}},
		"not Parquet":        {string(asWorkbook(people)), list.Options{Format: list.Parquet}, list.Report{}},
		"UTF-8":              {"email,stra\xdfe\n", list.Options{Encoding: list.UTF8}, list.Report{}},
		"Windows-1252":       {"email\na@b\xfccher.example\n", list.Options{Encoding: list.Windows}, list.Report{Header: true, Columns: []list.Column{{Number: 1, Kind: "email"}}, Rows: list.Tally{Used: 1}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sealed, err := newBench(t).Receive(t.Context(), strings.NewReader(c.text), granted(c.o))
			if c.want.Columns == nil {
				if selvedge.CodeOf(err) != selvedge.CodeInvalid {
					t.Errorf("report %+v, error %v", sealed.Report, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got := list.Report{Header: sealed.Report.Header, Columns: sealed.Report.Columns, Rows: list.Tally{Used: sealed.Report.Rows.Used, Refused: sealed.Report.Rows.Refused}}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestBadOptions(t *testing.T) {
	t.Parallel()
	for field, o := range map[string]list.Options{
		"format": {Format: "pdf"}, "encoding": {Encoding: "latin"}, "header": {Header: "maybe"}, "separator": {Separator: "x"},
		"columns": {Columns: []list.Choice{{Number: 1, Role: "name"}}}, "default_region": {DefaultRegion: "XX"},
	} {
		_, err := newBench(t).Receive(t.Context(), strings.NewReader("email\n"), granted(o))
		if e, ok := errors.AsType[*selvedge.Error](err); !ok || e.Code != selvedge.CodeInvalid || e.Field != field {
			t.Errorf("%s: error is %v", field, err)
		}
	}
	for _, text := range []string{"", "email", ":email", "1:name", "0:email", "-1:email", "--:email", "1:"} {
		if c, err := list.ParseChoice(text); err == nil {
			t.Errorf("%q is %+v", text, c)
		}
	}
	for _, text := range []string{"3:email", "a:b:phone", "Land:country"} {
		if c, err := list.ParseChoice(text); err != nil || c.String() != text {
			t.Errorf("%q is %q, %v", text, c, err)
		}
	}
}

// TestWarnings counts values that stand in more than a thousandth of the rows.
func TestWarnings(t *testing.T) {
	t.Parallel()
	repeat := func(times, others int) string {
		text := "email\n" + strings.Repeat("anna@example.com\n", times)
		for i := range others {
			text += fmt.Sprintf("p%d@example.com\n", i)
		}
		return text
	}
	for _, c := range []struct {
		times, others int
		want          int64
	}{{list.RepeatedFrom, 0, 0}, {list.RepeatedFrom + 1, 0, list.RepeatedFrom + 1}, {list.RepeatedFrom + 1, 300, list.RepeatedFrom + 1}} {
		report, _ := newBench(t).receive(t, repeat(c.times, c.others), "")
		if report.Repeated != c.want {
			t.Errorf("%d of %d: %d repeated", c.times, c.times+c.others, report.Repeated)
		}
	}
}
