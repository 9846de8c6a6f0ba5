package identifier_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/selvedge/selvedge/identifier"
)

// maxAddress is the most bytes of an address.
const maxAddress = 254

// checkASCII compares the fast path with the careful one, and says whether the
// fast path read the address.
func checkASCII(t testing.TB, text string) bool {
	t.Helper()
	got, fast, reason := identifier.ReadAddress(text, false)
	want, _, wantReason := identifier.ReadAddress(text, true)
	if reason != wantReason || got.Identity != want.Identity || got.Repaired != want.Repaired || got.Hashed ||
		!slices.Equal(got.Also(), want.Also()) {
		t.Errorf("%q: the fast path (%t) and the careful one differ: reasons %q and %q", text, fast, reason, wantReason)
	}
	return fast
}

func TestASCIIAddresses(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 64)
	// With the domain, and a local part of sizes, 254 bytes are reached.
	domain := strings.TrimSuffix(strings.Repeat(strings.Repeat("b", 50)+".", 4), ".")
	rest := maxAddress - len("@") - len(domain)
	for name, tt := range map[string]struct {
		text string
		fast bool
	}{
		"plain":                   {"jane@example.com", true},
		"capitals":                {"Jane.DOE@Example.COM", true},
		"ends of the alphabet":    {"AZ@AZ.Com", true},
		"beside the alphabet":     {"^_`{|}~@a.b", true},
		"white space around":      {"\u00a0 jane@example.com\t", true},
		"gmail":                   {"jane@gmail.com", true},
		"gmail, dots, tag, case":  {"J.a.ne+News.x@GMail.com", true},
		"googlemail":              {"jane.doe@googlemail.com", true},
		"gmail, longest":          {long + "@googlemail.com", true},
		"gmail, nothing left":     {"..+a@gmail.com", false},
		"gmail, tag alone":        {"+a@gmail.com", false},
		"like gmail":              {"j.d+x@gmail.com.example", true},
		"longest local part":      {long + "@example.com", true},
		"longer local part":       {long + "a@example.com", false},
		"254 bytes":               {long[:rest] + "@" + domain, true},
		"255 bytes":               {long[:rest+1] + "@" + domain, false},
		"A-label":                 {"jane@xn--bcher-kva.example", false},
		"beyond ASCII":            {"jané@example.com", false},
		"in brackets":             {"<jane@example.com>", false},
		"dots alone":              {"..@example.com", false},
		"a number for a last one": {"jane@10.0.0.1", false},
		"empty":                   {"", false},
	} {
		if fast := checkASCII(t, tt.text); fast != tt.fast {
			t.Errorf("%s: on the fast path %t, want %t", name, fast, tt.fast)
		}
	}
}

// TestAddressesDoNotAllocate holds for nearly every cell of a list.
func TestAddressesDoNotAllocate(t *testing.T) {
	got := testing.AllocsPerRun(100, func() {
		for _, text := range []string{"Jane.Doe+news@example.com", " j.doe+x@Gmail.com", "j@googlemail.com"} {
			if _, reason := identifier.Read(identifier.Email, text, ""); reason != identifier.Accepted {
				t.Fatal(reason)
			}
		}
	})
	if got != 0 {
		t.Errorf("%v allocations", got)
	}
}

func FuzzASCIIAddress(f *testing.F) {
	seeds(f, func(k identifier.Kind, value, _ string) {
		if k == identifier.Email {
			f.Add(value)
		}
	})
	f.Add("J.a+b@GoogleMail.com")
	f.Fuzz(func(t *testing.T, text string) { checkASCII(t, text) })
}
