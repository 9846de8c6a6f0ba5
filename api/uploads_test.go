package api_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/api"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/list/listtest"
	"github.com/selvedge/selvedge/upload"
)

const offsetType = "application/offset+octet-stream"

// begin begins an upload of acme's.
func (p *platform) begin(t *testing.T, length int) (path string) {
	t.Helper()
	a := p.ask(t, p.acme, "POST", "/v1/uploads", "", "Upload-Length", strconv.Itoa(length), "Tus-Resumable", "1.0.0")
	path = a.header.Get("Location")
	if a.status != http.StatusCreated || !strings.HasPrefix(path, "/v1/uploads/upl_") {
		t.Fatalf("begin: %+v", a)
	}
	return path
}

func (p *platform) patch(t *testing.T, path string, offset int, body string, headers ...string) answer {
	t.Helper()
	return p.ask(t, p.acme, "PATCH", path, body, append([]string{"Content-Type", offsetType, "Upload-Offset", strconv.Itoa(offset), "Tus-Resumable", "1.0.0"}, headers...)...)
}

// offset asks where an upload is, as clients of the protocol do.
func (p *platform) offset(t *testing.T, path string) int {
	t.Helper()
	a := p.ask(t, p.acme, "HEAD", path, "", "Tus-Resumable", "1.0.0")
	n, err := strconv.Atoi(a.header.Get("Upload-Offset"))
	if err != nil || a.status != 200 || a.body != "" || a.header.Get("Cache-Control") != "no-store" || a.header.Get("Tus-Resumable") != "1.0.0" {
		t.Fatalf("HEAD: %+v", a)
	}
	return n
}

// take has a list made of an upload.
func (p *platform) take(t *testing.T, path, more string, headers ...string) answer {
	t.Helper()
	id := path[strings.LastIndex(path, "/")+1:]
	return p.ask(t, p.acme, "POST", "/v1/audiences/"+string(p.audience)+"/lists"+agreed+"&upload="+id+more, "", headers...)
}

// TestProtocol follows an upload from its beginning to its end, by the protocol.
func TestProtocol(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	const csv = "email\nada@example.com\neve@example.com\n"
	path := p.begin(t, len(csv))
	a := p.ask(t, p.acme, "GET", path, "")
	var u api.Upload
	must(t, json.Unmarshal([]byte(a.body), &u))
	want := api.Upload{ID: upload.ID(path[len("/v1/uploads/"):]), Length: int64(len(csv)), ExpiresAt: start.Add(24 * time.Hour)}
	if diff := cmp.Diff(want, u); diff != "" || a.header.Get("Upload-Length") != strconv.Itoa(len(csv)) || a.header.Get("Upload-Expires") != "Sun, 15 Mar 2026 09:26:10 GMT" {
		t.Errorf("%v\n%s", a.header, diff)
	}
	if a := p.patch(t, path, 0, csv[:10]); a.status != http.StatusNoContent || a.header.Get("Upload-Offset") != "10" || a.body != "" {
		t.Errorf("the first bytes: %+v", a)
	}
	if n := p.offset(t, path); n != 10 {
		t.Errorf("at %d", n)
	}
	problem(t, p.patch(t, path, 0, csv[:10]), 409, selvedge.CodeConflict)
	if got := problem(t, p.take(t, path, ""), 409, selvedge.CodeConflict); got.Reason != "upload_incomplete" {
		t.Errorf("%+v", got)
	}
	if a := p.patch(t, path, 10, csv[10:]); a.status != http.StatusNoContent {
		t.Errorf("the rest: %+v", a)
	}
	taken := p.take(t, path, "", "Content-Digest", digestOf(csv))
	direct := p.upload(t, csv)
	if shape(t, taken) != shape(t, direct) {
		t.Errorf("from an upload: %s\nin one piece: %s", taken.body, direct.body)
	}
	problem(t, p.take(t, path, ""), 404, selvedge.CodeNotFound)
	for _, method := range []string{"GET", "PATCH", "DELETE"} {
		problem(t, p.ask(t, p.acme, method, path, ""), 404, selvedge.CodeNotFound)
	}
	path = p.begin(t, 7)
	if a := p.ask(t, p.acme, "DELETE", path, ""); a.status != http.StatusNoContent || a.body != "" || a.header.Get("Tus-Resumable") != "1.0.0" {
		t.Errorf("deleted: %+v", a)
	}
	problem(t, p.ask(t, p.acme, "GET", path, ""), 404, selvedge.CodeNotFound)
}

