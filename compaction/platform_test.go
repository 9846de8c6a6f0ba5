package compaction_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	_ "modernc.org/sqlite"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/internal/fakeclock"
	"github.com/selvedge/selvedge/internal/pgtest"
	"github.com/selvedge/selvedge/job"
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

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// platform is an installation, and beside it, in sets, what must be true of it.
type platform struct {
	*server.Server
	cfg   server.Config
	clock *fakeclock.Clock
	org   org.Org
	actor selvedge.Actor

	people int
	gone   map[string]bool // erased
	asked  int
}

func newPlatform(tb testing.TB) *platform {
	tb.Helper()
	clock, entropy := fakeclock.New(start), selvedge.NewSeededEntropy("compaction")
	p := &platform{clock: clock, gone: map[string]bool{}, cfg: server.Config{
		Dir: filepath.Join(tb.TempDir(), "data"), UnknownAge: contact.UnknownIsMinor, Tick: time.Minute,
		Clock: clock, Entropy: entropy, Log: slog.New(slog.DiscardHandler), Code: "test",
	}}
	must(tb, server.Init(tb.Context(), p.cfg))
	p.open(tb)
	tb.Cleanup(func() { must(tb, p.Server.Close()) })
	prompttest.InEffect(tb, p.Prompts, prompt.Prompt{
		Name: prompt.Name{ID: "offers", Version: 1}, Surface: "settings", LegalBasis: prompt.Consent,
		Purposes:        purpose.Of(purpose.AdsMatchAdvertiser),
		Texts:           []prompt.Text{{Language: "en", Text: "offers", SHA256: sha256.Sum256([]byte("offers"))}},
		AdsExpiryMonths: 13,
	})
	var key string
	var err error
	p.org, key, err = p.Orgs.Create(tb.Context(), anna, "shop", "shop Ltd", org.Advertiser)
	must(tb, err)
	p.actor, err = p.Orgs.Authenticate(tb.Context(), key)
	must(tb, err)
	servertest.AcceptTerms(tb, p.Server, p.actor)
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

func text(s string) contact.Source {
	return func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(s)), nil }
}

const accountsHeader = "account,country,age_class,active_on,state\n"

// files are n new people, each with an e-mail address and a phone number that
// they gave for advertising, and whose contact points an import brings.
func (p *platform) files(n int) (accounts, points string) {
	a, b := accountsHeader, "account,kind,value,sha256,region,prompt,given_at,verified_at,verified_by\n"
	for i := p.people; i < p.people+n; i++ {
		a += account(i) + ",GB,adult,,active\n"
		const tail = ",,,offers@1,2026-03-01T00:00:00Z,2026-03-01T00:00:00Z,code\n"
		b += account(i) + ",email," + account(i) + "@example.com" + tail + account(i) + fmt.Sprintf(",phone,+4477009%05d", i) + tail
	}
	return a, b
}

// bring imports n new people.
func (p *platform) bring(tb testing.TB, n int) {
	tb.Helper()
	accounts, points := p.files(n)
	_, err := p.Importer.Import(tb.Context(), anna, text(accounts), text(points))
	must(tb, err)
	p.people += n
}

// tell brings n new people by events.
func (p *platform) tell(tb testing.TB, n int) {
	tb.Helper()
	accounts, _ := p.files(n)
	_, err := p.Importer.Import(tb.Context(), anna, text(accounts), text("account,kind,value,sha256,region,prompt,given_at,verified_at,verified_by\n"))
	must(tb, err)
	var es []contact.Event
	for i := p.people; i < p.people+n; i++ {
		e := contact.Event{
			Type: contact.EventGiven, Account: account(i), Kind: "email", Value: account(i) + "@example.com", Prompt: "offers@1",
			GivenAt: "2026-03-01T00:00:00Z", VerifiedAt: "2026-03-01T00:00:00Z", VerifiedBy: "code",
		}
		f := e
		f.Kind, f.Value = "phone", fmt.Sprintf("+4477009%05d", i)
		es = append(es, e, f)
	}
	rep, err := p.Events.Apply(tb.Context(), anna, es)
	must(tb, err)
	if rep.Applied != len(es) {
		tb.Fatalf("%+v", rep)
	}
	p.people += n
}

func (p *platform) erase(tb testing.TB, i int) {
	tb.Helper()
	if p.gone[account(i)] {
		return
	}
	_, err := p.People.Erase(tb.Context(), anna, account(i))
	must(tb, err)
	p.gone[account(i)] = true
}

// check compares the members of a list of everybody, e-mail addresses of some and
// numbers of others, with the sets.
func (p *platform) check(tb testing.TB) {
	tb.Helper()
	v, err := p.Audiences.Create(tb.Context(), p.actor, fmt.Sprint("everybody ", p.asked))
	must(tb, err)
	csv, want := "email,phone\nnobody@example.com,\n", []string{}
	for i := range p.people {
		a := account(i)
		if (i+p.asked)%2 == 0 {
			csv += a + "@example.com,\n"
		} else {
			csv += fmt.Sprintf(",+4477009%05d\n", i)
		}
		if !p.gone[a] {
			want = append(want, a)
		}
	}
	p.asked++
	_, err = p.Audiences.Upload(tb.Context(), p.actor, v.ID, strings.NewReader(csv), audience.Delivery{Options: listtest.Options()})
	must(tb, err)
	must(tb, servertest.Match(tb, p.Server))
	b, err := p.Matcher.Members(tb.Context(), anna, p.org.ID, v.ID, purpose.AdsMatchAdvertiser)
	must(tb, err)
	got := []string{}
	must(tb, p.People.Owners(tb.Context(), anna, b, func(o contact.Owner) error { got = append(got, o.PlatformID); return nil }))
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		tb.Fatalf("members of a list of everybody (-want +got):\n%s", diff)
	}
}

