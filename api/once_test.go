package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/selvedge/selvedge"
)

// TestEveryActKeepsItsAnswer sends, under a key, each request of the document that
// may carry one, and again: it is answered alike and done once.
func TestEveryActKeepsItsAnswer(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	own := p.objects(t, p.acme, p.audience)
	p.described.load(t, p)
	tried := 0
	for path, item := range p.described.doc.Paths.Map() {
		for method, o := range item.Operations() {
			if o.Parameters.GetByInAndName("header", key) == nil {
				continue
			}
			tried++
			body := bodyOf(t, method, path)
			ask := func() answer {
				return p.ask(t, p.acme, method, fill(path, own), body, key, o.OperationID, "Content-Type", "text/csv", "Upload-Length", "5")
			}
			first, again := ask(), ask()
			if first.status >= 300 || again.status != first.status || again.body != first.body {
				t.Errorf("%s: first %+v, again %+v", o.OperationID, first, again)
			}
			if first.header.Get("Idempotent-Replayed") != "" || again.header.Get("Idempotent-Replayed") != "true" {
				t.Errorf("%s: done twice, or not at all", o.OperationID)
			}
		}
	}
	if tried < 9 {
		t.Errorf("%d operations take a key", tried)
	}
}

// TestActAndAnswerAreOne: where the answer cannot be kept, the act is not done.
func TestActAndAnswerAreOne(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	// What Begin writes goes through, what Keep writes does not.
	_, err := p.database(t).ExecContext(t.Context(), `CREATE TRIGGER full BEFORE UPDATE ON org_request BEGIN SELECT RAISE(ABORT, 'full'); END`)
	must(t, err)
	problem(t, p.ask(t, p.acme, "POST", "/v1/audiences", `{"name":"Spring"}`, key, "k"), 500, selvedge.CodeInternal)
	problem(t, p.upload(t, "email\nada@example.com\n", key, "l"), 500, selvedge.CodeInternal)
	if a := p.ask(t, p.acme, "GET", "/v1/audiences", ""); strings.Contains(a.body, "Spring") {
		t.Errorf("it was done: %s", a.body)
	}
	if a := p.ask(t, p.acme, "GET", "/v1/audiences/"+string(p.audience)+"/lists", ""); a.body != "{\"items\":[]}\n" {
		t.Errorf("it was done: %s", a.body)
	}
	_, err = p.database(t).ExecContext(t.Context(), `DROP TRIGGER full`)
	must(t, err)
	if a := p.ask(t, p.acme, "POST", "/v1/audiences", `{"name":"Spring"}`, key, "k"); a.status != http.StatusCreated || a.header.Get("Idempotent-Replayed") != "" {
		t.Errorf("sent again: %+v", a)
	}
}
