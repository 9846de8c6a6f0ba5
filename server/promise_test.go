package server_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/demo/world"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/list/listtest"
	"github.com/selvedge/selvedge/org"
	"github.com/selvedge/selvedge/server/servertest"
	"github.com/selvedge/selvedge/store/tesseralog"
)

// TestThePromise: delete every contact point that was never given for
// advertising, and nothing that an advertiser or partner can see changes by one
// byte.
//
// Two installations of one seed live through the same requests at the same
// times. One platform holds everything; the other never held a contact point
// without an ads grant. Every answer to an org must be equal, byte for byte,
// and so must everything in the ads space and its log, salts, roots and
// signatures included: an org may be shown a proof of it.
// Nor may it matter in which database the truth is.
func TestThePromise(t *testing.T) {
	t.Parallel()
	for name, everything := range engines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			promise(t, everything(t))
		})
	}
}

// promise holds the platform with everything, in one of the databases, against
// the other in SQLite.
func promise(t *testing.T, everything string) {
	cfg := world.Config{Seed: "promise", People: 10_000, Start: start}
	without := cfg
	without.OnlyEverAdsGranted = true
	a, b := newTwin(t, newWorld(t, cfg), everything), newTwin(t, newWorld(t, without), "")
	if a.report.Points.Matchable != b.report.Points.Matchable || a.report.Points.Read < 2*b.report.Points.Read {
		t.Fatalf("the worlds are no pair: %d of %d contact points matchable, and %d of %d",
			a.report.Points.Matchable, a.report.Points.Read, b.report.Points.Matchable, b.report.Points.Read)
	}
	rnd := rand.New(rand.NewPCG(2019, 10))
	deliverable, rows, security := 0, 0, 0
	lists := promised(a.world)
	events := platformEvents{rnd: rand.New(rand.NewPCG(2019, 12)), world: a.world}
	for n := range 130 {
		if n%3 == 2 {
			events.tell(t, a, b)
		}
		if n%40 == 39 {
			a.compact(t)
			b.compact(t)
		}
		if n%25 == 24 {
			a.rotate(t)
			b.rotate(t)
		}
		r := requestOf(n, rnd, lists)
		got, want := a.do(t, r), b.do(t, r)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("request %d (%s) is answered otherwise where people have more contact points:\n%s", n, r.what, diff)
		}
		if r.csv != nil && strings.HasPrefix(got, "201") {
			rows, security = rows+r.rows, security+r.security
		}
	}
	for i, m := range a.ids {
		path := "/v1/audiences/" + m.id + "/versions:seal"
		if diff := cmp.Diff(b.ask(t, m.org, "POST", path, "", nil), a.ask(t, m.org, "POST", path, "", nil)); diff != "" {
			t.Fatalf("audience %d is sealed otherwise:\n%s", i, diff)
		}
	}
	a.settle(t)
	b.settle(t)
	for i := range a.orgs {
		got, want := a.audiences(t, i), b.audiences(t, i)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("org %d sees its audiences otherwise:\n%s", i, diff)
		}
		deliverable += strings.Count(got, `"deliverable":true`)
	}
	if all := a.created; 4*deliverable < all || all < 8 {
		t.Errorf("%d of %d audiences are deliverable: the test sees too little", deliverable, all)
	}
	if a.rotations < 3 {
		t.Errorf("%d rotations: the test tries too little", a.rotations)
	}
	if events.applied < 30 || events.security < 30 {
		t.Errorf("%d events of advertising, and %d of security: the test tries too little", events.applied, events.security)
	}
	if 10*security < 3*rows || rows == 0 {
		t.Errorf("%d of %d rows ask for security contacts: the test tries too little", security, rows)
	}
	if diff := cmp.Diff(b.adsSpace(t), a.adsSpace(t)); diff != "" {
		t.Errorf("the ads space differs:\n%.3000s", diff)
	}
	if diff := cmp.Diff(b.adsLog(t), a.adsLog(t)); diff != "" {
		t.Errorf("the ads log differs:\n%.3000s", diff)
	}
}

// TestRotationIsInvisible: of two installations that are alike, one rotates its
// token keys again and again. Nobody can tell which.
func TestRotationIsInvisible(t *testing.T) {
	t.Parallel()
	cfg := world.Config{Seed: "promise", People: 1500, Start: start}
	a, b := newTwin(t, newWorld(t, cfg), onSQLite(t)), newTwin(t, newWorld(t, cfg), onSQLite(t))
	rnd := rand.New(rand.NewPCG(2019, 11))
	lists := promised(a.world)
	for n := range 60 {
		if n%7 == 0 {
			a.rotate(t)
		}
		r := requestOf(n, rnd, lists)
		if diff := cmp.Diff(b.do(t, r), a.do(t, r)); diff != "" {
			t.Fatalf("request %d (%s) is answered otherwise after a rotation:\n%s", n, r.what, diff)
		}
	}
	a.settle(t)
	b.settle(t)
	for i := range a.orgs {
		if diff := cmp.Diff(b.audiences(t, i), a.audiences(t, i)); diff != "" {
			t.Fatalf("org %d sees its audiences otherwise:\n%s", i, diff)
		}
	}
}

// promised are lists of which most are deliverable, and in each of which a
// third or more of the rows ask for contact points given for security alone.
func promised(w *world.World) []world.List {
	lists := w.Lists()
	for i, l := range lists {
		spec := l.ListSpec
		// Of sizes that are far enough from one another to have figures of their own.
		spec.Rows, spec.Granted, spec.SecurityOnly = 5000+2500*(i%3), 520, 330
		if i%4 == 3 {
			spec.Rows = 300
		}
		lists[i] = w.List(spec)
	}
	return lists
}

// request is one thing that somebody asks of both installations.
type request struct {
	what   string
	org    int // who asks; -1 for the platform
	method string
	path   func(*twin) string
	body   string
	csv    []byte
	region string

	wait time.Duration // instead of a request
	act  int           // instead of a request: how many people act
	rows int
	// rows that ask for contact points given for security alone
	security int
}

// requestOf draws the n-th request. The first ones make audiences.
func requestOf(n int, rnd *rand.Rand, lists []world.List) request {
	who := rnd.IntN(orgs)
	if n < 8 {
		return create(n%orgs, n)
	}
	switch k := rnd.IntN(20); {
	case k == 0:
		return create(who, n)
	case k < 7:
		return upload(who, rnd, lists[rnd.IntN(len(lists))])
	case k < 9:
		return members(who, rnd, lists[rnd.IntN(len(lists))])
	case k < 10:
		return request{what: "list the audiences", org: who, method: "GET", path: func(*twin) string { return "/v1/audiences" }}
	case k < 11:
		i := rnd.IntN(100)
		return request{what: "read an audience", org: who, method: "GET", path: func(x *twin) string { return "/v1/audiences/" + x.audienceID(i) }}
	case k < 12:
		i := rnd.IntN(100)
		return request{what: "list the lists", org: who, method: "GET", path: func(x *twin) string { return "/v1/audiences/" + x.audienceID(i) + "/lists" }}
	case k < 13:
		i := rnd.IntN(100)
		return request{what: "list the versions", org: who, method: "GET", path: func(x *twin) string { return "/v1/audiences/" + x.audienceID(i) + "/versions" }}
	case k < 14:
		i := rnd.IntN(100)
		return request{what: "seal", org: who, method: "POST", path: func(x *twin) string { return "/v1/audiences/" + x.own(who, i) + "/versions:seal" }}
	case k < 15:
		return request{what: "send nonsense", org: who, method: "POST", path: func(x *twin) string { return "/v1/audiences/" + x.audienceID(0) + "/lists" }, csv: []byte("name\nanna\n")}
	case k < 17:
		wait := time.Duration(1+rnd.IntN(150)) * time.Second
		if rnd.IntN(2) == 0 {
			wait += 24 * time.Hour // there are so many figures a day
		}
		return request{what: "wait", wait: wait}
	default:
		return request{what: "people act", act: 1 + rnd.IntN(20)}
	}
}

func create(who, n int) request {
	return request{
		what: "make an audience", org: who, method: "POST", path: func(*twin) string { return "/v1/audiences" },
		body: fmt.Sprintf(`{"name":"audience %d"}`, n),
	}
}

// members is a batch of some rows of a list that adds, removes or replaces.
func members(who int, rnd *rand.Rand, l world.List) request {
	i, kind := rnd.IntN(100), []string{"add", "add", "add", "add", "remove", "remove", "replace"}[rnd.IntN(7)]
	r := request{what: kind + " members of " + l.Name, org: who, method: "POST", path: func(x *twin) string {
		return "/v1/audiences/" + x.own(who, i) + "/members:" + kind
	}}
	from, rows := rnd.IntN(9), 0
	var ms []list.Member
	for row := range l.Contents() {
		if rows++; rows%9 != from && kind == "remove" {
			continue
		}
		r.rows++
		if row.Class == world.SecurityOnlyRow {
			r.security++
		}
		m := memberOf(l, row)
		m.ExternalID = fmt.Sprint("c-", rows)
		if kind == "remove" && rnd.IntN(2) == 0 {
			m = list.Member{ExternalID: m.ExternalID}
		}
		ms = append(ms, m)
	}
	b, err := json.Marshal(map[string]any{"members": ms, "default_region": l.DefaultRegion, "ad_user_data": "granted", "ad_personalization": "granted"})
	if err != nil {
		panic(err) // there is nothing in it that has no JSON
	}
	r.body = string(b)
	return r
}

