package api_test

import (
	"encoding/csv"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/api"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/list/listtest"
	"github.com/selvedge/selvedge/server/servertest"
)

// formulas is a list whose values would be formulas in a spreadsheet.
const formulas = "email,phone,ad_user_data\nada@example.com,=1+1,\n@SUM(A1),-12,\n+x,=HYPERLINK(\"canary\"),\n\"=cmd|' /C calc'!A0\",,denied\n"

// TestRowsOverHTTP: the rows, in JSON and in CSV, without what stood in them.
func TestRowsOverHTTP(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	up := decode[api.List](t, p.upload(t, formulas), http.StatusCreated)
	path := "/v1/audiences/" + string(p.audience) + "/lists/" + string(up.ID) + "/rows"
	got := decode[api.RowReport](t, p.ask(t, p.acme, "GET", path, ""), http.StatusOK)
	want := []api.RefusedRow{
		{Row: 2, Number: 401, Reason: "not_a_phone"},
		{Row: 3, Number: 301, Reason: "not_an_email"},
		{Row: 3, Number: 402, Reason: "no_country_code"},
		{Row: 4, Number: 101, Reason: "bad_quotes"},
		{Row: 5, Number: 202, Reason: "consent_denied"},
	}
	if diff := cmp.Diff(want, got.Rows); diff != "" || !got.Complete || got.List != up.ID {
		t.Errorf("complete %v, rows (-want +got):\n%s", got.Complete, diff)
	}
	a := p.ask(t, p.acme, "GET", path+"?format=csv", "")
	if a.status != 200 || a.header.Get("Content-Type") != "text/csv" || a.header.Get("Content-Disposition") != "attachment; filename=rows.csv" {
		t.Errorf("%d, %v", a.status, a.header)
	}
	cells, err := csv.NewReader(strings.NewReader(a.body)).ReadAll()
	if err != nil || len(cells) != len(want)+1 || !strings.Contains(a.body, "\r\n") || strings.Contains(a.body, "canary") {
		t.Errorf("%v: %q", err, a.body)
	}
	for _, row := range cells {
		for _, cell := range row {
			if len(row) != 4 || cell == "" || strings.ContainsAny(cell[:1], "=+-@\t\r") {
				t.Errorf("row %q", row)
			}
		}
	}
	if first := cells[1]; first[0] != "2" || first[1] != "401" || first[2] != "not_a_phone" {
		t.Errorf("row %q", first)
	}
	refused(t, "another format", p.ask(t, p.acme, "GET", path+"?format=xlsx", ""), 400, selvedge.CodeInvalid, "bad_format")

	c := p.client(p.acme)
	if again, err := c.Rows(t.Context(), p.audience, up.ID); err != nil || !cmp.Equal(got, again) {
		t.Errorf("the client has %+v, %v", again, err)
	}
	clean, err := c.UploadList(t.Context(), p.audience, strings.NewReader("email\n"), audience.Delivery{Options: listtest.Options()}, "")
	must(t, err)
	if none, err := c.Rows(t.Context(), p.audience, clean.ID); err != nil || !none.Complete || none.Rows == nil || len(none.Rows) != 0 {
		t.Errorf("of a list without faults %+v, %v", none, err)
	}
	batch, err := c.AddMembers(t.Context(), p.audience, api.Members{Members: []list.Member{{Emails: []string{"x"}}}, Declaration: listtest.Granted()})
	must(t, err)
	refused(t, "a batch", p.ask(t, p.acme, "GET", strings.Replace(path, string(up.ID), string(batch.List.ID), 1), ""), 404, selvedge.CodeNotFound, "no_row_report")
}

// TestRowsUntilTheListIsOver: nothing of the rows is kept once the list is over.
func TestRowsUntilTheListIsOver(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	until := p.clock.Now().Add(24 * time.Hour)
	up, err := p.client(p.acme).UploadList(t.Context(), p.audience, strings.NewReader(formulas), audience.Delivery{Options: listtest.Options(), ExpiresAt: until}, "")
	must(t, err)
	rows := func() int {
		n := 0
		for path := range p.snapshot(t) {
			if strings.Contains(path, "/blobs/rows/") {
				n++
			}
		}
		return n
	}
	servertest.Drain(t, p.Server, p.clock)
	if n := rows(); n != 1 {
		t.Fatalf("%d row reports", n)
	}
	p.clock.Add(25 * time.Hour)
	servertest.Drain(t, p.Server, p.clock)
	if n := rows(); n != 0 {
		t.Errorf("%d row reports are left", n)
	}
	path := "/v1/audiences/" + string(p.audience) + "/lists/" + string(up.ID) + "/rows"
	refused(t, "a list that is over", p.ask(t, p.acme, "GET", path, ""), 404, selvedge.CodeNotFound, "no_row_report")
}
