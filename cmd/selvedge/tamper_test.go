package main

import (
	"bytes"
	"context"
	"database/sql"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/list/listtest"
	"github.com/selvedge/selvedge/org"
	"github.com/selvedge/selvedge/server"
	"github.com/selvedge/selvedge/server/servertest"
)

// lived is a data folder with entries 1 to 3 of ads in leaf 0 and 4 to 6 in
// leaf 1, of which 6 seals a version, and 1 to 2 of the registry in leaf 0.
func lived(t *testing.T) (dir string) {
	t.Helper()
	ctx, dir := t.Context(), filepath.Join(t.TempDir(), "data")
	cfg := server.Config{
		Dir: dir, Origin: "selvedge.example", UnknownAge: contact.UnknownIsMinor, Clock: selvedge.WallClock{}, Entropy: selvedge.SystemEntropy{},
		Log: slog.New(slog.DiscardHandler), Code: "test",
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(server.Init(ctx, cfg))
	s, err := server.Open(ctx, cfg)
	must(err)
	must(s.Start(ctx))
	_, err = s.Orgs.IssuePlatformKey(ctx, selvedge.Operator("anna"), "first")
	must(err)
	_, key, err := s.Orgs.Create(ctx, selvedge.Operator("anna"), "Acme", "Acme Ltd", org.Advertiser)
	must(err)
	actor, err := s.Orgs.Authenticate(ctx, key)
	must(err)
	a, err := s.Audiences.Create(ctx, actor, "One")
	must(err)
	servertest.AcceptTerms(t, s, actor)
	must(s.Audiences.Ledger.Await(ctx, ledger.Ads))
	_, err = s.Audiences.Upload(ctx, actor, a.ID, strings.NewReader("email\nada@example.com\n"), audience.Delivery{Options: listtest.Options()})
	must(err)
	must(servertest.Match(t, s)) // enters what is accepted and intended
	must(s.Audiences.Ledger.Await(ctx, ledger.Registry))
	must(s.Audiences.Ledger.Await(ctx, ledger.Ads))
	must(s.Close())
	return dir
}

// TestTampering alters one thing of a real data folder and runs the real
// command on it. It names exactly that, and ends with exit code 1.
func TestTampering(t *testing.T) {
	t.Parallel()
	whole := lived(t)
	row := func(text string) func(*testing.T, string) {
		return func(t *testing.T, dir string) { alter(t, dir, text) }
	}
	const (
		cut  = "ads: the checkpoint was signed for other leaves than the log has (the log's own, of 3 leaves)"
		root = "these entries make another root than the leaf has: at least one was replaced, commitment and all"
	)
	for name, tc := range map[string]struct {
		spoil func(t *testing.T, dir string)
		want  []string
	}{
		"nothing":                  {func(*testing.T, string) {}, nil},
		"a body":                   {row(`UPDATE ledger_entry SET body = '{}' WHERE space = 'ads' AND seq = 2`), []string{"ads: leaf 0, entry 2: not what was committed to"}},
		"an actor":                 {row(`UPDATE ledger_entry SET actor = 'eve' WHERE space = 'registry' AND seq = 1`), []string{"registry: leaf 0, entry 1: not what was committed to"}},
		"a time":                   {row(`UPDATE ledger_entry SET at = at + 1 WHERE space = 'ads' AND seq = 4`), []string{"ads: leaf 1, entry 4: not what was committed to"}},
		"a salt":                   {row(`UPDATE ledger_entry SET salt = zeroblob(16) WHERE space = 'ads' AND seq = 4`), []string{"ads: leaf 1, entry 4: not what was committed to"}},
		"a salt and body gone":     {row(`UPDATE ledger_entry SET salt = NULL, body = NULL WHERE space = 'ads' AND seq = 4`), []string{"ads: leaf 1, entry 4: without its salt, and no erasure names it"}},
		"a commitment":             {row(`UPDATE ledger_entry SET commitment = zeroblob(32) WHERE space = 'ads' AND seq = 4`), []string{"ads: leaf 1, entry 4: not what was committed to", "ads: leaf 1, entries 4 to 5: " + root}},
		"an entry, consistently":   {row(`UPDATE ledger_entry SET kind = o.kind, body = o.body, salt = o.salt, commitment = o.commitment FROM (SELECT * FROM ledger_entry WHERE space = 'ads' AND seq = 3) o WHERE ledger_entry.space = 'ads' AND ledger_entry.seq = 2`), []string{"ads: leaf 0, entry 2: not what was committed to", "ads: leaf 0, entries 1 to 3: " + root}},
		"a row gone":               {row(`DELETE FROM ledger_entry WHERE space = 'ads' AND seq = 2`), []string{"ads: leaf 0, entry 2: not in the database"}},
		"rows gone":                {row(`DELETE FROM ledger_entry WHERE space = 'registry'`), []string{"registry: leaf 0, entries 1 to 2: not in the database"}},
		"rows swapped":             {swapped, []string{"ads: leaf 0, entries 2 to 3: not what was committed to", "ads: leaf 0, entries 1 to 3: " + root}},
		"a leaf row":               {row(`UPDATE ledger_leaf SET root = zeroblob(32) WHERE space = 'ads' AND idx = 1`), []string{"ads: leaf 1, entries 4 to 5: the database knows this leaf with other entries or another root (the database has entries 4 to 5)"}},
		"a leaf row's range":       {row(`UPDATE ledger_leaf SET last = 2 WHERE space = 'ads' AND idx = 0`), []string{"ads: leaf 0, entries 1 to 3: the database knows this leaf with other entries or another root (the database has entries 1 to 2)"}},
		"a leaf row gone":          {row(`DELETE FROM ledger_leaf WHERE space = 'ads' AND idx = 1`), []string{"ads: leaf 1, entries 4 to 5: in the log, and the database does not know the leaf"}},
		"the last leaf row gone":   {row(`DELETE FROM ledger_leaf WHERE space = 'ads' AND idx = 2`), nil}, // as after a crash
		"entries waiting and gone": {row(`UPDATE ledger_head SET given = given + 2 WHERE space = 'ads'`), []string{"ads: entries 7 to 8: not in the database"}},
		"a version's digest":       {row(`UPDATE audience_version SET digest = zeroblob(32)`), []string{"ads: entry 6: the version in the database is not the one that it seals (audience A, version 1: digest)", "ads: entry 6: the members of the version that it seals cannot be read, or are not what the digest says (audience A, version 1)"}},
		"a version's base":         {row(`UPDATE audience_version SET base = digest`), []string{"ads: entry 6: the version in the database is not the one that it seals (audience A, version 1: base)"}},
		"a version gone":           {row(`DELETE FROM audience_version`), []string{"ads: entry 6: it seals a version that the database does not have (audience A, version 1)"}},
		"a version's members":      {members, []string{"ads: entry 6: the members of the version that it seals cannot be read, or are not what the digest says (audience A, version 1)"}},
		"a leaf file": {file("ads/tile/entries/000.p/3", "last 3", "last 2"), []string{
			"ads: leaf 0: not in the form of a leaf (leaf: the leaf is not in its one form)", cut,
		}},
		"a tile file": {file("ads/tile/0/000.p/3", "", "x"), []string{
			"ads: leaf 2: the hashes that the log keeps do not lead from this leaf to the signed root (prove leaf 2 of 3: downloaded inconsistent tile)",
		}},
		"a leaf file gone": {gone("ads/tile/entries/000.p/3"), []string{
			"ads: leaf 0: cannot be read from the log (read leaves: open FILE: no such file or directory)",
			"ads: leaf 1: cannot be read from the log (read leaves: open FILE: no such file or directory)",
			"ads: leaf 2: cannot be read from the log (read leaves: open FILE: no such file or directory)",
		}},
		"a checkpoint's size":    {file("ads/checkpoint", "\n3\n", "\n4\n"), []string{"ads: the checkpoint does not hold (the log's own: checkpoint: a trusted key's signature does not fit it)"}},
		"the other's checkpoint": {swappedCheckpoints, []string{"ads: the checkpoint does not hold (the log's own: checkpoint: no trusted key signed it)", "registry: the checkpoint does not hold (the log's own: checkpoint: no trusted key signed it)"}},
		"the log gone":           {gone("registry/.state/treeState"), []string{"registry: leaf 0, entries 1 to 2: gone from the log, though the database knows that they were in it (leaves 0 to 0)", "registry: the checkpoint was signed for more leaves than the log has (the log's own: 1 leaves signed, 0 there)"}},
		"two things": {func(t *testing.T, dir string) {
			members(t, dir)
			alter(t, dir, `UPDATE ledger_entry SET body = '1' WHERE seq = 1`)
		}, []string{"ads: leaf 0, entry 1: not what was committed to", "registry: leaf 0, entry 1: not what was committed to", "ads: entry 6: the members of the version that it seals cannot be read, or are not what the digest says (audience A, version 1)"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "data")
			if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
				t.Fatal(err)
			}
			for _, path := range []string{dir, filepath.Join(dir, "root.secret"), filepath.Join(dir, "kek.json")} {
				if err := os.Chmod(path, 0o700); err != nil {
					t.Fatal(err)
				}
			}
			tc.spoil(t, dir)
			got, code := verify(t, dir)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("found (-want +got):\n%s", diff)
			}
			if (code == 0) != (len(tc.want) == 0) {
				t.Errorf("exit code %d", code)
			}
		})
	}
}

