package api_test

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/api"
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
)

// platform is a real server behind HTTP. Nothing is matched until a test says
// so, and the clock stands still.
type platform struct {
	*server.Server
	dir   string
	clock *fakeclock.Clock
	log   *journal
	http  *httptest.Server

	described described

	key       string // of the platform
	anna      string // keys of two operators
	ben       string
	acme      string // keys of two orgs
	bolt      string
	audience  selvedge.AudienceID // of acme
	elsewhere selvedge.AudienceID // of bolt
}

// journal keeps what is logged.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer // guarded by mu
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

func newPlatform(t *testing.T) *platform {
	t.Helper()
	p := &platform{dir: filepath.Join(t.TempDir(), "data"), clock: fakeclock.New(start), log: &journal{}}
	entropy := selvedge.NewSeededEntropy("api")
	must(t, server.Init(t.Context(), server.Config{Dir: p.dir, Clock: p.clock, Entropy: entropy}))
	var err error
	p.Server, err = server.Open(t.Context(), server.Config{
		Dir: p.dir, UnknownAge: contact.UnknownIsMinor, Tick: time.Minute, Clock: p.clock, Entropy: entropy, Code: "test",
		Log: p.logger(),
	})
	must(t, err)
	t.Cleanup(func() { must(t, p.Server.Close()) })
	must(t, p.Start(t.Context()))
	p.bringPeople(t)

	p.key, err = p.Orgs.IssuePlatformKey(t.Context(), anna, "accounts")
	must(t, err)
	p.anna, err = p.Orgs.IssueOperatorKey(t.Context(), anna, "anna")
	must(t, err)
	p.ben, err = p.Orgs.IssueOperatorKey(t.Context(), anna, "ben")
	must(t, err)
	p.acme, p.audience = p.org(t, "Acme")
	p.bolt, p.elsewhere = p.org(t, "Bolt")
	p.http = httptest.NewServer(p.Handler())
	t.Cleanup(p.http.Close) // before the server: nothing may be using it
	return p
}

func (p *platform) logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(p.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func (p *platform) org(t *testing.T, name string) (key string, id selvedge.AudienceID) {
	t.Helper()
	_, key, err := p.Orgs.Create(t.Context(), anna, name, name+" Ltd", org.Advertiser)
	must(t, err)
	actor, err := p.Orgs.Authenticate(t.Context(), key)
	must(t, err)
	servertest.AcceptTerms(t, p.Server, actor)
	v, err := p.Audiences.Create(t.Context(), actor, "Customers")
	must(t, err)
	return key, v.ID
}

// bringPeople imports Ada, who gave an e-mail address for offers and a number
// for two-factor codes, and a person whose id is all that an id may be.
func (p *platform) bringPeople(t *testing.T) {
	t.Helper()
	prompttest.InEffect(t, p.Prompts,
		question("offers", prompt.Consent, purpose.Of(purpose.AdsMatchAdvertiser)),
		question("two-factor", prompt.LegitimateInterest, purpose.Of(purpose.Sec2FA)))
	const given = ",2026-03-01T00:00:00Z,2026-03-01T00:00:00Z,code\n"
	_, err := p.Importer.Import(t.Context(), anna,
		file("account,country,age_class,active_on,state\nada,GB,adult,,active\n"+oddID+",GB,adult,,active\n"),
		file("account,kind,value,sha256,region,prompt,given_at,verified_at,verified_by\n"+
			"ada,email,ada@example.com,,,offers@1"+given+
			"ada,phone,+447700900123,,,two-factor@1"+given+
			oddID+",email,odd@example.com,,,offers@1"+given))
	must(t, err)
}

const oddID = "a/b?c#d%2F~e"

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

func file(text string) contact.Source {
	return func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// answer is what came back: the status, the headers but Date, and the body.
type answer struct {
	status int
	header http.Header
	body   string
}

// text is all of it that a value could be in.
func (a answer) text() string {
	var b strings.Builder
	_ = a.header.Write(&b) // to memory: cannot fail
	return b.String() + a.body
}

// ask sends a request; headers come in pairs of name and value.
func (p *platform) ask(t *testing.T, key, method, path, body string, headers ...string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, p.http.URL+path, strings.NewReader(body))
	must(t, err)
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	must(t, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	must(t, err)
	res.Header.Del("Date")
	// Drawn for each request, so that no two answers have one; see TestRequestID.
	res.Header.Del("X-Request-Id")
	// Counts the org's requests; see TestRateLimitHeaders.
	res.Header.Del("RateLimit")
	a := answer{res.StatusCode, res.Header, string(b)}
	p.described.check(t, p, req, a)
	return a
}

// database opens the platform's database beside it.
func (p *platform) database(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(p.dir, "selvedge.db"))
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	return db
}

// agreed says of an upload that its people have.
const agreed = "?" + listtest.Query

// upload sends a list to acme's audience as text/csv.
func (p *platform) upload(t *testing.T, csv string, headers ...string) answer {
	t.Helper()
	return p.ask(t, p.acme, "POST", "/v1/audiences/"+string(p.audience)+"/lists"+agreed, csv, append([]string{"Content-Type", "text/csv"}, headers...)...)
}

// problem checks that an answer is a problem document (RFC 9457) of a status and
// code, and returns it.
func problem(t *testing.T, a answer, status int, code selvedge.Code) api.Problem {
	t.Helper()
	var p api.Problem
	dec := json.NewDecoder(strings.NewReader(a.body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&p); err != nil {
		t.Errorf("no problem document: %v: %s", err, a.body)
	}
	if a.status != status || p.Status != status || p.Type != "/problems/"+string(code) || p.Title == "" || p.Detail == "" {
		t.Errorf("status %d, problem %+v; want %d and %s", a.status, p, status, code)
	}
	if got := a.header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("content type %q", got)
	}
	if got := a.header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("cache control %q", got)
	}
	if (a.header.Get("WWW-Authenticate") == "Bearer") != (status == http.StatusUnauthorized) {
		t.Errorf("status %d with WWW-Authenticate %q", status, a.header.Get("WWW-Authenticate"))
	}
	return p
}

func digestOf(csv string) string {
	sum := sha256.Sum256([]byte(csv))
	return "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
}

// snapshot returns every file of the data folder with its content, but the one
// in which readers of the database mark where they read.
func (p *platform) snapshot(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	must(t, filepath.WalkDir(p.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, "-shm") {
			return err
		}
		b, err := os.ReadFile(path)
		out[path] = string(b)
		return err
	}))
	return out
}
