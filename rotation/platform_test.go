package rotation_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/internal/fakeclock"
	"github.com/selvedge/selvedge/internal/pgtest"
	"github.com/selvedge/selvedge/list/listtest"
	"github.com/selvedge/selvedge/org"
	"github.com/selvedge/selvedge/prompt"
	"github.com/selvedge/selvedge/prompt/prompttest"
	"github.com/selvedge/selvedge/purpose"
	"github.com/selvedge/selvedge/server"
	"github.com/selvedge/selvedge/server/servertest"
	"github.com/selvedge/selvedge/token"
)

var (
	anna  = selvedge.Operator("anna")
	start = time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC)
)

// platform is an installation, and beside it, in sets, what must be true of it.
type platform struct {
	*server.Server
	cfg   server.Config
	clock *fakeclock.Clock

	people    int
	withdrawn map[string]bool
	shops     []*shop
}

// shop is an org with one audience of one list.
type shop struct {
	org      org.Org
	actor    selvedge.Actor
	audience selvedge.AudienceID
	asked    []string        // accounts whose addresses the list holds
	reached  map[string]bool // who was matched; nil until then
}

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func newPlatform(tb testing.TB) *platform {
	tb.Helper()
	return newPlatformOn(tb, "")
}

// newPlatformOn has its truth in PostgreSQL, or in SQLite for no URL.
func newPlatformOn(tb testing.TB, database string) *platform {
	tb.Helper()
	clock, entropy := fakeclock.New(start), selvedge.NewSeededEntropy("rotation")
	p := &platform{clock: clock, withdrawn: map[string]bool{}, cfg: server.Config{
		Dir: filepath.Join(tb.TempDir(), "data"), Database: database, UnknownAge: contact.UnknownIsMinor, Tick: time.Minute,
		Clock: clock, Entropy: entropy, Log: slog.New(slog.DiscardHandler), Code: "test",
	}}
	must(tb, server.Init(tb.Context(), p.cfg))
	p.open(tb)
	tb.Cleanup(func() { must(tb, p.Server.Close()) })
	q := prompt.Prompt{
		Name: prompt.Name{ID: "offers", Version: 1}, Surface: "settings", LegalBasis: prompt.Consent,
		Purposes:        purpose.Of(purpose.AdsMatchAdvertiser),
		Texts:           []prompt.Text{{Language: "en", Text: "offers", SHA256: sha256.Sum256([]byte("offers"))}},
		AdsExpiryMonths: 13,
	}
	prompttest.InEffect(tb, p.Prompts, q)
	return p
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func (p *platform) open(tb testing.TB) {
	tb.Helper()
	s, err := server.Open(tb.Context(), p.cfg)
	must(tb, err)
	must(tb, s.Start(tb.Context()))
	p.Server = s
	// The tests say when older keys are destroyed.
	p.Matcher.Matched = func(context.Context) error { return nil }
}

// crash ends the process where it is, and starts another one.
func (p *platform) crash(tb testing.TB) {
	tb.Helper()
	must(tb, p.Server.Close())
	p.open(tb)
}

// forms is how many tokens a person has: an e-mail address has one form, a phone
// number has two.
const forms = 3

func account(i int) string { return fmt.Sprintf("account-%d", i) }

func email(account string) string { return account + "@example.com" }

// files are n new people, each with an e-mail address and a phone number that
// they gave for advertising.
func (p *platform) files(n int) (accounts, points string) {
	a, b := "account,country,age_class,active_on,state\n", "account,kind,value,sha256,region,prompt,given_at,verified_at,verified_by\n"
	for i := p.people; i < p.people+n; i++ {
		a += account(i) + ",GB,adult,,active\n"
		const tail = ",,,offers@1,2026-03-01T00:00:00Z,2026-03-01T00:00:00Z,code\n"
		b += account(i) + ",email," + email(account(i)) + tail + account(i) + fmt.Sprintf(",phone,+4477009%05d", i) + tail
	}
	return a, b
}

func text(s string) contact.Source {
	return func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(s)), nil }
}

// bring imports n new people.
func (p *platform) bring(tb testing.TB, n int) {
	tb.Helper()
	accounts, points := p.files(n)
	r, err := p.Importer.Import(tb.Context(), anna, text(accounts), text(points))
	must(tb, err)
	if r.Points.Matchable != int64(2*n) {
		tb.Fatalf("%+v", r.Points)
	}
	p.people += n
}

