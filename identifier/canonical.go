package identifier

import "encoding/hex"

// Canonical returns how Read understands a value: of one in the clear the text
// whose hash is its Identity, of a hash its 64 hexadecimal characters. It is for
// the eyes of whoever sent the value. Refusals are those of Read.
func Canonical(k Kind, text, region string) (string, Reason) {
	c, reason := Read(k, text, region)
	switch {
	case reason != Accepted:
		return "", reason
	case c.Hashed:
		return hex.EncodeToString(c.Identity.Digest[:]), Accepted
	case k == Email:
		m, reason := parseMailbox(text)
		if reason != Accepted {
			return "", reason
		}
		if m.isGmail() {
			return m.collapsed() + "@" + gmail, Accepted
		}
		return m.local + "@" + m.domain, Accepted
	default:
		var n number
		if reason := n.parse(text, region); reason != Accepted {
			return "", reason
		}
		return string(n.Text()), Accepted
	}
}
