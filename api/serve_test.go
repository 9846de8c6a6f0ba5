package api_test

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/api"
)

// TestRequestID: every answer of an operation has an id of its own, which the
// log has too.
func TestRequestID(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	seen := map[string]bool{}
	for _, key := range []string{p.acme, p.acme, "", p.key} {
		req, err := http.NewRequestWithContext(t.Context(), "GET", p.http.URL+"/v1/audiences", nil)
		must(t, err)
		req.Header.Set("Authorization", "Bearer "+key)
		res, err := http.DefaultClient.Do(req)
		must(t, err)
		must(t, res.Body.Close())
		id := res.Header.Get("X-Request-Id")
		if !regexp.MustCompile(`^req_[0-9a-f]{24}$`).MatchString(id) || seen[id] || !strings.Contains(p.log.String(), `"request":"`+id+`"`) {
			t.Errorf("status %d: id %q", res.StatusCode, id)
		}
		seen[id] = true
	}
}

// TestPace: an org that asks faster than it may is told how long to wait, and
// is served when it has waited; others, and the platform, do not notice.
func TestPace(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	pace := api.DefaultPace()
	for i := range pace.Burst {
		if a := p.ask(t, p.acme, "GET", "/v1/audiences", ""); a.status != 200 {
			t.Fatalf("request %d of a burst of %d: %d", i+1, pace.Burst, a.status)
		}
	}
	// What is refused costs nothing: it does not put off the next turn.
	for range 3 {
		a := p.ask(t, p.acme, "POST", "/v1/audiences", `{"name":"More"}`)
		problem(t, a, 429, selvedge.CodeTooMany)
		if got := a.header.Get("Retry-After"); got != "1" {
			t.Errorf("Retry-After %q", got)
		}
	}
	if a := p.ask(t, p.bolt, "GET", "/v1/audiences", ""); a.status != 200 {
		t.Errorf("another org: %d", a.status)
	}
	for range pace.Burst + 1 {
		if a := p.ask(t, p.key, "POST", "/v1/objections", `{"account":"ada"}`); a.status != 200 {
			t.Fatalf("the platform: %d", a.status)
		}
	}
	p.clock.Add(time.Second)
	for i := range int(pace.PerSecond) {
		if a := p.ask(t, p.acme, "GET", "/v1/audiences", ""); a.status != 200 {
			t.Fatalf("request %d of the next second: %d", i+1, a.status)
		}
	}
	problem(t, p.ask(t, p.acme, "GET", "/v1/audiences", ""), 429, selvedge.CodeTooMany)
	if a := p.ask(t, p.anna, "GET", "/v1/prompts", ""); a.status != 200 {
		t.Errorf("an operator: %d", a.status)
	}
}

const key = "Idempotency-Key"

