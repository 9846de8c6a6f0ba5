package api_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/api"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/list/listtest"
	"github.com/selvedge/selvedge/server/servertest"
)

func diffJSON(want, got any) string { return cmp.Diff(want, got) }

func (p *platform) client(key string) *api.Client {
	return &api.Client{URL: p.http.URL + "/", Key: key}
}

// TestClientAudiences takes an org's way: an audience, a list, its publication.
func TestClientAudiences(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	c := p.client(p.acme)
	made, err := c.CreateAudience(t.Context(), "Käufer & \"Gäste\"")
	must(t, err)
	want := api.Audience{ID: made.ID, Name: "Käufer & \"Gäste\"", CreatedAt: start, Status: audience.Empty}
	if diff := cmp.Diff(want, made); diff != "" {
		t.Errorf("created (-want +got):\n%s", diff)
	}
	all, err := c.Audiences(t.Context())
	must(t, err)
	if len(all) != 2 || all[0].ID != p.audience || !cmp.Equal(all[1], made) {
		t.Errorf("audiences %+v", all)
	}

	const csv = "phone\n07700 900123\nx\n"
	l, err := c.UploadList(t.Context(), made.ID, strings.NewReader(csv), audience.Delivery{Options: list.Options{DefaultRegion: "GB", Declaration: listtest.Granted()}}, digestOf(csv))
	must(t, err)
	begin, until := start, start.Add(180*24*time.Hour)
	wantList := api.List{
		ID: l.ID, Audience: made.ID, Kind: list.Add, Status: audience.Processing, AcceptedAt: start, EffectiveAt: &begin, ExpiresAt: &until,
		Declaration: list.Declared{Declaration: listtest.Granted(), DefaultRegion: "GB", Terms: 1},
		Report: list.Report{
			Format: list.CSV, Encoding: list.UTF8, Separator: list.NoSeparator,
			Header: true, Columns: []list.Column{{Number: 1, Kind: "phone"}},
			Rows: list.Tally{Read: 2, Used: 1, Refused: 1}, Identifiers: list.Tally{Read: 2, Used: 1, Refused: 1}, Clear: 1,
			Refused: []list.Refusal{{Reason: identifier.ReasonNotPhone, Count: 1, Rows: []int64{3}}},
		},
		Advice: map[identifier.Reason]string{
			identifier.ReasonNotPhone: "This is not a phone number; send digits with the country code, such as +44 and the number.",
		},
		Diagnosis: []list.Finding{},
	}
	if diff := cmp.Diff(wantList, l); diff != "" {
		t.Errorf("uploaded (-want +got):\n%s", diff)
	}
	if again, err := c.List(t.Context(), made.ID, l.ID); err != nil || !cmp.Equal(again, l) {
		t.Errorf("read again: %+v, %v", again, err)
	}

	servertest.Drain(t, p.Server, p.clock)
	tick := time.Date(2026, 3, 14, 9, 27, 0, 0, time.UTC)
	p.clock.Add(tick.Sub(start))
	got, err := c.Audience(t.Context(), made.ID)
	must(t, err)
	if got.Status != audience.Ready || got.Size == nil || got.Size.String() != "too small" || got.AsOf == nil || !got.AsOf.Equal(tick) ||
		got.Deliverable == nil || *got.Deliverable {
		t.Errorf("published %+v", got)
	}
}

// TestAudienceJSON fixes the shape before and after the first publication.
func TestAudienceJSON(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	path := "/v1/audiences/" + string(p.audience)
	head := `{"id":"` + string(p.audience) + `","name":"Customers","created_at":"2026-03-14T09:26:10Z",`
	if got, want := p.ask(t, p.acme, "GET", path, "").body, head+`"status":"empty","size":null,"as_of":null,"deliverable":null}`+"\n"; got != want {
		t.Errorf("got  %swant %s", got, want)
	}
	p.upload(t, "email\nada@example.com\n")
	servertest.Drain(t, p.Server, p.clock)
	p.clock.Add(time.Minute)
	want := head + `"status":"ready","size":"too small","as_of":"2026-03-14T09:27:00Z","deliverable":false}` + "\n"
	if got := p.ask(t, p.acme, "GET", path, "").body; got != want {
		t.Errorf("got  %swant %s", got, want)
	}
}

