package api_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/server/servertest"
)

// canary is planted wherever a request can carry a value. It has the form of a
// word, so that it fits everywhere.
const canary = "zqcanary"

// marks are all spellings by which the canary, or an address made of it, could
// come out again.
func marks() []string {
	sum := sha256.Sum256([]byte(canary + "@example.com"))
	return []string{canary, strings.ToUpper(canary), hex.EncodeToString(sum[:]), "7700900987"}
}

func hasCanary(text string) string {
	for _, m := range marks() {
		if strings.Contains(text, m) {
			return m
		}
	}
	return ""
}

// TestNothingIsEchoed plants the canary in every field of every request, in its
// path, query and headers. No answer that refuses holds it, no report of a list
// does, and no line of the log, whatever the answer.
func TestNothingIsEchoed(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	own := "/v1/audiences/" + string(p.audience)
	type request struct{ key, method, path, body string }
	var requests []request
	for _, path := range []string{
		"/v1/audiences/" + canary, "/v1/audiences/" + canary + "/lists", "/v1/audiences/" + canary + "/lists/" + canary,
		own + "/lists/" + canary, "/v1/audiences/" + canary + "%0a", "/" + canary, "/v1//" + canary, "/v1/../" + canary,
		"/v1/audiences?" + canary + "=" + canary, own + "/lists?default_region=" + canary, own + "/lists" + agreed + "&label=" + canary + "%07&source=" + canary, own + "/lists?ad_user_data=" + canary, own + "/lists?default_region=%zz" + canary,
		own + "/versions?cursor=" + canary, own + "/members:" + canary, own + "/versions:" + canary,
		"/v1/prompts/" + canary + "/versions/1:approve", "/v1/prompts/" + canary + "/versions/" + canary + ":approve",
		"/v1/prompts/offers/versions/1:" + canary, "/v1/prompts/" + canary, "/v1/prompts?" + canary,
		"/v1/uploads/" + canary, "/v1/uploads?" + canary, own + "/lists" + agreed + "&upload=" + canary,
		"/v1/accounts/" + canary + "/contact-points", "/v1/accounts//" + canary, "/v1/accounts/%2F" + canary + "/contact-points",
	} {
		for _, key := range []string{p.acme, p.key, p.anna, "", canary, "slv_" + canary + canary + "_" + canary, p.acme + canary} {
			requests = append(requests, request{key, "GET", path, ""}, request{key, "POST", path, canary}, request{key, canary, path, canary})
		}
	}
	for path, bodies := range map[string][]string{
		"/v1/audiences": {
			`{"` + canary + `":1}`, `{"name":{"` + canary + `":1}}`, `{"name":["` + canary + `"]}`, `"` + canary + `"`, canary,
			`{"name":"` + canary + strings.Repeat("x", 200) + `"}`, `{"name":"x"} ` + canary, `{"name":"` + canary,
		},
		own + "/members:add":     canaryMembers(),
		own + "/members:remove":  canaryMembers(),
		own + "/members:replace": canaryMembers(),
		"/v1/objections": {
			`{"account":"` + canary + `"}`, `{"account":"` + canary + `","` + canary + `":1}`, `{"account":["` + canary + `"]}`,
		},
		"/v1/objections:lift": {`{"account":"` + canary + `"}`, `{"account":{"` + canary + `":"` + canary + `"}}`},
		"/v1/contact-points:withdraw": withdrawals(
			"account", "kind", "value", "sha256", "region", "purposes", canary,
		),
		"/v1/prompts": canaryPrompts(),
		"/v1/prompts/offers/versions/1:approve": {
			`{"grants":"` + canary + `"}`, `{"grants":["` + canary + `"]}`, `{"` + canary + `":1}`, `{"grants":"ads"} ` + canary, canary,
		},
		"/v1/prompts/" + canary + "/versions/1:approve": {`{"grants":"ads"}`},
	} {
		for _, body := range bodies {
			for _, key := range []string{p.key, p.acme, p.anna} {
				requests = append(requests, request{key, "POST", path, body})
			}
		}
	}
	for _, csv := range []string{
		canary + "\n", canary + ",x\n", `"` + canary, "email\n\"" + canary, "email\n" + strings.Repeat(canary, 9000), "sep=" + canary + "\n",
		"\xff" + canary + "\n", canary + "\x00\n", strings.Repeat("email,", 65) + canary + "\n", "+447700900987" + canary + "\n",
	} {
		requests = append(requests, request{p.acme, "POST", own + "/lists" + agreed, csv})
	}
	refused := 0
	for _, r := range requests {
		a := p.ask(t, r.key, r.method, r.path, r.body,
			"Content-Type", "text/csv; x="+canary, "User-Agent", canary, "Accept", canary, "Cookie", canary+"="+canary,
			"X-Request-Id", canary, "Content-Digest", canaryDigest(r.path), "Idempotency-Key", canary, "Traceparent", canary, "Referer", canary)
		if a.status >= http.StatusBadRequest {
			refused++
			if m := hasCanary(a.text()); m != "" {
				t.Errorf("%s %s %.60q answers %d with %q in it:\n%s", r.method, r.path, r.body, a.status, m, a.text())
			}
		}
		if a.status >= http.StatusInternalServerError {
			t.Errorf("%s %s %.60q answers %d", r.method, r.path, r.body, a.status)
		}
	}
	if refused < len(requests)*9/10 {
		t.Errorf("of %d requests only %d were refused", len(requests), refused)
	}

	// A list that is taken, with the canary in every place that is kept nowhere.
	a := p.upload(t, "email,phone,"+canary+"\n"+canary+"@example.com,+447700900987,"+canary+"\n"+canary+" x,"+canary+",\n"+
		canary+"@example.com,,\n\""+canary+"\"x,,\n\xff"+canary+",,\n")
	if a.status != http.StatusCreated || !strings.Contains(a.body, `"used":1`) {
		t.Errorf("the list was not taken: %+v", a)
	}
	if m := hasCanary(a.text()); m != "" {
		t.Errorf("the report holds %q: %s", m, a.body)
	}
	servertest.Drain(t, p.Server, p.clock)
	if m := hasCanary(p.log.String()); m != "" {
		t.Errorf("the log holds %q", m)
	}
	if n := strings.Count(p.log.String(), "\n"); n < refused/2 {
		t.Errorf("the log has only %d lines: the search proves little", n)
	}
}