// verify runs selvedge ledger verify and returns what it found, with what is
// another in each folder taken out.
func verify(t *testing.T, dir string) (found []string, code int) {
	t.Helper()
	var out, complaint bytes.Buffer
	code = run(context.Background(), []string{"ledger", "verify", "--dir", dir}, &console{out: &out, err: &complaint})
	for line := range strings.Lines(out.String()) {
		line = regexp.MustCompile(`aud_\w+`).ReplaceAllString(strings.TrimSpace(line), "A")
		line = regexp.MustCompile(`open [^ ]+:`).ReplaceAllString(line, "open FILE:")
		if strings.Contains(line, "leaves, ") && strings.Contains(line, "waiting") || strings.HasPrefix(line, "versions: ") || line == "nothing is wrong" {
			continue
		}
		found = append(found, line)
	}
	if code > 1 {
		t.Errorf("exit code %d: %s", code, complaint.String())
	}
	return found, code
}

func alter(t *testing.T, dir, text string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, "selvedge.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), text); err != nil {
		t.Fatal(err)
	}
}

func swapped(t *testing.T, dir string) {
	t.Helper()
	for _, step := range [][2]string{{"2", "99"}, {"3", "2"}, {"99", "3"}} {
		alter(t, dir, `UPDATE ledger_entry SET seq = `+step[1]+` WHERE space = 'ads' AND seq = `+step[0])
	}
}

