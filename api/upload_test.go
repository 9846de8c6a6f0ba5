package api_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/server/servertest"
)

// TestUploadAnswer fixes the field names and the shape that senders read.
func TestUploadAnswer(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	a := p.upload(t, "email,name\nada@example.com,Ada\nADA@example.com,Ada\n,Ben\nnobody,Cid\n")
	id, _, _ := strings.Cut(strings.TrimPrefix(a.body, `{"id":"`), `"`)
	want := fmt.Sprintf(`{"id":%q,"audience":%q,"kind":"add","status":"processing","accepted_at":"2026-03-14T09:26:10Z","effective_at":"2026-03-14T09:26:10Z","expires_at":"2026-09-10T09:26:10Z",`+
		`"declaration":{"ad_user_data":"granted","ad_personalization":"granted","terms_version":1},`+
		`"report":{"format":"csv","encoding":"utf-8","separator":",","header":true,"columns":[{"number":1,"kind":"email"}],"dropped":1,`+
		`"rows":{"read":4,"used":1,"empty":1,"duplicate":1,"refused":1},`+
		`"identifiers":{"read":4,"used":1,"empty":1,"duplicate":1,"refused":1},`+
		`"clear":2,"hashed":0,"repaired":0,"refused":[{"reason":"not_an_email","count":1,"rows":[5]}]},`+
		`"advice":{"not_an_email":"This is not an e-mail address; send one address, such as name@example.com."},"diagnosis":[]}`+"\n", id, p.audience)
	if a.status != http.StatusCreated || a.header.Get("Content-Type") != "application/json" {
		t.Errorf("status %d, %s", a.status, a.header)
	}
	if diff := cmp.Diff(want, a.body); diff != "" {
		t.Errorf("uploaded (-want +got):\n%s", diff)
	}
	path := "/v1/audiences/" + string(p.audience) + "/lists"
	if got := p.ask(t, p.acme, "GET", path+"/"+id, ""); got.body != want {
		t.Errorf("read again: %s", got.body)
	}
	if got, want := p.ask(t, p.acme, "GET", path, "").body, `{"items":[`+strings.TrimSpace(want)+"]}\n"; got != want {
		t.Errorf("listed: %s", got)
	}
	if got := p.ask(t, p.bolt, "GET", "/v1/audiences/"+string(p.elsewhere)+"/lists", ""); got.body != "{\"items\":[]}\n" {
		t.Errorf("no lists: %s", got.body)
	}
}

// TestAnswerDoesNotDependOnPeople: a list of people who are there and one of
// people who are not get the same bytes, up to the ids.
func TestAnswerDoesNotDependOnPeople(t *testing.T) {
	t.Parallel()
	answers := map[string]answer{}
	for _, csv := range []string{"email\nada@example.com\n", "email\neve@example.com\n"} {
		p := newPlatform(t)
		first := p.upload(t, csv)
		servertest.Drain(t, p.Server, p.clock)
		p.clock.Add(60e9)
		second := p.ask(t, p.acme, "GET", "/v1/audiences/"+string(p.audience), "")
		second.body = first.body + second.body
		answers[csv] = second
	}
	if diff := cmp.Diff(answers["email\nada@example.com\n"], answers["email\neve@example.com\n"], cmp.AllowUnexported(answer{})); diff != "" {
		t.Errorf("there (-), not there (+):\n%s", diff)
	}
}