// shop makes an org with an audience.
func (p *platform) shop(tb testing.TB) *shop {
	tb.Helper()
	name := fmt.Sprint("shop ", len(p.shops))
	o, key, err := p.Orgs.Create(tb.Context(), anna, name, name+" Ltd", org.Advertiser)
	must(tb, err)
	s := &shop{org: o}
	s.actor, err = p.Orgs.Authenticate(tb.Context(), key)
	must(tb, err)
	servertest.AcceptTerms(tb, p.Server, s.actor)
	v, err := p.Audiences.Create(tb.Context(), s.actor, "Customers")
	must(tb, err)
	s.audience = v.ID
	p.shops = append(p.shops, s)
	return s
}

// rows are a list of the e-mail addresses of accounts.
func rows(accounts []string) string {
	b := "email\n"
	for _, a := range accounts {
		b += email(a) + "\n"
	}
	return b
}

// ask uploads a list of these accounts' addresses for a new shop.
func (p *platform) ask(tb testing.TB, accounts ...string) *shop {
	tb.Helper()
	s := p.shop(tb)
	p.upload(tb, s, strings.NewReader(rows(accounts)), accounts)
	return s
}

func (p *platform) upload(tb testing.TB, s *shop, r io.Reader, accounts []string) {
	tb.Helper()
	_, err := p.Audiences.Upload(tb.Context(), s.actor, s.audience, r, audience.Delivery{Options: listtest.Options()})
	must(tb, err)
	s.asked = accounts
}

func (p *platform) all() (out []string) {
	for i := range p.people {
		out = append(out, account(i))
	}
	return out
}

// drain matches what waits; everyone who was imported and did not withdraw is
// reached by the lists that hold their address.
func (p *platform) drain(tb testing.TB) {
	tb.Helper()
	must(tb, servertest.Match(tb, p.Server))
	p.drained()
}

func (p *platform) drained() {
	known := p.all()
	for _, s := range p.shops {
		if s.asked == nil || s.reached != nil {
			continue
		}
		s.reached = map[string]bool{}
		for _, a := range s.asked {
			if slices.Contains(known, a) && !p.withdrawn[a] {
				s.reached[a] = true
			}
		}
	}
}

// withdraw takes an account's e-mail address back.
func (p *platform) withdraw(tb testing.TB, a string) {
	tb.Helper()
	_, err := p.People.Withdraw(tb.Context(), anna, a, contact.Address{Kind: identifier.Email, Value: email(a)}, purpose.Of(purpose.AdsMatchAdvertiser))
	must(tb, err)
	p.withdrawn[a] = true
}

// check compares the members of every list with the sets.
func (p *platform) check(tb testing.TB) {
	tb.Helper()
	for i, s := range p.shops {
		if s.reached == nil {
			continue
		}
		b, err := p.Matcher.Members(tb.Context(), anna, s.org.ID, s.audience, purpose.AdsMatchAdvertiser)
		must(tb, err)
		got, want := []string{}, []string{}
		must(tb, p.People.Owners(tb.Context(), anna, b, func(o contact.Owner) error {
			got = append(got, o.PlatformID)
			return nil
		}))
		for a := range s.reached {
			if !p.withdrawn[a] {
				want = append(want, a)
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			tb.Fatalf("members of shop %d (-want +got):\n%s", i, diff)
		}
	}
}

// settled checks that everything is of one epoch, that as many tokens count as
// people have forms, and that a list of everybody finds everybody.
func (p *platform) settled(tb testing.TB, e token.Epoch) {
	tb.Helper()
	p.ask(tb, p.all()...)
	p.drain(tb)
	must(tb, p.Rotation.Retire(tb.Context()))
	p.check(tb)
	want := []string{fmt.Sprintf("chunk %d: %d", e, forms*p.people), fmt.Sprint("epoch ", e, " 0"), fmt.Sprint("key ", e, " 1"), fmt.Sprint("key ", e, " 2")}
	got := p.column(tb, `SELECT 'chunk ' || epoch || ': ' || SUM(entries) FROM chunk GROUP BY epoch, replaces IS NULL
		UNION ALL SELECT 'epoch ' || epoch || ' ' || next_epoch FROM key_epoch
		UNION ALL SELECT 'key ' || epoch || ' ' || class FROM token_key ORDER BY 1`)
	if diff := cmp.Diff(want, got); diff != "" {
		tb.Errorf("what is kept (-want +got):\n%s", diff)
	}
}

// epoch returns the epoch that is in force.
func (p *platform) epoch(tb testing.TB) token.Epoch {
	tb.Helper()
	progress, err := p.Rotation.Progress(tb.Context(), anna)
	must(tb, err)
	return progress.Current
}

// rotate rotates to the end, and says to which epoch.
func (p *platform) rotate(tb testing.TB) token.Epoch {
	tb.Helper()
	res, err := p.Rotate(tb.Context(), anna)
	must(tb, err)
	if res.Tokens != int64(forms*p.people) || res.To != res.From+1 {
		tb.Errorf("%+v, with %d people", res, p.people)
	}
	return res.To
}

func (p *platform) database(tb testing.TB) *sql.DB {
	tb.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(p.cfg.Dir, "selvedge.db")+"?_pragma=busy_timeout(5000)")
	must(tb, err)
	return db
}