// file replaces a text in a file below the ledger's folder.
func file(name, from, to string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		path := filepath.Join(dir, "ledger", name)
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		after := bytes.Replace(b, []byte(from), []byte(to), 1)
		if bytes.Equal(after, b) {
			t.Fatalf("%s is not in %s", from, name)
		}
		if err := os.WriteFile(path, after, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func gone(name string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		if err := os.Remove(filepath.Join(dir, "ledger", name)); err != nil {
			t.Fatal(err)
		}
	}
}

func swappedCheckpoints(t *testing.T, dir string) {
	t.Helper()
	one, two := filepath.Join(dir, "ledger", "ads", "checkpoint"), filepath.Join(dir, "ledger", "registry", "checkpoint")
	for _, step := range [][2]string{{one, one + "x"}, {two, one}, {one + "x", two}} {
		if err := os.Rename(step[0], step[1]); err != nil {
			t.Fatal(err)
		}
	}
}

// members damages every bitmap.
func members(t *testing.T, dir string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "blobs", "bitmap", "*", "*"))
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		if err := os.WriteFile(path, []byte("other"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestManyFindings: a hundred are listed, and all are counted.
func TestManyFindings(t *testing.T) {
	t.Parallel()
	var a server.Audit
	for i := range int64(230) {
		a.Findings = append(a.Findings, ledger.Finding{Space: ledger.Ads, Fault: ledger.EntryMissing, Leaf: -1, First: 2*i + 1, Last: 2*i + 1})
	}
	var out bytes.Buffer
	printAudit(&out, a)
	if got := out.String(); strings.Count(got, "not in the database") != 100 || !strings.Contains(got, "\nand 130 more\n") || strings.Contains(got, "nothing is wrong") {
		t.Errorf("printed %s", got)
	}
}
