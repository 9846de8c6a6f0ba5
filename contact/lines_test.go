package contact_test

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/demo/world"
)

// lines are CSV files as NDJSON, the contact points first.
func lines(t testing.TB, accounts, points string) string {
	t.Helper()
	var b strings.Builder
	e := json.NewEncoder(&b)
	for _, f := range []struct{ word, file string }{{"contact_point", points}, {"account", accounts}} {
		rows, err := csv.NewReader(strings.NewReader(f.file)).ReadAll()
		must(t, err)
		for _, row := range rows[1:] {
			l := map[string]string{"type": f.word}
			for i, v := range row {
				if v != "" {
					l[rows[0][i]] = v
				}
			}
			must(t, e.Encode(l))
		}
	}
	return b.String()
}

func (p *platform) bring(t testing.TB, key, content string) (contact.Report, error) {
	t.Helper()
	return p.Bring(t.Context(), office, contact.Delivery{Lines: text(content), Key: key})
}

func zipped(t testing.TB, s string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write([]byte(s))
	must(t, errors.Join(err, z.Close()))
	return b.String()
}

// TestLinesAreRows: a world as NDJSON, as it is and in two members of gzip, comes
// to the same content as its CSV files do.
func TestLinesAreRows(t *testing.T) {
	t.Parallel()
	w, err := world.New(world.Config{Seed: "lines", People: 300, Start: start})
	must(t, err)
	accounts, points := written(t, w.WriteAccounts), written(t, w.WriteContactPoints)
	content := lines(t, accounts, points)
	half := strings.Index(content[len(content)/2:], "\n") + len(content)/2 + 5
	var want map[string][]string
	var report contact.Report
	for name, d := range map[string]contact.Delivery{
		"1 CSV":    {Accounts: text(accounts), Points: text(points)},
		"2 lines":  {Lines: text(content)},
		"3 packed": {Lines: text(zipped(t, content[:half]) + zipped(t, content[half:]))},
		"4 CSV.gz": {Accounts: text(zipped(t, accounts)), Points: text(zipped(t, points)), Packed: true},
	} {
		p := barePlatform(t)
		p.registerWorld(t, w)
		r, err := p.Bring(t.Context(), office, d)
		must(t, err)
		checkSums(t, r)
		got := p.content(t, append([]string{"outbox"}, books...)...)
		if want == nil {
			want, report = got, r
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: the content:\n%.2000s", name, diff)
		}
		if diff := cmp.Diff(report, r, cmpopts.IgnoreFields(contact.Refusal{}, "Rows")); diff != "" {
			t.Errorf("%s: the report:\n%s", name, diff)
		}
	}
}

const (
	oneAccount = `{"type":"account","account":"u1","age_class":"adult","state":"active"}` + "\n"
	onePoint   = `{"type":"contact_point","account":"u1","kind":"email","value":"jane@example.com","prompt":"offers@1","given_at":"2026-03-01T10:00:00Z","verified_at":"2026-03-01T10:00:00Z","verified_by":"code"}` + "\n"
)

