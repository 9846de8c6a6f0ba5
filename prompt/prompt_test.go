package prompt_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/prompt"
)

func TestParseName(t *testing.T) {
	t.Parallel()
	for _, good := range []prompt.Name{
		{ID: "a", Version: 1}, {ID: "sign-up", Version: 12}, {ID: "two-factor-2", Version: 1_000_000}, {ID: strings.Repeat("a", 64), Version: 1},
	} {
		if got, err := prompt.ParseName(good.String()); got != good || err != nil {
			t.Errorf("%s: %v, %v", good, got, err)
		}
	}
	for name, bad := range map[string]string{
		"empty": "", "no version": "sign-up", "empty version": "sign-up@", "no id": "@1", "version 0": "a@0", "negative": "a@-1",
		"plus": "a@+1", "leading zero": "a@01", "too high": "a@1000001", "overflow": "a@99999999999999999999", "hex": "a@0x1",
		"capital": "A@1", "digit first": "1a@1", "underscore": "a_b@1", "hyphen first": "-a@1", "hyphen last": "a-@1", "two hyphens": "a--b@1",
		"two signs": "a@1@1", "blank": "a @1", "blank behind": "a@1 ", "line end": "a@1\n", "long": strings.Repeat("a", 65) + "@1",
		"another script": "а@1", "digit of another script": "a@١",
	} {
		got, err := prompt.ParseName(bad)
		e, _ := err.(*selvedge.Error)
		if got != (prompt.Name{}) || e == nil || e.Code != selvedge.CodeInvalid || e.Field != "prompt" || e.Reason != "bad_prompt_name" {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

// TestAdsExpiry counts calendar months in UTC.
func TestAdsExpiry(t *testing.T) {
	t.Parallel()
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for name, c := range map[string]struct {
		months      int
		given, want string
	}{
		"a month":            {1, "2026-03-14T09:26:53.589793Z", "2026-04-14T09:26:53.589793Z"},
		"thirteen":           {13, "2026-03-14T00:00:00Z", "2027-04-14T00:00:00Z"},
		"over a leap day":    {12, "2027-03-01T00:00:00Z", "2028-03-01T00:00:00Z"},
		"from a leap day":    {12, "2028-02-29T00:00:00Z", "2029-03-01T00:00:00Z"},
		"no such day":        {1, "2026-01-31T00:00:00Z", "2026-03-03T00:00:00Z"},
		"another zone's day": {1, "2026-03-01T00:30:00+02:00", "2026-03-28T22:30:00Z"},
		"clocks go forward":  {1, "2026-03-10T12:00:00+01:00", "2026-04-10T11:00:00Z"},
	} {
		got := prompt.Prompt{AdsExpiryMonths: c.months}.AdsExpiry(at(c.given))
		if !got.Equal(at(c.want)) || got.Location() != time.UTC {
			t.Errorf("%s: %v, want %s", name, got, c.want)
		}
	}
}

// TestAdsExpiryIsLater holds for any time: a later yes never ends earlier.
func TestAdsExpiryIsLater(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := prompt.Prompt{AdsExpiryMonths: rapid.IntRange(1, 25).Draw(t, "months")}
		given := time.UnixMicro(rapid.Int64Range(0, 4e15).Draw(t, "given"))
		end := p.AdsExpiry(given)
		if days := end.Sub(given).Hours() / 24; days < 28*float64(p.AdsExpiryMonths) || days > 31*float64(p.AdsExpiryMonths)+3 {
			t.Fatalf("%d months are %.1f days", p.AdsExpiryMonths, days)
		}
	})
}