func upload(who int, rnd *rand.Rand, l world.List) request {
	i := rnd.IntN(100)
	r := request{
		what: "upload " + l.Name, org: who, method: "POST", region: l.DefaultRegion,
		path: func(x *twin) string {
			return "/v1/audiences/" + x.own(who, i) + "/lists?" + listtest.Query + "&default_region=" + l.DefaultRegion
		},
	}
	var b bytes.Buffer
	if err := l.WriteCSV(&b); err != nil {
		panic(err) // a buffer takes everything
	}
	r.csv = b.Bytes()
	for row := range l.Contents() {
		r.rows++
		if row.Class == world.SecurityOnlyRow {
			r.security++
		}
	}
	return r
}

// memberOf is a row of a list as a member.
func memberOf(l world.List, row world.Row) (m list.Member) {
	for i, c := range row.Cells {
		switch l.Columns[i].Holds {
		case world.HoldsEmail:
			m.Emails = append(m.Emails, c.Text)
		case world.HoldsPhone:
			m.Phones = append(m.Phones, c.Text)
		case world.HoldsExternalID:
			m.ExternalID = c.Text
		}
	}
	return m
}

// twin is one of the two installations, behind HTTP.
type twin struct {
	*site
	world   *world.World
	report  contact.Report
	http    *httptest.Server
	orgs    []string // keys
	ids     []made   // audiences, in the order in which they were made
	created int
	acts    []world.Act

	rotations int
}

const orgs = 4

// made is an audience and who made it.
type made struct {
	org int
	id  string
}

func newTwin(t *testing.T, w *world.World, database string) *twin {
	t.Helper()
	x := &twin{site: newSite(t, database), world: w}
	x.report = x.bring(t, w)
	x.http = httptest.NewServer(x.Handler())
	t.Cleanup(x.http.Close)
	for i := range orgs {
		kind := org.Advertiser
		if i == orgs-1 {
			kind = org.Partner
		}
		_, key, err := x.Orgs.Create(t.Context(), operator, fmt.Sprint("org ", i), fmt.Sprint("entity ", i), kind)
		if err != nil {
			t.Fatal(err)
		}
		actor, err := x.Orgs.Authenticate(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		servertest.AcceptTerms(t, x.Server, actor)
		x.orgs = append(x.orgs, key)
	}
	for a := range w.Acts() {
		x.acts = append(x.acts, a)
	}
	return x
}

// audienceID returns the id of some audience, not always the asker's own.
func (x *twin) audienceID(i int) string { return x.ids[i%len(x.ids)].id }

// own returns the id of one of the asker's audiences.
func (x *twin) own(who, i int) string {
	var mine []string
	for _, m := range x.ids {
		if m.org == who {
			mine = append(mine, m.id)
		}
	}
	return mine[i%len(mine)]
}

// do does what a request says and returns all that the asker can see.
func (x *twin) do(t *testing.T, r request) string {
	t.Helper()
	switch {
	case r.wait > 0:
		x.settle(t)
		x.clock.Add(r.wait)
		return ""
	case r.act > 0:
		x.peopleAct(t, r.act)
		return ""
	}
	body, kind := io.Reader(strings.NewReader(r.body)), "application/json"
	if r.csv != nil {
		body, kind = bytes.NewReader(r.csv), "text/csv"
	}
	seen := x.ask(t, r.org, r.method, r.path(x), kind, body)
	if strings.HasPrefix(r.what, "make") {
		x.created++
		_, id, _ := strings.Cut(seen, `"id":"`)
		id, _, _ = strings.Cut(id, `"`)
		x.ids = append(x.ids, made{r.org, id})
	}
	return seen
}

// ask sends a request and returns status, headers and body of the answer.
func (x *twin) ask(t *testing.T, who int, method, path, kind string, body io.Reader) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, x.http.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+x.orgs[who])
	req.Header.Set("Content-Type", kind)
	res, err := x.http.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	res.Header.Del("Date") // the machine's clock, not the server's
	var b bytes.Buffer
	fmt.Fprintln(&b, res.Status)
	if err := res.Header.Write(&b); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(&b, res.Body); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func (x *twin) audiences(t *testing.T, who int) string {
	t.Helper()
	x.clock.Add(2 * time.Minute)
	return x.ask(t, who, "GET", "/v1/audiences", "", nil)
}

