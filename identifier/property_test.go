package identifier_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"github.com/selvedge/selvedge/identifier"
)

const atext = "abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*/=?^_`{|}~-"

// local draws a local part without dots and tags.
func drawLocal(t *rapid.T) string {
	return rapid.StringOfN(rapid.SampledFrom([]rune(atext+"üß日é")), 1, 12, -1).Draw(t, "local")
}

func drawDomain(t *rapid.T) string {
	return rapid.SampledFrom([]string{
		"example.com", "mail.example.org", "gmail.co", "notgmail.com", "a_b.example", "bücher.example", "straße.example", "xn--a.com",
	}).Draw(t, "domain")
}

// respell writes an address in another way that means the same: capitals, and
// white space and quotes around it.
func respell(t *rapid.T, s string) string {
	s = strings.Map(func(r rune) rune {
		// Other letters have capitals too, but not all come back from them.
		if 'a' <= r && r <= 'z' && rapid.Bool().Draw(t, "capital") {
			return unicode.ToUpper(r)
		}
		return r
	}, s)
	around := rapid.SampledFrom([][2]string{
		{}, {" ", "\r\n"}, {"\ufeff", "\u200b"}, {"\u00a0", "\t"}, {`"`, `"`}, {`="`, `"`}, {"mailto:", ""}, {"<", ">"}, {"Someone <", ">"},
	}).Draw(t, "around")
	if around[0] == "mailto:" {
		s = url.PathEscape(s)
	}
	return around[0] + s + around[1]
}

func mustRead(t *rapid.T, k identifier.Kind, text, region string) identifier.Cell {
	t.Helper()
	c, reason := identifier.Read(k, text, region)
	if reason != identifier.Accepted {
		t.Fatalf("Read of %q: %s", text, reason)
	}
	return c
}

func mustContact(t *rapid.T, k identifier.Kind, value, region string) []identifier.Form {
	t.Helper()
	forms, reason := contactForms(k, value, region)
	if reason != identifier.Accepted {
		t.Fatalf("Contact of %q: %s", value, reason)
	}
	return forms
}

func TestSpellingsShareIdentity(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		addr := drawLocal(t) + "@" + drawDomain(t)
		want := mustRead(t, identifier.Email, addr, "").Identity
		if got := mustRead(t, identifier.Email, respell(t, addr), "").Identity; got != want {
			t.Fatal("another spelling has another identity")
		}
	})
}

// drawGmail writes the mailbox with dots, a tag and either domain.
func drawGmail(t *rapid.T, local string) string {
	var b strings.Builder
	for _, r := range local {
		b.WriteString(strings.Repeat(".", rapid.IntRange(0, 2).Draw(t, "dots")))
		b.WriteRune(r)
	}
	if rapid.Bool().Draw(t, "tagged") {
		b.WriteString("+" + rapid.StringOfN(rapid.SampledFrom([]rune("ab.+1")), 0, 6, -1).Draw(t, "tag"))
	}
	b.WriteString("@" + rapid.SampledFrom([]string{"gmail.com", "googlemail.com", "ＧＭＡＩＬ.com"}).Draw(t, "domain"))
	return b.String()
}

func TestGmailVariantsShareIdentity(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		local := drawLocal(t)
		one, two := drawGmail(t, local), respell(t, drawGmail(t, local))
		a, b := mustRead(t, identifier.Email, one, ""), mustRead(t, identifier.Email, two, "")
		if a.Identity != b.Identity {
			t.Fatalf("%q and %q have two identities", one, two)
		}
		// And each finds the contact point that the other is.
		if !slices.Contains(mustContact(t, identifier.Email, one, ""), b.Identity) {
			t.Fatalf("%q does not find %q", two, one)
		}
	})
}

func TestTagsElsewhereDoNotCollapse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		local, domain := drawLocal(t), drawDomain(t)
		plain := mustContact(t, identifier.Email, local+"@"+domain, "")
		for _, other := range []string{local + "+x@" + domain, local + "." + "@" + domain} {
			for _, f := range mustContact(t, identifier.Email, other, "") {
				if slices.Contains(plain, f) {
					t.Fatalf("%q has a form of %q", other, local+"@"+domain)
				}
			}
		}
	})
}

// fold says which mailbox an address outside the Gmail family is, by other means
// than the code under test: the alphabets above have no capitals but those of
// respell, and are in NFC.
func fold(s string) string { return strings.ToLower(s) }

// notDots says that a local part is more than dots, which is no address.
func notDots(local string) bool { return strings.Trim(local, ".") != "" }

func TestMailboxesShareNoForm(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		letters := rapid.SampledFrom([]rune("aAbB.+-üÜıiIİßsſ日"))
		draw := func(name string) string {
			local := rapid.StringOfN(letters, 1, 3, -1).Filter(notDots).Draw(t, name)
			return strings.ReplaceAll(local, "İ", "i\u0307") + "@" +
				rapid.SampledFrom([]string{"example.com", "bücher.example", "bucher.example", "straße.example", "strasse.example"}).Draw(t, name+" at")
		}
		one, two := draw("one"), draw("two")
		a, reasonA := contactForms(identifier.Email, one, "")
		b, reasonB := contactForms(identifier.Email, two, "")
		if reasonA != identifier.Accepted || reasonB != identifier.Accepted {
			t.Fatalf("%q and %q: %q, %q", one, two, reasonA, reasonB)
		}
		shared := slices.ContainsFunc(a, func(f identifier.Form) bool { return slices.Contains(b, f) })
		if same := fold(one) == fold(two); shared != same {
			t.Fatalf("%q and %q: share a form %t, are one mailbox %t", one, two, shared, same)
		}
	})
}

// drawValue draws something that may be an identifier.
func drawValue(t *rapid.T) (identifier.Kind, string, string) {
	if rapid.Bool().Draw(t, "email") {
		addr := drawLocal(t) + "@" + drawDomain(t)
		if rapid.Bool().Draw(t, "gmail") {
			addr = drawGmail(t, drawLocal(t))
		}
		return identifier.Email, respell(t, addr), ""
	}
	number := rapid.StringMatching(`(\+|00|0)?[1-9]([0-9][- .]?){6,13}( x12)?(\.0)?`).Draw(t, "number")
	return identifier.Phone, number, rapid.SampledFrom([]string{"", "US", "GB", "DE", "IT", "AR", "JP"}).Draw(t, "region")
}

func TestReadFindsContact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		k, value, region := drawValue(t)
		checkReadFindsContact(t, k, value, region)
	})
}

// checkReadFindsContact checks what holds for every value that Contact accepts.
func checkReadFindsContact(t interface {
	Helper()
	Fatalf(string, ...any)
}, k identifier.Kind, value, region string,
) {
	t.Helper()
	forms, reason := contactForms(k, value, region)
	if reason != identifier.Accepted {
		if forms != nil {
			t.Fatalf("refused as %s, with forms", reason)
		}
		return
	}
	if len(forms) == 0 {
		t.Fatalf("accepted without forms")
	}
	cell, reason := identifier.Read(k, value, region)
	if reason != identifier.Accepted {
		t.Fatalf("Contact accepts, Read says %s", reason)
	}
	if !slices.Contains(forms, cell.Identity) || cell.Hashed {
		t.Fatalf("the identity is no form of the contact point")
	}
	for _, f := range cell.Also() {
		if !slices.Contains(forms, f) || f == cell.Identity {
			t.Fatalf("a further form is none, or the identity again")
		}
	}
	for i, f := range forms {
		if slices.Contains(forms[:i], f) {
			t.Fatalf("form %d stands twice", i)
		}
		if f.Class != k.Class() {
			t.Fatalf("form %d has class %s", i, f.Class)
		}
		back, reason := identifier.Hash(k, f.Digest.Hex())
		if reason != identifier.Accepted || back != f {
			t.Fatalf("form %d does not come back from its hash (%s)", i, reason)
		}
	}
	if maskOf(k, value, region) == "" {
		t.Fatalf("accepted, and there is no mask")
	}
}
