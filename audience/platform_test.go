package audience_test

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/internal/fakeclock"
	"github.com/selvedge/selvedge/list/listtest"
	"github.com/selvedge/selvedge/org"
	"github.com/selvedge/selvedge/prompt"
	"github.com/selvedge/selvedge/prompt/prompttest"
	"github.com/selvedge/selvedge/purpose"
	"github.com/selvedge/selvedge/server"
	"github.com/selvedge/selvedge/server/servertest"
)

var (
	anna  = selvedge.Operator("anna")
	start = time.Date(2026, 3, 14, 9, 26, 10, 0, time.UTC)
	// firstTick is when what is uploaded and matched at the start is published.
	firstTick = time.Date(2026, 3, 14, 9, 27, 0, 0, time.UTC)
)

// platform is a server that matches only when it is told to, on a clock that
// stands still.
type platform struct {
	*server.Server
	cfg   server.Config
	clock *fakeclock.Clock
}

// newPlatform has people whose e-mail addresses are person0@example.com and so
// on, given for advertisers and partners but every third, who gave it for
// advertisers alone. Each also has a phone number, given for security.
func newPlatform(t testing.TB, people int, more ...func(*server.Config)) *platform {
	t.Helper()
	clock, entropy := fakeclock.New(start), selvedge.NewSeededEntropy("audience")
	p := &platform{clock: clock, cfg: server.Config{
		Dir: filepath.Join(t.TempDir(), "data"), UnknownAge: contact.UnknownIsMinor, Tick: time.Minute,
		Clock: clock, Entropy: entropy, Log: slog.New(slog.DiscardHandler), Code: "test",
	}}
	for _, m := range more {
		m(&p.cfg)
	}
	must(t, server.Init(t.Context(), server.Config{Dir: p.cfg.Dir, Clock: clock, Entropy: entropy}))
	p.open(t)
	t.Cleanup(func() { must(t, p.Server.Close()) })
	prompttest.InEffect(t, p.Prompts,
		question("offers", prompt.Consent, purpose.Of(purpose.AdsMatchAdvertiser)),
		question("all-offers", prompt.Consent, purpose.Of(purpose.AdsMatchAdvertiser, purpose.AdsMatchPartner)),
		question("two-factor", prompt.LegitimateInterest, purpose.Of(purpose.Sec2FA)))
	accounts, points := []string{"account,country,age_class,active_on,state"}, []string{"account,kind,value,sha256,region,prompt,given_at,verified_at,verified_by"}
	for i := range people {
		accounts = append(accounts, fmt.Sprintf("account-%d,GB,adult,,active", i))
		asked := "all-offers@1"
		if i%3 == 0 {
			asked = "offers@1"
		}
		points = append(points,
			fmt.Sprintf("account-%d,email,person%d@example.com,,,%s,2026-03-01T00:00:00Z,2026-03-01T00:00:00Z,code", i, i, asked),
			fmt.Sprintf("account-%d,phone,+4477009%05d,,,two-factor@1,2026-03-01T00:00:00Z,2026-03-01T00:00:00Z,code", i, i))
	}
	report, err := p.Importer.Import(t.Context(), anna, file(accounts), file(points))
	must(t, err)
	if report.Points.Matchable != int64(people) || report.Points.NotForAds != int64(people) {
		t.Fatalf("imported %+v", report.Points)
	}
	return p
}

func question(id string, basis prompt.LegalBasis, purposes purpose.Set) prompt.Prompt {
	q := prompt.Prompt{
		Name: prompt.Name{ID: id, Version: 1}, Surface: "settings", LegalBasis: basis, Purposes: purposes,
		Texts: []prompt.Text{{Language: "en", Text: id, SHA256: sha256.Sum256([]byte(id))}},
	}
	if purposes.Ads() != 0 {
		q.AdsExpiryMonths = 13
	}
	return q
}

func file(lines []string) contact.Source {
	text := []byte(strings.Join(lines, "\n") + "\n")
	return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil }
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// open opens the installation, as a server does that starts.
func (p *platform) open(t testing.TB) {
	t.Helper()
	s, err := server.Open(t.Context(), p.cfg)
	must(t, err)
	must(t, s.Start(t.Context()))
	p.Server = s
}

