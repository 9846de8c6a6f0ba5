package server_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/internal/fakeclock"
	"github.com/selvedge/selvedge/list/listtest"
	"github.com/selvedge/selvedge/server"
)

// The canaries: an address and a number that were given for ads, a number that
// was given for security, and what lists bring beside addresses. Each is met
// nowhere else.
const (
	canaryEmail    = "Zqanna.Canary@zqmail.example"
	canaryPhone    = "+447700900961"
	canarySecurity = "+447700900962"
	canaryStranger = "zqstranger@zqmail.example" // on lists alone
	canaryName     = "Zqlastname"
	canaryExternal = "zq-external-77"
	canaryKey      = "zq-idem-key-5" // an org may put anything into an idempotency key
	canaryHeader   = "zq-in-a-header"
)

// canaryMarks are byte strings that must be nowhere: each canary as it was
// written and in its canonical forms, and its hashes, in the ways in which bytes
// are written down. Of a SHA-256 the first half is enough: that is what a token
// is made from.
func canaryMarks() map[string][]byte {
	out := map[string][]byte{}
	mark := func(what string, b []byte) {
		out[what] = b
		n := len(b) / 3 * 3
		out[what+" in hex"] = []byte(hex.EncodeToString(b))
		out[what+" in capital hex"] = []byte(strings.ToUpper(hex.EncodeToString(b)))
		out[what+" in base64"] = []byte(base64.RawStdEncoding.EncodeToString(b[:n]))
		out[what+" in base64 of URLs"] = []byte(base64.RawURLEncoding.EncodeToString(b[:n]))
	}
	for _, v := range []string{
		canaryEmail, strings.ToLower(canaryEmail), canaryPhone, canaryPhone[1:], canarySecurity, canarySecurity[1:], canaryStranger,
		"0" + canaryPhone[3:], canaryName, canaryExternal, canaryKey, canaryHeader,
	} {
		mark(v, []byte(v))
		mark("capital "+v, []byte(strings.ToUpper(v)))
		sum, old := sha256.Sum256([]byte(v)), md5.Sum([]byte(v))
		mark("half the SHA-256 of "+v, sum[:16])
		mark("the MD5 of "+v, old[:])
	}
	out["national "+canaryPhone] = []byte(canaryPhone[3:])
	out["national "+canarySecurity] = []byte(canarySecurity[3:])
	return out
}

// leak returns what is found in b, "" if nothing is.
func leak(marks map[string][]byte, b []byte) string {
	for what, m := range marks {
		if bytes.Contains(b, m) {
			return what
		}
	}
	return ""
}

// watched is an installation of which everything is looked at.
type watched struct {
	*site
	http    *httptest.Server
	log     *syncBuffer
	marks   map[string][]byte
	refused int // answers that were looked at
	bytes   int // that the last look went through

	platform, anna, ben, org string // keys
}

type syncBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer // guarded by mu
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *syncBuffer) all() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return bytes.Clone(b.text.Bytes())
}

func newWatched(t *testing.T, database string) *watched {
	t.Helper()
	w := &watched{
		site: &site{dir: filepath.Join(t.TempDir(), "data"), database: database, clock: fakeclock.New(start)},
		log:  &syncBuffer{}, marks: canaryMarks(),
	}
	cfg := server.Config{
		Dir: w.dir, Database: database, UnknownAge: contact.UnknownIsMinor, Tick: time.Minute, Clock: w.clock, Entropy: selvedge.NewSeededEntropy("watched"),
		Log: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})), Code: "test",
	}
	must(t, server.Init(t.Context(), cfg))
	var err error
	w.Server, err = server.Open(t.Context(), cfg)
	must(t, err)
	t.Cleanup(func() { must(t, w.Close()) })
	must(t, w.Start(t.Context()))
	w.http = httptest.NewServer(w.Handler())
	t.Cleanup(w.http.Close)
	for name, key := range map[string]*string{"anna": &w.anna, "ben": &w.ben} {
		*key, err = w.Orgs.IssueOperatorKey(t.Context(), operator, name)
		must(t, err)
	}
	w.platform, err = w.Orgs.IssuePlatformKey(t.Context(), operator, "accounts")
	must(t, err)
	return w
}