// column returns what a query for one column of text finds.
func (p *platform) column(tb testing.TB, query string) []string {
	tb.Helper()
	db := p.database(tb)
	defer db.Close()
	rows, err := db.QueryContext(tb.Context(), query)
	must(tb, err)
	defer rows.Close()
	out := []string{}
	for rows.Next() {
		var s string
		must(tb, rows.Scan(&s))
		out = append(out, s)
	}
	must(tb, rows.Err())
	return out
}

func (p *platform) sql(tb testing.TB, text string) {
	tb.Helper()
	db := p.database(tb)
	defer db.Close()
	_, err := db.ExecContext(tb.Context(), text)
	must(tb, err)
}

var errFault = errors.New("the disk is gone")

// faulty is a Transactor that calls before and after with the number of each
// read-write transaction. If before fails, there is none; if after does, it was
// committed all the same.
type faulty struct {
	selvedge.Transactor
	n             int
	before, after func(n int) error
}

func (f *faulty) Update(ctx context.Context, fn func(context.Context, selvedge.Tx) error) error {
	f.n++
	n := f.n
	if f.before != nil {
		if err := f.before(n); err != nil {
			return err
		}
	}
	if err := f.Transactor.Update(ctx, fn); err != nil {
		return err
	}
	if f.after != nil {
		return f.after(n)
	}
	return nil
}

// faultyBlobs is a Store that fails at the n-th blob that is made, in one way.
type faultyBlobs struct {
	blob.Store
	n, at int
	way   string
	hook  func() // before each
}

func (f *faultyBlobs) Create(ctx context.Context, kind blob.Kind) (blob.Writer, error) {
	f.n++
	if f.hook != nil {
		f.hook()
	}
	if f.n != f.at {
		return f.Store.Create(ctx, kind)
	}
	if f.way == "create fails" {
		return nil, errFault
	}
	w, err := f.Store.Create(ctx, kind)
	return &faultyWriter{w, f.way}, err
}

type faultyWriter struct {
	blob.Writer
	way string
}

func (w *faultyWriter) Write(b []byte) (int, error) {
	if w.way == "write fails" {
		return 0, errFault
	}
	return w.Writer.Write(b)
}

func (w *faultyWriter) Commit() (blob.Ref, error) {
	if w.way == "commit fails and persists" {
		if _, err := w.Writer.Commit(); err != nil {
			return blob.Ref{}, err
		}
	}
	return blob.Ref{}, errFault
}

// hooked calls fn once, in the middle of a text.
type hooked struct {
	r    *bytes.Reader
	left int
	fn   func()
}

func inTheMiddle(s string, fn func()) *hooked {
	return &hooked{bytes.NewReader([]byte(s)), len(s) / 2, fn}
}

func (h *hooked) Read(b []byte) (int, error) {
	if h.left > 0 {
		b = b[:min(len(b), h.left)]
	} else if h.fn != nil {
		fn := h.fn
		h.fn = nil
		fn()
	}
	n, err := h.r.Read(b)
	h.left -= n
	return n, err
}
