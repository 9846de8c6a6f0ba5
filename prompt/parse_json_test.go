package prompt_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/prompt"
	"github.com/selvedge/selvedge/purpose"
)

// asJSON writes a prompts file in YAML as JSON, knowing nothing of what is in it.
func asJSON(t testing.TB, file string) string {
	t.Helper()
	var v any
	if err := yaml.Unmarshal([]byte(file), &v); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestParseJSON: the same file in JSON is the same prompts, and so is one of its
// prompts alone.
func TestParseJSON(t *testing.T) {
	t.Parallel()
	file := offers + strings.NewReplacer("prompts:\n", "", "version: 2", "version: 3", "ads_expiry_months: 6", "ads_expiry_months: 7").Replace(offers)
	want := parse(t, file)
	got, err := prompt.ParseJSON(strings.NewReader(asJSON(t, file)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	got, err = prompt.ParseJSON(strings.NewReader(one(t)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want[:1], got); diff != "" {
		t.Errorf("one alone (-want +got):\n%s", diff)
	}
	// Languages have capitals, and any name is one, also that of a field.
	odd := strings.Replace(one(t), `"en":`, `"pt-BR":`, 1)
	if ps, err := prompt.ParseJSON(strings.NewReader(odd)); err != nil || ps[0].Texts[0].Language != "pt-BR" {
		t.Errorf("another language: %v", err)
	}
}

// one is the prompt of offers alone, as JSON.
func one(t testing.TB) string {
	t.Helper()
	return strings.TrimSuffix(strings.TrimPrefix(asJSON(t, offers), `{"prompts":[`), `]}`)
}

// TestParseJSONRefuses spoils the prompt at one place at a time, alone and in a
// list. What YAML refuses by itself must be refused here too.
func TestParseJSONRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ from, to, field, reason string }{
		"no JSON":               {`"version":2`, `"version":`, "", "bad_json"},
		"an unknown key":        {`"surface"`, `"zurface"`, "", "unknown_key"},
		"one inside a text":     {`"sha256"`, `"sha512"`, "", "unknown_key"},
		"a key in capitals":     {`"surface"`, `"Surface"`, "", "unknown_key"},
		"a key with long s":     {`"purposes"`, `"purpo\u017fes"`, "", "unknown_key"},
		"a key twice":           {`"version":2`, `"version":2,"version":2`, "", "repeated_key"},
		"purposes twice":        {`"purposes":[`, `"purposes":["svc.account"],"purposes":[`, "", "repeated_key"},
		"a language twice":      {`"en":{`, `"en":{},"en":{`, "", "repeated_key"},
		"a text twice":          {`"text":`, `"text":"x","text":`, "", "repeated_key"},
		"one escaped":           {`"version":2`, `"version":2,"v\u0065rsion":2`, "", "repeated_key"},
		"the version as a text": {`"version":2`, `"version":"2"`, "version", "bad_json"},
		"the purposes as one":   {`["ads.match.advertiser","ads.suppress"]`, `"ads.suppress"`, "purposes", "bad_json"},
		"approved by two":       {`"version":2`, `"version":2,"approved_by":["anna","ben"]`, "approved_by", "approval_in_file"},
		"approved by null":      {`"version":2`, `"version":2,"approved_by":null`, "approved_by", "approval_in_file"},
		"a list in the prompt":  {`"version":2`, `"version":2,"prompts":null`, "", "unknown_key"},
		"another text":          {"May they?", "May they!", "texts.en", "bad_sha256"},
		"half a sign":           {"May they?", `May they?\ud83d`, "texts.en", "bad_sha256"},
		"no purpose":            {`["ads.match.advertiser","ads.suppress"]`, `[]`, "purposes", "no_purpose"},
		"null for a version":    {`"version":2`, `"version":null`, "id", "bad_prompt_name"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(one(t), c.from) {
				t.Fatal("there is nothing to replace")
			}
			alone := strings.Replace(one(t), c.from, c.to, 1)
			for _, body := range []string{alone, `{"prompts":[` + alone + `]}`} {
				ps, err := prompt.ParseJSON(strings.NewReader(body))
				e, _ := errors.AsType[*selvedge.Error](err)
				if e == nil || ps != nil {
					t.Fatalf("%d prompts, error %v", len(ps), err)
				}
				// A fault of the JSON itself is found before the prompts are told apart.
				field := strings.NewReplacer("prompts[0].", "", "prompts.", "").Replace(e.Field)
				if e.Code != selvedge.CodeInvalid || field != c.field || e.Reason != c.reason {
					t.Errorf("%q %s (%v), want %q %s", e.Field, e.Reason, err, c.field, c.reason)
				}
				for _, value := range []string{"May they", "zurface", "sha512", "anna"} {
					if strings.Contains(err.Error(), value) {
						t.Errorf("the error repeats what was sent: %v", err)
					}
				}
			}
		})
	}
	for name, body := range map[string]string{
		"nothing": "", "null": "null", "a list": "[" + one(t) + "]", "a text": `"x"`, "two values": one(t) + one(t), "noise behind": one(t) + "x",
		"a stray bracket": one(t) + "]", "not cut out": "x" + one(t), "no end": one(t)[:50], "YAML": offers,
		"a deep one": strings.Repeat("[", 1<<20) + strings.Repeat("]", 1<<20), "a deep object": strings.Repeat(`{"a":`, 1<<18) + "1" + strings.Repeat("}", 1<<18),
	} {
		if ps, err := prompt.ParseJSON(strings.NewReader(body)); selvedge.CodeOf(err) != selvedge.CodeInvalid || ps != nil {
			t.Errorf("%s: %d prompts, %v", name, len(ps), err)
		}
	}
}

func TestParseJSONSecurityNeverGrantsAds(t *testing.T) {
	t.Parallel()
	for _, sec := range []purpose.Purpose{purpose.Sec2FA, purpose.SecRecovery, purpose.SecReauth, purpose.SecLoginAlert, purpose.SecFraud} {
		body := strings.Replace(one(t), "ads.suppress", sec.String(), 1)
		if _, err := prompt.ParseJSON(strings.NewReader(body)); selvedge.CodeOf(err) != selvedge.CodePurposeDenied {
			t.Errorf("%s: %v, want purpose_denied", sec, err)
		}
	}
}

func TestParseJSONReads(t *testing.T) {
	t.Parallel()
	mine := errors.New("mine")
	if _, err := prompt.ParseJSON(io.MultiReader(strings.NewReader(one(t)), iotest.ErrReader(mine))); !errors.Is(err, mine) {
		t.Errorf("error %v, want the reader's", err)
	}
	large := one(t) + strings.Repeat(" ", 4<<20-len(one(t)))
	if _, err := prompt.ParseJSON(strings.NewReader(large)); err != nil {
		t.Errorf("4 MiB: %v", err)
	}
	if _, err := prompt.ParseJSON(strings.NewReader(large + " ")); selvedge.CodeOf(err) != selvedge.CodeTooLarge {
		t.Errorf("one byte more: %v, want too_large", err)
	}
}

// FuzzParseJSON has any text end in valid prompts or in an error of the text.
// What is taken, YAML takes as the same prompts: where the two parsers of keys
// disagree, a prompt could say one thing to one and another to the other.
func FuzzParseJSON(f *testing.F) {
	f.Add([]byte(one(f)))
	f.Add([]byte(asJSON(f, offers)))
	f.Add([]byte(`{"prompts":[{"ID":"a","id":"b"}]}`))
	f.Add([]byte(strings.Replace(one(f), "ads.suppress", "sec.2fa", 1)))
	f.Fuzz(func(t *testing.T, b []byte) {
		ps, err := prompt.ParseJSON(bytes.NewReader(b))
		if err != nil {
			switch code := selvedge.CodeOf(err); {
			case ps != nil:
				t.Fatal("prompts and an error")
			case code != selvedge.CodeInvalid && code != selvedge.CodePurposeDenied && code != selvedge.CodeTooLarge:
				t.Fatalf("%s: %v", code, err)
			}
			return
		}
		for _, p := range ps {
			if err := p.Validate(); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Contains(b, []byte(`"prompts"`)) || bytes.ContainsAny(b, "\\\x7f\u0085\u2028\u2029\ufeff") {
			return // one alone; or escapes, which YAML has others of
		}
		again, err := prompt.Parse(bytes.NewReader(b))
		if diff := cmp.Diff(ps, again); diff != "" && err == nil {
			t.Fatalf("(-JSON +YAML):\n%s", diff)
		}
	})
}
