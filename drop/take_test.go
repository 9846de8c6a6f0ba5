package drop_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/api"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/drop"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/list/listtest"
	"github.com/selvedge/selvedge/org"
)

const (
	csv  = "email,name\nada@example.com,Ada\nnobody,Ben\n\n"
	rows = 3
)

// TestTaken: a file becomes a list with the declarations of its manifest and the
// report of an upload, by the org through a drop, and is gone.
func TestTaken(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.leave(t, "spring-1", csv, rows, map[string]any{
		"source": "both", "hash_rules": "plain", "default_region": "GB", "separator": "comma", "columns": []string{"email:email"},
		"expires_at": "2026-06-01T00:00:00Z", "terms_version": 1, "label": "Garden friends",
	})
	must(t, p.take(t))
	if diff := cmp.Diff([]string{"spring-1.manifest.json", "spring-1.report.json"}, p.files(t)); diff != "" {
		t.Errorf("what lies there:\n%s", diff)
	}
	r := p.report(t, "spring-1")
	v, err := p.Audiences.GetList(t.Context(), p.actor, p.audience, r.List)
	must(t, err)
	if r.Outcome != drop.ListTaken || r.Problem != nil || r.File != "spring-1.csv" || !r.At.Equal(start) || !r.ExpiresAt.Equal(time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", r)
	}
	if diff := cmp.Diff(&v.Report, r.Report) + cmp.Diff(&v.Declared, r.Declaration); diff != "" || r.Declaration.Source != list.FromBoth || r.Declaration.Label == "" {
		t.Errorf("the report is another than the list's:\n%s", diff)
	}
	direct, err := p.Audiences.Upload(t.Context(), p.actor, p.newAudience(t), strings.NewReader(csv), audience.Delivery{Options: list.Options{
		DefaultRegion: "GB", Separator: ",", Columns: []list.Choice{{Name: "email", Role: "email"}}, Declaration: listtest.Granted(),
	}})
	must(t, err)
	if diff := cmp.Diff(&direct.Report, r.Report); diff != "" {
		t.Errorf("uploaded (-), dropped (+):\n%s", diff)
	}
	if r.Advice["not_an_email"] == "" {
		t.Error("no advice")
	}
	var role, name, body string
	must(t, p.database(t).QueryRowContext(t.Context(), `SELECT role, actor, body FROM ledger_entry WHERE kind = 'list.accepted' ORDER BY seq LIMIT 1`).Scan(&role, &name, &body))
	if role != "org" || name != "drop" || !strings.Contains(body, string(p.org.ID)) || !strings.Contains(body, string(r.List)) {
		t.Errorf("entered: %s %s %s", role, name, body)
	}
	must(t, p.take(t))
	if n := len(p.lists(t)); n != 1 {
		t.Errorf("%d lists", n)
	}
}

// TestReportIsTheAnswer: the fields that an upload's answer has are the report's.
func TestReportIsTheAnswer(t *testing.T) {
	t.Parallel()
	names := func(v any) map[string]json.RawMessage {
		b, err := json.Marshal(v)
		must(t, err)
		var m map[string]json.RawMessage
		must(t, json.Unmarshal(b, &m))
		return m
	}
	p := newPlatform(t)
	p.leave(t, "a", "email\nno\n"+strings.Repeat("a@x.example\n", 1), 2)
	must(t, p.take(t))
	have := names(p.report(t, "a"))
	for _, n := range []string{"report", "advice", "declaration", "accepted_at", "effective_at", "expires_at"} {
		if names(api.List{})[n] == nil || have[n] == nil {
			t.Errorf("%s is missing", n)
		}
	}
}

// TestOncePerContent: the same bytes under another name are told which list they
// are; into another audience they may go; and when the list is over, again.
func TestOncePerContent(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.leave(t, "a", csv, rows)
	must(t, p.take(t))
	first := p.report(t, "a").List
	p.leave(t, "b", csv, 7, map[string]any{"default_region": "GB"})
	must(t, p.take(t))
	if r := p.report(t, "b"); r.Outcome != drop.TakenBefore || r.List != first || r.Report != nil {
		t.Errorf("%+v", r)
	}
	p.leave(t, "c", csv, rows)
	put(t, filepath.Join(p.folder, "c.csv"), csv+"x")
	must(t, p.take(t))
	if r := p.report(t, "c"); r.Outcome != drop.Refused || r.Problem.Reason != "digest_mismatch" {
		t.Errorf("another file that claims to be the first: %+v", r)
	}
	old := p.folder
	p.folder = p.folderOf(t, p.org.ID, p.newAudience(t))
	p.leave(t, "a", csv, rows)
	must(t, p.take(t))
	if r := p.report(t, "a"); r.Outcome != drop.ListTaken || r.List == first {
		t.Errorf("into another audience: %+v", r)
	}
	p.folder = old
	p.clock.Add(audience.ListLife)
	p.leave(t, "d", csv, rows)
	must(t, p.take(t))
	if r := p.report(t, "d"); r.Outcome != drop.ListTaken {
		t.Errorf("when the list is over: %+v", r)
	}
	if n := len(p.lists(t)); n != 2 {
		t.Errorf("%d lists", n)
	}
}

// TestRefused: each fault by its field and reason, without the value; the file is
// gone and nothing is taken.
func TestRefused(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	type fault struct {
		field, reason string
		more          map[string]any
	}
	faults := map[string]fault{
		"rows-wrong":     {"rows", "wrong_rows", map[string]any{"rows": 2}},
		"rows-missing":   {"rows", "bad_number", map[string]any{"rows": nil}},
		"rows-negative":  {"rows", "bad_number", map[string]any{"rows": -1}},
		"rows-text":      {"rows", "bad_json", map[string]any{"rows": "canary"}},
		"digest-wrong":   {"sha256", "digest_mismatch", map[string]any{"sha256": strings.Repeat("0", 64)}},
		"digest-short":   {"sha256", "bad_digest", map[string]any{"sha256": "canary"}},
		"digest-missing": {"sha256", "bad_digest", map[string]any{"sha256": nil}},
		"no-consent":     {"ad_user_data", "no_consent", map[string]any{"ad_user_data": nil}},
		"bad-consent":    {"ad_user_data", "bad_consent", map[string]any{"ad_user_data": "canary"}},
		"bad-region":     {"default_region", "", map[string]any{"default_region": "canary"}},
		"bad-time":       {"expires_at", "not_a_time", map[string]any{"expires_at": "canary"}},
		"bad-column":     {"columns", "bad_column", map[string]any{"columns": []string{"1:canary"}}},
		"bad-terms":      {"terms_version", "not_current", map[string]any{"terms_version": 9}},
		"bad-field":      {"manifest", "bad_json", map[string]any{"canary": 1}},
		"bad-label":      {"label", "", map[string]any{"label": "canary\x07"}},
	}
	for name, f := range faults {
		p.leave(t, name, csv, rows, f.more)
	}
	must(t, p.take(t))
	for name, f := range faults {
		r := p.report(t, name)
		if r.Outcome != drop.Refused || r.Problem == nil || r.Problem.Field != f.field || f.reason != "" && r.Problem.Reason != f.reason || r.List != "" {
			t.Errorf("%s: %+v, %+v", name, r, r.Problem)
		}
		if text, _ := os.ReadFile(filepath.Join(p.folder, name+".report.json")); strings.Contains(string(text), "canary") {
			t.Errorf("%s: the report has a value: %s", name, text)
		}
		if !gone(t, filepath.Join(p.folder, name+".csv")) {
			t.Errorf("%s: the file is left", name)
		}
	}
	if n := len(p.lists(t)); n != 0 {
		t.Errorf("%d lists", n)
	}
	if strings.Contains(p.log.String(), "canary") || strings.Contains(p.log.String(), "bad-column") {
		t.Errorf("the log has a sender's words: %s", p.log)
	}
}

// TestListFault: what is wrong with the list itself is told with its row.
func TestListFault(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.leave(t, "a", "email\n\"ada@example.com\n", 1)
	must(t, p.take(t))
	if r := p.report(t, "a"); r.Problem == nil || r.Problem.Reason != "ended_early" || r.Problem.Row != 2 {
		t.Errorf("%+v", r.Problem)
	}
}

// TestLeftAlone: what is not there whole, or is not called as it must be, is not
// touched.
func TestLeftAlone(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	manifest := func(file string) string {
		b, err := json.Marshal(said(file, csv, rows))
		must(t, err)
		return string(b)
	}
	whole := manifest("half.csv")
	for name, text := range map[string]string{
		"alone.csv":              csv,
		"late.manifest.json":     manifest("late.csv"),
		"half.csv":               csv,
		"half.manifest.json":     whole[:len(whole)/2],
		"empty.csv":              csv,
		"empty.manifest.json":    "",
		"ü.csv":                  csv,
		"ü.manifest.json":        manifest("ü.csv"),
		"a b.manifest.json":      manifest("a b.csv"),
		".hidden.manifest.json":  manifest(".hidden.csv"),
		"two.dots.manifest.json": manifest("two.dots.csv"),
		"two.dots.csv":           csv,
		"over.csv":               csv,
		"over.manifest.json":     manifest("over.csv"),
		"over.report.json":       "{}",
		"-dash.manifest.json":    manifest("-dash.csv"),
		".manifest.json":         manifest(".csv"),
		strings.Repeat("x", 101) + ".manifest.json": manifest("x.csv"),
	} {
		put(t, filepath.Join(p.folder, name), text)
	}
	for _, dir := range []string{"org_UPPER", "notes", "org_x/not-an-id"} {
		must(t, os.MkdirAll(filepath.Join(p.cfg.Drops, dir), 0o700))
	}
	before := p.files(t)
	waiting, err := p.Drops.Waiting()
	if err != nil || waiting {
		t.Errorf("something waits: %v", err)
	}
	must(t, p.take(t))
	if diff := cmp.Diff(before, p.files(t)); diff != "" || len(p.lists(t)) != 0 {
		t.Errorf("touched:\n%s", diff)
	}
	put(t, filepath.Join(p.folder, "half.manifest.json"), whole)
	if waiting, _ := p.Drops.Waiting(); !waiting {
		t.Error("a manifest that is whole now does not wait")
	}
}

// TestWhose: folders of nobody, and of orgs that may bring nothing, have their
// files refused by name.
func TestWhose(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		set    func(t *testing.T, p *platform)
		code   selvedge.Code
		reason string
	}{
		"unknown org":      {func(t *testing.T, p *platform) { p.folder = p.folderOf(t, "org_none", p.audience) }, selvedge.CodeNotFound, ""},
		"unknown audience": {func(t *testing.T, p *platform) { p.folder = p.folderOf(t, p.org.ID, "aud_none") }, selvedge.CodeNotFound, ""},
		"another org's audience": {func(t *testing.T, p *platform) {
			o, _, err := p.Orgs.Create(t.Context(), anna, "Bolt", "Bolt Ltd", org.Advertiser)
			must(t, err)
			p.folder = p.folderOf(t, o.ID, p.audience)
		}, selvedge.CodeNotFound, ""},
		"suspended org": {func(t *testing.T, p *platform) {
			_, err := p.Orgs.Suspend(t.Context(), anna, p.org.ID)
			must(t, err)
		}, selvedge.CodeForbidden, "org_not_active"},
		"other terms": {func(t *testing.T, p *platform) {
			_, err := p.Orgs.PublishTerms(t.Context(), anna, "Other terms")
			must(t, err)
		}, selvedge.CodeConflict, "terms_not_accepted"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlatform(t)
			c.set(t, p)
			p.leave(t, "a", csv, rows)
			must(t, p.take(t))
			if r := p.report(t, "a"); r.Problem == nil || r.Problem.Code != c.code || r.Problem.Reason != c.reason {
				t.Errorf("%+v", r.Problem)
			}
			if !gone(t, filepath.Join(p.folder, "a.csv")) || len(p.lists(t)) > 0 {
				t.Error("the file is left, or taken")
			}
		})
	}
}

// TestContained: while the server is contained, files wait as they are.
func TestContained(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.leave(t, "a", csv, rows)
	before := p.files(t)
	p.Drops.Lists = refusing{selvedge.Errorf(selvedge.CodeContained, "contained")}
	if err := p.take(t); selvedge.CodeOf(err) != selvedge.CodeContained {
		t.Errorf("%v", err)
	}
	if diff := cmp.Diff(before, p.files(t)); diff != "" {
		t.Errorf("touched:\n%s", diff)
	}
}

// refusing takes no list.
type refusing struct{ err error }

func (r refusing) Upload(context.Context, selvedge.Actor, selvedge.AudienceID, io.Reader, audience.Delivery) (audience.ListView, error) {
	return audience.ListView{}, r.err
}

func (r refusing) GetList(context.Context, selvedge.Actor, selvedge.AudienceID, selvedge.ListID) (audience.ListView, error) {
	return audience.ListView{}, r.err
}

