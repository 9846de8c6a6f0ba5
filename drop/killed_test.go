package drop_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge/drop"
)

// TestKilled: wherever the server dies, the next attempt comes to the same end: one
// list, its report, and no file.
func TestKilled(t *testing.T) {
	t.Parallel()
	want := func(t *testing.T, p *platform) {
		t.Helper()
		must(t, p.take(t))
		lists, r := p.lists(t), p.report(t, "a")
		if len(lists) != 1 || r.Outcome != drop.ListTaken || r.List != lists[0] || r.Report == nil || r.Report.Rows.Read != rows {
			t.Errorf("lists %v, report %+v", lists, r)
		}
		if diff := cmp.Diff([]string{"a.manifest.json", "a.report.json"}, p.files(t)); diff != "" {
			t.Errorf("what lies there:\n%s", diff)
		}
	}
	path := func(p *platform, name string) string { return filepath.Join(p.folder, name) }
	for name, kill := range map[string]func(t *testing.T, p *platform){
		"before anything": func(*testing.T, *platform) {},
		// Of each step the state is made that a death behind it leaves.
		"behind the act": func(t *testing.T, p *platform) {
			must(t, p.take(t))
			must(t, os.Remove(path(p, "a.report.json")))
			put(t, path(p, "a.csv"), csv)
		},
		"while the draft is written": func(t *testing.T, p *platform) {
			must(t, p.take(t))
			text, err := os.ReadFile(path(p, "a.report.json"))
			must(t, err)
			must(t, os.Remove(path(p, "a.report.json")))
			put(t, path(p, "a.report.draft"), string(text[:len(text)/2]))
			put(t, path(p, "a.csv"), csv)
		},
		"behind the draft": func(t *testing.T, p *platform) {
			must(t, p.take(t))
			must(t, os.Rename(path(p, "a.report.json"), path(p, "a.report.draft")))
			put(t, path(p, "a.csv"), csv)
		},
		"behind the removal": func(t *testing.T, p *platform) {
			must(t, p.take(t))
			must(t, os.Rename(path(p, "a.report.json"), path(p, "a.report.draft")))
		},
		"where nothing can be written": func(t *testing.T, p *platform) {
			must(t, os.MkdirAll(path(p, "a.report.draft/x"), 0o700))
			if err := p.take(t); err == nil {
				t.Error("no error")
			}
			if len(p.lists(t)) != 1 || gone(t, path(p, "a.csv")) {
				t.Error("not taken, or the file went before its report was there")
			}
			must(t, os.RemoveAll(path(p, "a.report.draft")))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlatform(t)
			p.leave(t, "a", csv, rows)
			kill(t, p)
			if waiting, err := p.Drops.Waiting(); !waiting || err != nil {
				t.Errorf("nothing waits: %v", err)
			}
			want(t, p)
			want(t, p)
		})
	}
}

// TestForgedDraft: a draft that is none of ours brings no sender's words into the
// log, and removes nothing of another name.
func TestForgedDraft(t *testing.T) {
	t.Parallel()
	for name, draft := range map[string]string{
		"outcome": `{"outcome":"canary"}`, "list": `{"outcome":"taken","list":"canary x"}`, "file": `{"outcome":"refused","file":"b.csv"}`,
		"path": `{"outcome":"refused","file":"../canary"}`,
	} {
		p := newPlatform(t)
		p.leave(t, "a", csv, rows)
		put(t, filepath.Join(p.folder, "b.csv"), csv)
		put(t, filepath.Join(p.folder, "a.report.draft"), draft)
		must(t, p.take(t))
		if r := p.report(t, "a"); r.Outcome != drop.ListTaken || r.File != "a.csv" {
			t.Errorf("%s: %+v", name, r)
		}
		if gone(t, filepath.Join(p.folder, "b.csv")) || strings.Contains(p.log.String(), "canary") {
			t.Errorf("%s: it was believed", name)
		}
	}
}

// TestKilledInTheAct: the list and what is kept of the file commit together.
func TestKilledInTheAct(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.leave(t, "a", csv, rows)
	_, err := p.database(t).ExecContext(t.Context(), `CREATE TRIGGER full BEFORE INSERT ON drop_taken BEGIN SELECT RAISE(ABORT, 'full'); END`)
	must(t, err)
	if err := p.take(t); err == nil || len(p.lists(t)) > 0 {
		t.Errorf("%d lists, %v", len(p.lists(t)), err)
	}
	_, err = p.database(t).ExecContext(t.Context(), `DROP TRIGGER full`)
	must(t, err)
	must(t, p.take(t))
	if len(p.lists(t)) != 1 {
		t.Errorf("%d lists", len(p.lists(t)))
	}
}