// TestClientPeople takes the platform's way: what is held of a person, a
// withdrawal by value and by hash, an objection and its end.
func TestClientPeople(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	c := p.client(p.key)
	given := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	email := api.ContactPoint{
		Kind: "email", Mask: "a•••@e•••.com", Prompt: "offers@1", PromptRegistered: true, GivenAt: given, VerifiedAt: &given,
		Purposes: []string{"ads.match.advertiser"}, Ended: []string{}, MatchableFor: []string{"ads.match.advertiser"}, WhyNot: []string{},
	}
	phone := api.ContactPoint{
		Kind: "phone", Mask: "+44 ••• ••• ••23", Prompt: "two-factor@1", PromptRegistered: true, GivenAt: given, VerifiedAt: &given,
		Purposes: []string{"sec.2fa"}, Ended: []string{}, MatchableFor: []string{}, WhyNot: []string{"not_given_for_ads"},
	}
	until := given.AddDate(0, 13, 0)
	email.Grants = []api.Grant{{Purpose: "ads.match.advertiser", From: given, Until: &until}}
	phone.Grants = []api.Grant{{Purpose: "sec.2fa", From: given}}
	check := func(when string, want ...api.ContactPoint) {
		t.Helper()
		got, err := c.ContactPoints(t.Context(), "ada")
		must(t, err)
		for i := range want {
			if want[i].Address = got[i].Address; !strings.HasPrefix(got[i].Address, "adr_") {
				t.Errorf("%s: address %q", when, got[i].Address)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", when, diff)
		}
	}
	check("at first", email, phone)

	must(t, c.Object(t.Context(), api.Objection{Account: "ada"}))
	must(t, c.Object(t.Context(), api.Objection{Account: "ada"}))
	email.MatchableFor, email.WhyNot = []string{}, []string{"objection"}
	check("after an objection", email, phone)
	must(t, c.LiftObjection(t.Context(), api.Objection{Account: "ada"}))
	email.MatchableFor, email.WhyNot = []string{"ads.match.advertiser"}, []string{}
	check("after the objection", email, phone)

	sum := sha256.Sum256([]byte("ada@example.com"))
	res, err := c.Withdraw(t.Context(), api.Withdrawal{Account: "ada", Kind: "email", SHA256: hex.EncodeToString(sum[:]), Purposes: []string{"ads.match.advertiser", "ads.suppress"}})
	if want := (contact.WithdrawResult{Points: 1, Ended: 1}); err != nil || res != want {
		t.Errorf("withdrew %+v, %v", res, err)
	}
	email.Ended, email.MatchableFor, email.WhyNot = []string{"ads.match.advertiser"}, []string{}, []string{"withdrawn"}
	now := p.clock.Now()
	email.Grants[0].Until, email.Grants[0].EndedAt, email.Grants[0].Because = nil, &now, contact.Withdrawn
	check("after a withdrawal", email, phone)
	res, err = c.Withdraw(t.Context(), api.Withdrawal{Account: "ada", Kind: "phone", Value: "07700 900123", Region: "GB", Purposes: []string{"ads.suppress"}})
	if want := (contact.WithdrawResult{Points: 1}); err != nil || res != want {
		t.Errorf("withdrew %+v, %v", res, err)
	}
	check("after a withdrawal of nothing", email, phone)

	held, err := c.ContactPoints(t.Context(), "ada")
	must(t, err)
	byName := api.Objection{Account: "ada", Scope: contact.ScopeAddress, Address: held[1].Address}
	must(t, c.Object(t.Context(), byName))
	must(t, c.LiftObjection(t.Context(), byName))
	res, err = c.Withdraw(t.Context(), api.Withdrawal{Account: "ada", Address: held[1].Address, Purposes: []string{"sec.2fa"}})
	if want := (contact.WithdrawResult{Points: 1, Ended: 1}); err != nil || res != want {
		t.Errorf("withdrew %+v, %v", res, err)
	}
	phone.Ended, phone.WhyNot = []string{"sec.2fa"}, []string{"not_given_for_ads"}
	phone.Grants[0].EndedAt, phone.Grants[0].Because = &now, contact.Withdrawn
	check("after a withdrawal by name", email, phone)

	erased, err := c.EraseAccount(t.Context(), "ada")
	if err != nil || erased.Points != 2 {
		t.Errorf("erased %+v, %v", erased, err)
	}
	if _, err := c.ContactPoints(t.Context(), "ada"); selvedge.CodeOf(err) != selvedge.CodeNotFound {
		t.Errorf("after the erasure: %v", err)
	}
	odd, err := c.ContactPoints(t.Context(), oddID)
	if err != nil || len(odd) != 1 {
		t.Errorf("an id with slashes: %+v, %v", odd, err)
	}
	must(t, c.Object(t.Context(), api.Objection{Account: oddID}))
}

// TestClientProblems: a problem comes back as the error it was made from.
func TestClientProblems(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	_, err := p.client(p.acme).UploadList(t.Context(), p.audience, strings.NewReader("name\nAda\n"), audience.Delivery{}, "")
	got, ok := errors.AsType[*selvedge.Error](err)
	if !ok {
		t.Fatalf("error %v", err)
	}
	want := &selvedge.Error{
		Code: selvedge.CodeInvalid, Field: "header", Row: 1, Reason: "no_known_column",
		Message: "no column is named as one of e-mail addresses or phone numbers; name them, for example email and phone",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
	for name, err := range map[string]error{
		"not_found":       second(p.client(p.acme).Audience(t.Context(), "aud_none")),
		"forbidden":       second(p.client(p.key).Audiences(t.Context())),
		"unauthenticated": second(p.client("slv_x").Audiences(t.Context())),
		"invalid":         second(p.client(p.acme).CreateAudience(t.Context(), "")),
	} {
		if string(selvedge.CodeOf(err)) != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := p.client(p.key).Object(t.Context(), api.Objection{Account: "nobody"}); selvedge.CodeOf(err) != selvedge.CodeNotFound {
		t.Errorf("an objection of nobody's: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

// TestClientFaults: what is no answer of a server is an error without the URL,
// which holds an account's id.
func TestClientFaults(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]http.HandlerFunc{
		"a proxy's page": func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "<html>bad gateway", http.StatusBadGateway)
		},
		"an answer cut":    func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"items":[`)) },
		"a dead end":       func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"another's answer": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("hello")) },
	} {
		s := httptest.NewServer(h)
		_, err := (&api.Client{URL: s.URL, Key: "k"}).ContactPoints(t.Context(), canary)
		s.Close()
		if err == nil || selvedge.CodeOf(err) != selvedge.CodeInternal || strings.Contains(err.Error(), canary) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := (&api.Client{URL: "http://127.0.0.1:1", Key: "k"}).ContactPoints(t.Context(), canary); err == nil || strings.Contains(err.Error(), canary) {
		t.Errorf("nobody there: %v", err)
	}
	if _, err := (&api.Client{URL: "://" + canary, Key: "k"}).Audiences(t.Context()); err == nil {
		t.Error("a URL that is none was asked")
	}
}
