package api_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/api"
	"github.com/selvedge/selvedge/contact"
)

const imported = `{"type":"account","account":"zoe","age_class":"adult","state":"active"}
{"type":"contact_point","account":"zoe","kind":"email","value":"zoe@example.com","prompt":"offers@1","given_at":"2026-03-01T10:00:00Z","verified_at":"2026-03-01T10:00:00Z","verified_by":"code"}
{"type":"contact_point","account":"zoe","kind":"email","value":"zoe@example.com","prompt":"lost@1","given_at":"2026-03-01T10:00:00Z"}
`

func zipped(t *testing.T, s string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write([]byte(s))
	must(t, errors.Join(err, z.Close()))
	return b.String()
}

// TestImportOverHTTP tries an import, does it, and sends it again under its key.
// Nothing of the body is left in the folder that it was kept in.
func TestImportOverHTTP(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	c := &api.Client{URL: p.http.URL, Key: p.key}
	before, err := c.Imports(t.Context(), "")
	must(t, err)
	dry, err := c.ImportPeople(t.Context(), strings.NewReader(zipped(t, imported)), api.ImportOptions{DryRun: true})
	must(t, err)
	if !dry.DryRun || dry.Accounts.Created != 1 || dry.Points.Matchable != 1 || *dry.Unproven != (contact.Unproven{UnknownPrompt: 1}) || len(dry.Prompts) != 2 {
		t.Errorf("a dry run: %+v", dry)
	}
	page, err := c.Imports(t.Context(), "")
	if must(t, err); len(page.Items) != len(before.Items) {
		t.Errorf("the dry run is an import: %+v", page.Items)
	}
	done, err := c.ImportPeople(t.Context(), strings.NewReader(zipped(t, imported)), api.ImportOptions{Key: "nightly"})
	must(t, err)
	if done.DryRun || done.Points.Matchable != 1 || done.Points.UnknownPrompt != 1 || done.Unproven != nil {
		t.Errorf("%+v", done)
	}
	again, err := c.ImportPeople(t.Context(), strings.NewReader(imported), api.ImportOptions{Key: "nightly"})
	if must(t, err); again.Import != done.Import || again.Points.Matchable != 1 {
		t.Errorf("sent again: %+v", again)
	}
	_, err = c.ImportPeople(t.Context(), strings.NewReader(imported+"\n"), api.ImportOptions{Key: "nightly"})
	wantReason(t, "other content", err, selvedge.CodeConflict, "files_changed")
	v, err := c.Import(t.Context(), fmt.Sprint(done.Import))
	must(t, err)
	if v.State != contact.ImportComplete || v.Key != "nightly" || v.Rows != 3 || v.RowsDone != 3 || v.BytesDone != v.Bytes || v.Bytes != int64(len(imported)) || v.Batches != 2 || v.Report == nil {
		t.Errorf("%+v", v)
	}
	_, err = p.operator().AbandonImport(t.Context(), v.ID)
	wantReason(t, "a complete one abandoned", err, selvedge.CodeConflict, "import_closed")
	names, err := os.ReadDir(filepath.Join(p.dir, "tmp"))
	if must(t, err); len(names) != 0 {
		t.Errorf("the folder has %v", names)
	}
}

func wantReason(t *testing.T, what string, err error, code selvedge.Code, reason string) {
	t.Helper()
	e, ok := errors.AsType[*selvedge.Error](err)
	if !ok || e.Code != code || e.Reason != reason {
		t.Errorf("%s: %v, want %s %s", what, err, code, reason)
	}
}

// TestImportFaults sends what is refused whole. Nothing is imported, and nothing
// of it is echoed.
func TestImportFaults(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	c := &api.Client{URL: p.http.URL, Key: p.key}
	before, err := c.Imports(t.Context(), "")
	must(t, err)
	const lines = "application/x-ndjson"
	for name, f := range map[string]struct {
		query, body, reason string
		status              int
		headers             []string
	}{
		"CSV":                  {"", imported, "not_ndjson", 400, []string{"Content-Type", "text/csv"}},
		"a form":               {"", imported, "not_ndjson", 400, []string{"Content-Type", "application/x-www-form-urlencoded"}},
		"another encoding":     {"", imported, "bad_encoding", 400, []string{"Content-Type", lines, "Content-Encoding", "br"}},
		"no gzip, though said": {"", imported, "bad_gzip", 400, []string{"Content-Type", lines, "Content-Encoding", "gzip"}},
		"half a gzip":          {"", zipped(t, imported)[:90], "gzip_cut_off", 400, []string{"Content-Type", lines}},
		"no JSON":              {"", imported + "zoe\n", "bad_json", 400, []string{"Content-Type", lines}},
		"a bad key":            {"?key=a%20b", imported, "bad_key", 400, []string{"Content-Type", lines}},
		"a bad flag":           {"?dry_run=yes", imported, "not_a_flag", 400, []string{"Content-Type", lines}},
		"another digest":       {"", imported, "digest_mismatch", 400, []string{"Content-Type", lines, "Content-Digest", digestOf("x")}},
	} {
		a := p.ask(t, p.key, "POST", "/v1/imports"+f.query, f.body, f.headers...)
		if a.status != f.status || !strings.Contains(a.body, `"`+f.reason+`"`) || strings.Contains(a.body, "zoe") {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	page, err := c.Imports(t.Context(), "")
	if must(t, err); len(page.Items) != len(before.Items) {
		t.Errorf("there are imports: %+v", page.Items)
	}
}

// TestImportCutOff ends the connection in the middle of the body: nothing is
// imported.
func TestImportCutOff(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	c := &api.Client{URL: p.http.URL, Key: p.key}
	before, err := c.Imports(t.Context(), "")
	must(t, err)
	gone := errors.New("the client is gone")
	_, err = c.ImportPeople(t.Context(), io.MultiReader(strings.NewReader(imported), broken{gone}), api.ImportOptions{})
	if err == nil {
		t.Error("no error")
	}
	page, err := c.Imports(t.Context(), "")
	if must(t, err); len(page.Items) != len(before.Items) {
		t.Errorf("there are imports: %+v", page.Items)
	}
}

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }
