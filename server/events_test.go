package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/compaction"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/demo/world"
	"github.com/selvedge/selvedge/job"
	"github.com/selvedge/selvedge/list/listtest"
	"github.com/selvedge/selvedge/org"
	"github.com/selvedge/selvedge/purpose"
	"github.com/selvedge/selvedge/server/servertest"
)

// eventSite is a site with an org, and behind HTTP.
type eventSite struct {
	*site
	http  *httptest.Server
	key   string // the platform's
	org   org.Org
	actor selvedge.Actor
	n     int
}

func newEventSite(t *testing.T, database string) *eventSite {
	t.Helper()
	s := &eventSite{site: newSite(t, database)}
	w := newWorld(t, world.Config{Seed: "events", People: 20, Start: start})
	s.register(t, w.Prompts())
	var accounts bytes.Buffer
	accounts.WriteString("account,country,age_class,active_on,state\n")
	for i := range 30 {
		fmt.Fprintf(&accounts, "u%d,GB,adult,,active\n", i)
	}
	s.load(t, accounts.Bytes(), []byte("account,kind,value,sha256,region,prompt,given_at,verified_at,verified_by\n"))
	s.http = httptest.NewServer(s.Handler())
	t.Cleanup(s.http.Close)
	var err error
	s.key, err = s.Orgs.IssuePlatformKey(t.Context(), operator, "platform")
	must(t, err)
	var key string
	s.org, key, err = s.Orgs.Create(t.Context(), operator, "shop", "shop Ltd", org.Advertiser)
	must(t, err)
	s.actor, err = s.Orgs.Authenticate(t.Context(), key)
	must(t, err)
	servertest.AcceptTerms(t, s.Server, s.actor)
	return s
}

// post brings events over HTTP and returns what became of them.
func (s *eventSite) post(t *testing.T, events ...contact.Event) contact.EventsReport {
	t.Helper()
	body, err := json.Marshal(map[string]any{"events": events})
	must(t, err)
	req, err := http.NewRequestWithContext(t.Context(), "POST", s.http.URL+"/v1/events", bytes.NewReader(body))
	must(t, err)
	req.Header.Set("Authorization", "Bearer "+s.key)
	res, err := s.http.Client().Do(req)
	must(t, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	must(t, err)
	if res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", res.Status, b)
	}
	var rep contact.EventsReport
	must(t, json.Unmarshal(b, &rep))
	return rep
}

// reached uploads a list of addresses and says how many are members.
func (s *eventSite) reached(t *testing.T, addresses ...string) uint64 {
	t.Helper()
	s.n++
	a, err := s.Audiences.Create(t.Context(), s.actor, fmt.Sprint("audience ", s.n))
	must(t, err)
	_, err = s.Audiences.Upload(t.Context(), s.actor, a.ID, strings.NewReader("email\n"+strings.Join(addresses, "\n")+"\n"), audience.Delivery{Options: listtest.Options()})
	must(t, err)
	must(t, servertest.Match(t, s.Server))
	b, err := s.Matcher.Members(t.Context(), operator, s.org.ID, a.ID, purpose.AdsMatchAdvertiser)
	must(t, err)
	return b.GetCardinality()
}

func (s *eventSite) yes(account, address string) contact.Event {
	at := s.clock.Now().Format(time.RFC3339Nano)
	return contact.Event{
		Type: contact.EventGiven, Account: account, Kind: "email", Value: address, Prompt: adsPrompt, GivenAt: at, VerifiedAt: at, VerifiedBy: "link",
	}
}

