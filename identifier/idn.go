package identifier

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// spelling is how an address with other than ASCII in it was written, and its
// domain in A-labels.
type spelling struct {
	local, domain, alabel string
}

// locals returns the spellings of the local part that senders hash: canonical
// first, then lower-cased without NFC as most do, then with A to Z alone
// lower-cased as UID2 does (D5).
func (m *mailbox) locals() []string {
	if m.spelt.local == "" {
		return []string{m.local}
	}
	return []string{m.local, lower(m.spelt.local), lowerASCII(m.spelt.local)}
}

// domains returns the spellings of the domain that senders hash: canonical
// first, then the twin in A-labels (D4), then as written.
func (m *mailbox) domains() []string {
	if m.spelt.domain == "" {
		return []string{m.domain}
	}
	d := []string{m.domain, lower(m.spelt.domain), lowerASCII(m.spelt.domain)}
	if m.spelt.alabel != "" {
		d = append(d, m.spelt.alabel)
	}
	return d
}

// foldLocal makes a local part canonical. NFC comes last because lower-casing may
// leave a letter beside a mark that it combines with; what is equivalent before
// is so after.
func foldLocal(s string) string { return norm.NFC.String(lower(s)) }

// foldDomain makes a domain canonical: UTS 46 mapping, then U-labels. A domain
// that IDNA refuses, such as one with an underscore or a zero-width joiner, is
// kept as it is in lower case, with no twin: senders hash it nevertheless.
func foldDomain(s string) (ulabels, alabels string, ok bool) {
	if ascii, err := idna.Lookup.ToASCII(s); err == nil {
		if u, err := idna.Lookup.ToUnicode(ascii); err == nil {
			return u, ascii, isMappedDomain(ascii)
		}
	}
	s = lower(s)
	return s, "", isMappedDomain(s)
}

// isMappedDomain is isDomain without its rule against A-labels, for a domain
// that may hold what IDNA refuses.
func isMappedDomain(s string) bool {
	labels := strings.Split(s, ".")
	number := false
	for _, l := range labels {
		if l == "" || len(l) > maxLabel {
			return false
		}
		number = true
		for _, r := range l {
			number = number && isDigit(r)
			if r < utf8.RuneSelf && ascii[r]&inDomain == 0 || r == utf8.RuneError || unicode.IsControl(r) {
				return false
			}
		}
	}
	return len(labels) > 1 && !number
}

// lower is the Unicode lower case that senders' languages agree on. Go's own
// makes a plain i of the Turkish capital dotted I, which is the start of somebody
// else's address; in all others, and in UTS 46, the dot stays as a mark.
func lower(s string) string {
	return strings.ToLower(strings.ReplaceAll(s, "\u0130", "i\u0307"))
}

// lowerASCII lower-cases A to Z and leaves every other byte alone.
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
