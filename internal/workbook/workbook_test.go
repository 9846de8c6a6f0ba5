package workbook_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/unpack"
	"github.com/selvedge/selvedge/internal/workbook"
)

var limits = workbook.Limits{Unpack: unpack.Limits{Total: 8 << 20, Ratio: 200, Free: 1 << 20}, Strings: 1 << 16, Row: 1 << 12}

// parts are those of a workbook with one sheet.
func parts(sheet, shared string) map[string]string {
	return map[string]string{
		"xl/workbook.xml": `<?xml version="1.0"?><workbook xmlns:r="x"><sheets><sheet name="A" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="rId1" Type="http://x/worksheet" Target="worksheets/sheet1.xml"/>` +
			`<Relationship Id="rId2" Type="http://x/sharedStrings" Target="/xl/sharedStrings.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml": sheet,
		"xl/sharedStrings.xml":     shared,
	}
}

func pack(tb testing.TB, parts map[string]string) []byte {
	tb.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for name, text := range parts {
		if text == "" {
			continue
		}
		m, err := w.Create(name)
		if err == nil {
			_, err = io.WriteString(m, text)
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

// read returns the rows as "number: column=text …".
func read(file []byte, want func(int) bool) (rows []string, sheets int, err error) {
	z, err := unpack.OpenArchive(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return nil, 0, err
	}
	s, sheets, err := workbook.Open(z, limits)
	if err != nil {
		return nil, 0, err
	}
	defer s.Close()
	for {
		var b strings.Builder
		n, err := s.Next(want, func(column int, text string) { fmt.Fprintf(&b, " %d=%s", column, text) })
		if err == io.EOF {
			return rows, sheets, nil
		}
		if err != nil {
			return rows, sheets, err
		}
		rows = append(rows, fmt.Sprint(n, ":", b.String()))
	}
}

func all(int) bool { return true }

func sheet(rows string) string {
	return `<worksheet><cols><col min="1"/></cols><sheetData>` + rows + `</sheetData><legacy/></worksheet>`
}

func TestCells(t *testing.T) {
	t.Parallel()
	shared := `<sst count="3"><si><t>email</t></si><si><t xml:space="preserve"> a&amp;b </t><rPh sb="0"><t>said</t></rPh></si><si><r><t>x</t></r><r><rPr><b/></rPr><t>y</t></r></si><si/></sst>`
	for name, c := range map[string]struct {
		rows string
		want []string
	}{
		"none":           {``, nil},
		"shared":         {`<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c></row>`, []string{"1: 0=email 1= a&b  2=xy"}},
		"beyond":         {`<row r="1"><c r="A1" t="s"><v>99</v></c><c r="B1" t="s"><v>3</v></c></row>`, []string{"1:"}},
		"number":         {`<row r="1"><c r="A1"><v>4.47912345678E+11</v></c><c r="B1" t="n"><v>12</v></c></row>`, []string{"1: 0=4.47912345678E+11 1=12"}},
		"inline":         {`<row r="1"><c r="A1" t="inlineStr"><is><t>a&#233;&#x40;&lt;</t></is></c></row>`, []string{"1: 0=aé@<"}},
		"inline, runs":   {`<row r="1"><c r="A1" t="inlineStr"><is><r><t>a</t></r><r><t>b</t></r></is></c></row>`, []string{"1: 0=ab"}},
		"formula":        {`<row r="1"><c r="A1" t="str"><f>B1&amp;"x"</f><v>result</v></c></row>`, []string{"1: 0=result"}},
		"error":          {`<row r="1"><c r="A1" t="e"><v>#N/A</v></c><c r="B1"><v>1</v></c></row>`, []string{"1: 1=1"}},
		"gaps":           {`<row r="3"><c r="C3"><v>1</v></c></row><row r="7"/><row r="9"></row>`, []string{"3: 2=1", "7:", "9:"}},
		"no references":  {`<row><c><v>1</v></c><c/><c><v>2</v></c></row><row><c><v>3</v></c></row>`, []string{"1: 0=1 2=2", "2: 0=3"}},
		"prefixes":       {`<x:row r="1"><x:c r="AB1"><x:v>1</x:v></x:c></x:row>`, []string{"1: 27=1"}},
		"comments, data": {`<!-- <row> --><row r='1'><c r='A1' t='str'><v><![CDATA[a<b]]>c</v></c></row>`, []string{"1: 0=a<bc"}},
		"gt in quotes":   {`<row r="1" x="a>b"><c r="A1"><v>1</v></c></row>`, []string{"1: 0=1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, sheets, err := read(pack(t, parts(sheet(c.rows), shared)), all)
			if err != nil || sheets != 1 {
				t.Fatal(sheets, err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	one := func(column int) bool { return column == 1 }
	got, _, err := read(pack(t, parts(sheet(`<row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>2</v></c><c r="C1" t="s"><v>no number</v></c></row>`), shared)), one)
	if err != nil || len(got) != 1 || got[0] != "1: 1=2" {
		t.Errorf("one column: %q, %v", got, err)
	}
}

func TestSheets(t *testing.T) {
	t.Parallel()
	p := parts(sheet(`<row><c><v>1</v></c></row>`), "")
	p["xl/workbook.xml"] = `<workbook><sheets><sheet r:id="rId9" state="hidden"/><sheet r:id="rId8"/><sheet r:id="rId1"/><sheet r:id="rId9"/></sheets></workbook>`
	p["xl/_rels/workbook.xml.rels"] = `<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/>` +
		`<Relationship Id="rId8" Target="chartsheets/sheet1.xml"/><Relationship Id="rId9" Target="worksheets/sheet2.xml"/></Relationships>`
	p["xl/worksheets/sheet2.xml"], p["xl/chartsheets/sheet1.xml"] = sheet(`<row><c><v>2</v></c></row>`), "<x/>"
	got, sheets, err := read(pack(t, p), all)
	if err != nil || sheets != 2 || len(got) != 1 || got[0] != "1: 0=1" {
		t.Errorf("%q of %d sheets, %v", got, sheets, err)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	without := func(name string) map[string]string {
		p := parts(sheet(""), "<sst/>")
		p[name] = ""
		return p
	}
	rows := func(rows string) map[string]string { return parts(sheet(rows), "") }
	for name, c := range map[string]struct {
		parts  map[string]string
		reason string
	}{
		"no workbook":       {without("xl/workbook.xml"), workbook.ReasonNotOne},
		"no relations":      {without("xl/_rels/workbook.xml.rels"), workbook.ReasonNotOne},
		"no sheet":          {without("xl/worksheets/sheet1.xml"), workbook.ReasonNoSheet},
		"sheet without end": {parts(`<worksheet><sheetData><row r="1">`, ""), workbook.ReasonNotOne},
		"cell without end":  {parts(`<worksheet><sheetData><row r="1"><c r="A1"><v>1`, ""), workbook.ReasonNotOne},
		"document type":     {parts(`<!DOCTYPE x><worksheet/>`, ""), workbook.ReasonNotOne},
		"rows backwards":    {rows(`<row r="2"/><row r="1"/>`), workbook.ReasonNotOne},
		"cells backwards":   {rows(`<row r="1"><c r="B1"/><c r="A1"/></row>`), workbook.ReasonNotOne},
		"row number":        {rows(`<row r="x"/>`), workbook.ReasonNotOne},
		"row too high":      {rows(`<row r="1048577"/>`), workbook.ReasonNotOne},
		"column too far":    {rows(`<row r="1"><c r="XFE1"/></row>`), workbook.ReasonNotOne},
		"shared number":     {rows(`<row r="1"><c t="s"><v>x</v></c></row>`), workbook.ReasonNotOne},
		"endless text":      {rows(`<row r="1"><c><v>` + strings.Repeat("1234567", 200_000) + `</v></c></row>`), workbook.ReasonNotOne},
		"endless tag":       {rows(`<row r="1" ` + strings.Repeat("x", 200_000) + `/>`), workbook.ReasonNotOne},
		"long row":          {rows(`<row r="1"><c><v>` + strings.Repeat("1", 4097) + `</v></c></row>`), workbook.ReasonRow},
		"too many strings":  {parts(sheet(""), "<sst>"+strings.Repeat("<si><t>abcdefgh</t></si>", 9000)+"</sst>"), workbook.ReasonStrings},
		"too many of none":  {parts(sheet(""), "<sst>"+strings.Repeat("<si/>", 20_000)+"</sst>"), workbook.ReasonStrings},
		"bomb":              {rows(strings.Repeat(" ", 4<<20)), unpack.ReasonBomb},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := read(pack(t, c.parts), all)
			if e, ok := errors.AsType[*selvedge.Error](err); !ok || e.Field != "file" || e.Reason != c.reason {
				t.Errorf("error is %v, want %s", err, c.reason)
			}
		})
	}
}

// FuzzSheet holds that any sheet is read, or refused with an error that has a
// name.
func FuzzSheet(f *testing.F) {
	f.Add(sheet(`<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="inlineStr"><is><t>x</t></is></c></row>`), `<sst><si><t>a</t></si></sst>`)
	f.Add(sheet(`<!-- x --><row><c><v><![CDATA[&amp;]]>&#10;</v></c></row>`), "")
	f.Fuzz(func(t *testing.T, sheet, shared string) {
		_, _, err := read(pack(t, parts(sheet, shared)), all)
		if e, ok := errors.AsType[*selvedge.Error](err); err != nil && (!ok || e.Reason == "") {
			t.Errorf("error is %v", err)
		}
	})
}
