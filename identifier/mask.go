package identifier

import (
	"strings"
	"unicode/utf8"
)

// hidden stands for any number of characters, so that a mask does not tell how
// many there are.
const hidden = "•••"

// mask returns what the person may be shown of the address.
func (m *mailbox) mask() string {
	tld := m.domain[strings.LastIndexByte(m.domain, '.'):]
	return first(m.local) + hidden + "@" + first(m.domain) + hidden + tld
}

// mask returns what the person may be shown of the number.
func (n *number) mask() string {
	text := n.Text()
	return "+" + n.CountryCode() + " " + hidden + " " + hidden + " ••" + string(text[len(text)-2:])
}

// first returns the first character of s.
func first(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return s[:n]
}
