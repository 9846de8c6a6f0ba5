package store_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pressly/goose/v3"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/fakeclock"
	"github.com/selvedge/selvedge/internal/pgtest"
	"github.com/selvedge/selvedge/org"
	"github.com/selvedge/selvedge/prompt"
	"github.com/selvedge/selvedge/purpose"
	"github.com/selvedge/selvedge/store"
)

func micro(us int64) time.Time { return time.UnixMicro(us).UTC() }

// fromSchema returns, for each engine, a database that a release left whose last
// migration was the given one, filled and opened by this one. In what it is
// filled with, NOTHING stands for 32 bytes of zero.
func fromSchema(t *testing.T, last int64, fill string) map[string]*store.DB {
	t.Helper()
	path, url := filepath.Join(t.TempDir(), "test.db"), pgtest.Schema(t)
	for dialect, e := range map[goose.Dialect]struct {
		db      *sql.DB
		nothing string
	}{
		goose.DialectSQLite3:  {raw(t, path), `zeroblob(32)`},
		goose.DialectPostgres: {rawPostgres(t, url), `decode(repeat('00', 32), 'hex')`},
	} {
		if err := store.MigrateTo(t.Context(), dialect, e.db, last); err != nil {
			t.Fatal(err)
		}
		for statement := range strings.SplitSeq(strings.ReplaceAll(fill, "NOTHING", e.nothing), ";") {
			if _, err := e.db.ExecContext(t.Context(), statement); err != nil {
				t.Fatalf("%s: %v", dialect, err)
			}
		}
	}
	return map[string]*store.DB{"SQLite": open(t, path, fakeclock.New(start)), "PostgreSQL": openPostgres(t, url, fakeclock.New(start))}
}

// TestPromptsFromBeforeApproval opens databases of the first schema. What was in
// effect stays so, with the names that its file gave; what was met in an import
// is still not registered; keys open as before; and nothing waits.
func TestPromptsFromBeforeApproval(t *testing.T) {
	t.Parallel()
	for engine, db := range fromSchema(t, 1, `
		INSERT INTO prompt (ref, id, version, registered_at, surface, legal_basis, purposes, ads_expiry_months, texts, approved_by) VALUES
			(1, 'two-factor', 1, 1700000000000001, 'settings/security', 'contract', 2, 0, '[{"Language":"en","Text":"x","SHA256":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32]}]', 'null'),
			(3, 'offers', 2, 1700000000000003, 'settings/ads', 'consent', 83886080, 6, '[]', '["Anna","ben k."]');
		INSERT INTO prompt (ref, id, version) VALUES (2, 'legacy', 1);
		INSERT INTO access_key (public, hash, role, org_id, name, created_at, expires_at) VALUES
			('0123456789abcdef', NOTHING, 1, '', 'first', 1700000000000000, 1800000000000000)`) {
		t.Run(engine, func(t *testing.T) { oldPrompts(t, db) })
	}
}

func oldPrompts(t *testing.T, db *store.DB) {
	t.Helper()
	ps, orgs := store.Prompts{DB: db}, store.Orgs{DB: db}
	err := db.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		got, err := ps.Prompts(ctx, tx)
		if err != nil {
			return err
		}
		code := prompt.Text{Language: "en", Text: "x"}
		for i := range code.SHA256 {
			code.SHA256[i] = byte(i + 1)
		}
		want := map[prompt.Name]prompt.Registered{}
		for _, r := range []prompt.Registered{
			{Ref: 1, At: micro(1700000000000001), Prompt: prompt.Prompt{
				Name: prompt.Name{ID: "two-factor", Version: 1}, Surface: "settings/security", LegalBasis: prompt.Contract,
				Purposes: purpose.Of(purpose.Sec2FA), Texts: []prompt.Text{code},
			}},
			{Ref: 3, At: micro(1700000000000003), ApprovedBy: []string{"Anna", "ben k."}, Prompt: prompt.Prompt{
				Name: prompt.Name{ID: "offers", Version: 2}, Surface: "settings/ads", LegalBasis: prompt.Consent,
				Purposes: purpose.Of(purpose.AdsMatchAdvertiser, purpose.AdsSuppress), AdsExpiryMonths: 6, Texts: []prompt.Text{},
			}},
		} {
			want[r.Name] = r
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("in effect (-want +got):\n%s", diff)
		}
		proposals, err := ps.Proposals(ctx, tx)
		if err != nil || len(proposals) != 0 {
			t.Errorf("proposals %v, %v", proposals, err)
		}
		for name, ref := range map[prompt.Name]prompt.Ref{{ID: "legacy", Version: 1}: 2, {ID: "offers", Version: 2}: 3, {ID: "new", Version: 1}: 4} {
			if got, err := ps.PromptRef(ctx, tx, name); got != ref || err != nil {
				t.Errorf("%s has number %d, %v, want %d", name, got, err, ref)
			}
		}
		keys, err := orgs.Keys(ctx, tx)
		wantKeys := []org.Key{{
			Public: "0123456789abcdef", Role: selvedge.PlatformRole, Name: "first",
			CreatedAt: micro(1700000000000000), ExpiresAt: micro(1800000000000000),
		}}
		if diff := cmp.Diff(wantKeys, keys); diff != "" {
			t.Errorf("keys (-want +got):\n%s", diff)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestOrgsFromBeforeScopes opens databases from before keys had scopes: an org's
// keys go on doing all that they did, others have none, and orgs are what they
// were.
func TestOrgsFromBeforeScopes(t *testing.T) {
	t.Parallel()
	for engine, db := range fromSchema(t, 14, `
		INSERT INTO org (id, name, legal_entity, kind, state, created_at, seq) VALUES
			('org_b', 'B', 'B Ltd', 'partner', 'suspended', 1700000000000002, 1), ('org_a', 'A', 'A Ltd', 'advertiser', 'active', 1700000000000001, 2);
		INSERT INTO access_key (public, hash, role, org_id, name, created_at, expires_at) VALUES
			('a', NOTHING, 3, 'org_a', 'first', 1700000000000000, 1800000000000000), ('b', NOTHING, 1, '', 'platform', 1700000000000001, 1800000000000000)`) {
		t.Run(engine, func(t *testing.T) {
			orgs := store.Orgs{DB: db}
			err := db.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
				os, err := orgs.Orgs(ctx, tx)
				if err != nil {
					return err
				}
				want := []org.Org{
					{ID: "org_b", Name: "B", LegalEntity: "B Ltd", Kind: org.Partner, State: org.Suspended, CreatedAt: micro(1700000000000002)},
					{ID: "org_a", Name: "A", LegalEntity: "A Ltd", Kind: org.Advertiser, State: org.Active, CreatedAt: micro(1700000000000001)},
				}
				if diff := cmp.Diff(want, os); diff != "" {
					t.Errorf("orgs:\n%s", diff)
				}
				ks, err := orgs.Keys(ctx, tx)
				if err != nil || len(ks) != 2 || ks[0].Scopes != selvedge.AllScopes || ks[1].Scopes != 0 {
					t.Errorf("keys %+v, %v", ks, err)
				}
				return orgs.InsertOrg(ctx, tx, org.Org{ID: "org_c", Name: "C", LegalEntity: "C Ltd", Kind: org.Partner, State: org.Pending, CreatedAt: start})
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}
