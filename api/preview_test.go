package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/api"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/list/listtest"
)

// TestDryRunKeepsNothing: not a byte of the data folder is another one afterwards,
// also not under an idempotency key, whose answers are kept.
func TestDryRunKeepsNothing(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.upload(t, "email\nada@example.com\n")
	csv := "email;phone;name\nCanary.One@Example.com;07700 900123;Ada\nbad;;Ben\n" + strings.Repeat("x@example.com;;\n", 300_000)
	path := "/v1/audiences/" + string(p.audience) + "/lists" + agreed + "&default_region=GB&label=Garden&dry_run=true"
	before := p.snapshot(t)
	for _, headers := range [][]string{nil, {"Idempotency-Key", "k"}, {"Content-Digest", digestOf(csv)}} {
		a := p.ask(t, p.acme, "POST", path, csv, append([]string{"Content-Type", "text/csv"}, headers...)...)
		got := decode[api.Preview](t, a, http.StatusOK)
		want := []list.Sample{
			{Row: 2, Column: 1, Kind: "email", Value: "Canary.One@Example.com", Normalised: "canary.one@example.com"},
			{Row: 2, Column: 2, Kind: "phone", Value: "07700 900123", Normalised: "+447700900123"},
			{Row: 3, Column: 1, Kind: "email", Value: "bad", Reason: "not_an_email"},
		}
		if diff := cmp.Diff(want, got.Samples[:3]); diff != "" || !got.DryRun || got.Rows != list.PreviewRows || got.Report.Separator != ";" || got.Advice["not_an_email"] == "" {
			t.Errorf("%+v (-want +got):\n%s", got.Report, diff)
		}
		if a.header.Get("Idempotent-Replayed") != "" {
			t.Error("a dry run was kept")
		}
	}
	if diff := cmp.Diff(before, p.snapshot(t)); diff != "" {
		t.Error("a dry run left something in the data folder")
	}
	got, err := p.client(p.acme).PreviewList(t.Context(), p.audience, strings.NewReader(csv), audience.Delivery{Options: listtest.Options()})
	if err != nil || got.Rows != list.PreviewRows {
		t.Errorf("%+v, %v", got, err)
	}
	for field, query := range map[string]string{"dry_run": agreed + "&dry_run=1", "ad_user_data": "?dry_run=true", "label": agreed + "&dry_run=true&label=diabetes"} {
		a := p.ask(t, p.acme, "POST", "/v1/audiences/"+string(p.audience)+"/lists"+query, csv, "Content-Type", "text/csv")
		if got := problem(t, a, 400, selvedge.CodeInvalid); got.Field != field {
			t.Errorf("%s: %+v", field, got)
		}
	}
	a := p.ask(t, p.acme, "POST", path, csv, "Content-Type", "text/csv", "Content-Digest", digestOf("x"))
	if got := problem(t, a, 400, selvedge.CodeInvalid); got.Reason != "digest_mismatch" {
		t.Errorf("another file than was declared: %+v", got)
	}
}
