package prompt_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/prompt"
	"github.com/selvedge/selvedge/purpose"
)

// sum returns the digest of a text as a prompts file holds it.
func sum(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }

// offers is a file with one prompt, which grants advertising.
var offers = `prompts:
  - id: offers
    version: 2
    surface: settings/ads
    legal_basis: consent
    purposes: [ads.match.advertiser, ads.suppress]
    ads_expiry_months: 6
    texts:
      en: {text: "May they?", sha256: ` + sum("May they?") + `}
`

func TestParse(t *testing.T) {
	t.Parallel()
	file := offers + `  - id: two-factor
    version: 1
    surface: settings/security
    legal_basis: legitimate_interest
    purposes: [sec.2fa, sec.2fa]
    texts:
      pt-BR:
        text: |
          Duas
          linhas
        sha256: "` + strings.ToUpper(sum("Duas\nlinhas\n")) + `"
      en:
        text: Your number
        sha256: ` + sum("Your number") + `
`
	got, err := prompt.Parse(strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	want := []prompt.Prompt{
		{
			Name: prompt.Name{ID: "offers", Version: 2}, Surface: "settings/ads", LegalBasis: prompt.Consent,
			Purposes: purpose.Of(purpose.AdsMatchAdvertiser, purpose.AdsSuppress), AdsExpiryMonths: 6,
			Texts: []prompt.Text{{Language: "en", Text: "May they?", SHA256: sha256.Sum256([]byte("May they?"))}},
		},
		{
			Name: prompt.Name{ID: "two-factor", Version: 1}, Surface: "settings/security", LegalBasis: prompt.LegitimateInterest,
			Purposes: purpose.Of(purpose.Sec2FA),
			Texts: []prompt.Text{
				{Language: "en", Text: "Your number", SHA256: sha256.Sum256([]byte("Your number"))},
				{Language: "pt-BR", Text: "Duas\nlinhas\n", SHA256: sha256.Sum256([]byte("Duas\nlinhas\n"))},
			},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestParseDefaultExpiry has grants last 13 months where the prompt does not
// say, and prompts without ads.* have none.
func TestParseDefaultExpiry(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		from, to string
		want     int
	}{
		"said":     {"", "", 6},
		"not said": {"    ads_expiry_months: 6\n", "", 13},
		"shortest": {"months: 6", "months: 1", 1},
		"longest":  {"months: 6", "months: 25", 25},
		"no ads":   {"[ads.match.advertiser, ads.suppress]\n    ads_expiry_months: 6", "[mkt.email]", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ps, err := prompt.Parse(strings.NewReader(strings.Replace(offers, c.from, c.to, 1)))
			if err != nil || ps[0].AdsExpiryMonths != c.want {
				t.Errorf("%+v, %v, want %d months", ps, err, c.want)
			}
		})
	}
}

// TestParseRefuses spoils the good file at one place at a time.
func TestParseRefuses(t *testing.T) {
	t.Parallel()
	const near = -1 // a line, but which is up to the YAML parser
	second := strings.TrimPrefix(offers, "prompts:\n")
	for name, c := range map[string]struct {
		from, to      string
		field, reason string
		row           int64
	}{
		"empty":                {offers, "", "prompts", "empty", 0},
		"no prompt":            {offers, "prompts: []\n", "prompts", "empty", 0},
		"only a comment":       {offers, "# later\n", "prompts", "empty", 0},
		"no YAML":              {"prompts:", "prompts: [", "", "bad_yaml", near},
		"a tab":                {"    version", "\tversion", "", "bad_yaml", near},
		"another file":         {offers, "account,kind\njane@example.com,email\n", "", "bad_yaml", 1},
		"a list":               {"prompts:\n", "", "", "bad_yaml", 1},
		"unknown key":          {"surface:", "surfaces:", "", "unknown_key", 4},
		"unknown key on top":   {"prompts:", "prompt:", "", "unknown_key", 1},
		"unknown key in text":  {"{text:", "{txt:", "", "unknown_key", 9},
		"key twice":            {"    version: 2\n", "    version: 2\n    version: 3\n", "", "repeated_key", 4},
		"language twice":       {"      en:", "      en: {text: x, sha256: y}\n      en:", "", "repeated_key", 10},
		"version is no number": {"version: 2", "version: two", "", "bad_yaml", 3},
		"purposes is no list":  {"[ads.match.advertiser, ads.suppress]", "{a: b}", "", "bad_yaml", 6},
		"two documents":        {offers, offers + "---\n" + offers, "", "bad_yaml", 0},
		"noise behind":         {offers, offers + "---\n{", "", "bad_yaml", 0},

		"no id":           {"id: offers", "id: ''", "prompts[0].id", "bad_prompt_name", 0},
		"id in capitals":  {"id: offers", "id: Offers", "prompts[0].id", "bad_prompt_name", 0},
		"id with version": {"id: offers", "id: offers@2", "prompts[0].id", "bad_prompt_name", 0},
		"version 0":       {"version: 2", "version: 0", "prompts[0].id", "bad_prompt_name", 0},
		"no version":      {"    version: 2\n", "", "prompts[0].id", "bad_prompt_name", 0},
		"no surface":      {"settings/ads", "''", "prompts[0].surface", "bad_surface", 0},
		"surface":         {"settings/ads", "Settings", "prompts[0].surface", "bad_surface", 0},
		"legal basis":     {"consent", "habit", "prompts[0].legal_basis", "bad_legal_basis", 0},
		"no legal basis":  {"    legal_basis: consent\n", "", "prompts[0].legal_basis", "bad_legal_basis", 0},
		"no purpose":      {"[ads.match.advertiser, ads.suppress]", "[]", "prompts[0].purposes", "no_purpose", 0},
		"purpose":         {"ads.suppress", "ads.everything", "prompts[0].purposes", "unknown_purpose", 0},
		"purpose unknown": {"ads.suppress", "unknown", "prompts[0].purposes", "unknown_purpose", 0},
		"no texts":        {`      en: {text: "May they?", sha256: ` + sum("May they?") + "}\n", "", "prompts[0].texts", "no_text", 0},
		"language":        {"      en:", "      English:", "prompts[0].texts", "bad_language", 0},
		"blank text":      {`"May they?"`, `" \u00a0 "`, "prompts[0].texts.en", "no_text", 0},
		"text not UTF-8":  {`"May they?"`, `!!binary /w==`, "prompts[0].texts.en", "no_text", 0},
		"another text":    {"May they?", "May they!", "prompts[0].texts.en", "bad_sha256", 0},
		"digest cut":      {sum("May they?"), sum("May they?")[:62], "prompts[0].texts.en", "bad_sha256", 0},
		"digest not hex":  {sum("May they?"), "x" + sum("May they?")[1:], "prompts[0].texts.en", "bad_sha256", 0},
		"no digest":       {", sha256: " + sum("May they?"), "", "prompts[0].texts.en", "bad_sha256", 0},

		"0 months":        {"months: 6", "months: 0", "prompts[0].ads_expiry_months", "bad_expiry", 0},
		"26 months":       {"months: 6", "months: 26", "prompts[0].ads_expiry_months", "bad_expiry", 0},
		"months, no ads":  {"[ads.match.advertiser, ads.suppress]", "[mkt.email]", "prompts[0].ads_expiry_months", "bad_expiry", 0},
		"ads by contract": {"consent", "contract", "prompts[0].legal_basis", "ads_need_consent", 0},
		"ads by interest": {"consent", "legitimate_interest", "prompts[0].legal_basis", "ads_need_consent", 0},
		"ads by law":      {"consent", "legal_obligation", "prompts[0].legal_basis", "ads_need_consent", 0},

		// How a file said until now that two people had approved a prompt.
		"approved by two":    {"    texts:", "    approved_by: [anna, ben]\n    texts:", "prompts[0].approved_by", "approval_in_file", 0},
		"approved by a name": {"    texts:", "    approved_by: anna\n    texts:", "prompts[0].approved_by", "approval_in_file", 0},
		"approved by nobody": {"    texts:", "    approved_by: []\n    texts:", "prompts[0].approved_by", "approval_in_file", 0},
		"approved by null":   {"    texts:", "    approved_by:\n    texts:", "prompts[0].approved_by", "approval_in_file", 0},

		"twice":             {offers, offers + second, "prompts[1].version", "repeated", 0},
		"the second is bad": {offers, offers + strings.NewReplacer("version: 2", "version: 3", "consent", "x").Replace(second), "prompts[1].legal_basis", "bad_legal_basis", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(offers, c.from) {
				t.Fatal("the file has nothing to replace")
			}
			ps, err := prompt.Parse(strings.NewReader(strings.Replace(offers, c.from, c.to, 1)))
			e, ok := errors.AsType[*selvedge.Error](err)
			if !ok || ps != nil {
				t.Fatalf("%d prompts, error %v", len(ps), err)
			}
			if e.Code != selvedge.CodeInvalid || e.Field != c.field || e.Reason != c.reason || e.Row != c.row && (c.row != near || e.Row == 0) {
				t.Errorf("%s %q %s in row %d (%v), want %q %s in row %d", e.Code, e.Field, e.Reason, e.Row, err, c.field, c.reason, c.row)
			}
			for _, value := range []string{"jane", "May they", "surfaces", "anna", "Settings", "English", "habit"} {
				if strings.Contains(err.Error(), value) {
					t.Errorf("the error repeats what stands in the file: %v", err)
				}
			}
		})
	}
}

// TestSecurityNeverGrantsAds asks for every sec.* with every ads.*, with all
// else right, and with all else wrong: there is no way around it.
func TestSecurityNeverGrantsAds(t *testing.T) {
	t.Parallel()
	wrong := strings.NewReplacer("offers", "O", "version: 2", "version: 0", "settings/ads", "!", "consent", "habit",
		"months: 6", "months: 99\n    approved_by: []", sum("May they?"), "none", "en:", "English:")
	for _, p := range purpose.All() {
		if !strings.HasPrefix(p.String(), "sec.") {
			continue
		}
		for _, ads := range purpose.Matchable.List() {
			for _, pair := range []string{p.String() + ", " + ads.String(), ads.String() + ", svc.account, " + p.String()} {
				file := strings.Replace(offers, "ads.match.advertiser, ads.suppress", pair, 1)
				for _, f := range []string{file, strings.Replace(file, "consent", "legitimate_interest", 1), wrong.Replace(file)} {
					_, err := prompt.Parse(strings.NewReader(f))
					e, _ := errors.AsType[*selvedge.Error](err)
					if e == nil || e.Code != selvedge.CodePurposeDenied || e.Field != "prompts[0].purposes" || e.Reason != "sec_grants_ads" {
						t.Errorf("%s: %v, want purpose_denied", pair, err)
					}
				}
			}
		}
	}
}

func TestParseReads(t *testing.T) {
	t.Parallel()
	mine := errors.New("mine")
	if _, err := prompt.Parse(io.MultiReader(strings.NewReader(offers), iotest.ErrReader(mine))); !errors.Is(err, mine) {
		t.Errorf("error %v, want the reader's", err)
	}
	large := offers + strings.Repeat("#", 4<<20-len(offers))
	if _, err := prompt.Parse(strings.NewReader(large)); err != nil {
		t.Errorf("a file of 4 MiB: %v", err)
	}
	if _, err := prompt.Parse(strings.NewReader(large + "#")); selvedge.CodeOf(err) != selvedge.CodeTooLarge {
		t.Errorf("one byte more: %v, want too_large", err)
	}
}

// FuzzParse has any file end in prompts that are valid, or in an error of the
// file; and an accepted file gives the same prompts every time.
func FuzzParse(f *testing.F) {
	f.Add([]byte(offers))
	f.Add([]byte(strings.Replace(offers, "ads.suppress", "sec.2fa", 1)))
	f.Add([]byte("prompts: &a [*a]"))
	f.Add([]byte("prompts:\n- <<: {id: a}\n"))
	f.Add([]byte("\xff\xfe"))
	f.Fuzz(func(t *testing.T, b []byte) {
		ps, err := prompt.Parse(bytes.NewReader(b))
		if err != nil {
			switch code := selvedge.CodeOf(err); {
			case ps != nil:
				t.Fatal("prompts and an error")
			case code != selvedge.CodeInvalid && code != selvedge.CodePurposeDenied && code != selvedge.CodeTooLarge:
				t.Fatalf("%s: %v", code, err)
			}
			return
		}
		if len(ps) == 0 {
			t.Fatal("no prompt and no error")
		}
		for _, p := range ps {
			if err := p.Validate(); err != nil {
				t.Fatal(err)
			}
			if p.Purposes.Ads() != 0 && strings.Contains(p.Purposes.String(), "sec.") {
				t.Fatalf("%s grants %s", p.Name, p.Purposes)
			}
		}
		again, err := prompt.Parse(bytes.NewReader(b))
		if diff := cmp.Diff(ps, again); diff != "" || err != nil {
			t.Fatal(diff, err)
		}
	})
}