// TestEventsAtOnce: what an event makes matchable, the next list meets, and what
// one takes away, no use finds; no clock moves between.
func TestEventsAtOnce(t *testing.T) {
	t.Parallel()
	for name, database := range engines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newEventSite(t, database(t))
			everybody := []string{"a@example.com", "b@example.com", "c@example.com"}
			if n := s.reached(t, everybody...); n != 0 {
				t.Fatalf("%d reached before anybody was told of", n)
			}
			if rep := s.post(t, s.yes("u1", everybody[0]), s.yes("u2", everybody[1]), s.yes("u9999", everybody[2])); rep.Applied != 2 || rep.Refused != 1 {
				t.Fatalf("%+v", rep)
			}
			if n := s.reached(t, everybody...); n != 2 {
				t.Errorf("%d reached, want 2", n)
			}
			at := s.clock.Now().Format(time.RFC3339Nano)
			s.post(t, contact.Event{Type: contact.EventAge, Account: "u1", AgeClass: contact.Minor, At: at},
				contact.Event{Type: contact.EventLost, Account: "u2", Kind: "email", Value: everybody[1], At: at})
			if n := s.reached(t, everybody...); n != 0 {
				t.Errorf("%d reached, want none", n)
			}
			as, _, err := s.Alerts.Alerts(t.Context(), operator, 0, 9)
			must(t, err)
			if len(as) != 1 || as[0].PlatformID != "u1" || as[0].Matchable != 1 {
				t.Errorf("alerts: %+v", as)
			}
		})
	}
}

func (s *site) compactions(t *testing.T) []job.Status {
	t.Helper()
	vs, err := s.ListJobs(t.Context(), operator, job.Filter{Kind: compaction.Kind})
	must(t, err)
	return vs
}

// TestCompactsByItself: a running server compacts an hour after the last time, if
// there is anything to compact, and the job leaves no rows.
func TestCompactsByItself(t *testing.T) {
	t.Parallel()
	for name, database := range engines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newEventSite(t, database(t))
			due := s.CompactDue()
			for _, c := range []struct {
				what  string
				after time.Duration
				tell  bool
				jobs  int
			}{
				{"at first", 0, false, 0},
				{"of nothing", time.Hour, false, 0},
				{"of something", 0, true, 1},
				{"again", 0, false, 1},
			} {
				s.clock.Add(c.after)
				if c.tell {
					s.post(t, s.yes("u1", "a@example.com"))
				}
				must(t, due(t.Context()))
				if got := s.compactions(t); len(got) != c.jobs {
					t.Fatalf("%s: %d compactions, want %d", c.what, len(got), c.jobs)
				}
			}
			servertest.Drain(t, s.Server, s.clock)
			if v := s.compactions(t)[0]; v.State != job.Done || v.Progress.Done != 1 {
				t.Errorf("%+v", v)
			}
			if p, err := s.Compactor.Pending(t.Context()); err != nil || p != (compaction.Pending{}) {
				t.Errorf("%+v is left, %v", p, err)
			}
			if n := s.reached(t, "a@example.com"); n != 1 {
				t.Errorf("%d reached", n)
			}
			s.post(t, s.yes("u2", "b@example.com"))
			must(t, due(t.Context()))
			if got := s.compactions(t); len(got) != 1 {
				t.Errorf("%d compactions within the hour", len(got))
			}
		})
	}
}

// TestBackupHoldsRows: what is in no chunk yet is in a backup, and comes back on
// either engine.
func TestBackupHoldsRows(t *testing.T) {
	t.Parallel()
	s := newEventSite(t, onSQLite(t))
	s.post(t, s.yes("u1", "a@example.com"))
	to := filepath.Join(t.TempDir(), "backup")
	_, err := s.Backup(t.Context(), operator, to)
	must(t, err)
	for onto, engine := range engines() {
		t.Run("onto "+onto, func(t *testing.T) {
			r := &eventSite{site: s.restored(t, to, engine(t), s.clock.Now(), nil), org: s.org, actor: s.actor}
			if p, err := r.Compactor.Pending(t.Context()); err != nil || p.Rows != 1 {
				t.Errorf("%+v, %v", p, err)
			}
			if n := r.reached(t, "a@example.com"); n != 1 {
				t.Errorf("%d reached", n)
			}
		})
	}
}
