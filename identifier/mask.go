package identifier

import (
	"strings"
	"unicode/utf8"
)

// hidden stands for any number of characters, so that a mask does not tell how
// many there are.
const hidden = "•••"

// Mask returns what a person may be shown of their own address, such as
// "j•••@e•••.com" or "+39 ••• ••• ••12": enough to recognise it, not enough to
// use it. It is "" for a value that Contact refuses.
func Mask(k Kind, value, region string) string {
	switch k {
	case Email:
		m, reason := parseMailbox(value)
		if reason != Accepted {
			return ""
		}
		tld := m.domain[strings.LastIndexByte(m.domain, '.'):]
		return first(m.local) + hidden + "@" + first(m.domain) + hidden + tld
	case Phone:
		n, reason := parseNumber(value, region)
		if reason != Accepted {
			return ""
		}
		return "+" + n.country + " " + hidden + " " + hidden + " ••" + n.national[len(n.national)-2:]
	default:
		return ""
	}
}

// first returns the first character of s.
func first(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return s[:n]
}
