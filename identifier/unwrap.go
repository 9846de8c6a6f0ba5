package identifier

import (
	"net/url"
	"strings"
)

// unwrapAddress takes an address out of what people and programs write around
// it: mailto:, angle brackets with or without a name before them, a list's last
// semicolon. named says that a name was left out.
func unwrapAddress(s string) (addr string, named bool, reason Reason) {
	s = strings.TrimRightFunc(s, isSeparator)
	s = cutMailto(s)
	if i := strings.LastIndexByte(s, '<'); i >= 0 && strings.HasSuffix(s, ">") {
		name := unquote(s[:i])
		addr = cutMailto(unquote(s[i+1 : len(s)-1]))
		// Many address books write the address for the name. Any other address
		// there makes two.
		if strings.Contains(name, "@") && !strings.EqualFold(name, addr) {
			return "", false, ReasonSeveral
		}
		return addr, name != "" && !strings.EqualFold(name, addr), Accepted
	}
	if strings.Count(s, "@") > 1 && severalAddresses(s) {
		return "", false, ReasonSeveral
	}
	return s, false, Accepted
}

// cutMailto takes the address out of a mailto: link (RFC 6068), where it is
// percent-encoded and a subject and so on may follow. Anything else, and a link
// whose encoding is broken, comes back as it is, and is no address then.
func cutMailto(s string) string {
	rest, ok := cutPrefixFold(s, "mailto:")
	if !ok {
		return s
	}
	rest, _, _ = strings.Cut(rest, "?")
	addr, err := url.PathUnescape(rest)
	if err != nil {
		return s
	}
	return trim(addr)
}

// severalAddresses says that two fields or more of s could be addresses.
func severalAddresses(s string) bool {
	n := 0
	for f := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == '/' || isSeparator(r) }) {
		if local, domain, ok := strings.Cut(f, "@"); ok && local != "" && domain != "" {
			n++
		}
	}
	return n > 1
}

// removeBlanks drops white space inside an address (D6).
func removeBlanks(s string) (string, bool) {
	t := strings.Map(func(r rune) rune {
		if isBlank(r) {
			return -1
		}
		return r
	}, s)
	return t, len(t) < len(s)
}