// withdrawals returns withdrawals that hold the canary in one of the fields
// each, as a text and as what is no text.
func withdrawals(fields ...string) (out []string) {
	for _, f := range fields {
		for _, v := range []any{canary, canary + "@example.com", "+447700900987" + canary, []string{canary}, map[string]string{canary: canary}} {
			body := map[string]any{"account": "ada", "kind": "email", "value": "ada@example.com", "purposes": []string{"ads.suppress"}}
			if body[f] = v; f == "sha256" {
				delete(body, "value")
			}
			b, _ := json.Marshal(body) // of maps and texts: cannot fail
			out = append(out, string(b))
		}
	}
	return out
}

// canaryPrompts returns prompts that hold the canary in one of the fields each,
// none of which can be registered. Language tags are no values: an error names
// them as part of the field.
func canaryPrompts() []string {
	out := []string{`{"` + canary + `":1}`, `{"prompts":"` + canary + `"}`, `{"prompts":[{"` + canary + `":1}]}`, `{"prompts":[]} ` + canary, canary, `["` + canary + `"]`}
	for _, field := range []string{"id", "version", "surface", "legal_basis", "purposes", "ads_expiry_months", "texts", "approved_by", canary} {
		for _, v := range []any{canary, canary + "@example.com", []string{canary}, map[string]string{canary: canary}, map[string]any{"en": map[string]string{"text": canary, "sha256": canary}}} {
			var q map[string]any
			_ = json.Unmarshal([]byte(newsPrompt), &q) // ours: cannot fail
			q[field] = v
			if field == "id" || field == "surface" {
				q["purposes"] = canary // or it would be a good prompt
			}
			b, _ := json.Marshal(q) // of maps and texts: cannot fail
			out = append(out, string(b), `{"prompts":[`+string(b)+`]}`)
		}
	}
	return out
}

// canaryDigest plants the canary in a header that would refuse every list, in
// every other request.
func canaryDigest(path string) string {
	if len(path)%2 == 0 {
		return ""
	}
	return "sha-256=:" + canary + ":"
}

// TestOurFaultsAreHidden: what went wrong here is in the log, and nothing of it
// in the answer.
func TestOurFaultsAreHidden(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	_, err := p.database(t).ExecContext(t.Context(), "ALTER TABLE access_key RENAME TO lost")
	must(t, err)
	a := p.ask(t, p.acme, "GET", "/v1/audiences", "")
	got := problem(t, a, 500, selvedge.CodeInternal)
	if got.Detail != "The fault is ours and is in the log." || strings.Contains(a.text(), "access_key") {
		t.Errorf("answered %s", a.body)
	}
	var line struct{ Level, Msg, Route, Error string }
	must(t, json.Unmarshal([]byte(p.log.String()), &line))
	if line.Level != "ERROR" || line.Route != "GET /v1/audiences" || !strings.Contains(line.Error, "access_key") {
		t.Errorf("logged %+v", line)
	}
}

// TestLog: a request is one line with its route, never its path.
func TestLog(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.ask(t, p.acme, "GET", "/v1/audiences/"+string(p.audience), "")
	p.ask(t, p.key, "GET", "/v1/accounts/ada/contact-points", "")
	lines := strings.Split(strings.TrimSpace(p.log.String()), "\n")
	if len(lines) != 2 {
		t.Fatalf("logged %q", lines)
	}
	for i, route := range []string{"GET /v1/audiences/{audience}", "GET /v1/accounts/{account}/contact-points"} {
		var got map[string]any
		must(t, json.Unmarshal([]byte(lines[i]), &got))
		delete(got, "time")
		delete(got, "request") // see TestRequestID
		want := map[string]any{"level": "INFO", "msg": "request", "route": route, "status": 200.0, "took": 0.0}
		if diff := diffJSON(want, got); diff != "" {
			t.Errorf("logged (-want +got):\n%s", diff)
		}
	}
}

// canaryMembers are batches with the canary in each field.
func canaryMembers() []string {
	const member = `{"members":[{"emails":["` + canary + `"],"phones":["` + canary + `"],"sha256_emails":["` + canary + `@example.com"],
		"sha256_phones":["+447700900987"],"external_id":"` + canary + `"}],"ad_user_data":"granted","ad_personalization":"granted"`
	return []string{
		member + `}`, member + `,"default_region":"` + canary + `"}`, member + `,"expires_at":"` + canary + `"}`, member + `,"` + canary + `":1}`, `{"members":[],"source":"` + canary + `"}`, `{"members":[{"ad_user_data":"` + canary + `"}]}`,
		`{"members":"` + canary + `"}`, `{"members":[{"` + canary + `":1}]}`, `{"members":[{"emails":"` + canary + `"}]}`, `{"members":[` + canary,
		`{"members":[{"external_id":"` + canary + strings.Repeat("x", 256) + `"}]}`,
	}
}