// TestLinesThatAreNone brings a good line and a bad one: nothing is written, and
// the error names the line and repeats nothing of it.
func TestLinesThatAreNone(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	before := p.content(t)
	for name, c := range map[string]struct {
		content, reason string
		row             int64
	}{
		"nothing":              {"", "empty_file", 1},
		"no JSON":              {oneAccount + "jane\n", "bad_json", 2},
		"an array":             {oneAccount + "[]\n", "bad_json", 2},
		"a number":             {strings.Replace(oneAccount, `"u1"`, `1`, 1), "bad_json", 1},
		"a list":               {strings.Replace(oneAccount, `"u1"`, `["u1"]`, 1), "bad_json", 1},
		"two on a line":        {strings.TrimSpace(oneAccount) + onePoint, "bad_json", 1},
		"cut off":              {oneAccount + onePoint[:60], "bad_json", 2},
		"no comma":             {strings.Replace(oneAccount, `,"age`, ` "age`, 1), "bad_json", 1},
		"a comma too many":     {strings.Replace(oneAccount, `}`, `,}`, 1), "bad_json", 1},
		"a tab in a text":      {strings.Replace(oneAccount, `u1`, "u\t1", 1), "bad_json", 1},
		"no escape":            {strings.Replace(oneAccount, `u1`, `u\x1`, 1), "bad_json", 1},
		"no UTF-8":             {strings.Replace(oneAccount, `u1`, "u\xff", 1), "bad_json", 1},
		"no type":              {strings.Replace(oneAccount, `"type":"account",`, ``, 1), "bad_type", 1},
		"another type":         {strings.Replace(oneAccount, `"type":"account"`, `"type":"person"`, 1), "bad_type", 1},
		"unknown field":        {strings.Replace(oneAccount, `"state"`, `"jane"`, 1), "unknown_field", 1},
		"field in capitals":    {strings.Replace(oneAccount, `"state"`, `"State"`, 1), "unknown_field", 1},
		"field of a point":     {strings.Replace(oneAccount, `"state"`, `"value"`, 1), "unknown_field", 1},
		"field of an account":  {oneAccount + "\n" + strings.Replace(onePoint, `"kind"`, `"state"`, 1), "unknown_field", 3},
		"a field twice":        {strings.Replace(oneAccount, `"state"`, `"account":"u2","state"`, 1), "field_twice", 1},
		"a line without end":   {oneAccount + strings.Repeat(" ", 1<<17) + onePoint, "line_too_long", 2},
		"half a gzip":          {zipped(t, oneAccount+onePoint)[:60], "gzip_cut_off", 1},
		"a gzip header alone":  {zipped(t, oneAccount)[:5], "gzip_cut_off", 0},
		"a flipped bit":        {flipped(zipped(t, oneAccount+onePoint), -6), "gzip_checksum", 3},
		"garbage behind":       {zipped(t, oneAccount) + "jane@example.com", "bad_gzip", 2},
		"a gzip of no kind":    {flipped(zipped(t, oneAccount), 2), "bad_gzip", 0},
		"damaged in the midst": {flipped(zipped(t, oneAccount), 10), "bad_gzip", 1},
	} {
		_, err := p.bring(t, "", c.content)
		wantError(t, name, err, selvedge.CodeInvalid, "people.ndjson", c.reason)
		if e, ok := errors.AsType[*selvedge.Error](err); ok && e.Row != c.row {
			t.Errorf("%s: row %d, want %d", name, e.Row, c.row)
		}
		if err != nil && (strings.Contains(err.Error(), "jane") || strings.Contains(err.Error(), "u1")) {
			t.Errorf("%s: the error holds a value: %v", name, err)
		}
	}
	_, err := p.Bring(t.Context(), office, contact.Delivery{Lines: text(oneAccount), Packed: true})
	wantError(t, "not the gzip that it was said to be", err, selvedge.CodeInvalid, "people.ndjson", "bad_gzip")
	if diff := cmp.Diff(before, p.content(t)); diff != "" {
		t.Errorf("something was written:\n%s", diff)
	}
}

// flipped changes one byte.
func flipped(s string, at int) string {
	b := []byte(s)
	b[(at+len(b))%len(b)] ^= 0x5a
	return string(b)
}

// TestLinesInAnyShape: blanks, blank lines, a byte order mark, null, escapes, any
// order of fields, and no end of the last line.
func TestLinesInAnyShape(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	r, err := p.bring(t, "", "\ufeff\r\n \t\n"+
		` { "state" : "active" , "account":"u\u0031","country":null,"age_class":"adult" , "type":"account" } `+"\r\n\n"+
		strings.TrimSpace(strings.Replace(onePoint, "jane", `j\u0061ne`, 1)))
	must(t, err)
	if r.Accounts.Created != 1 || r.Points.Matchable != 1 {
		t.Errorf("%+v", r)
	}
	p.wantReach(t, "the address", jane, "u1")
}

// endless has a beginning, and then zeros for ever.
type endless struct{ head io.Reader }

func (e endless) Read(p []byte) (int, error) {
	if n, err := e.head.Read(p); err == nil {
		return n, nil
	}
	clear(p)
	return len(p), nil
}

// TestBombs: what unpacks to far more than its size, and a quote that is never
// closed, end soon, and leave nothing.
func TestBombs(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	before := p.content(t)
	blank := zipped(t, strings.Repeat(strings.Repeat(" ", 60_000)+"\n", 1000))
	_, err := p.bring(t, "", blank)
	wantError(t, "blank lines", err, selvedge.CodeTooLarge, "people.ndjson", "unpacks_too_large")
	_, err = p.Import(t.Context(), office, text(zipped(t, accountsHeader+strings.Repeat("\n", 60<<20))), text(pointsHeader))
	wantError(t, "blank rows", err, selvedge.CodeInvalid, "accounts.csv", "line_too_long")
	_, err = p.Import(t.Context(), office, func() (io.ReadCloser, error) {
		return io.NopCloser(endless{strings.NewReader(accountsHeader + `"`)}), nil
	}, text(pointsHeader))
	wantError(t, "an open quote", err, selvedge.CodeInvalid, "accounts.csv", "line_too_long")
	if diff := cmp.Diff(before, p.content(t)); diff != "" {
		t.Errorf("something was written:\n%s", diff)
	}
}

// TestLongQuote ends a row that is some megabytes long, however much follows.
func TestLongQuote(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	_, err := p.Import(t.Context(), office, text(accountsHeader+`"`+strings.Repeat("x", 6<<20)+"\"\n"), text(pointsHeader))
	wantError(t, "a long row", err, selvedge.CodeInvalid, "accounts.csv", "line_too_long")
}

