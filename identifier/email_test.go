package identifier_test

import (
	"crypto/sha256"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/selvedge/selvedge/identifier"
)

// email and phone return the form of what a sender hashes.
func email(s string) identifier.Form {
	return identifier.Form{Class: identifier.ClassEmail, Digest: sha256.Sum256([]byte(s))}
}

func phone(s string) identifier.Form {
	return identifier.Form{Class: identifier.ClassPhone, Digest: sha256.Sum256([]byte(s))}
}

// checkForms compares forms with those of the texts: the first in place, the
// rest in any order.
func checkForms(t *testing.T, got []identifier.Form, form func(string) identifier.Form, texts ...string) {
	t.Helper()
	if len(got) != len(texts) {
		t.Errorf("%d forms, want %d", len(got), len(texts))
	}
	for i, s := range texts {
		if at := slices.Index(got, form(s)); at < 0 {
			t.Errorf("no form of %q", s)
		} else if i == 0 && at != 0 {
			t.Errorf("%q is form %d, want the first", s, at)
		}
	}
}

func TestContactEmail(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		value string
		forms []string // E0 first
	}{
		{"outside the Gmail family there is one form", "Jane.Doe+News@Example.com", []string{"jane.doe+news@example.com"}},
		{"Gmail without dots or tag", "Jane@gmail.com", []string{"jane@gmail.com", "jane@googlemail.com"}},
		{
			"Gmail with a dot", "j.ane@googlemail.com",
			[]string{"j.ane@googlemail.com", "jane@googlemail.com", "j.ane@gmail.com", "jane@gmail.com"},
		},
		{
			"Gmail with dots and a tag, which keeps its text and loses its dots", "J.Doe+A.b+c@GMAIL.com",
			[]string{
				"j.doe+a.b+c@gmail.com", "jdoe@gmail.com", "jdoe+ab+c@gmail.com", "j.doe@gmail.com",
				"j.doe+a.b+c@googlemail.com", "jdoe@googlemail.com", "jdoe+ab+c@googlemail.com", "j.doe@googlemail.com",
			},
		},
		{"a domain that begins with gmail is not Gmail", "j.a+x@gmail.co", []string{"j.a+x@gmail.co"}},
		{"a domain under gmail.com is not Gmail", "j.a+x@mail.gmail.com", []string{"j.a+x@mail.gmail.com"}},
		{
			"the Gmail test comes after the mapping of full-width letters", "j.ane@ＧＭＡＩＬ.com",
			[]string{
				"j.ane@gmail.com", "jane@gmail.com", "j.ane@googlemail.com", "jane@googlemail.com",
				"j.ane@ｇｍａｉｌ.com", "jane@ｇｍａｉｌ.com", "j.ane@ＧＭＡＩＬ.com", "jane@ＧＭＡＩＬ.com",
			},
		},
		{"an IDN has its twin in A-labels", "Jane@bücher.example", []string{"jane@bücher.example", "jane@xn--bcher-kva.example"}},
		{"A-labels have their twin in U-labels, which is first", "jane@XN--bcher-kva.example", []string{"jane@bücher.example", "jane@xn--bcher-kva.example"}},
		{"capitals in an IDN", "jane@BÜCHER.example", []string{
			"jane@bücher.example", "jane@xn--bcher-kva.example", "jane@bÜcher.example",
		}},
		{"ß is kept", "jane@straße.de", []string{"jane@straße.de", "jane@xn--strae-oqa.de"}},
		{"an ideographic full stop", "jane@example。com", []string{"jane@example.com", "jane@example。com"}},
		{"IDNA refuses an underscore beside ü", "jane@a_b.ü.com", []string{"jane@a_b.ü.com"}},
		{"IDNA refuses a leading hyphen", "jane@-ü.com", []string{"jane@-ü.com"}},
		{"IDNA refuses a zero-width joiner", "jane@ü\u200d.com", []string{"jane@ü\u200d.com"}},
		{"IDNA refuses a false A-label", "Jane@xn--a.com", []string{"jane@xn--a.com"}},
		{"an underscore in ASCII", "jane@a_b.example.com", []string{"jane@a_b.example.com"}},
		{"a leading hyphen in ASCII", "jane@-a.example.com", []string{"jane@-a.example.com"}},
		{"a local part with other than ASCII", "Ünal@example.com", []string{"ünal@example.com", "Ünal@example.com"}},
		{"NFC, and as written", "e\u0301va@example.com", []string{"\u00e9va@example.com", "e\u0301va@example.com"}},
		{
			"the Turkish capital keeps its dot and does not become i", "İz@example.com",
			[]string{"i\u0307z@example.com", "İz@example.com"},
		},
		{
			"as most senders write it, and as UID2 does", "E\u0301Ü@example.com",
			[]string{"\u00e9ü@example.com", "e\u0301ü@example.com", "e\u0301Ü@example.com"},
		},
		{"a capital has no composed form, its small letter has", "T\u0308a@example.com", []string{"\u1e97a@example.com", "t\u0308a@example.com"}},
		{"a name in broken UTF-8 is dropped", "J\xfcrgen <juergen@example.com>", []string{"juergen@example.com"}},
		{"emoji", "😊a@example.com", []string{"😊a@example.com"}},
		{"dots anywhere", ".a..b.@example.com", []string{".a..b.@example.com"}},
		{"every character of RFC 5322", "!#$%&'*+-/=?^_`{|}~@example.com", []string{"!#$%&'*+-/=?^_`{|}~@example.com"}},
		{"a lone apostrophe may be part of the address", "'t-hooft@example.com", []string{"'t-hooft@example.com"}},
		{"64 bytes before the @", strings.Repeat("a", 64) + "@example.com", []string{strings.Repeat("a", 64) + "@example.com"}},
		{"254 in all", "a@" + longDomain(252), []string{"a@" + longDomain(252)}},
		{"trimmed", "\u00a0\ufeff\u200b\t jane@example.com \r\n\u3000", []string{"jane@example.com"}},
		{"quoted", `"jane@example.com"`, []string{"jane@example.com"}},
		{"quoted with apostrophes", `'jane@example.com'`, []string{"jane@example.com"}},
		{"quoted with bent quotes", "“jane@example.com”", []string{"jane@example.com"}},
		{"a formula", `="jane@example.com"`, []string{"jane@example.com"}},
		{"a link", "MailTo:jane@example.com?subject=hi", []string{"jane@example.com"}},
		{"a link is percent-encoded", "mailto:jane%2Bnews@example.com", []string{"jane+news@example.com"}},
		{"a link in angle brackets", "<mailto:jane@example.com>", []string{"jane@example.com"}},
		{"a link in quotes", `" mailto:jane@example.com "`, []string{"jane@example.com"}},
		{"angle brackets", "<jane@example.com>", []string{"jane@example.com"}},
		{"a name", `"Doe, Jane" <jane@example.com>`, []string{"jane@example.com"}},
		{"the address for a name", "Jane@example.com <jane@example.com>", []string{"jane@example.com"}},
		{"a semicolon left over", "jane@example.com; ", []string{"jane@example.com"}},
		{"white space inside", "jane @ exam ple.com", []string{"jane@example.com"}},
		{"zero-width space inside", "ja\u200bne@example.com", []string{"jane@example.com"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			forms, reason := contactForms(identifier.Email, tt.value, "")
			if reason != identifier.Accepted {
				t.Fatalf("refused: %q", reason)
			}
			checkForms(t, forms, email, tt.forms...)
		})
	}
}