// compact runs the job.
func (p *platform) compact(tb testing.TB) { tb.Helper(); must(tb, p.compacted(tb)) }

func (p *platform) compacted(tb testing.TB) error {
	return p.Compactor.Handle(tb.Context(), attempt())
}

func attempt() job.Attempt {
	return job.Attempt{
		Fence:    func(context.Context, selvedge.Tx) error { return nil },
		Progress: func(context.Context, int64, int64) error { return nil },
	}
}

// tokens reads all tokens past every package: how many are in the chunks of the
// manifest, and how many are rows. One that is in two places fails the test, and
// so does one of another epoch than the one in force.
func (p *platform) tokens(tb testing.TB) (chunks, entries, rows int) {
	tb.Helper()
	var epoch token.Epoch
	p.rows(tb, `SELECT epoch FROM key_epoch`, func(scan func(...any)) { scan(&epoch) })
	seen := map[string]bool{}
	note := func(e token.Epoch, class uint16, t []byte, o uint32) {
		key := fmt.Sprintf("%d %x %d", class, t, o)
		if seen[key] || e != epoch {
			tb.Errorf("a token of ordinal %d is in two places: %t, or of epoch %d", o, seen[key], e)
		}
		seen[key] = true
	}
	blobs, err := blob.OpenDir(filepath.Join(p.cfg.Dir, "blobs"))
	must(tb, err)
	for ref := range p.manifest(tb) {
		content, err := blobs.Open(tb.Context(), ref)
		must(tb, err)
		c, err := token.OpenChunk(content.Bytes())
		must(tb, err)
		for e := range c.Entries() {
			note(c.Header().Epoch, uint16(c.Header().Class), e.Token[:], uint32(e.Ordinal))
			entries++
		}
		must(tb, content.Close())
		chunks++
	}
	p.rows(tb, `SELECT epoch, class, token, ordinal FROM token_row`, func(scan func(...any)) {
		var e token.Epoch
		var class uint16
		var t []byte
		var o uint32
		scan(&e, &class, &t, &o)
		note(e, class, t, o)
		rows++
	})
	return chunks, entries, rows
}

func (p *platform) manifest(tb testing.TB) map[blob.Ref]bool {
	tb.Helper()
	out := map[blob.Ref]bool{}
	p.rows(tb, `SELECT sum, size FROM chunk WHERE replaces IS NULL`, func(scan func(...any)) {
		ref := blob.Ref{Kind: blob.KindChunk}
		var sum []byte
		scan(&sum, &ref.Size)
		copy(ref.Sum[:], sum)
		out[ref] = true
	})
	return out
}

// rows calls fn with every row of a query, past every package.
func (p *platform) rows(tb testing.TB, query string, fn func(scan func(...any))) {
	tb.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(p.cfg.Dir, "selvedge.db")+"?_pragma=busy_timeout(5000)")
	must(tb, err)
	defer db.Close()
	rows, err := db.QueryContext(tb.Context(), query)
	must(tb, err)
	defer rows.Close()
	for rows.Next() {
		fn(func(to ...any) { must(tb, rows.Scan(to...)) })
	}
	must(tb, rows.Err())
}

// living is how many people are there.
func (p *platform) living() int { return p.people - len(slices.Collect(maps.Keys(p.gone))) }

// settled checks that after a compaction every token of a living person is in a
// chunk, once, and no other token is anywhere.
func (p *platform) settled(tb testing.TB) {
	tb.Helper()
	if _, entries, rows := p.tokens(tb); entries != forms*p.living() || rows != 0 {
		tb.Errorf("%d tokens in chunks and %d rows, of %d people", entries, rows, p.living())
	}
	pending, err := p.Compactor.Pending(tb.Context())
	must(tb, err)
	if pending.Rows+pending.Erased != 0 {
		tb.Errorf("%+v is left", pending)
	}
	p.check(tb)
}

var errFault = errors.New("the disk is gone")

// faulty is a Transactor that fails at the n-th read-write transaction, before
// it or, if it persists, after.
type faulty struct {
	selvedge.Transactor
	n, at    int
	persists bool
	hook     func() // before each
}

func (f *faulty) Update(ctx context.Context, fn func(context.Context, selvedge.Tx) error) error {
	f.n++
	if f.hook != nil {
		f.hook()
	}
	if f.n == f.at && !f.persists {
		return errFault
	}
	if err := f.Transactor.Update(ctx, fn); err != nil || f.n != f.at {
		return err
	}
	return errFault
}

// faultyBlobs is a Store that fails at the n-th blob that is made.
type faultyBlobs struct {
	blob.Store
	n, at int
	hook  func() // before each
}

func (f *faultyBlobs) Create(ctx context.Context, kind blob.Kind) (blob.Writer, error) {
	f.n++
	if f.hook != nil {
		f.hook()
	}
	if f.n == f.at {
		return nil, errFault
	}
	return f.Store.Create(ctx, kind)
}
