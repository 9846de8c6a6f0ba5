package identifier_test

import (
	"strings"
	"testing"

	"github.com/selvedge/selvedge/identifier"
)

func TestRead(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		kind     identifier.Kind
		text     string
		region   string
		identity string
		also     []string
		repaired bool
	}{
		{"an address", identifier.Email, " Jane.Doe+x@Example.com", "", "jane.doe+x@example.com", nil, false},
		{"the region is not looked at for an address", identifier.Email, "jane@example.com", "ZZ", "jane@example.com", nil, false},
		{"Gmail, collapsed already", identifier.Email, "jane@gmail.com", "", "jane@gmail.com", []string{"jane@googlemail.com"}, false},
		{
			"Gmail with a dot and a tag", identifier.Email, "J.ane+x@gmail.com", "", "jane@gmail.com",
			[]string{"jane@googlemail.com", "j.ane+x@gmail.com"},
			false,
		},
		{
			"googlemail", identifier.Email, "j.ane@googlemail.com", "", "jane@gmail.com",
			[]string{"jane@googlemail.com", "j.ane@googlemail.com"},
			false,
		},
		{"googlemail, collapsed already", identifier.Email, "jane@googlemail.com", "", "jane@gmail.com", []string{"jane@googlemail.com"}, false},
		{
			"an IDN in A-labels", identifier.Email, "jane@xn--bcher-kva.example", "", "jane@bücher.example",
			[]string{"jane@xn--bcher-kva.example"},
			false,
		},
		{
			"an IDN in U-labels", identifier.Email, "jane@bücher.example", "", "jane@bücher.example",
			[]string{"jane@xn--bcher-kva.example"},
			false,
		},
		{"a domain that IDNA refuses", identifier.Email, "jane@xn--a.com", "", "jane@xn--a.com", nil, false},
		{"quotes are no repair", identifier.Email, `"jane@example.com"`, "", "jane@example.com", nil, false},
		{"a name is dropped", identifier.Email, "Jane <jane@example.com>", "", "jane@example.com", nil, true},
		{"the address for a name is not missed", identifier.Email, "jane@example.com <jane@example.com>", "", "jane@example.com", nil, false},
		{"white space inside is dropped", identifier.Email, "jane @example.com", "", "jane@example.com", nil, true},
		{"white space in a link is no repair", identifier.Email, "mailto: jane@example.com", "", "jane@example.com", nil, false},
		{
			"a long number is no hash", identifier.Phone, "+44----------20----------7946----------0958", "",
			"+442079460958",
			[]string{"442079460958"},
			false,
		},
		{
			"a number in many parts is no row of hashes", identifier.Phone, "0 2 0  7 9 4 6  0 9 5 8", "GB",
			"+442079460958",
			[]string{"442079460958"},
			false,
		},
		{"a number", identifier.Phone, "+44 20 7946 0958", "", "+442079460958", []string{"442079460958"}, false},
		{"a national number", identifier.Phone, "020 7946 0958", "GB", "+442079460958", []string{"442079460958"}, false},
		{"an extension is dropped", identifier.Phone, "+44 20 7946 0958 x12", "", "+442079460958", []string{"442079460958"}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			form := email
			if tt.kind == identifier.Phone {
				form = phone
			}
			cell, reason := identifier.Read(tt.kind, tt.text, tt.region)
			if reason != identifier.Accepted {
				t.Fatalf("refused: %q", reason)
			}
			if cell.Identity != form(tt.identity) {
				t.Errorf("the identity is not %q", tt.identity)
			}
			checkForms(t, append([]identifier.Form{form(tt.identity)}, cell.Also()...), form, append([]string{tt.identity}, tt.also...)...)
			if tt.also == nil && len(cell.Also()) > 0 {
				t.Error("Also is not nil")
			}
			if cell.Hashed {
				t.Error("counts as hashed")
			}
			if cell.Repaired != tt.repaired {
				t.Errorf("repaired %t, want %t", cell.Repaired, tt.repaired)
			}
		})
	}
}

func TestReadRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name         string
		kind         identifier.Kind
		text, region string
		reason       identifier.Reason
	}{
		{"an address among numbers", identifier.Phone, "jane@example.com", "GB", identifier.ReasonNotPhone},
		{"a number among addresses", identifier.Email, "+442079460958", "", identifier.ReasonNotEmail},
		{"a national number without region", identifier.Phone, "020 7946 0958", "", identifier.ReasonNoCountry},
		{"a bad region", identifier.Phone, "+442079460958", "UK", identifier.ReasonBadRegion},
		{"a word as long as an MD5 in base64", identifier.Email, "abcdefghijklmnopqrstuv", "", identifier.ReasonNotEmail},
		{"hex shorter than any hash", identifier.Email, "0123456789abcdef01234567", "", identifier.ReasonNotEmail},
		{"an MD5 among numbers", identifier.Phone, strings.Repeat("0a", 16), "", identifier.ReasonMD5},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cell, reason := identifier.Read(tt.kind, tt.text, tt.region)
			if reason != tt.reason {
				t.Errorf("reason %q, want %q", reason, tt.reason)
			}
			if cell.Identity != (identifier.Form{}) || len(cell.Also()) > 0 || cell.Hashed || cell.Repaired {
				t.Error("a refused cell is not zero")
			}
		})
	}
}

// TestReadHashedIgnoresRegion: a hash cannot be read again, whatever is declared.
func TestReadHashedIgnoresRegion(t *testing.T) {
	t.Parallel()
	cell, reason := identifier.Read(identifier.Phone, strings.Repeat("ab", 32), "ZZ")
	if reason != identifier.Accepted || !cell.Hashed {
		t.Errorf("reason %q", reason)
	}
}

// TestNoKind: the zero Kind, and any that is not there yet, refuses everything.
func TestNoKind(t *testing.T) {
	t.Parallel()
	for _, k := range []identifier.Kind{0, 3, 255} {
		for _, text := range []string{"", "jane@example.com", "+442079460958", strings.Repeat("ab", 32)} {
			if forms, reason := contactForms(k, text, "GB"); forms != nil || reason != identifier.ReasonNoKind {
				t.Errorf("Contact of kind %d: %q", k, reason)
			}
			if _, reason := identifier.Hash(k, text); reason != identifier.ReasonNoKind {
				t.Errorf("Hash of kind %d: %q", k, reason)
			}
			if _, reason := identifier.Read(k, text, "GB"); reason != identifier.ReasonNoKind {
				t.Errorf("Read of kind %d: %q", k, reason)
			}
			if s := maskOf(k, text, "GB"); s != "" {
				t.Errorf("Mask of kind %d shows something", k)
			}
		}
	}
}
