package world

import "strings"

// mailbox is one place that mail arrives at. It may have many spellings; which
// spellings those are is decided here and nowhere read back.
type mailbox struct {
	id Identity
	// parts are what stands before the mark, such as "anna", "rossi". At Gmail
	// dots between and in them mean nothing.
	parts [2]string
	// mark is what shows that the address is invented, and makes it one of a
	// kind: a letter for who holds it and a number of seven digits or more.
	mark string
	// local is the local part as its owner writes it.
	local string
	// domain is where the mailbox is; twin is the other spelling of that
	// domain, if there is one: the other Gmail domain, or the A-label.
	domain, twin string
	gmail        bool
	// wanders says that its owner writes either Gmail domain. Others keep to
	// one. (The rules do not say whether a contact point that is held as the
	// hash of one spelling is reached by a spelling under the other domain, so
	// no such case is made.)
	wanders bool
}

// Where mailboxes are. The shares of a thousand are assumptions: 400 at Gmail.
var (
	plainDomains = []string{"example.com", "example.org", "example.net"}
	mailDomains  = []string{"posta.example", "courrier.example", "correo.example", "briefkasten.example", "brevet.example", "mail.test"}
	workDomains  = []string{"harrow-mill.example", "brackwater.example", "ostlund-bau.example", "petit-phare.example", "olivo.example", "northfold.test", "quay.test"}
	idnDomains   = [][2]string{
		{"bücher.example", "xn--bcher-kva.example"},
		{"forêt.example", "xn--fort-ipa.example"},
		{"mañana.example", "xn--maana-pta.example"},
		{"småland.example", "xn--smland-jua.example"},
	}
)

// The mailbox slots of a person, and the letters that mark them.
const (
	firstMailbox = iota
	secondMailbox
	strangerMailbox
	castMailbox
)

const mailboxLetters = "swxc"

// mailbox returns a mailbox of person i, or in slot strangerMailbox that of
// stranger i.
func (w *World) mailbox(slot, i int, who named) mailbox {
	r := w.rng(forMail, slot, i)
	m := mailbox{
		id:    mailIdentity(slot, i),
		parts: [2]string{who.first.plain, who.last.plain},
		mark:  string(pad([]byte{mailboxLetters[slot]}, i+1, 7)),
	}
	switch r.below(6) {
	case 0:
		m.parts[0] = m.parts[0][:1]
	case 1:
		m.parts[1] = ""
	}
	m.local = m.dotted()
	gmail := 400
	if slot == secondMailbox {
		gmail = 250 // second mailboxes are at work more often
	}
	switch n := r.below(1000); {
	case n < gmail:
		m.gmail, m.domain, m.twin = true, "gmail.com", "googlemail.com"
		if r.chance(120) {
			m.domain, m.twin = m.twin, m.domain
		}
		m.wanders = r.chance(100)
	case n < 700:
		m.domain = pick(&r, plainDomains)
	case n < 850:
		m.domain = pick(&r, mailDomains)
	case n < 970:
		m.domain = pick(&r, workDomains)
	default:
		d := pick(&r, idnDomains)
		m.domain, m.twin = d[0], d[1]
	}
	return m
}

// dotted returns the local part with a dot between its parts.
func (m *mailbox) dotted() string {
	if m.parts[1] == "" {
		return m.parts[0] + "." + m.mark
	}
	return m.parts[0] + "." + m.parts[1] + "." + m.mark
}

// collapsed returns the local part without dots.
func (m *mailbox) collapsed() string { return m.parts[0] + m.parts[1] + m.mark }

// strewn returns the local part with dots wherever they fell, though never in
// the mark, which must stay legible. It is the same mailbox at Gmail only.
func (m *mailbox) strewn(r *rng) string {
	letters := m.parts[0] + m.parts[1]
	b := make([]byte, 0, 40)
	for i := range len(letters) {
		if i > 0 && r.chance(250) {
			b = append(b, '.')
		}
		b = append(b, letters[i])
	}
	return string(append(b, m.mark...))
}

var tags = []string{"news", "shop", "offers", "x", "home", "2026"}

// spelling is one way to write a mailbox, in lower case and without blanks.
type spelling struct{ local, tag, domain string }

func (s spelling) String() string {
	if s.tag == "" {
		return s.local + "@" + s.domain
	}
	return s.local + "+" + s.tag + "@" + s.domain
}

// untidy writes a spelling the way it turns up in files: in capitals or with
// blanks around it, one of which is a no-break space.
func untidy(r *rng, s string, capitals, blanks int) string {
	if r.chance(capitals) {
		if r.chance(500) {
			s = strings.ToUpper(s)
		} else {
			s = strings.ToUpper(s[:1]) + s[1:] // an address begins with a letter of ASCII
		}
	}
	if r.chance(blanks) {
		switch r.below(4) {
		case 0:
			s = " " + s
		case 1:
			s += "  "
		case 2:
			s = "\t" + s
		default:
			s += "\u00a0"
		}
	}
	return s
}
