package identifier_test

import (
	"crypto/sha256"
	"testing"

	"github.com/selvedge/selvedge/identifier"
)

// TestCanonical: what is shown is what was hashed.
func TestCanonical(t *testing.T) {
	t.Parallel()
	hash := "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
	for _, c := range []struct {
		kind         identifier.Kind
		text, region string
		want         string
		reason       identifier.Reason
	}{
		{identifier.Email, " Anna@Example.COM ", "", "anna@example.com", ""},
		{identifier.Email, "J.Ane+x@googlemail.com", "", "jane@gmail.com", ""},
		{identifier.Email, "Anna <a.b+c@example.com>", "", "a.b+c@example.com", ""},
		{identifier.Email, "O@B\u00dcCHER.example", "", "o@b\u00fccher.example", ""},
		{identifier.Email, "0x2C26B46B68FFC68FF99B453C1D30413413422D706483BFA0F98A5E886266E7AE", "", hash, ""},
		{identifier.Email, "nobody", "", "", identifier.ReasonNotEmail},
		{identifier.Phone, "(0)20 7946 0958", "GB", "+442079460958", ""},
		{identifier.Phone, "tel:+1 (212) 555-0147 x12", "", "+12125550147", ""},
		{identifier.Phone, hash, "", hash, ""},
		{identifier.Phone, "020 7946 0958", "", "", identifier.ReasonNoCountry},
		{0, "a@example.com", "", "", identifier.ReasonNoKind},
	} {
		got, reason := identifier.Canonical(c.kind, c.text, c.region)
		if got != c.want || reason != c.reason {
			t.Errorf("%q is %q, %q", c.text, got, reason)
		}
		cell, _ := identifier.Read(c.kind, c.text, c.region)
		if reason == "" && !cell.Hashed && sha256.Sum256([]byte(got)) != cell.Identity.Digest {
			t.Errorf("%q is not what is matched", c.text)
		}
	}
}

func FuzzCanonical(f *testing.F) {
	f.Add(uint8(1), "A.b+c@gmail.com", "GB")
	f.Add(uint8(2), "020 7946 0958", "GB")
	f.Fuzz(func(t *testing.T, kind uint8, text, region string) {
		k := identifier.Kind(kind % 3)
		cell, want := identifier.Read(k, text, region)
		got, reason := identifier.Canonical(k, text, region)
		if reason != want || reason == "" && !cell.Hashed && sha256.Sum256([]byte(got)) != cell.Identity.Digest {
			t.Errorf("%q, %q; Read has %q", got, reason, want)
		}
	})
}