// TestUploadRefused: each fault by its name, and nothing of the list is left.
func TestUploadRefused(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	const good = "email\nada@example.com\n"
	before := p.snapshot(t)
	for _, c := range []struct {
		name, body, query string
		headers           []string
		field, reason     string
		row               int64
	}{
		{name: "no content type", body: good, headers: []string{"Content-Type", ""}, field: "Content-Type", reason: "not_csv"},
		{name: "what curl -d says", body: good, headers: []string{"Content-Type", "application/x-www-form-urlencoded"}, field: "Content-Type", reason: "not_csv"},
		{name: "a form", body: good, headers: []string{"Content-Type", "multipart/form-data; boundary=x"}, field: "Content-Type", reason: "not_csv"},
		{name: "JSON", body: good, headers: []string{"Content-Type", "application/json"}, field: "Content-Type", reason: "not_csv"},
		{name: "half a content type", body: good, headers: []string{"Content-Type", "text/csv; charset"}, field: "Content-Type", reason: "not_csv"},
		{name: "another digest", body: good, headers: []string{"Content-Digest", digestOf("email\n")}, field: "Content-Digest", reason: "digest_mismatch"},
		{name: "a digest of another kind", body: good, headers: []string{"Content-Digest", "md5=:AAAA:"}, field: "Content-Digest", reason: "bad_digest"},
		{name: "a digest without its colons", body: good, headers: []string{"Content-Digest", strings.ReplaceAll(digestOf(good), ":", "")}, field: "Content-Digest", reason: "bad_digest"},
		{name: "a digest without its name", body: good, headers: []string{"Content-Digest", strings.TrimPrefix(digestOf(good), "sha-256=:")}, field: "Content-Digest", reason: "bad_digest"},
		{name: "a digest that is too short", body: good, headers: []string{"Content-Digest", "sha-256=:AAAA:"}, field: "Content-Digest", reason: "bad_digest"},
		{name: "a digest that is no base64", body: good, headers: []string{"Content-Digest", "sha-256=:" + strings.Repeat("!", 44) + ":"}, field: "Content-Digest", reason: "bad_digest"},
		{name: "an empty file", body: "", field: "header", reason: "empty_file"},
		{name: "no known column", body: "name,city\nAda,London\n", field: "header", reason: "no_known_column", row: 1},
		{name: "NUL bytes", body: "em\x00ail\nada@example.com\n", field: "header", reason: "nul_bytes", row: 1},
		{name: "a quote that is not closed", body: "email\n\"ada@example.com\n", reason: "ended_early", row: 2},
		{name: "a country that is none", body: good, query: "&default_region=XX", field: "default_region"},
		{name: "a country in words", body: good, query: "&default_region=Britain", field: "default_region"},
	} {
		t.Run(c.name, func(t *testing.T) {
			headers := append([]string{"Content-Type", "text/csv"}, c.headers...)
			a := p.ask(t, p.acme, "POST", "/v1/audiences/"+string(p.audience)+"/lists"+agreed+c.query, c.body, headers...)
			got := problem(t, a, 400, selvedge.CodeInvalid)
			if got.Field != c.field || got.Reason != c.reason || got.Row != c.row {
				t.Errorf("field %q, reason %q, row %d; want %q, %q, %d", got.Field, got.Reason, got.Row, c.field, c.reason, c.row)
			}
		})
	}
	t.Run("a row too long", func(t *testing.T) {
		got := problem(t, p.upload(t, good+strings.Repeat("x", list.MaxLine+1)), 413, selvedge.CodeTooLarge)
		if got.Row != 3 {
			t.Errorf("row %d", got.Row)
		}
	})
	if diff := cmp.Diff(before, p.snapshot(t)); diff != "" {
		t.Error("refused lists left something in the data folder")
	}
}

// TestUploadTaken: what a careful sender sends.
func TestUploadTaken(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	const csv = "email\nada@example.com\n"
	for name, headers := range map[string][]string{
		"the file's digest":      {"Content-Digest", digestOf(csv)},
		"one digest of several":  {"Content-Digest", "sha-512=:AAAA:, " + digestOf(csv)},
		"a charset":              {"Content-Type", `text/csv; charset="utf-8"; header=present`},
		"plain text":             {"Content-Type", "text/plain"},
		"a file of unknown type": {"Content-Type", "application/octet-stream"},
	} {
		if a := p.upload(t, csv, headers...); a.status != http.StatusCreated {
			t.Errorf("%s: %+v", name, a)
		}
	}
	a := p.ask(t, p.acme, "POST", "/v1/audiences/"+string(p.audience)+"/lists"+agreed+"&default_region=GB", "phone\n07700 900123\n", "Content-Type", "text/csv")
	if !strings.Contains(a.body, `"clear":1`) {
		t.Errorf("a national number with its country: %+v", a)
	}
}

