package api_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/api"
	"github.com/selvedge/selvedge/prompt"
)

// Two prompts as a program sends them. The digest is what sha256sum says.
const (
	sumOfNews = "19fba0e995b9794fc2c26217bf3b725c2f0d9eeda16719fe75e3ba23ca73bfc4"
	newsText  = `{"en":{"text":"news","sha256":"` + sumOfNews + `"}}`

	newsPrompt = `{"id":"news","version":1,"surface":"sign-up","legal_basis":"consent","purposes":["mkt.email"],"texts":` + newsText + `}`
	adsPrompt  = `{"id":"partners","version":3,"surface":"settings/ads","legal_basis":"consent","purposes":["ads.match.partner"],"ads_expiry_months":6,"texts":` + newsText + `}`
)

// TestClientPrompts takes the way of a prompt that asks for advertising: one
// operator brings it, another one reads it, and only then it counts.
func TestClientPrompts(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	one, two, platform := p.client(p.anna), p.client(p.ben), p.client(p.key)
	before, err := platform.Prompts(t.Context())
	must(t, err)
	done, err := one.RegisterPrompts(t.Context(), json.RawMessage(`{"prompts":[`+newsPrompt+`,`+adsPrompt+`]}`))
	want := []api.Applied{{ID: "news", Version: 1, State: prompt.InEffect, New: true}, {ID: "partners", Version: 3, State: prompt.Pending, New: true}}
	if diff := cmp.Diff(want, done); diff != "" || err != nil {
		t.Fatalf("%v (-want +got):\n%s", err, diff)
	}
	done, err = one.RegisterPrompts(t.Context(), json.RawMessage(adsPrompt))
	if diff := cmp.Diff([]api.Applied{{ID: "partners", Version: 3, State: prompt.Pending}}, done); diff != "" || err != nil {
		t.Errorf("again: %v (-want +got):\n%s", err, diff)
	}

	// Who is to approve it is told nothing of what it is meant to ask for.
	a := p.ask(t, p.ben, "GET", "/v1/prompts", "")
	_, item, _ := strings.Cut(a.body, `{"id":"partners"`)
	shown := `,"version":3,"state":"pending","surface":"settings/ads","texts":` + newsText +
		`,"registered_by":"anna","registered_at":"2026-03-14T09:26:10Z"}]}` + "\n"
	if item != shown {
		t.Errorf("shown %s, want %s", item, shown)
	}

	_, err = one.ApprovePrompt(t.Context(), "partners", 3, prompt.ForAds)
	wantProblem(t, "who brought it", err, selvedge.CodeForbidden, "", "same_operator")
	_, err = platform.ApprovePrompt(t.Context(), "partners", 3, prompt.ForAds)
	wantProblem(t, "the platform", err, selvedge.CodeForbidden, "", "")
	_, err = two.ApprovePrompt(t.Context(), "partners", 3, "adds")
	wantProblem(t, "no statement", err, selvedge.CodeInvalid, "grants", "bad_statement")
	_, err = two.ApprovePrompt(t.Context(), "partners", 4, prompt.ForAds)
	wantProblem(t, "another version", err, selvedge.CodeNotFound, "", "")
	_, err = two.ApprovePrompt(t.Context(), "news", 1, prompt.ForMarketing)
	wantProblem(t, "one that nobody need approve", err, selvedge.CodeConflict, "", "not_pending")

	p.clock.Add(time.Hour)
	got, err := two.ApprovePrompt(t.Context(), "partners", 3, prompt.ForAds)
	must(t, err)
	approved := api.Prompt{
		ID: "partners", Version: 3, State: prompt.InEffect, Surface: "settings/ads", RegisteredBy: "anna", RegisteredAt: start,
		Texts: map[string]api.Text{"en": {Text: "news", SHA256: sumOfNews}}, Purposes: []string{"ads.match.partner"}, LegalBasis: prompt.Consent, AdsExpiryMonths: 6,
		Decision: &api.Decision{By: "ben", At: start.Add(time.Hour), Grants: prompt.ForAds},
	}
	if diff := cmp.Diff(approved, got); diff != "" {
		t.Errorf("approved (-want +got):\n%s", diff)
	}
	if again, err := two.ApprovePrompt(t.Context(), "partners", 3, prompt.ForAds); err != nil || !cmp.Equal(again, got) {
		t.Errorf("the same again: %+v, %v", again, err)
	}
	all, err := platform.Prompts(t.Context())
	must(t, err)
	if len(all) != len(before)+2 || !cmp.Equal(all[len(all)-1], got) || all[len(all)-2].State != prompt.InEffect || all[len(all)-2].Purposes[0] != "mkt.email" {
		t.Errorf("listed %+v", all)
	}
}

// TestMismatchRefuses: a statement that differs is a conflict, and the end of
// that version.
func TestMismatchRefuses(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	for i, word := range []prompt.Statement{prompt.ForMarketing, prompt.ForSecurity, prompt.ForService, prompt.Unclear} {
		version := i + 1
		_, err := p.client(p.anna).RegisterPrompts(t.Context(), json.RawMessage(strings.Replace(adsPrompt, `"version":3`, fmt.Sprintf(`"version":%d`, version), 1)))
		must(t, err)
		_, err = p.client(p.ben).ApprovePrompt(t.Context(), "partners", version, word)
		wantProblem(t, "a mismatch", err, selvedge.CodeConflict, "", "statement_differs")
		_, err = p.client(p.ben).ApprovePrompt(t.Context(), "partners", version, prompt.ForAds)
		wantProblem(t, "a second thought", err, selvedge.CodeConflict, "", "prompt_refused")
		all, err := p.client(p.key).Prompts(t.Context())
		must(t, err)
		last := all[len(all)-1]
		if last.Version != version || last.State != prompt.Refused || last.Decision.By != "ben" || last.Decision.Grants != word {
			t.Errorf("listed %+v", last)
		}
	}
}

