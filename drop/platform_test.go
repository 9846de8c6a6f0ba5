package drop_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/drop"
	"github.com/selvedge/selvedge/internal/fakeclock"
	"github.com/selvedge/selvedge/org"
	"github.com/selvedge/selvedge/server"
	"github.com/selvedge/selvedge/server/servertest"
)

var (
	anna  = selvedge.Operator("anna")
	start = time.Date(2026, 3, 14, 9, 26, 10, 0, time.UTC)
)

// platform is a server with a folder of drops, in which an org has an audience.
type platform struct {
	*server.Server
	cfg      server.Config
	clock    *fakeclock.Clock
	log      *strings.Builder
	org      org.Org
	actor    selvedge.Actor
	audience selvedge.AudienceID
	folder   string // of the audience
}

func newPlatform(t testing.TB) *platform {
	t.Helper()
	clock, log := fakeclock.New(start), &strings.Builder{}
	dir := t.TempDir()
	p := &platform{clock: clock, log: log, cfg: server.Config{
		Dir: filepath.Join(dir, "data"), Drops: filepath.Join(dir, "drops"), UnknownAge: contact.UnknownIsMinor, Clock: clock,
		Entropy: selvedge.NewSeededEntropy("drop"), Log: slog.New(slog.NewTextHandler(log, nil)), Code: "test",
	}}
	must(t, os.Mkdir(p.cfg.Drops, 0o700))
	must(t, server.Init(t.Context(), p.cfg))
	s, err := server.Open(t.Context(), p.cfg)
	must(t, err)
	p.Server = s
	t.Cleanup(func() { must(t, p.Close()) })
	must(t, p.Start(t.Context()))
	var key string
	p.org, key, err = p.Orgs.Create(t.Context(), anna, "Acme", "Acme Ltd", org.Advertiser)
	must(t, err)
	p.actor, err = p.Orgs.Authenticate(t.Context(), key)
	must(t, err)
	servertest.AcceptTerms(t, p.Server, p.actor)
	p.audience = p.newAudience(t)
	p.folder = p.folderOf(t, p.org.ID, p.audience)
	return p
}

func (p *platform) newAudience(t testing.TB) selvedge.AudienceID {
	t.Helper()
	v, err := p.Audiences.Create(t.Context(), p.actor, "Customers")
	must(t, err)
	return v.ID
}

func (p *platform) folderOf(t testing.TB, org selvedge.OrgID, id selvedge.AudienceID) string {
	t.Helper()
	dir := filepath.Join(p.cfg.Drops, string(org), string(id))
	must(t, os.MkdirAll(dir, 0o700))
	return dir
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func put(t testing.TB, path, text string) {
	t.Helper()
	must(t, os.WriteFile(path, []byte(text), 0o600))
}

// said are the fields of a manifest, with others over them.
func said(file, content string, rows int, more ...map[string]any) map[string]any {
	sum := sha256.Sum256([]byte(content))
	m := map[string]any{"file": file, "rows": rows, "sha256": hex.EncodeToString(sum[:]), "ad_user_data": "granted", "ad_personalization": "GRANTED"}
	for _, o := range more {
		maps.Copy(m, o)
	}
	maps.DeleteFunc(m, func(_ string, v any) bool { return v == nil })
	return m
}

// leave leaves a file of rows and then its manifest.
func (p *platform) leave(t testing.TB, name, content string, rows int, more ...map[string]any) {
	t.Helper()
	put(t, filepath.Join(p.folder, name+".csv"), content)
	text, err := json.Marshal(said(name+".csv", content, rows, more...))
	must(t, err)
	put(t, filepath.Join(p.folder, name+".manifest.json"), string(text))
}

// take takes what lies there, and returns the error.
func (p *platform) take(t testing.TB) error {
	t.Helper()
	_, err := p.Drops.Take(t.Context(), func(context.Context, selvedge.Tx) error { return nil })
	return err
}

// report reads the report of a name.
func (p *platform) report(t testing.TB, name string) (r drop.Report) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(p.folder, name+".report.json"))
	must(t, err)
	must(t, json.Unmarshal(text, &r))
	return r
}

// files returns the names of what lies in the audience's folder.
func (p *platform) files(t testing.TB) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(p.folder)
	must(t, err)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	slices.Sort(names)
	return names
}

// lists returns the ids of the audience's lists.
func (p *platform) lists(t testing.TB) (ids []selvedge.ListID) {
	t.Helper()
	vs, err := p.Audiences.Lists(t.Context(), p.actor, p.audience, "", 100)
	must(t, err)
	for _, v := range vs {
		ids = append(ids, v.ID)
	}
	return ids
}

func (p *platform) database(t testing.TB) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(p.cfg.Dir, "selvedge.db")+"?_pragma=busy_timeout(5000)")
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	return db
}

func gone(t testing.TB, path string) bool {
	t.Helper()
	_, err := os.Lstat(path)
	return errors.Is(err, os.ErrNotExist)
}
