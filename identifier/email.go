package identifier

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of an address in bytes (RFC 5321, 4.5.3.1, with erratum 1690), and
// what is read at all: an address with the name of its owner beside it.
const (
	maxLocal   = 64
	maxAddress = 254
	maxLabel   = 63
	maxCell    = 1024
)

// mailbox is an address taken apart and made canonical: the local part in NFC
// and lower case, the domain in lower-case U-labels. Two spellings of one
// mailbox have the same local and domain, save for dots and tags in the Gmail
// family.
type mailbox struct {
	local, domain string
	// The further spellings that plain senders hash: the address as written,
	// and the domain in A-labels (E5). All empty for an ASCII address.
	spelt spelling
	// repaired is Cell.Repaired.
	repaired bool
}

// parseMailbox reads one address. It accepts more than senders' own checks do
// (D11): dots anywhere in the local part, for Japanese carriers gave such
// addresses out, and any character that RFC 5322 allows there unquoted. What it
// refuses could not be delivered to: no @ or two, no dot in the domain, brackets
// and other punctuation.
func parseMailbox(text string) (mailbox, Reason) {
	s := trim(text)
	if at := scanASCII(s); at > 0 {
		return asciiMailbox(s, at)
	}
	s = unquote(s)
	if isJunk(s) {
		return mailbox{}, ReasonEmpty
	}
	if len(s) > maxCell {
		return mailbox{}, ReasonTooLong
	}
	s, named, reason := unwrapAddress(s)
	if reason != Accepted {
		return mailbox{}, reason
	}
	s, spaced := removeBlanks(s)
	m, reason := parseBare(s)
	if spaced && reason == ReasonNotEmail {
		reason = ReasonInnerSpace
	}
	if reason != Accepted {
		return mailbox{}, reason
	}
	m.repaired = m.repaired || named || spaced
	return m, Accepted
}

// readASCII reads what nearly every cell of addresses is, an ASCII address and
// nothing else, from its text to its forms without a string between. It returns
// false, and leaves c, for anything that it would not accept.
func (c *Cell) readASCII(text string) bool {
	s := trim(text)
	at := scanASCII(s)
	if at == 0 || at > maxLocal || len(s) > maxAddress {
		return false
	}
	var buf [maxAddress]byte
	address := buf[:len(s)]
	for i := range address {
		b := s[i]
		if b-'A' < 26 {
			b |= 0x20
		}
		address[i] = b
	}
	c.Placeholder = isPlaceholder(address, at)
	if domain := address[at+1:]; string(domain) == gmail || string(domain) == googlemail {
		return c.takeGmail(address, at)
	}
	c.Identity = addressForm(address)
	return true
}

// parseBare reads an address that nothing surrounds.
func parseBare(s string) (mailbox, Reason) {
	if at := scanASCII(s); at > 0 {
		return asciiMailbox(s, at)
	}
	local, domain, ok := strings.Cut(s, "@")
	if !ok || !isLocal(local) {
		return mailbox{}, ReasonNotEmail
	}
	m := mailbox{local: foldLocal(local)}
	var alabel string
	m.domain, alabel, ok = foldDomain(domain)
	if !ok {
		return mailbox{}, ReasonNotEmail
	}
	if len(m.local) > maxLocal || len(m.local)+1+max(len(m.domain), len(alabel)) > maxAddress {
		return mailbox{}, ReasonTooLong
	}
	m.spelt = spelling{local: local, domain: domain, alabel: alabel}
	return m.gmailChecked()
}

// asciiMailbox makes the mailbox of an address that scanASCII has accepted.
func asciiMailbox(s string, at int) (mailbox, Reason) {
	if at > maxLocal || len(s) > maxAddress {
		return mailbox{}, ReasonTooLong
	}
	s = strings.ToLower(s)
	return mailbox{local: s[:at], domain: s[at+1:]}.gmailChecked()
}

// What a byte may stand for in an address.
const (
	inLocal  = 1 << iota // RFC 5322 atext, and the dot
	inDomain             // letters, digits, hyphen; the underscore, which is in use
	numeric
)

var ascii = func() (t [256]uint8) {
	for c := range t {
		r := rune(c)
		switch {
		case isDigit(r):
			t[c] = inLocal | inDomain | numeric
		case isLetter(r) || r == '-' || r == '_':
			t[c] = inLocal | inDomain
		case c < utf8.RuneSelf && strings.ContainsRune(".!#$%&'*+/=?^`{|}~", r):
			t[c] = inLocal
		}
	}
	return t
}()

// scanASCII returns where the @ of an ASCII address stands, and 0 for anything
// that is none or has an A-label in its domain.
func scanASCII(s string) int {
	at, dotted := 0, true
	for at < len(s) && ascii[s[at]]&inLocal != 0 {
		dotted = dotted && s[at] == '.'
		at++
	}
	if at == len(s) || s[at] != '@' || dotted || !isDomain(s[at+1:]) {
		return 0
	}
	return at
}

// isDomain says that s is a domain of at least two labels, none of them an
// A-label, and the last not a number, which would be an IP address.
func isDomain(s string) bool {
	start, labels, number := 0, 0, true
	for i := 0; ; i++ {
		if i == len(s) || s[i] == '.' {
			n := i - start
			if n == 0 || n > maxLabel || isALabel(s[start:i]) {
				return false
			}
			labels++
			if i == len(s) {
				return labels > 1 && !number
			}
			start, number = i+1, true
			continue
		}
		k := ascii[s[i]]
		if k&inDomain == 0 {
			return false
		}
		number = number && k&numeric != 0
	}
}

func isALabel(s string) bool {
	return len(s) > 4 && s[2] == '-' && s[3] == '-' && s[0]|0x20 == 'x' && s[1]|0x20 == 'n'
}

// isLocal is the rule for a local part with other than ASCII in it: the ASCII of
// it must be allowed, and nothing may be a control character.
func isLocal(s string) bool {
	if strings.Trim(s, ".") == "" {
		return false
	}
	for _, r := range s {
		if r < utf8.RuneSelf {
			if ascii[r]&inLocal == 0 {
				return false
			}
		} else if r == utf8.RuneError || unicode.IsControl(r) {
			return false
		}
	}
	return true
}