// TestKey brings an import under a key again: its own content goes on where it was
// cut off, and is answered alike when it is complete; other content is refused,
// with the row from which on it is other.
func TestKey(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.Batch = 2
	rows := []string{oneAccount, strings.ReplaceAll(oneAccount, "u1", "u2"), strings.ReplaceAll(oneAccount, "u1", "u3")}
	for _, id := range []string{"u1", "u2", "u3", "u1"} {
		rows = append(rows, strings.ReplaceAll(strings.ReplaceAll(onePoint, "u1", id), "jane", id))
	}
	content := strings.Join(rows, "")
	d := contact.Delivery{Lines: text(content), Key: "nightly"}
	p.cutAt(t, 4, d) // it began, and committed two batches of accounts and one of contact points
	for name, c := range map[string]struct {
		row  int
		file string
	}{
		"the first account":                 {1, "people.ndjson"},
		"the third account":                 {3, "people.ndjson"},
		"the second contact point":          {4, "people.ndjson"},
		"a contact point that waits":        {6, "people.ndjson"},
		"the last contact point that waits": {6, "people.ndjson"},
	} {
		other := append([]string(nil), rows...)
		at := map[string]int{"the first account": 0, "the third account": 2, "the second contact point": 4, "a contact point that waits": 5, "the last contact point that waits": 6}[name]
		other[at] = strings.NewReplacer("@example", "@example.two", `"adult"`, `"minor"`).Replace(other[at])
		_, err := p.bring(t, "nightly", strings.Join(other, ""))
		wantError(t, name, err, selvedge.CodeConflict, c.file, "files_changed")
		if e, ok := errors.AsType[*selvedge.Error](err); ok && e.Row != int64(c.row) {
			t.Errorf("%s: row %d, want %d", name, e.Row, c.row)
		}
	}
	_, err := p.bring(t, "another", oneAccount)
	wantError(t, "another import", err, selvedge.CodeConflict, "", "import_open")
	if v, err := p.Status(t.Context(), office, 1); err != nil || v.State != contact.ImportOpen || v.Key != "nightly" || v.Rows != 7 || v.RowsDone != 5 || v.Batches != 3 {
		t.Errorf("%+v, %v", v, err)
	}
	r, err := p.bring(t, "nightly", content)
	must(t, err)
	if r.Import != 1 || r.Points.Matchable != 3 || r.Points.Present != 1 {
		t.Errorf("%+v", r)
	}
	before := p.content(t)
	again, err := p.bring(t, "nightly", content)
	must(t, err)
	if diff := cmp.Diff(r, again); diff != "" {
		t.Errorf("the report of then (-then +now):\n%s", diff)
	}
	_, err = p.bring(t, "nightly", content+"\n")
	wantError(t, "other content of a complete one", err, selvedge.CodeConflict, "", "files_changed")
	for _, key := range []string{"a b", "ä", strings.Repeat("a", 129)} {
		_, err = p.bring(t, key, content)
		wantError(t, "no key", err, selvedge.CodeInvalid, "key", "bad_key")
	}
	if diff := cmp.Diff(before, p.content(t)); diff != "" {
		t.Errorf("something was written:\n%s", diff)
	}
	if n := len(before["import_mark"]); n != 0 {
		t.Errorf("%d marks are left of a complete import", n)
	}
}

// TestKeyOfAnAbandonedImport is free again.
func TestKeyOfAnAbandonedImport(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.cutAt(t, 2, contact.Delivery{Lines: text(oneAccount + onePoint), Key: "nightly"})
	p.abandon(t)
	r, err := p.bring(t, "nightly", oneAccount+onePoint+onePoint)
	must(t, err)
	if r.Import != 2 {
		t.Errorf("%+v", r)
	}
	p.wantReach(t, "the address", jane, "u1")
}

// FuzzLine holds the reader of lines against encoding/json: what it takes, that
// takes with the same values.
func FuzzLine(f *testing.F) {
	for _, s := range []string{oneAccount, onePoint, `{"type":"account","account":"\"\\\u00e9é"}`, `{"type":null}`, `{}`, `{"a":"`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if bytes.ContainsRune(b, '\n') && bytes.IndexByte(b, '\n') != len(b)-1 {
			return
		}
		word, values, ok := contact.ParseLine(b)
		if !ok {
			return
		}
		var want map[string]*string
		if err := json.Unmarshal(b, &want); err != nil {
			t.Fatalf("%q was taken, and is no JSON: %v", b, err)
		}
		for name, v := range want {
			got := values[name]
			if name == "type" {
				got = word
			}
			if v == nil && got != "" || v != nil && got != *v {
				t.Fatalf("%q: %s is %q", b, name, got)
			}
		}
	})
}
