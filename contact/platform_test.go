package contact_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/alert"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/change"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/index"
	"github.com/selvedge/selvedge/internal/fakeclock"
	"github.com/selvedge/selvedge/internal/secret"
	"github.com/selvedge/selvedge/ledger/ledgertest"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/list/listtest"
	"github.com/selvedge/selvedge/match"
	"github.com/selvedge/selvedge/prompt"
	"github.com/selvedge/selvedge/prompt/prompttest"
	"github.com/selvedge/selvedge/purpose"
	"github.com/selvedge/selvedge/store"
	"github.com/selvedge/selvedge/store/testdb"
	"github.com/selvedge/selvedge/token"
	"github.com/selvedge/selvedge/vault"
)

var (
	office = selvedge.Operator("anna")
	start  = time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC)

	everything = contact.Objection{Scope: contact.ScopeAll}
)

// platform is the people of an installation, on a real store, with what it
// takes to match a list against them.
type platform struct {
	contact.Importer
	people  contact.People
	prompts prompt.Service
	keeper  index.Keeper
	gate    *ledgertest.Gate

	dir   string
	db    *store.DB
	clock *fakeclock.Clock
}

// newPlatform returns a platform with the prompts of register and no people.
func newPlatform(t testing.TB) *platform {
	t.Helper()
	p := barePlatform(t)
	p.register(t,
		question("offers", 13, purpose.AdsMatchAdvertiser, purpose.AdsSuppress),
		question("partners", 1, purpose.AdsMatchPartner),
		question("two-factor", 0, purpose.Sec2FA),
		question("sign-up", 0, purpose.SvcAccount, purpose.MktEmail),
	)
	return p
}

func barePlatform(t testing.TB) *platform {
	t.Helper()
	p := &platform{dir: t.TempDir(), clock: fakeclock.New(start), gate: &ledgertest.Gate{}}
	entropy := selvedge.NewSeededEntropy("contact")
	root, err := secret.Create(filepath.Join(p.dir, "root.secret"), entropy)
	must(t, err)
	p.db = testdb.Open(t, filepath.Join(p.dir, "test.db"), p.clock, entropy)
	blobs, err := blob.OpenDir(filepath.Join(p.dir, "blobs"))
	must(t, err)

	p.db.Blobs = blobs
	names := &blob.Collector{Store: blobs, Repo: store.BlobRegister{DB: p.db}, Tx: p.db, Clock: p.clock}
	contacts, prompts := store.Contacts{DB: p.db}, store.Prompts{DB: p.db}
	changes, outbox := store.Changes{DB: p.db}, store.Outbox{DB: p.db}
	kek, err := secret.CreateKEK(filepath.Join(p.dir, "kek.json"))
	must(t, err)
	keys := &token.Keyring{Repo: store.Keys{DB: p.db}, Tx: p.db, KEK: kek, Entropy: entropy, Clock: p.clock}
	must(t, keys.Begin(t.Context(), token.RandomKeys(token.FirstEpoch, entropy)))
	handles, masks := contact.NewHandles(root), vault.NewMasks(root, entropy)
	alerts := &alert.Office{Repo: store.Alerts{DB: p.db}, Tx: p.db, Outbox: outbox, Ledger: p.gate, Clock: p.clock}
	p.Importer = contact.Importer{
		Repo: contacts, Prompts: prompts, Tx: p.db, Changes: changes, Outbox: outbox, Alerts: alerts, Blobs: blobs, Names: names,
		Keys: keys, Handles: handles, Masks: masks, Marks: contact.NewMarks(root), Clock: p.clock, Entropy: entropy, Dir: p.dir, Memory: 1 << 20, Batch: 1000,
	}
	p.people = contact.People{
		Repo: contacts, Prompts: prompts, Tx: p.db, Changes: changes, Outbox: outbox, Alerts: alerts,
		Handles: handles, Masks: masks, Marks: contact.NewMarks(root), Eraser: outbox, Ages: contact.UnknownIsMinor, Clock: p.clock, Ledger: p.gate,
	}
	p.prompts = prompt.Service{Repo: prompts, Tx: p.db, Outbox: outbox, Clock: p.clock}
	p.keeper = index.Keeper{Source: store.Index{DB: p.db}, Tx: p.db, Changes: changes, Blobs: blobs, Names: names, Ages: contact.UnknownIsMinor}
	t.Cleanup(func() { must(t, p.keeper.Close()) })
	return p
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func question(id string, months int, purposes ...purpose.Purpose) prompt.Prompt {
	q := prompt.Prompt{
		Name: prompt.Name{ID: id, Version: 1}, Surface: "settings", LegalBasis: prompt.Consent, Purposes: purpose.Of(purposes...),
		Texts:           []prompt.Text{{Language: "en", Text: id, SHA256: sha256.Sum256([]byte(id))}},
		AdsExpiryMonths: months,
	}
	return q
}

func (p *platform) register(t testing.TB, qs ...prompt.Prompt) {
	t.Helper()
	prompttest.InEffect(t, &p.prompts, qs...)
}

const (
	accountsHeader = "account,country,age_class,active_on,state\n"
	pointsHeader   = "account,kind,value,sha256,region,prompt,given_at,verified_at,verified_by\n"
)

// adults are the rows of accounts that nothing masks.
func adults(ids ...string) string {
	var b strings.Builder
	for _, id := range ids {
		b.WriteString(id + ",IT,adult,2026-03-01,active\n")
	}
	return b.String()
}

// ago writes a time that many hours before the start.
func ago(hours int) string {
	return start.Add(-time.Duration(hours) * time.Hour).Format(time.RFC3339)
}

// given is the row of a contact point that came in the clear and is verified.
func given(account, value, prompt string, hoursAgo int) string {
	kind, region := "email", ""
	if !strings.Contains(value, "@") {
		kind, region = "phone", "GB"
	}
	return strings.Join([]string{account, kind, value, "", region, prompt + "@1", ago(hoursAgo), ago(hoursAgo), "code"}, ",") + "\n"
}

// unproven is the row before the person proved control.
func unproven(row string) string {
	f := strings.Split(strings.TrimSuffix(row, "\n"), ",")
	return strings.Join(append(f[:7], "", ""), ",") + "\n"
}

// hashed is the row as a platform brings it that keeps hashes only.
func hashed(row string, spellings ...string) string {
	f := strings.Split(row, ",")
	var sums []string
	for _, s := range spellings {
		sums = append(sums, sumOf(s))
	}
	f[2], f[3], f[4] = "", strings.Join(sums, " "), ""
	return strings.Join(f, ",")
}

func sumOf(s string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(s))) }