// refusal is any status by which a request is refused, whatever the reason.
const refusal = 4

// say sends a request, with canaries in every header that might be noted, and
// returns the answer's body. No answer has a canary in it.
func (w *watched) say(t *testing.T, key, method, path, body string, want int, headers ...string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, w.http.URL+path, strings.NewReader(body))
	must(t, err)
	req.Header.Set("Authorization", "Bearer "+key)
	for _, h := range []string{"User-Agent", "Referer", "Cookie", "X-Request-Id", "Traceparent", "X-Forwarded-For"} {
		req.Header.Set(h, canaryHeader)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	must(t, err)
	defer res.Body.Close()
	var all bytes.Buffer
	must(t, res.Header.Write(&all))
	header := all.Len()
	_, err = all.ReadFrom(res.Body)
	must(t, err)
	if res.StatusCode != want && (want != refusal || res.StatusCode/100 != 4) {
		t.Fatalf("%s %s: %d, not %d: %s", method, path, res.StatusCode, want, all.String())
	}
	if what := leak(w.marks, all.Bytes()); what != "" {
		t.Errorf("%s %s answers %d with %s in it:\n%s", method, path, res.StatusCode, what, all.String())
	}
	if res.StatusCode >= 400 {
		w.refused++
	}
	return all.String()[header:]
}

// idOf returns what an answer names or hands out: a key or link, an address, or
// the id of a thing.
func idOf(t *testing.T, body string) string {
	t.Helper()
	var v struct {
		ID, Secret, Token string
		Addresses         []struct{ Address string }
	}
	must(t, json.Unmarshal([]byte(body), &v))
	if len(v.Addresses) > 0 {
		return v.Addresses[0].Address
	}
	return cmp.Or(v.Secret, v.Token, v.ID)
}

// look searches everything that the installation has kept or told by now: the
// log, the metrics, every file of the data folder, every row of every table, and
// the files in more folders. There is no place where a canary may be.
func (w *watched) look(t *testing.T, when string, more ...string) {
	t.Helper()
	w.bytes = 0
	search := func(place string, b []byte) {
		w.bytes += len(b)
		if what := leak(w.marks, b); what != "" {
			t.Errorf("%s: %s holds %s", when, place, what)
		}
	}
	search("the log", w.log.all())
	search("the metrics", []byte(w.say(t, w.anna, "GET", "/metrics", "", 200)))
	for _, dir := range append(more, w.dir) {
		must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			b, err := os.ReadFile(path)
			rel, _ := filepath.Rel(dir, path)
			search(rel, []byte(path))
			search(rel, b)
			return err
		}))
	}
	if w.database != "" {
		w.lookAtTables(t, search)
	}
}

// lookAtTables searches every row of every table on PostgreSQL, those of the job
// library too. On SQLite they are in a file that is searched as it is, with what
// rows that are gone have left behind.
func (w *watched) lookAtTables(t *testing.T, search func(string, []byte)) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	c, err := pgx.Connect(ctx, w.database)
	must(t, err)
	defer c.Close(ctx)
	rows, err := c.Query(ctx, `SELECT table_name::text FROM information_schema.tables WHERE table_schema = current_schema()`)
	must(t, err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	must(t, err)
	if len(tables) < 30 {
		t.Fatalf("only %d tables are seen", len(tables))
	}
	for _, table := range tables {
		rows, err := c.Query(ctx, `SELECT t::text FROM `+pgx.Identifier{table}.Sanitize()+` t`)
		must(t, err)
		texts, err := pgx.CollectRows(rows, pgx.RowTo[string])
		must(t, err)
		search("table "+table, []byte(strings.Join(texts, "\n")))
	}
}

// TestNoValueIsLeftAnywhere plants canaries and has an installation live with
// them: imports, lists, batches, drafts, a match, labels, looks, withdrawals,
// objections, exports, faults, a rotation, erasure, a backup. After each chapter
// everything that was kept or told is searched. The platform's own ids of
// accounts are the one thing of a person that is kept, and no canary.
func TestNoValueIsLeftAnywhere(t *testing.T) {
	t.Parallel()
	for name, engine := range engines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wholeRun(t, newWatched(t, engine(t)))
		})
	}
}