// longDomain returns a domain of n bytes.
func longDomain(n int) string {
	return strings.Repeat("abcdefg.", n/8) + strings.Repeat("x", n%8)
}

func TestEmailRefused(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		value  string
		reason identifier.Reason
	}{
		{"blank", "", identifier.ReasonEmpty},
		{"white space", " \u200b\t", identifier.ReasonEmpty},
		{"a placeholder", "N/A", identifier.ReasonEmpty},
		{"a placeholder in quotes", `" null "`, identifier.ReasonEmpty},
		{"no @", "jane.example.com", identifier.ReasonNotEmail},
		{"two @ beside an IDN", "jane@ü@example.com", identifier.ReasonNotEmail},
		{"a lone quote", `"`, identifier.ReasonNotEmail},
		{"a lone apostrophe", `'`, identifier.ReasonNotEmail},
		{"a formula of nothing", `="`, identifier.ReasonNotEmail},
		{"two @", "jane@doe@example.com", identifier.ReasonNotEmail},
		{"no local part", "@example.com", identifier.ReasonNotEmail},
		{"a local part of dots", "..@example.com", identifier.ReasonNotEmail},
		{"a local part of dots beside an IDN", "..@bücher.example", identifier.ReasonNotEmail},
		{"no domain", "jane@", identifier.ReasonNotEmail},
		{"a domain without dot", "jane@example", identifier.ReasonNotEmail},
		{"an IDN without dot", "jane@bücher", identifier.ReasonNotEmail},
		{"a dot at the end", "jane@example.com.", identifier.ReasonNotEmail},
		{"an ideographic full stop at the end", "jane@example.com。", identifier.ReasonNotEmail},
		{"a full-width dot at the start", "jane@．bücher.example", identifier.ReasonNotEmail},
		{"an empty label", "jane@example..com", identifier.ReasonNotEmail},
		{"a label of 64", "jane@" + strings.Repeat("a", 64) + ".com", identifier.ReasonNotEmail},
		{"an IP address", "jane@192.0.2.1", identifier.ReasonNotEmail},
		{"an IP address in full-width digits", "jane@192.0.2.１", identifier.ReasonNotEmail},
		{"an IP address in brackets", "jane@[192.0.2.1]", identifier.ReasonNotEmail},
		{"a bracket", "jane<@example.com", identifier.ReasonNotEmail},
		{"a quoted local part", `"jane doe"@example.com`, identifier.ReasonInnerSpace},
		{"a quote inside", `ja"ne@example.com`, identifier.ReasonNotEmail},
		{"a control character", "ja\x00ne@example.com", identifier.ReasonNotEmail},
		{"a control character beyond ASCII", "ja\u0090ne@example.com", identifier.ReasonNotEmail},
		{"a control character in the domain", "jane@exa\u0090mple.com", identifier.ReasonNotEmail},
		{"broken UTF-8", "ja\xffne@example.com", identifier.ReasonNotEmail},
		{"U+FFFD, which stands for what was lost", "ja\ufffdne@example.com", identifier.ReasonNotEmail},
		{"U+FFFD in the domain", "jane@exa\ufffdmple.com", identifier.ReasonNotEmail},
		{"Gmail with a tag alone", "+x@gmail.com", identifier.ReasonNotEmail},
		{"Gmail with dots alone before the tag", ".+x@googlemail.com", identifier.ReasonNotEmail},
		{"a link with the address elsewhere", "mailto:?to=jane@example.com", identifier.ReasonNotEmail},
		{"a link with broken encoding", "mailto:100%@example.com", identifier.ReasonNotEmail},
		{"a link that hides broken UTF-8", "mailto:%ff@example.com", identifier.ReasonNotEmail},
		{"white space and no @", "jane doe", identifier.ReasonInnerSpace},
		{"white space that hides nothing", "jane doe@", identifier.ReasonInnerSpace},
		{"65 bytes before the @", strings.Repeat("a", 65) + "@example.com", identifier.ReasonTooLong},
		{"65 bytes in 33 letters", strings.Repeat("ü", 32) + "a@example.com", identifier.ReasonTooLong},
		{"255 in all", "a@" + longDomain(253), identifier.ReasonTooLong},
		{"255 in A-labels", "a@" + "bücher." + longDomain(239), identifier.ReasonTooLong},
		{"255 where IDNA refuses the domain", "a@a_b.ü." + longDomain(247), identifier.ReasonTooLong},
		{"a name longer than anybody reads", strings.Repeat("Jane ", 250) + "<jane@example.com>", identifier.ReasonTooLong},
		{"more than anybody reads", strings.Repeat("ab ", 500) + "@example.com", identifier.ReasonTooLong},
		{"two, with a semicolon", "a@example.com; b@example.com", identifier.ReasonSeveral},
		{"two, with a comma", "a@example.com,b@example.com", identifier.ReasonSeveral},
		{"two, with a slash", "a@example.com/b@example.com", identifier.ReasonSeveral},
		{"two, with white space", "a@example.com b@example.com", identifier.ReasonSeveral},
		{"two, with names", "Ann <a@example.com>, Bob <b@example.com>", identifier.ReasonSeveral},
		{"another address for a name", "a@example.com <b@example.com>", identifier.ReasonSeveral},
		{"a hash", strings.Repeat("ab", 32), identifier.ReasonNotEmail},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			forms, reason := contactForms(identifier.Email, tt.value, "")
			if reason != tt.reason {
				t.Errorf("reason %q, want %q", reason, tt.reason)
			}
			if forms != nil {
				t.Errorf("%d forms of a refused value", len(forms))
			}
		})
	}
}

// TestEquivalentLetters writes every letter that Unicode can write in two ways
// both ways, as a capital too: it is one mailbox (D5).
func TestEquivalentLetters(t *testing.T) {
	t.Parallel()
	identity := func(local string) identifier.Form {
		cell, reason := identifier.Read(identifier.Email, local+"@example.com", "")
		if reason != identifier.Accepted {
			t.Fatalf("%q: %s", local, reason)
		}
		return cell.Identity
	}
	tried := 0
	for r := rune(0x80); r <= unicode.MaxRune; r++ {
		composed := string(r)
		apart := norm.NFD.String(composed)
		if !unicode.IsLetter(r) || apart == composed {
			continue
		}
		tried++
		if identity("a"+composed) != identity("a"+apart) || identity("a"+composed) != identity("a"+norm.NFC.String(apart)) {
			t.Errorf("%U and its parts are two mailboxes", r)
		}
	}
	if tried < 10_000 {
		t.Errorf("%d letters tried", tried)
	}
	if identity("\u212aim") != email("kim@example.com") { // the Kelvin sign, which is a K
		t.Error("the Kelvin sign is not read as a k")
	}
}
