package list_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	xunicode "golang.org/x/text/encoding/unicode"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/list"
)

// TestPreview shows the mapping and each value as it is understood, in whatever
// container, and leaves nothing.
func TestPreview(t *testing.T) {
	t.Parallel()
	rows := [][]string{
		{"First name", "E-Mail", "Mobile", "Land", "ad_user_data"},
		{"Anna", " Anna@Example.com", "0151 23456789", "DE", ""},
		{"Ben", "b.e.n+x@googlemail.com; eva@example", strings.ToUpper(hashed("+12125550147")), "Atlantis", ""},
		{"Carla", "n/a", "2125550148", "Atlantis", ""},
		{"Dora", "dora@example.com", "", "", "denied"},
	}
	wantMapping := []list.Mapping{
		{Number: 1, Name: "First name"},
		{Number: 2, Name: "E-Mail", Role: list.RoleEmail},
		{Number: 3, Name: "Mobile", Role: list.RolePhone},
		{Number: 4, Name: "Land", Role: list.RoleCountry},
		{Number: 5, Name: "ad_user_data", Role: list.RoleAdUserData},
	}
	wantSamples := []list.Sample{
		{Row: 2, Column: 2, Kind: "email", Value: " Anna@Example.com", Normalised: "anna@example.com"},
		{Row: 2, Column: 3, Kind: "phone", Value: "0151 23456789", Normalised: "+4915123456789"},
		{Row: 3, Column: 2, Kind: "email", Value: "b.e.n+x@googlemail.com", Normalised: "ben@gmail.com"},
		{Row: 3, Column: 2, Kind: "email", Value: "eva@example", Reason: "not_an_email"},
		{Row: 3, Column: 3, Kind: "phone", Value: strings.ToUpper(hashed("+12125550147")), Normalised: hashed("+12125550147"), Hashed: true},
		{Row: 4, Column: 3, Kind: "phone", Value: "2125550148", Reason: "unknown_country"},
		{Row: 5, Reason: "consent_denied"},
	}
	var csv strings.Builder
	for _, row := range rows {
		csv.WriteString(strings.Join(row, ",") + "\n")
	}
	for name, file := range map[string][]byte{
		"csv": []byte(csv.String()), "gzip": asGzip([]byte(csv.String())), "zip": asZip([]byte(csv.String())),
		"utf-16": asUTF16(csv.String(), xunicode.BigEndian, xunicode.UseBOM), "xlsx": asWorkbook(rows), "parquet": asParquet(rows), "ndjson": asNDJSON(rows),
	} {
		b := newBench(t)
		before := b.files(t)
		o := granted(list.Options{DefaultRegion: "US"})
		got, err := b.Preview(t.Context(), strings.NewReader(string(file)), o)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if after := b.files(t); !slices.Equal(before, after) {
			t.Errorf("%s: left %v", name, after)
		}
		want, mapping := slices.Clone(wantSamples), slices.Clone(wantMapping)
		if name == "parquet" { // the columns of which are in the order of their names
			mapping[0], mapping[1], mapping[2], mapping[3] = mapping[1], mapping[0], mapping[3], mapping[2]
			for i := range mapping {
				mapping[i].Number = i + 1
			}
		}
		for i := range want {
			if name == "ndjson" || name == "parquet" {
				want[i].Row--
			}
			switch {
			case name == "ndjson":
				want[i].Column = 0
			case name == "parquet" && want[i].Column > 0:
				want[i].Column = map[int]int{2: 1, 3: 4}[want[i].Column]
			}
		}
		if diff := cmp.Diff(mapping, got.Mapping) + cmp.Diff(want, got.Samples); diff != "" || !got.Whole || got.Rows != 4 {
			t.Errorf("%s: %d rows, whole %v (-want +got):\n%s", name, got.Rows, got.Whole, diff)
		}
		sealed, err := b.Receive(t.Context(), strings.NewReader(string(file)), o)
		if diff := cmp.Diff(sealed.Report, got.Report); diff != "" || err != nil {
			t.Errorf("%s: %v, reports (-upload +preview):\n%s", name, err, diff)
		}
	}
}

// TestPreviewOfTheFirstRows: what comes behind them is not read, not even what is
// at fault there.
func TestPreviewOfTheFirstRows(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var text strings.Builder
	text.WriteString("email\n")
	for i := range list.PreviewRows {
		fmt.Fprintf(&text, "p%d@example.com\n", i)
	}
	for _, c := range []struct {
		more  string
		whole bool
	}{{"", false}, {"x\n", false}, {"\"never closed", false}} {
		got, err := b.Preview(t.Context(), strings.NewReader(text.String()+c.more), granted(list.Options{}))
		if err != nil || got.Rows != list.PreviewRows || got.Whole != c.whole || got.Report.Rows.Used != list.PreviewRows || len(got.Samples) != list.MaxSamples {
			t.Errorf("%q: %d rows, whole %v, %+v, %v", c.more, got.Rows, got.Whole, got.Report.Rows, err)
		}
	}
	long := strings.Repeat("x", 60_000)
	got, err := b.Preview(t.Context(), strings.NewReader("email,"+long+"\n"+long+"\n"), granted(list.Options{}))
	if err != nil || len(got.Samples) != 1 || len(got.Samples[0].Value) > 300 || len(got.Mapping[1].Name) > 300 {
		t.Errorf("long values: %d samples, %v", len(got.Samples), err)
	}
}

// TestPreviewRefuses what an upload refuses.
func TestPreviewRefuses(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for field, c := range map[string]struct {
		text string
		o    list.Options
	}{
		"ad_user_data":   {"email\nanna@example.com\n", list.Options{}},
		"header":         {"name\nAnna\n", granted(list.Options{})},
		"default_region": {"email\n", granted(list.Options{DefaultRegion: "XX"})},
	} {
		_, err := b.Preview(t.Context(), strings.NewReader(c.text), c.o)
		if e, ok := errors.AsType[*selvedge.Error](err); !ok || e.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}
