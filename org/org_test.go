package org_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/fakeclock"
	"github.com/selvedge/selvedge/internal/secret"
	"github.com/selvedge/selvedge/org"
	"github.com/selvedge/selvedge/purpose"
	"github.com/selvedge/selvedge/store"
	"github.com/selvedge/selvedge/store/testdb"
)

var (
	anna  = selvedge.Operator("anna")
	start = time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC)
)

// bench is a Service on a real store.
type bench struct {
	*org.Service
	db    *store.DB
	path  string
	clock *fakeclock.Clock
}

func newBench(t testing.TB, seed string) *bench {
	t.Helper()
	dir := t.TempDir()
	b := &bench{path: filepath.Join(dir, "selvedge.db"), clock: fakeclock.New(start)}
	entropy := selvedge.NewSeededEntropy(seed)
	root, err := secret.Create(filepath.Join(dir, "root.secret"), entropy)
	if err != nil {
		t.Fatal(err)
	}
	b.db = testdb.Open(t, b.path, b.clock, selvedge.NewSeededEntropy("test"))
	orgs := store.Orgs{DB: b.db}
	b.Service = &org.Service{
		Repo: orgs, Tx: b.db, Changes: store.Changes{DB: b.db}, Outbox: store.Outbox{DB: b.db},
		IDs: org.NewStream(orgs, root), Clock: b.clock, Entropy: entropy,
	}
	return b
}

func (b *bench) create(t testing.TB, name string, kind org.Kind) (org.Org, string) {
	t.Helper()
	o, key, err := b.Create(t.Context(), anna, name, name+" Ltd", kind)
	if err != nil {
		t.Fatal(err)
	}
	return o, key
}

// sql runs a statement on the database file, as no method of the product does.
func (b *bench) sql(t *testing.T, text string, args ...any) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+b.path+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), text, args...); err != nil {
		t.Fatal(err)
	}
}