// text is a file of an import.
func text(s string) contact.Source {
	return func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(s)), nil }
}

// load imports rows, which follow the headers, and checks the report's sums.
func (p *platform) load(t testing.TB, accounts, points string) contact.Report {
	t.Helper()
	r, err := p.Import(t.Context(), office, text(accountsHeader+accounts), text(pointsHeader+points))
	must(t, err)
	checkSums(t, r)
	return r
}

// checkSums holds a report against the sums that its comments promise.
func checkSums(t rapid.TB, r contact.Report) {
	t.Helper()
	a, c := r.Accounts, r.Points
	var refusedAccounts, refusedPoints int64
	for i, of := range [][]contact.Refusal{a.Refusals, c.Refusals} {
		for _, f := range of {
			if n := int64(len(f.Rows)); n != min(f.Count, 100) || !slices.IsSorted(f.Rows) {
				t.Errorf("%s: %d rows of %d: %v", f.Reason, n, f.Count, f.Rows)
			}
			*[]*int64{&refusedAccounts, &refusedPoints}[i] += f.Count
		}
	}
	if a.Read != a.Created+a.Changed+a.Unchanged+a.Refused || a.Refused != refusedAccounts {
		t.Errorf("accounts do not add up: %+v", a)
	}
	if c.Read != c.Created+c.Present+c.Refused || c.Refused != refusedPoints ||
		c.Created != c.Matchable+c.Unverified+c.Expired+c.NotForAds+c.UnknownPrompt ||
		c.NowVerified > c.Present || c.MatchableNow > c.Present {
		t.Errorf("contact points do not add up: %+v", c)
	}
}

// reach returns the accounts that a list with these cells reaches for the
// purpose, each as often as it has members, in the order of the ordinals. It
// takes the way of every list: Receiver, spill, index, match.
func (p *platform) reach(t testing.TB, u purpose.Purpose, emails ...string) []string {
	t.Helper()
	return p.reachOf(t, "org", u, emails...)
}

// reachOf is reach for an org of a name.
func (p *platform) reachOf(t testing.TB, org selvedge.OrgID, u purpose.Purpose, emails ...string) []string {
	t.Helper()
	return p.reachCSV(t, org, u, "email,phone\n"+strings.Join(emails, "\n")+"\n")
}

func (p *platform) reachCSV(t testing.TB, org selvedge.OrgID, u purpose.Purpose, csv string) []string {
	t.Helper()
	ctx := t.Context()
	v := list.Receiver{Keys: p.Keys, Blobs: p.Blobs, Entropy: selvedge.NewSeededEntropy("list"), Dir: p.dir, Memory: 1 << 20}
	sealed, err := v.Receive(ctx, strings.NewReader(csv), list.Options{DefaultRegion: "GB", Declaration: listtest.Granted()})
	must(t, err)
	content, err := p.Blobs.Open(ctx, sealed.Spill)
	must(t, err)
	defer content.Close()
	spill, err := list.OpenSpill(content.Bytes())
	must(t, err)
	var out []string
	must(t, p.keeper.Use(ctx, func(ads *index.Ads) error {
		res, err := match.Run(ctx, selvedge.System("test"), spill, ads)
		if err != nil {
			return err
		}
		res.Members.And(ads.Eligible(org, u))
		return p.people.Owners(ctx, office, res.Members, func(o contact.Owner) error {
			out = append(out, o.PlatformID)
			return nil
		})
	}))
	return out
}

