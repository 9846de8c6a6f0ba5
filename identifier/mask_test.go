package identifier_test

import (
	"testing"

	"github.com/selvedge/selvedge/identifier"
)

func TestMask(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name          string
		kind          identifier.Kind
		value, region string
		want          string
	}{
		{"an address", identifier.Email, " Jane.Doe@Example.com", "", "j•••@e•••.com"},
		{"a short one looks no shorter", identifier.Email, "a@b.co", "", "a•••@b•••.co"},
		{"the last label alone", identifier.Email, "jane@mail.example.co.uk", "", "j•••@m•••.uk"},
		{"other than ASCII", identifier.Email, "Ünal@xn--bcher-kva.example", "", "ü•••@b•••.example"},
		{"no address", identifier.Email, "jane", "", ""},
		{"a number", identifier.Phone, "+39 06 698 12345", "", "+39 ••• ••• ••45"},
		{"a national number", identifier.Phone, "(212) 555-0147", "US", "+1 ••• ••• ••47"},
		{"a national number without region", identifier.Phone, "(212) 555-0147", "", ""},
		{"no number", identifier.Phone, "jane@example.com", "US", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := maskOf(tt.kind, tt.value, tt.region); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}