// column returns what a query for one column of text finds.
func (b *bench) column(t *testing.T, text string) (out []string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+b.path+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func wantCode(t *testing.T, err error, code selvedge.Code, field string) {
	t.Helper()
	if selvedge.CodeOf(err) != code {
		t.Fatalf("error is %v, want code %q", err, code)
	}
	if e, ok := errors.AsType[*selvedge.Error](err); ok && e.Field != field {
		t.Errorf("field is %q, want %q", e.Field, field)
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("å", org.MaxName)
	good := org.Org{Name: "Acme", LegalEntity: "Acme Ltd", Kind: org.Advertiser}
	for name, c := range map[string]struct {
		change func(*org.Org)
		field  string // "" if valid
	}{
		"as it should be":         {func(*org.Org) {}, ""},
		"a partner":               {func(o *org.Org) { o.Kind = org.Partner }, ""},
		"the longest names":       {func(o *org.Org) { o.Name, o.LegalEntity = long, long }, ""},
		"no name":                 {func(o *org.Org) { o.Name = "" }, "name"},
		"a name too long":         {func(o *org.Org) { o.Name = long + "x" }, "name"},
		"a name that is no UTF-8": {func(o *org.Org) { o.Name = "a\xff" }, "name"},
		"a line break in a name":  {func(o *org.Org) { o.Name = "a\nb" }, "name"},
		"a DEL in a name":         {func(o *org.Org) { o.Name = "a\x7f" }, "name"},
		"no legal entity":         {func(o *org.Org) { o.LegalEntity = "" }, "legal_entity"},
		"a tab in a legal entity": {func(o *org.Org) { o.LegalEntity = "a\tb" }, "legal_entity"},
		"an entity too long":      {func(o *org.Org) { o.LegalEntity = long + "x" }, "legal_entity"},
		"no kind":                 {func(o *org.Org) { o.Kind = "" }, "kind"},
		"another kind":            {func(o *org.Org) { o.Kind = "agency" }, "kind"},
		"a kind in capitals":      {func(o *org.Org) { o.Kind = "Advertiser" }, "kind"},
		"the first of two faults": {func(o *org.Org) { o.Kind, o.LegalEntity = "", "" }, "legal_entity"},
	} {
		o := good
		c.change(&o)
		err := o.Validate()
		if c.field == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		wantCode(t, err, selvedge.CodeInvalid, c.field)
	}
}

func TestKindPurpose(t *testing.T) {
	t.Parallel()
	for kind, want := range map[org.Kind]purpose.Purpose{
		org.Advertiser: purpose.AdsMatchAdvertiser,
		org.Partner:    purpose.AdsMatchPartner,
		"":             purpose.Unknown,
		"agency":       purpose.Unknown,
	} {
		if got := kind.Purpose(); got != want {
			t.Errorf("%q is matched under %s, want %s", kind, got, want)
		}
	}
}

func TestCreate(t *testing.T) {
	t.Parallel()
	b := newBench(t, "create")
	o, key := b.create(t, "Acme", org.Advertiser)
	want := org.Org{ID: o.ID, Name: "Acme", LegalEntity: "Acme Ltd", Kind: org.Advertiser, State: org.Active, CreatedAt: start, CreatedBy: "anna"}
	if o != want {
		t.Errorf("created %+v", o)
	}
	if got, err := b.Get(t.Context(), o.ID); err != nil || got != want {
		t.Errorf("kept %+v, %v", got, err)
	}
	second, _ := b.create(t, "Bolt", org.Partner)
	orgs, err := b.List(t.Context(), anna)
	if err != nil || len(orgs) != 2 || orgs[0] != want || orgs[1] != second {
		t.Errorf("listed %+v, %v", orgs, err)
	}
	if actor, err := b.Authenticate(t.Context(), key); err != nil || actor.Role() != selvedge.OrgRole {
		t.Errorf("its key is that of %+v, %v", actor, err)
	} else if id, ok := actor.Org(); !ok || id != o.ID {
		t.Errorf("its key acts for %q", id)
	}
	if _, err := b.Get(t.Context(), "org_none"); selvedge.CodeOf(err) != selvedge.CodeNotFound {
		t.Errorf("an org that is not there: %v", err)
	}
}

// TestCreateEnters: the org, its key and the change are entered with the act,
// and neither names nor the key are in an entry.
func TestCreateEnters(t *testing.T) {
	t.Parallel()
	b := newBench(t, "enters")
	o, key := b.create(t, "Acme", org.Advertiser)
	kinds := b.column(t, "SELECT space || ' ' || kind || ' ' || role || ' ' || actor FROM ledger_entry ORDER BY rowid")
	if got, want := strings.Join(kinds, "\n"), "registry key.issued operator anna\nads org.created operator anna"; got != want {
		t.Errorf("entered:\n%s\nwant:\n%s", got, want)
	}
	if got := b.column(t, "SELECT kind || ' ' || subject FROM change_ads"); len(got) != 1 || got[0] != "org "+string(o.ID) {
		t.Errorf("changes: %v", got)
	}
	secret := key[strings.LastIndex(key, "_")+1:]
	for _, body := range b.column(t, "SELECT body FROM ledger_entry") {
		if strings.Contains(body, secret) || strings.Contains(body, "Acme") {
			t.Errorf("an entry holds the key or a name: %s", body)
		}
	}
}

func TestWhoMay(t *testing.T) {
	t.Parallel()
	b := newBench(t, "roles")
	for name, actor := range map[string]selvedge.Actor{
		"nobody":       {},
		"the platform": selvedge.Platform("k"),
		"an org":       selvedge.OrgActor("org_a", "k"),
		"the system":   selvedge.System("matcher"),
	} {
		t.Run(name, func(t *testing.T) {
			_, key, err := b.Create(t.Context(), actor, "Acme", "Acme Ltd", org.Advertiser)
			wantCode(t, err, selvedge.CodeForbidden, "")
			if key != "" {
				t.Error("a key was handed out")
			}
			key, err = b.IssuePlatformKey(t.Context(), actor, "billing")
			wantCode(t, err, selvedge.CodeForbidden, "")
			if key != "" {
				t.Error("a platform key was handed out")
			}
			_, err = b.List(t.Context(), actor)
			wantCode(t, err, selvedge.CodeForbidden, "")
		})
	}
	if n := len(b.column(t, "SELECT public FROM access_key UNION ALL SELECT id FROM org")); n != 0 {
		t.Errorf("%d rows were left by who may not", n)
	}
}

func TestCreateRefusesBadInput(t *testing.T) {
	t.Parallel()
	b := newBench(t, "bad")
	_, key, err := b.Create(t.Context(), anna, "", "Acme Ltd", org.Advertiser)
	wantCode(t, err, selvedge.CodeInvalid, "name")
	_, _, err = b.Create(t.Context(), anna, "Acme", "Acme Ltd", "agency")
	wantCode(t, err, selvedge.CodeInvalid, "kind")
	_, err = b.IssuePlatformKey(t.Context(), anna, "two\nlines")
	wantCode(t, err, selvedge.CodeInvalid, "name")
	if key != "" || len(b.column(t, "SELECT public FROM access_key")) != 0 {
		t.Error("a refused request left a key")
	}
}

// TestKeyIsKeptAsHash looks for the key in every file of the database.
func TestKeyIsKeptAsHash(t *testing.T) {
	t.Parallel()
	b := newBench(t, "hash")
	_, orgKey := b.create(t, "Acme", org.Advertiser)
	platformKey, err := b.IssuePlatformKey(t.Context(), anna, "accounts")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{orgKey, platformKey} {
		parts := strings.Split(key, "_")
		if len(parts) < 3 || parts[0] != "slv" || len(parts[1]) != 16 || len(key) != len("slv_")+16+1+43 {
			t.Fatalf("a key has %d parts and %d characters", len(parts), len(key))
		}
		if n := searchFiles(t, filepath.Dir(b.path), key[len("slv_")+17:]); n != 0 {
			t.Errorf("the secret part stands in %d files", n)
		}
		if n := searchFiles(t, filepath.Dir(b.path), parts[1]); n == 0 {
			t.Error("the public part stands nowhere: the search finds nothing at all")
		}
		sum := sha256.Sum256([]byte(key))
		if n := searchFiles(t, filepath.Dir(b.path), string(sum[:])); n == 0 {
			t.Error("the hash of the key stands nowhere")
		}
	}
	if orgKey == platformKey {
		t.Error("two keys are one")
	}
}

// TestKeysOfAnOrgAreItsOwn: what else was drawn before does not change a key,
// so that no org learns of what others did.
func TestKeysOfAnOrgAreItsOwn(t *testing.T) {
	t.Parallel()
	a, b := newBench(t, "own"), newBench(t, "own")
	for range 3 {
		if _, err := b.IssuePlatformKey(t.Context(), anna, "another"); err != nil {
			t.Fatal(err)
		}
	}
	_, keyA := a.create(t, "Acme", org.Advertiser)
	_, keyB := b.create(t, "Acme", org.Advertiser)
	if keyA != keyB {
		t.Error("keys for the platform changed the key of an org")
	}
}

// TestCreateRolledBack: when the entry cannot be written, there is no org, no
// key and no id was used up.
func TestCreateRolledBack(t *testing.T) {
	t.Parallel()
	b := newBench(t, "rollback")
	b.sql(t, "CREATE TRIGGER full BEFORE INSERT ON ledger_entry WHEN NEW.kind = 'org.created' BEGIN SELECT RAISE(ABORT, 'full'); END")
	_, key, err := b.Create(context.Background(), anna, "Acme", "Acme Ltd", org.Advertiser)
	if err == nil || key != "" {
		t.Fatalf("created without an entry: %v", err)
	}
	for _, table := range []string{"org", "access_key", "id_stream", "change_ads", "ledger_entry"} {
		if got := b.column(t, "SELECT 'row' FROM "+table); len(got) != 0 {
			t.Errorf("%s has %d rows", table, len(got))
		}
	}
}