// wantReach fails the test unless exactly these accounts are reached.
func (p *platform) wantReach(t testing.TB, what, address string, want ...string) {
	t.Helper()
	if !strings.Contains(address, "@") {
		address = "," + address
	}
	if diff := cmp.Diff(want, p.reach(t, purpose.AdsMatchAdvertiser, address)); diff != "" {
		t.Errorf("%s: who is reached (-want +got):\n%s", what, diff)
	}
}

// content returns every row of every table, but for the tables named and for
// what differs between two runs of one seed: masks are sealed in any order.
func (p *platform) content(t testing.TB, without ...string) map[string][]string {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(p.dir, "test.db"))
	must(t, err)
	defer db.Close()
	out := map[string][]string{}
	for _, name := range cells(t, db, `SELECT name FROM sqlite_master WHERE type = 'table'`) {
		if name == "goose_db_version" || strings.HasPrefix(name, "sqlite_") || slices.Contains(without, name) {
			continue
		}
		columns := cells(t, db, `SELECT name FROM pragma_table_info('`+name+`') WHERE name NOT IN ('mask', 'sealed')`)
		out[name] = cells(t, db, `SELECT concat_ws(' ', quote(`+strings.Join(columns, `), quote(`)+`)) FROM `+name+` ORDER BY 1`)
	}
	return out
}

func cells(t testing.TB, db *sql.DB, query string) (out []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	must(t, err)
	defer rows.Close()
	for rows.Next() {
		var s string
		must(t, rows.Scan(&s))
		out = append(out, s)
	}
	must(t, rows.Err())
	return out
}

// log returns the change log as words.
func (p *platform) log(t testing.TB) (out []string) {
	t.Helper()
	must(t, p.db.View(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		return p.Changes.Since(ctx, tx, 0, func(e change.Entry) error {
			s := fmt.Sprintf("%d-%d %s", e.First, e.Last, e.Kind)
			if e.Kind == change.GrantOn || e.Kind == change.GrantOff {
				s += " " + e.Purposes.String()
			}
			if e.Subject != "" {
				s += " " + e.Subject
			}
			out = append(out, fmt.Sprint(s, " ", e.Ordinals.ToArray()))
			return nil
		})
	}))
	return out
}

// wantLog fails the test unless the change log is this.
func (p *platform) wantLog(t testing.TB, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, p.log(t)); diff != "" {
		t.Errorf("change log (-want +got):\n%s", diff)
	}
}

// exec changes the database past every rule.
func (p *platform) exec(t testing.TB, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(p.dir, "test.db"))
	must(t, err)
	defer db.Close()
	_, err = db.ExecContext(t.Context(), statement)
	must(t, err)
}

// wantError fails the test unless the error is this one.
func wantError(t testing.TB, what string, err error, code selvedge.Code, field, reason string) {
	t.Helper()
	e, ok := errors.AsType[*selvedge.Error](err)
	if !ok || e.Code != code || e.Field != field || e.Reason != reason {
		t.Errorf("%s: error %v, want %s %s %s", what, err, code, field, reason)
	}
}

// look returns what the platform is told of an account's contact points.
func (p *platform) look(t testing.TB, account string) []contact.View {
	t.Helper()
	_, views, err := p.asked(t, office, account)
	must(t, err)
	return views
}

// why returns the reasons for which the account's contact points cannot be
// matched, in words, the one given first first.
func (p *platform) why(t testing.TB, account string) (out []string) {
	t.Helper()
	for _, v := range p.look(t, account) {
		s := strings.Join(v.WhyNot, " ")
		if v.MatchableFor != 0 {
			s = strings.TrimSpace(s + " " + v.MatchableFor.String())
		}
		out = append(out, s)
	}
	return out
}

func (p *platform) wantWhy(t testing.TB, account string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, p.why(t, account)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", account, diff)
	}
}

// written returns what a writer of files writes.
func written(t testing.TB, write func(io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	must(t, write(&b))
	return b.String()
}

// asked returns what is held of an account, or why it is not told.
func (p *platform) asked(t testing.TB, actor selvedge.Actor, account string) (contact.Account, []contact.View, error) {
	t.Helper()
	held, err := p.people.Look(t.Context(), actor, account)
	return held.Account, held.Points, err
}