// shape is an answer but for the list's id.
func shape(t *testing.T, a answer) string {
	t.Helper()
	_, rest, ok := strings.Cut(a.body, `","audience"`)
	if !ok {
		t.Errorf("no list: %+v", a)
	}
	return fmt.Sprint(a.status, a.header.Get("Content-Type"), rest)
}

// TestOtherVersions: a client of another version is told which one is spoken, and
// nothing is done.
func TestOtherVersions(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	a := p.ask(t, p.acme, "POST", "/v1/uploads", "", "Upload-Length", "5", "Tus-Resumable", "0.2.2")
	problem(t, a, 412, selvedge.CodePrecondition)
	if a.header.Get("Tus-Version") != "1.0.0" || a.header.Get("Location") != "" {
		t.Errorf("%v", a.header)
	}
	a = p.ask(t, "", "OPTIONS", "/v1/uploads", "")
	want := map[string]string{"Tus-Resumable": "1.0.0", "Tus-Version": "1.0.0", "Tus-Extension": "creation,termination,expiration", "Tus-Max-Size": "10737418240"}
	for name, value := range want {
		if got := a.header.Get(name); got != value || a.status != 204 {
			t.Errorf("%d, %s is %q", a.status, name, got)
		}
	}
}

// TestUploadHeaders: what is no number of bytes is refused by the header's name, and
// nothing of it comes back.
func TestUploadHeaders(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	for _, text := range []string{"-1", "+5", "5 5", "5,5", "0x5", "5.0", "1e3", "five", "9223372036854775808", ""} {
		got := problem(t, p.ask(t, p.acme, "POST", "/v1/uploads", "", "Upload-Length", text), 400, selvedge.CodeInvalid)
		if got.Field != "Upload-Length" || got.Reason != "bad_number" {
			t.Errorf("%q: %+v", text, got)
		}
	}
	if got := problem(t, p.ask(t, p.acme, "POST", "/v1/uploads", ""), 400, selvedge.CodeInvalid); got.Field != "Upload-Length" {
		t.Errorf("none: %+v", got)
	}
	if got := problem(t, p.ask(t, p.acme, "POST", "/v1/uploads", "", "Upload-Length", "0"), 400, selvedge.CodeInvalid); got.Reason != "bad_length" {
		t.Errorf("an empty file: %+v", got)
	}
	if got := problem(t, p.ask(t, p.acme, "POST", "/v1/uploads", "", "Upload-Length", "10737418241"), 413, selvedge.CodeTooLarge); got.Reason != "list_too_large" {
		t.Errorf("too long: %+v", got)
	}
	path := p.begin(t, 5)
	if got := problem(t, p.ask(t, p.acme, "PATCH", path, "abc", "Content-Type", offsetType), 400, selvedge.CodeInvalid); got.Field != "Upload-Offset" {
		t.Errorf("no offset: %+v", got)
	}
	if got := problem(t, p.ask(t, p.acme, "PATCH", path, "abc", "Upload-Offset", "0", "Content-Type", "text/csv"), 400, selvedge.CodeInvalid); got.Reason != "not_offset" {
		t.Errorf("another type: %+v", got)
	}
	if got := problem(t, p.patch(t, path, 0, "abcdef"), 413, selvedge.CodeTooLarge); got.Reason != "beyond_length" {
		t.Errorf("too much: %+v", got)
	}
}

// TestCutOffOverTheWire: whatever has arrived when a connection breaks is there, and
// the upload goes on from there.
func TestCutOffOverTheWire(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	csv := "email\n" + strings.Repeat("ada@example.com\n", 20_000)
	path, at := p.begin(t, len(csv)), 0
	p.Uploads.Part = 64 << 10
	for _, n := range []int{0, 1, 100, 64<<10 - 101, 64 << 10, 64<<10 + 1, 3} {
		conn, err := net.Dial("tcp", p.http.Listener.Addr().String())
		must(t, err)
		_, err = fmt.Fprintf(conn, "PATCH %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: %s\r\nUpload-Offset: %d\r\nContent-Length: %d\r\n\r\n%s",
			path, p.acme, offsetType, at, len(csv)-at, csv[at:at+n])
		must(t, err)
		must(t, conn.(*net.TCPConn).CloseWrite())
		res, err := http.ReadResponse(bufio.NewReader(conn), nil) // the server has done what it does
		must(t, err)
		res.Body.Close()
		conn.Close()
		if at += n; p.offset(t, path) != at {
			t.Fatalf("%d bytes arrived, and it is at %d", at, p.offset(t, path))
		}
	}
	if a := p.patch(t, path, at, csv[at:]); a.status != http.StatusNoContent {
		t.Fatalf("the rest: %+v", a)
	}
	if taken, direct := p.take(t, path, ""), p.upload(t, csv); shape(t, taken) != shape(t, direct) {
		t.Errorf("from an upload: %s\nin one piece: %s", taken.body, direct.body)
	}
}

