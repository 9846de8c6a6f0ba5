package identifier

import (
	"crypto/sha256"
	"strings"
)

// Gmail's two domains hold the same mailboxes (D2).
const (
	gmail      = "gmail.com"
	googlemail = "googlemail.com"
)

// isGmail says that the mailbox is in the Gmail family, where dots and tags do
// not tell two mailboxes apart (D1). Anywhere else they may (D3). The domain is
// canonical by now, so full-width letters do not hide it.
func (m *mailbox) isGmail() bool { return m.domain == gmail || m.domain == googlemail }

// gmailChecked refuses a Gmail address that is nothing but dots and a tag.
func (m mailbox) gmailChecked() (mailbox, Reason) {
	if m.isGmail() && m.collapsed() == "" {
		return mailbox{}, ReasonNotEmail
	}
	return m, Accepted
}

// collapsed returns the local part of E1: no dots, no tag.
func (m *mailbox) collapsed() string { return withoutDots(withoutTag(m.local)) }

// withoutTag cuts a local part at its first plus.
func withoutTag(local string) string {
	local, _, _ = strings.Cut(local, "+")
	return local
}

// withoutDots removes every dot before the @, in a tag too.
func withoutDots(local string) string { return strings.ReplaceAll(local, ".", "") }

// forms returns every form: outside the Gmail family E0 and, where there is
// other than ASCII, its spellings and twin (E5); inside it E0 to E3 under both
// domains (E4). The first is E0.
func (m *mailbox) forms() []Form {
	locals, domains := m.locals(), m.domains()
	if m.isGmail() {
		for _, local := range locals {
			untagged := withoutTag(local)
			locals = append(locals, withoutDots(untagged), withoutDots(local), untagged)
		}
		other := gmail
		if m.domain == gmail {
			other = googlemail
		}
		domains = append(domains, other)
	}
	forms := make([]Form, 0, len(locals)*len(domains))
	for _, domain := range domains {
		for _, local := range locals {
			forms = add(forms, emailForm(local, domain))
		}
	}
	return forms
}

// identity returns the form that all spellings of the mailbox have in common.
func (m *mailbox) identity() Form {
	if m.isGmail() {
		return emailForm(m.collapsed(), gmail)
	}
	return emailForm(m.local, m.domain)
}

// cell writes the most collapsed form to c, and the others worth a look-up.
func (m *mailbox) cell(c *Cell) {
	c.Repaired = m.repaired
	c.Placeholder = isPlaceholder([]byte(m.local+"@"+m.domain), len(m.local))
	switch {
	case m.isGmail():
		c.takeGmail([]byte(m.local+"@"+m.domain), len(m.local))
	case m.spelt.local != "":
		forms := m.forms()
		c.Identity, c.more = forms[0], forms[1:]
	default:
		c.Identity = emailForm(m.local, m.domain)
	}
}

// takeGmail writes the forms of a canonical address in the Gmail family to c, and
// returns false if nothing of it is left without dots and tag.
func (c *Cell) takeGmail(address []byte, at int) bool {
	var buf [maxLocal + 1 + len(googlemail)]byte
	n := 0
	for _, b := range address[:at] {
		if b == '+' {
			break
		}
		if b != '.' {
			buf[n] = b
			n++
		}
	}
	if n == 0 {
		return false
	}
	c.Identity = addressForm(append(buf[:n], "@"+gmail...))
	// A contact point imported as one hash has E1 if its platform knew the rule,
	// under the domain that it was registered with, and else E0 as the person
	// writes it, which may be how the list has it too.
	c.alsoLookUp(addressForm(append(buf[:n], "@"+googlemail...)))
	if n < at {
		c.alsoLookUp(addressForm(address))
	}
	return true
}

// emailForm hashes local@domain, on the stack for any ASCII address.
func emailForm(local, domain string) Form {
	var buf [maxAddress]byte
	b := append(buf[:0], local...)
	b = append(b, '@')
	return addressForm(append(b, domain...))
}

func addressForm(b []byte) Form { return Form{Class: ClassEmail, Digest: sha256.Sum256(b)} }