// settle matches what waits.
func (x *twin) settle(t *testing.T) {
	t.Helper()
	if err := servertest.Match(t, x.Server); err != nil {
		t.Fatal(err)
	}
}

// rotate takes all tokens to new keys, as they are: lists may wait, and keep
// older keys, and others may have been matched that did.
func (x *twin) rotate(t *testing.T) {
	t.Helper()
	if _, err := x.Rotate(t.Context(), operator); err != nil {
		t.Fatal(err)
	}
	x.rotations++
}

// peopleAct has the next people withdraw, object or say yes. In the smaller
// world some of them have nothing to withdraw; the others' acts are the same.
func (x *twin) peopleAct(t *testing.T, n int) {
	t.Helper()
	until := x.clock.Now().Add(time.Duration(n) * time.Hour)
	for len(x.acts) > 0 && !x.acts[0].At.After(until) {
		act(t, x.site, x.acts[0])
		x.acts = x.acts[1:]
	}
	if d := until.Sub(x.clock.Now()); d > 0 {
		x.clock.Add(d)
	}
}

// adsLog enters what waits and returns the log of the ads space: its leaves, and
// the checkpoint that is signed over them.
func (x *twin) adsLog(t *testing.T) (out []string) {
	t.Helper()
	if err := x.Audiences.Ledger.Await(t.Context(), ledger.Ads); err != nil {
		t.Fatal(err)
	}
	log := tesseralog.NewView(filepath.Join(x.dir, "ledger", "ads"))
	size, err := log.Size(t.Context())
	if err != nil || size < 20 {
		t.Fatalf("%d leaves, %v: the test sees too little", size, err)
	}
	for i := range size {
		leaf, err := log.Leaf(t.Context(), i)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(leaf))
	}
	checkpoint, err := log.AwaitPublished(t.Context(), size-1)
	if err != nil {
		t.Fatal(err)
	}
	return append(out, string(checkpoint))
}

// adsSpace returns everything that is in the ads space of the database.
func (x *twin) adsSpace(t *testing.T) []string {
	t.Helper()
	var db *sql.DB
	hex := "hex(%s)"
	var err error
	if x.database == "" {
		db, err = sql.Open("sqlite", "file:"+filepath.Join(x.dir, "selvedge.db")+"?_pragma=query_only(1)")
	} else {
		db, err = sql.Open("pgx", x.database)
		hex = "upper(encode(%s, 'hex'))"
	}
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	bytes := func(column string) string { return fmt.Sprintf(hex, column) }
	var out []string
	for _, q := range []string{
		`SELECT 'entry ' || seq || ' ' || at || ' ' || kind || ' ' || role || ' ' || actor || ' ' || body || ' ' || ` + bytes("salt") + ` || ' ' || ` + bytes("commitment") + ` FROM ledger_entry WHERE space = 'ads' ORDER BY seq`,
		`SELECT 'change ' || first || '-' || position || ' ' || at || ' ' || kind || ' ' || purposes || ' ' || subject || ' ' || COALESCE(` + bytes("ordinals") + `, '') FROM change_ads ORDER BY position`,
		`SELECT 'chunk ' || ` + bytes("sum") + ` || ' ' || entries FROM chunk ORDER BY import_id, class, sum`,
		`SELECT 'token ' || seq || ' ' || class || ' ' || epoch || ' ' || ` + bytes("token") + ` || ' ' || ordinal FROM token_row ORDER BY seq`,
		`SELECT 'grant ' || ordinal || ' ' || person || ' ' || live || ' ' || expires_at FROM ads_grant ORDER BY ordinal`,
		`SELECT 'version ' || audience_id || ' ' || number || ' ' || ` + bytes("digest") + ` || ' ' || position || ' ' || publish_at || ' ' || size_step FROM audience_version ORDER BY audience_id, number`,
	} {
		rows, err := db.QueryContext(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var s string
			if err := rows.Scan(&s); err != nil {
				t.Fatal(err)
			}
			out = append(out, s)
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if len(out) < 1000 {
		t.Fatalf("the ads space holds %d things: the test sees too little", len(out))
	}
	return out
}
