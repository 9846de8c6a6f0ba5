package identifier_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge/identifier"
)

func TestSplit(t *testing.T) {
	t.Parallel()
	hash := "98f7851917258d509c7f45737b9d27d036a29017e7885716a7610eb9a709927e"
	for name, c := range map[string]struct {
		kind identifier.Kind
		text string
		want []string // nil if it stays whole
	}{
		"semicolon":                {identifier.Email, "a@x.com; b@x.com", []string{"a@x.com", "b@x.com"}},
		"comma, pipe, the last":    {identifier.Email, "a@x.com,b@x.com|c@x.com;", []string{"a@x.com", "b@x.com", "c@x.com"}},
		"slash and space":          {identifier.Email, "a@x.com / b@x.com c@x.com", []string{"a@x.com", "b@x.com", "c@x.com"}},
		"names and brackets":       {identifier.Email, "Ann <a@x.com>; Ben <b@x.com>", []string{"Ann <a@x.com>", "Ben <b@x.com>"}},
		"names with commas":        {identifier.Email, `Berg, Ann <a@x.com>, "Cho, Ben" <b@x.com>`, []string{"a@x.com", "b@x.com"}},
		"one address names others": {identifier.Email, "a@x.com <b@x.com>", []string{"b@x.com", "a@x.com"}},
		"words between":            {identifier.Email, "a@x.com or b@x.com", []string{"a@x.com", "or", "b@x.com"}},
		"in quotes":                {identifier.Email, `"a@x.com;b@x.com"`, []string{"a@x.com", "b@x.com"}},
		"numbers":                  {identifier.Phone, "+1 212 555 0147 / +1 212 555 0148", []string{"+1 212 555 0147", "+1 212 555 0148"}},
		"numbers, comma":           {identifier.Phone, "+12125550147,+12125550148", []string{"+12125550147", "+12125550148"}},
		"hashes":                   {identifier.Email, hash + " " + hash, []string{hash, hash}},
		"one":                      {identifier.Email, "a@x.com", nil},
		"one number":               {identifier.Phone, "+1 212 555 0147", nil},
		"no kind":                  {0, "a@x.com;b@x.com", nil},
		"too many":                 {identifier.Email, "a@x.com;b@x.com;c@x.com;d@x.com;e@x.com;f@x.com;g@x.com;h@x.com;i@x.com;j@x.com;k@x.com;l@x.com;m@x.com;n@x.com;o@x.com;p@x.com;q@x.com", nil},
		"brackets and more":        {identifier.Email, "a@x.com Ann <b@x.com> Ben <c@x.com>", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := identifier.Split(c.kind, c.text)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if c.want != nil {
				if _, reason := identifier.Read(c.kind, c.text, ""); reason != identifier.ReasonSeveral {
					t.Errorf("as a whole it is %q", reason)
				}
			}
		})
	}
}

// FuzzSplit holds that no part is several identifiers again.
func FuzzSplit(f *testing.F) {
	f.Add("a@x.com; b@x.com", false)
	f.Add("+12125550147 / +12125550148", true)
	f.Add("Ann <a@x.com>, b@x.com", false)
	f.Fuzz(func(t *testing.T, text string, phone bool) {
		k := identifier.Email
		if phone {
			k = identifier.Phone
		}
		parts := identifier.Split(k, text)
		if len(parts) == 1 || len(parts) > identifier.MaxSplit {
			t.Errorf("%d parts", len(parts))
		}
		for _, p := range parts {
			if _, reason := identifier.Read(k, p, "US"); reason == identifier.ReasonSeveral {
				t.Errorf("%q is several", p)
			}
		}
	})
}

func TestPlaceholders(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"test@test.com": true, "TEST@Test.com ": true, "noreply@shop.example": true, "No-Reply@x.com": true, "Test <test@test.com>": true,
		"tester@test.com": false, "noreply1@x.com": false, "anna@example.com": false,
		"+10000000000": true, "+1 999 999 9999": true, "+11234567890": true, "+12125550147": false, "+1 212 000 0000": true,
	} {
		k := identifier.Email
		if text[0] == '+' {
			k = identifier.Phone
		}
		c, reason := identifier.Read(k, text, "")
		if reason != identifier.Accepted || c.Placeholder != want {
			t.Errorf("%s: %v, %q", text, c.Placeholder, reason)
		}
	}
}

// TestHexEitherWay holds the fast path for hashes against Hash.
func TestHexEitherWay(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"98f7851917258D509C7F45737b9d27d036a29017e7885716a7610eb9a709927E",
		"98f7851917258d509c7f45737b9d27d036a29017e7885716a7610eb9a709927g",
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"0x98f7851917258d509c7f45737b9d27d036a29017e7885716a7610eb9a70992",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@x.com",
	} {
		cell, got := identifier.Read(identifier.Email, text, "")
		form, want := identifier.Hash(identifier.Email, text)
		if cell.Hashed && (got != want || cell.Identity != form) || got == identifier.ReasonEmpty != (want == identifier.ReasonEmpty) {
			t.Errorf("read as %q, hashed as %q", got, want)
		}
	}
}