// TestLinksAndPipes: what is no regular file is refused, and nothing that it leads
// to is read or removed.
func TestLinksAndPipes(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	outside := filepath.Join(t.TempDir(), "outside.csv")
	put(t, outside, csv)
	manifest := func(name, file string) {
		b, err := json.Marshal(said(file, csv, rows))
		must(t, err)
		put(t, filepath.Join(p.folder, name+".manifest.json"), string(b))
	}
	must(t, os.Symlink(outside, filepath.Join(p.folder, "link.csv")))
	manifest("link", "link.csv")
	put(t, filepath.Join(p.folder, "real.csv"), csv)
	must(t, os.Symlink("real.csv", filepath.Join(p.folder, "near.csv")))
	manifest("near", "near.csv")
	must(t, syscall.Mkfifo(filepath.Join(p.folder, "pipe.csv"), 0o600))
	manifest("pipe", "pipe.csv")
	must(t, os.Mkdir(filepath.Join(p.folder, "dir.csv"), 0o700))
	put(t, filepath.Join(p.folder, "dir.csv", "x"), "x")
	manifest("dir", "dir.csv")
	must(t, os.Symlink(outside, filepath.Join(p.folder, "own.manifest.json")))
	for name, file := range map[string]string{"up": "../up.csv", "abs": outside, "other": "real.csv", "self": "self.manifest.json", "odd": "odd.c sv", "long": "long" + strings.Repeat(".a", 4)} {
		manifest(name, file)
	}
	must(t, p.take(t))
	for name, want := range map[string][2]string{
		"link": {"file", "not_regular"}, "near": {"file", "not_regular"}, "pipe": {"file", "not_regular"}, "dir": {"file", "not_regular"},
		"own": {"manifest", "not_regular"}, "up": {"file", "bad_name"}, "abs": {"file", "bad_name"}, "other": {"file", "bad_name"},
		"self": {"file", "bad_name"}, "odd": {"file", "bad_name"}, "long": {"file", "bad_name"},
	} {
		if r := p.report(t, name); r.Problem == nil || r.Problem.Field != want[0] || r.Problem.Reason != want[1] {
			t.Errorf("%s: %+v", name, r.Problem)
		}
	}
	for _, path := range []string{outside, filepath.Join(p.folder, "real.csv"), filepath.Join(p.folder, "dir.csv", "x")} {
		if gone(t, path) {
			t.Error("something was removed that is not a drop")
		}
	}
	if n := len(p.lists(t)); n != 0 {
		t.Errorf("%d lists", n)
	}
}

// TestFoldersAreOnesOwn: a folder that is a link is not entered, whether it leads to
// another org's or out.
func TestFoldersAreOnesOwn(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.leave(t, "a", csv, rows)
	real := p.folder
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	must(t, os.Rename(real, elsewhere))
	must(t, os.Symlink(elsewhere, real))
	must(t, os.Mkdir(filepath.Join(p.cfg.Drops, "org_bolt"), 0o700))
	must(t, os.Symlink(filepath.Join("..", string(p.org.ID), string(p.audience)), filepath.Join(p.cfg.Drops, "org_bolt", "aud_x")))
	must(t, p.take(t))
	if !gone(t, filepath.Join(elsewhere, "a.report.json")) || len(p.lists(t)) > 0 {
		t.Error("a link was followed")
	}
}

// TestFence: an attempt that was given up for dead takes nothing.
func TestFence(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.leave(t, "a", csv, rows)
	dead := errors.New("superseded")
	_, err := p.Drops.Take(t.Context(), func(context.Context, selvedge.Tx) error { return dead })
	if !errors.Is(err, dead) || len(p.lists(t)) > 0 || gone(t, filepath.Join(p.folder, "a.csv")) {
		t.Errorf("%v", err)
	}
}

// TestOneHoldsUpNoOther: a file that cannot be taken now leaves the others to be.
func TestOneHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.leave(t, "a", csv, rows)
	p.leave(t, "b", "email\neve@example.com\n", 1)
	must(t, os.MkdirAll(filepath.Join(p.folder, "a.report.draft", "x"), 0o700)) // in the way of its report
	if err := p.take(t); err == nil {
		t.Error("no error")
	}
	if r := p.report(t, "b"); r.Outcome != drop.ListTaken {
		t.Errorf("%+v", r)
	}
	if !gone(t, filepath.Join(p.folder, "a.report.json")) {
		t.Error("a report that could not be written")
	}
}