// TestCutOff: an upload whose connection ends before its body does is refused,
// at whatever byte, and leaves every file of the data folder as it was.
func TestCutOff(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	const row = "ada@example.com\n"
	before := p.snapshot(t)
	for _, c := range []struct{ name, length, body string }{
		{"before the header", "Content-Length: 100", ""},
		{"within the header", "Content-Length: 100", "ema"},
		{"within a row", "Content-Length: 100", "email\nada@exam"},
		{"at the end of a row", "Content-Length: 100", "email\n" + row},
		{"one byte short", "Content-Length: 23", "email\n" + row},
		{"after many rows", "Content-Length: 4000006", "email\n" + strings.Repeat(row, 100_000)},
		{"chunked, without an end", "Transfer-Encoding: chunked", "16\r\nemail\n" + row + "\r\n"},
		{"chunked, within a chunk", "Transfer-Encoding: chunked", "1600\r\nemail\n" + row},
		{"chunked, before the last line end", "Transfer-Encoding: chunked", "16\r\nemail\n" + row + "\r\n0\r\n"},
		{"chunked, nothing", "Transfer-Encoding: chunked", ""},
		{"chunked, with a length that is none", "Transfer-Encoding: chunked", "16\r\nemail\n" + row + "\r\nzz\r\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := problem(t, p.cutOff(t, c.length, c.body), 400, selvedge.CodeInvalid)
			if got.Reason != "ended_early" {
				t.Errorf("reason %q", got.Reason)
			}
		})
	}
	if diff := cmp.Diff(before, p.snapshot(t)); diff != "" {
		t.Error("uploads that were cut off left something in the data folder")
	}
	if a := p.ask(t, p.acme, "GET", "/v1/audiences/"+string(p.audience)+"/lists", ""); a.body != "{\"items\":[]}\n" {
		t.Errorf("lists: %s", a.body)
	}
	// The same bytes with their end are taken: it was the end that was missing.
	if a := p.cutOff(t, "Transfer-Encoding: chunked", "16\r\nemail\n"+row+"\r\n0\r\n\r\n"); a.status != http.StatusCreated {
		t.Errorf("whole: %+v", a)
	}
	if a := p.cutOff(t, "Content-Length: 22", "email\n"+row); a.status != http.StatusCreated {
		t.Errorf("whole: %+v", a)
	}
}

// cutOff sends an upload by hand and closes the connection to the server, but
// not from it.
func (p *platform) cutOff(t *testing.T, length, body string) answer {
	t.Helper()
	conn, err := net.Dial("tcp", p.http.Listener.Addr().String())
	must(t, err)
	defer conn.Close()
	_, err = fmt.Fprintf(conn, "POST /v1/audiences/%s/lists%s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: text/csv\r\n%s\r\n\r\n%s",
		p.audience, agreed, p.acme, length, body)
	must(t, err)
	must(t, conn.(*net.TCPConn).CloseWrite())
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	must(t, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	must(t, err)
	return answer{res.StatusCode, res.Header, string(b)}
}

// TestUploadOfAnyFile sends files that are no CSV, and says what the file does not
// tell.
func TestUploadOfAnyFile(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	hash := strings.Repeat("ab", 32)
	for name, c := range map[string]struct{ query, kind, body, want string }{
		"NDJSON":    {"", "application/x-ndjson", `{"email":"ada@example.com"}`, `"format":"ndjson"`},
		"columns":   {"&columns=2:email&columns=3%3Acountry&header=no&separator=semicolon", "text/csv", "x;" + hash + ";GB\n", `"columns":[{"number":2,"kind":"email"}],"country_column":3`},
		"encoding":  {"&encoding=windows-1252&format=csv", "application/octet-stream", "email\na@b\xfccher.example\n", `"encoding":"windows-1252"`},
		"no role":   {"&columns=2:name", "text/csv", "email\n", `"reason":"bad_column"`},
		"no format": {"&format=pdf", "text/csv", "email\n", `"field":"format"`},
	} {
		a := p.ask(t, p.acme, "POST", "/v1/audiences/"+string(p.audience)+"/lists"+agreed+c.query, c.body, "Content-Type", c.kind)
		var compact bytes.Buffer
		if err := json.Compact(&compact, []byte(a.body)); err != nil || !strings.Contains(compact.String(), c.want) {
			t.Errorf("%s: %s, want %s", name, a.body, c.want)
		}
	}
}