// TestOnce: a request that is sent again under its key is done once, and
// answered alike, byte for byte.
func TestOnce(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	audiences := func() int { return strings.Count(p.ask(t, p.acme, "GET", "/v1/audiences", "").body, `"id"`) }
	first := p.ask(t, p.acme, "POST", "/v1/audiences", `{"name":"Spring"}`, key, "k1")
	again := p.ask(t, p.acme, "POST", "/v1/audiences", `{"name":"Spring"}`, key, "k1")
	if first.status != 201 || again.status != 201 || first.body != again.body || again.header.Get("Idempotent-Replayed") != "true" || first.header.Get("Idempotent-Replayed") != "" {
		t.Errorf("first %+v\nagain %+v", first, again)
	}
	if n := audiences(); n != 2 {
		t.Errorf("%d audiences", n)
	}
	// Another body, query, path or method is another request.
	for name, a := range map[string]answer{
		"body": p.ask(t, p.acme, "POST", "/v1/audiences", `{"name":"Summer"}`, key, "k1"),
		"path": p.upload(t, "email\nada@example.com\n", key, "k1"),
	} {
		got := problem(t, a, 422, selvedge.CodeKeyReused)
		if got.Field != key {
			t.Errorf("%s: %+v", name, got)
		}
	}
	// Another org's key is another key.
	if a := p.ask(t, p.bolt, "POST", "/v1/audiences", `{"name":"Spring"}`, key, "k1"); a.status != 201 || a.body == first.body {
		t.Errorf("another org: %+v", a)
	}
	// A list is as good as a JSON body.
	up := p.upload(t, "email\nada@example.com\n", key, "k2")
	if same := p.upload(t, "email\nada@example.com\n", key, "k2"); same.status != 201 || same.body != up.body {
		t.Errorf("a list again: %+v", same)
	}
	problem(t, p.upload(t, "email\nben@example.com\n", key, "k2"), 422, selvedge.CodeKeyReused)
	// What failed changed nothing, and may be sent again, put right.
	problem(t, p.ask(t, p.acme, "POST", "/v1/audiences", `{"name":""}`, key, "k3"), 400, selvedge.CodeInvalid)
	if a := p.ask(t, p.acme, "POST", "/v1/audiences", `{"name":"Autumn"}`, key, "k3"); a.status != 201 {
		t.Errorf("put right: %+v", a)
	}
	for name, k := range map[string]string{"long": strings.Repeat("k", 256), "blank": "a b", "not ASCII": "ké"} {
		if got := problem(t, p.ask(t, p.acme, "POST", "/v1/audiences", `{"name":"X"}`, key, k), 400, selvedge.CodeInvalid); got.Reason != "bad_idempotency_key" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	// After a day it is a key like any other.
	p.clock.Add(24 * time.Hour)
	if a := p.ask(t, p.acme, "POST", "/v1/audiences", `{"name":"Summer"}`, key, "k1"); a.status != 201 {
		t.Errorf("after a day: %+v", a)
	}
}

// TestOnceTogether: of many requests under one key that come at the same time,
// one is done; the others are told to come again, or what it was told.
func TestOnceTogether(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	var wg sync.WaitGroup
	answers := make([]answer, 16)
	for i := range answers {
		wg.Go(func() { answers[i] = p.ask(t, p.acme, "POST", "/v1/audiences", `{"name":"Spring"}`, key, "k") })
	}
	wg.Wait()
	bodies := map[string]bool{}
	for _, a := range answers {
		if a.status == http.StatusConflict {
			if got := problem(t, a, 409, selvedge.CodeConflict); got.Reason != "in_flight" || a.header.Get("Retry-After") != "1" {
				t.Errorf("%+v", a)
			}
			continue
		}
		bodies[a.body] = true
	}
	if len(bodies) != 1 {
		t.Errorf("%d different answers", len(bodies))
	}
	if n := strings.Count(p.ask(t, p.acme, "GET", "/v1/audiences", "").body, `"id"`); n != 2 {
		t.Errorf("%d audiences", n)
	}
}

// TestMetrics: an operator's key opens them; what they name is operations,
// statuses and spaces, and what they count is right.
func TestMetrics(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	for range 3 {
		p.ask(t, p.acme, "GET", "/v1/audiences/"+string(p.audience), "")
	}
	p.ask(t, p.acme, "GET", "/v1/audiences/aud_none", "")
	problem(t, p.ask(t, "", "GET", "/metrics", ""), 401, selvedge.CodeUnauthenticated)
	problem(t, p.ask(t, p.acme, "GET", "/metrics", ""), 403, selvedge.CodeForbidden)
	problem(t, p.ask(t, p.key, "GET", "/metrics", ""), 403, selvedge.CodeForbidden)
	a := p.ask(t, p.anna, "GET", "/metrics", "")
	for _, line := range []string{
		`selvedge_http_request_duration_seconds_count{operation="getAudience",status="200"} 3`,
		`selvedge_http_request_duration_seconds_count{operation="getAudience",status="404"} 1`,
		`selvedge_contained 0`,
		`selvedge_index_lag_positions `,
		`selvedge_ledger_waiting_entries{space="registry"} `,
	} {
		if !strings.Contains(a.body, "\n"+line) {
			t.Errorf("no %s in\n%s", line, a.body)
		}
	}
	for _, word := range []string{string(p.audience), "aud_", "org_", "ada"} {
		for l := range strings.Lines(a.body) {
			if strings.HasPrefix(l, "selvedge_") && strings.Contains(l, word) {
				t.Errorf("a metric names %q: %s", word, l)
			}
		}
	}
	var position int64
	must(t, p.database(t).QueryRowContext(t.Context(), "SELECT MAX(position) FROM change_ads").Scan(&position))
	if !strings.Contains(a.body, "\nselvedge_ads_position "+strconv.FormatInt(position, 10)+"\n") {
		t.Errorf("the position is not %d", position)
	}
}

func TestReady(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	if a := p.ask(t, "", "GET", "/readyz", ""); a.status != 200 || a.body != "{\"status\":\"ready\"}\n" {
		t.Errorf("%+v", a)
	}
	_, err := p.database(t).ExecContext(t.Context(), "ALTER TABLE ledger_head RENAME TO lost")
	must(t, err)
	problem(t, p.ask(t, "", "GET", "/readyz", ""), 503, selvedge.CodeUnavailable)
}