// restart ends the server as it is, and starts another one.
func (p *platform) restart(t *testing.T) {
	t.Helper()
	must(t, p.Server.Close())
	p.open(t)
}

func (p *platform) drain(t *testing.T) {
	t.Helper()
	must(t, p.match(t))
}

// match makes one attempt at every list that waits, in the order of acceptance,
// and returns the errors.
func (p *platform) match(t *testing.T) error {
	t.Helper()
	return servertest.Match(t, p.Server)
}

// shop is an org with one audience.
type shop struct {
	*platform
	org      org.Org
	actor    selvedge.Actor
	audience selvedge.AudienceID
}

func (p *platform) shop(t testing.TB, name string, kind org.Kind) *shop {
	t.Helper()
	o, key, err := p.Orgs.Create(t.Context(), anna, name, name+" Ltd", kind)
	must(t, err)
	s := &shop{platform: p, org: o}
	s.actor, err = p.Orgs.Authenticate(t.Context(), key)
	must(t, err)
	servertest.AcceptTerms(t, p.Server, s.actor)
	v, err := p.Audiences.Create(t.Context(), s.actor, "Customers")
	must(t, err)
	s.audience = v.ID
	return s
}

// rows is a list of the e-mail addresses of people from one to before another.
func rows(from, to int) string {
	var b strings.Builder
	b.WriteString("email,phone\n")
	for i := from; i < to; i++ {
		fmt.Fprintf(&b, "person%d@example.com,+4477009%05d\n", i, i)
	}
	return b.String()
}

func (s *shop) upload(t *testing.T, csv string) audience.ListView {
	t.Helper()
	v, err := s.Audiences.Upload(t.Context(), s.actor, s.audience, strings.NewReader(csv), audience.Delivery{Options: listtest.Options()})
	must(t, err)
	return v
}

func (s *shop) get(t *testing.T) audience.View {
	t.Helper()
	v, err := s.Audiences.Get(t.Context(), s.actor, s.audience)
	must(t, err)
	return v
}

func (s *shop) status(t *testing.T, id selvedge.ListID) audience.Status {
	t.Helper()
	v, err := s.Audiences.GetList(t.Context(), s.actor, s.audience, id)
	must(t, err)
	return v.Status
}

// members returns the accounts behind an audience, under the org's purpose.
func (s *shop) members(t *testing.T) []string {
	t.Helper()
	b, err := s.Matcher.Members(t.Context(), anna, s.org.ID, s.audience, s.org.Kind.Purpose())
	must(t, err)
	return s.accounts(t, b)
}

func (p *platform) accounts(t *testing.T, b *roaring.Bitmap) []string {
	t.Helper()
	out := []string{}
	must(t, p.People.Owners(t.Context(), anna, b, func(o contact.Owner) error {
		out = append(out, o.PlatformID)
		return nil
	}))
	slices.Sort(out)
	return out
}

// sql runs a statement on the database file, as no method of the product does.
func (p *platform) sql(t *testing.T, text string, args ...any) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(p.cfg.Dir, "selvedge.db")+"?_pragma=busy_timeout(5000)")
	must(t, err)
	defer db.Close()
	_, err = db.ExecContext(t.Context(), text, args...)
	must(t, err)
}

// column returns what a query for one column of text finds.
func (p *platform) column(t testing.TB, text string, args ...any) []string {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(p.cfg.Dir, "selvedge.db")+"?_pragma=busy_timeout(5000)")
	must(t, err)
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), text, args...)
	must(t, err)
	defer rows.Close()
	out := []string{}
	for rows.Next() {
		var s string
		must(t, rows.Scan(&s))
		out = append(out, s)
	}
	must(t, rows.Err())
	return out
}

// spills returns the paths of the spills, by modification the oldest first.
func (p *platform) spills(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(p.cfg.Dir, "blobs", "spill", "*", "*"))
	must(t, err)
	return paths
}

// damage flips a bit of a file and returns what puts it right again.
func damage(t *testing.T, path string) (restore func()) {
	t.Helper()
	whole, err := os.ReadFile(path)
	must(t, err)
	broken := slices.Clone(whole)
	broken[len(broken)/2] ^= 1
	must(t, os.WriteFile(path, broken, 0o600))
	return func() { must(t, os.WriteFile(path, whole, 0o600)) }
}