// TestPromptFaults names what is wrong, in a list and alone.
func TestPromptFaults(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	for _, c := range []struct {
		name, body, field, reason string
		status                    int
		code                      selvedge.Code
	}{
		{"nothing", "", "", "bad_json", 400, selvedge.CodeInvalid},
		{"YAML", "prompts: []\n", "", "bad_json", 400, selvedge.CodeInvalid},
		{"no prompt", `{"prompts":[]}`, "prompts", "empty", 400, selvedge.CodeInvalid},
		{"an unknown field", `{"prompts":[],"all":1}`, "", "unknown_key", 400, selvedge.CodeInvalid},
		{"an approval", strings.Replace(adsPrompt, `"version"`, `"approved_by":["anna","ben"],"version"`, 1), "approved_by", "approval_in_file", 400, selvedge.CodeInvalid},
		{"security and ads", strings.Replace(adsPrompt, `"ads.match`, `"sec.2fa","ads.match`, 1), "prompts[0].purposes", "sec_grants_ads", 403, selvedge.CodePurposeDenied},
		{"security and ads in a list", `{"prompts":[` + newsPrompt + "," + strings.Replace(adsPrompt, `"ads.match`, `"sec.2fa","ads.match`, 1) + `]}`, "prompts[1].purposes", "sec_grants_ads", 403, selvedge.CodePurposeDenied},
		{"changed", strings.Replace(newsPrompt, "sign-up", "sign-in", 1), "prompts[0].version", "prompt_changed", 409, selvedge.CodeConflict},
		{"too large", newsPrompt + strings.Repeat(" ", 1<<20), "", "body_too_large", 413, selvedge.CodeTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.reason == "prompt_changed" {
				_, err := p.client(p.anna).RegisterPrompts(t.Context(), json.RawMessage(newsPrompt))
				must(t, err)
			}
			got := problem(t, p.ask(t, p.anna, "POST", "/v1/prompts", c.body), c.status, c.code)
			if got.Field != c.field || got.Reason != c.reason {
				t.Errorf("field %q, reason %q; want %q, %q", got.Field, got.Reason, c.field, c.reason)
			}
		})
	}
}

// TestOrgsLearnNothingOfPrompts: what an org is answered is the same whether a
// prompt waits, was refused, or nobody brought it.
func TestOrgsLearnNothingOfPrompts(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	ask := func() (out []answer) {
		for _, r := range routes() {
			for _, path := range []string{r.path, strings.ReplaceAll(r.path, "none/versions/1", "partners/versions/3")} {
				if r.method == "POST" && slices.Contains([]string{"/v1/audiences", "/v1/keys", "/v1/mandates"}, r.path) {
					continue // makes another thing each time
				}
				out = append(out, p.ask(t, p.acme, r.method, path, r.body, "Content-Type", "text/csv"))
			}
		}
		return append(out, p.ask(t, p.acme, "GET", "/v1/audiences/"+string(p.audience), ""))
	}
	want := ask()
	check := func(when string) {
		t.Helper()
		if diff := cmp.Diff(want, ask(), cmp.AllowUnexported(answer{})); diff != "" {
			t.Errorf("%s (-before +after):\n%s", when, diff)
		}
	}
	_, err := p.client(p.anna).RegisterPrompts(t.Context(), json.RawMessage(adsPrompt))
	must(t, err)
	check("while one waits")
	_, err = p.client(p.ben).ApprovePrompt(t.Context(), "partners", 3, prompt.Unclear)
	wantProblem(t, "a mismatch", err, selvedge.CodeConflict, "", "statement_differs")
	check("after one was refused")
}

// TestRevokedOperator: who had a key and has it no more cannot act.
func TestRevokedOperator(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	_, err := p.client(p.anna).RegisterPrompts(t.Context(), json.RawMessage(adsPrompt))
	must(t, err)
	must(t, p.Orgs.RevokeKey(t.Context(), anna, p.ben[4:20]))
	_, err = p.client(p.ben).ApprovePrompt(t.Context(), "partners", 3, prompt.ForAds)
	wantProblem(t, "a revoked key", err, selvedge.CodeUnauthenticated, "", "")
	p.clock.Add(366 * 24 * time.Hour)
	_, err = p.client(p.anna).RegisterPrompts(t.Context(), json.RawMessage(newsPrompt))
	wantProblem(t, "an expired key", err, selvedge.CodeUnauthenticated, "", "")
}

func wantProblem(t *testing.T, what string, err error, code selvedge.Code, field, reason string) {
	t.Helper()
	e, ok := errors.AsType[*selvedge.Error](err)
	if !ok || e.Code != code || e.Field != field || e.Reason != reason {
		t.Errorf("%s: %v, want %s %s %s", what, err, code, field, reason)
	}
}