// TestTakeRefused: an upload that did not become a list is there for the next try.
func TestTakeRefused(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	const csv = "email\nada@example.com\n"
	path := p.begin(t, len(csv))
	p.patch(t, path, 0, csv)
	id := path[strings.LastIndex(path, "/")+1:]
	own := "/v1/audiences/" + string(p.audience) + "/lists"
	if got := problem(t, p.ask(t, p.acme, "POST", own+agreed+"&upload="+id, "x"), 400, selvedge.CodeInvalid); got.Reason != "body_and_upload" {
		t.Errorf("a body too: %+v", got)
	}
	if got := problem(t, p.take(t, path, "", "Content-Digest", digestOf("x")), 400, selvedge.CodeInvalid); got.Reason != "digest_mismatch" {
		t.Errorf("another file: %+v", got)
	}
	if got := problem(t, p.take(t, path, "&default_region=XX"), 400, selvedge.CodeInvalid); got.Field != "default_region" {
		t.Errorf("no region: %+v", got)
	}
	if got := problem(t, p.ask(t, p.acme, "POST", own+"?upload="+id, ""), 400, selvedge.CodeInvalid); got.Field != "ad_user_data" {
		t.Errorf("no consent: %+v", got)
	}
	// Another org's upload is none.
	theirs := "/v1/audiences/" + string(p.elsewhere) + "/lists" + agreed + "&upload="
	a, none := p.ask(t, p.bolt, "POST", theirs+id, ""), p.ask(t, p.bolt, "POST", theirs+"upl_none", "")
	if diff := cmp.Diff(none, a, cmp.AllowUnexported(answer{})); diff != "" || a.status != 404 {
		t.Errorf("another org's:\n%s", diff)
	}
	if a := p.take(t, path, "&dry_run=true"); a.status != 200 || !strings.Contains(a.body, `"value":"ada@example.com"`) {
		t.Errorf("a dry run: %+v", a)
	}
	first := p.take(t, path, "", key, "k")
	again := p.take(t, path, "", key, "k")
	if first.status != 201 || again.body != first.body || again.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("first %+v, again %+v", first, again)
	}
}

// TestBeginOnce: under a key an upload is begun once, and the answer says where it
// is each time.
func TestBeginOnce(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	ask := func(length string) answer {
		return p.ask(t, p.acme, "POST", "/v1/uploads", "", "Upload-Length", length, key, "k")
	}
	first, again := ask("5"), ask("5")
	if first.header.Get("Location") == "" || again.header.Get("Location") != first.header.Get("Location") || again.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("first %v, again %v", first.header, again.header)
	}
	problem(t, ask("6"), 422, selvedge.CodeKeyReused)
}

// breaking breaks each connection after some bytes of a body.
type breaking struct {
	after int64
	left  int // how often
}

func (b *breaking) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == "PATCH" && b.left > 0 {
		b.left--
		r = r.Clone(r.Context())
		r.Body = io.NopCloser(io.MultiReader(io.LimitReader(r.Body, b.after), failing{}))
	}
	return http.DefaultTransport.RoundTrip(r)
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }

// TestClientResumes: the client goes on where a broken connection left it.
func TestClientResumes(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	csv := "email\n" + strings.Repeat("ada@example.com\n", 30_000)
	c := p.client(p.acme)
	c.HTTP = &http.Client{Transport: &breaking{after: 100_000, left: 3}}
	id, err := c.SendUpload(t.Context(), bytes.NewReader([]byte(csv)), int64(len(csv)))
	must(t, err)
	got, err := c.TakeUpload(t.Context(), p.audience, id, audience.Delivery{Options: listtest.Options()}, digestOf(csv))
	if err != nil || got.Report.Rows.Read != 30_000 {
		t.Errorf("%+v, %v", got.Report.Rows, err)
	}
	if _, err := c.Upload(t.Context(), id); selvedge.CodeOf(err) != selvedge.CodeNotFound {
		t.Errorf("afterwards: %v", err)
	}
	if _, err := c.SendUpload(t.Context(), bytes.NewReader(nil), 0); selvedge.CodeOf(err) != selvedge.CodeInvalid {
		t.Errorf("an empty file: %v", err)
	}
}