// ask is a prompt for one purpose.
func ask(id, basis, purpose string, months int) string {
	sum := sha256.Sum256([]byte(id))
	return fmt.Sprintf(`{"id":%q,"version":1,"surface":"settings","legal_basis":%q,"purposes":[%q],"ads_expiry_months":%d,"texts":{"en":{"text":%q,"sha256":"%x"}}}`,
		id, basis, purpose, months, id, sum)
}

func wholeRun(t *testing.T, w *watched) {
	t.Helper()
	// People, by import: in the clear and by hash, and rows that are refused.
	w.say(t, w.anna, "POST", "/v1/prompts", `{"prompts":[`+ask("offers", "consent", "ads.match.advertiser", 13)+","+ask("two-factor", "contract", "sec.2fa", 0)+`]}`, 200)
	w.say(t, w.ben, "POST", "/v1/prompts/offers/versions/1:approve", `{"grants":"ads"}`, 200)
	sum := sha256.Sum256([]byte(strings.ToLower(canaryEmail)))
	accounts := "account,country,age_class,active_on,state\nacc-1,GB,adult,,active\nacc-2,GB,adult,,active\n"
	const given = ",2026-03-01T00:00:00Z,2026-03-01T00:00:00Z,code\n"
	points := "account,kind,value,sha256,region,prompt,given_at,verified_at,verified_by\n" +
		"acc-1,email," + canaryEmail + ",,,offers@1" + given +
		"acc-1,phone,0" + canaryPhone[3:] + ",,GB,offers@1" + given +
		"acc-1,phone," + canarySecurity + ",,,two-factor@1" + given +
		"acc-2,email,," + hex.EncodeToString(sum[:]) + ",,offers@1" + given +
		"acc-2,email," + canaryName + ",,,offers@1" + given
	w.load(t, []byte(accounts), []byte(points))
	_, _ = w.Importer.Import(t.Context(), operator, inMemory([]byte(accounts)), inMemory([]byte(points+canaryEmail+"\n"))) // refused
	w.look(t, "after the import")

	// An org, and everything that a list can bring.
	org := "/v1/orgs/" + idOf(t, w.say(t, w.anna, "POST", "/v1/orgs", `{"name":"Acme","legal_entity":"Acme Ltd","kind":"advertiser"}`, 201))
	w.say(t, w.ben, "POST", org+":approve", "", 200)
	w.org = idOf(t, w.say(t, w.anna, "POST", org+"/keys", `{"name":"n","scopes":["audiences:read","audiences:write","keys:manage","terms:accept"]}`, 201))
	w.say(t, w.org, "POST", "/v1/terms:accept", `{"version":1}`, 200)
	aud := "/v1/audiences/" + idOf(t, w.say(t, w.org, "POST", "/v1/audiences", `{"name":"Spring"}`, 201, "Idempotency-Key", canaryKey))
	csv := "email,phone,last_name,external_id\n" + canaryEmail + "," + canaryPhone + "," + canaryName + "," + canaryExternal + "\n" +
		canaryStranger + "," + canarySecurity + "," + canaryName + ",\n" + canaryName + "," + canaryName + ",,\n" + hex.EncodeToString(sum[:]) + ",,,\n"
	list := idOf(t, w.say(t, w.org, "POST", aud+"/lists?"+listtest.Query+"&label="+url.QueryEscape("Garden friends"), csv, 201, "Content-Type", "text/csv", "Idempotency-Key", canaryKey+"2"))
	members := fmt.Sprintf(`{"members":[{"emails":[%q,%q],"phones":[%q],"external_id":%q},{"sha256_emails":["%x"]},{"emails":[%q]}],"ad_user_data":"granted","ad_personalization":"granted"}`,
		canaryEmail, canaryStranger, canarySecurity, canaryExternal, sum, canaryName)
	for _, verb := range []string{"add", "remove", "replace", "add"} {
		w.say(t, w.org, "POST", aud+"/members:"+verb, members, 201)
	}
	w.look(t, "while lists wait")
	w.say(t, w.org, "POST", aud+"/versions:seal", "", 200)
	w.drain(t)
	w.clock.Add(2 * time.Minute)
	w.say(t, w.org, "GET", aud+"/lists/"+list, "", 200)
	for _, path := range []string{aud, aud + "/lists", aud + "/versions", "/v1/audiences", "/v1/keys"} {
		w.say(t, w.org, "GET", path, "", 200)
	}
	w.say(t, w.org, "POST", aud+"/members:remove", `{"members":[{"external_id":"`+canaryExternal+`"}]}`, 201)
	w.look(t, "after the match")

	// Requests that fail, with canaries wherever they fit.
	for _, key := range []string{w.org, w.platform, w.anna, canaryName, "slv_" + canaryName} {
		for _, path := range []string{"/v1/audiences/" + canaryEmail, "/v1/accounts/" + canaryName + canaryName + "/contact-points", "/v1/audiences?cursor=" + canaryName, "/v1/jobs?state=" + canaryName, "/" + canaryExternal} {
			w.say(t, key, "GET", path, "", refusal)
			w.say(t, key, "POST", path, `{"name":"`+canaryName+strings.Repeat("x", 200)+`"}`, refusal)
		}
		w.say(t, key, "POST", "/v1/contact-points:withdraw", `{"account":"acc-1","kind":"email","value":"`+canaryName+`","purposes":["`+canaryName+`"]}`, refusal)
		w.say(t, key, "POST", "/v1/prompts", `{"prompts":[{"id":"`+canaryName+`"}]}`, refusal)
		w.say(t, key, "POST", aud+":label", `{"label":"`+canaryName+` \u0007"}`, refusal)
		w.say(t, key, "POST", aud+"/lists?"+listtest.Query, "\xff"+csv, refusal)
	}
	w.look(t, "after faults")

	// A person, by link, and the platform for them.
	w.say(t, w.platform, "GET", "/v1/accounts/acc-1/contact-points", "", 200)
	link := idOf(t, w.say(t, w.platform, "POST", "/v1/accounts/acc-1/links", "", 201))
	me := w.say(t, link, "GET", "/v1/me", "", 200)
	if !strings.Contains(me, `"org":"Acme"`) {
		t.Errorf("nobody holds the person, so nothing was matched: %s", me)
	}
	address := idOf(t, w.say(t, link, "GET", "/v1/me", "", 200, "Sec-GPC", "1"))
	w.say(t, link, "GET", "/v1/me/export", "", 200)
	w.say(t, link, "POST", "/v1/me:object", `{"scope":"address","address":"`+address+`"}`, 200)
	w.say(t, w.platform, "POST", "/v1/objections", `{"account":"acc-1"}`, 200)
	w.say(t, w.platform, "POST", "/v1/contact-points:withdraw", `{"account":"acc-1","kind":"email","value":"`+canaryEmail+`","purposes":["ads.match.advertiser"]}`, 200)
	w.say(t, w.platform, "POST", "/v1/contact-points:withdraw", `{"account":"acc-2","kind":"email","sha256":"`+hex.EncodeToString(sum[:])+`","purposes":["ads.suppress"]}`, 200)
	w.look(t, "after a person's acts")

	w.say(t, w.anna, "POST", "/v1/keys:rotate", "", 202)
	w.drain(t)
	kept := filepath.Join(t.TempDir(), "backup")
	_, err := w.Backup(t.Context(), operator, kept)
	must(t, err)
	w.say(t, link, "POST", "/v1/me:erase", "", 200)
	w.say(t, w.platform, "POST", "/v1/accounts/acc-2:erase", "", 200)
	w.load(t, []byte(accounts), []byte(points))
	w.drain(t)
	w.look(t, "at the end", kept)
	if lines := bytes.Count(w.log.all(), []byte("\n")); lines < 60 || w.refused < 50 || w.bytes < 1<<17 {
		t.Errorf("%d lines of the log, %d refusals, %d bytes: the test looks at too little", lines, w.refused, w.bytes)
	}
}
