package world

import (
	"crypto/sha256"
	"strconv"
)

// Kind is what a contact point is: Email or Phone.
type Kind string

// The kinds, as they stand in contact_points.csv.
const (
	Email Kind = "email"
	Phone Kind = "phone"
)

// Identity stands for one mailbox or one phone number, however it is written.
// Two contact points have the same Identity exactly if mail or calls to them
// arrive in the same place. It tells nothing else; 0 is none.
type Identity uint64

func mailIdentity(slot, i int) Identity { return Identity(1<<63 | uint64(slot)<<60 | uint64(i)) }

func (n number) identity() Identity {
	d, err := strconv.ParseUint(n.digits(), 10, 62)
	if err != nil {
		panic("world: a reserved block holds more than digits")
	}
	return Identity(d)
}

// holding is how a platform holds an address.
type holding uint8

const (
	inTheClear holding = iota
	asAllHashes
	asBaseHash // the hash of the base form alone
)

// address is a mailbox or a number as one account uses it.
type address struct {
	kind Kind
	mail mailbox
	own  spelling // how this account writes the mailbox
	tel  number
	held holding
}

func (a *address) identity() Identity {
	if a.kind == Phone {
		return a.tel.identity()
	}
	return a.mail.id
}

// base returns the base form: what everybody's first rule (trim and lower case,
// or + and all digits) makes of the account's spelling.
func (a *address) base() string {
	if a.kind == Phone {
		return a.tel.e164()
	}
	return a.own.String()
}

// spellings returns every spelling that a contact point in the clear is found
// under when a sender has hashed it, the base form first: for a phone with and
// without the +; at Gmail as written, without tag, without dots and without
// both, under either domain; elsewhere as written, and for an international
// domain in either of its spellings.
func (a *address) spellings() []string {
	if a.kind == Phone {
		return []string{a.tel.e164(), a.tel.digits()}
	}
	s := a.own
	out := make([]string, 1, 8)
	out[0] = s.String()
	add := func(s spelling) {
		t := s.String()
		for _, o := range out {
			if o == t {
				return
			}
		}
		out = append(out, t)
	}
	if a.mail.gmail {
		flat := a.mail.collapsed()
		for _, d := range [2]string{a.mail.domain, a.mail.twin} {
			add(spelling{s.local, s.tag, d})
			add(spelling{s.local, "", d})
			add(spelling{flat, s.tag, d})
			add(spelling{flat, "", d})
		}
	} else if a.mail.twin != "" {
		add(spelling{s.local, s.tag, a.mail.twin})
	}
	return out
}

// hashed returns the hashes under which the contact point can be found by the
// hash of a spelling.
func (a *address) hashed() [][32]byte {
	if a.held == asBaseHash {
		return [][32]byte{sha256.Sum256([]byte(a.base()))}
	}
	spellings := a.spellings()
	out := make([][32]byte, len(spellings))
	for i, s := range spellings {
		out[i] = sha256.Sum256([]byte(s))
	}
	return out
}

// written returns the address as the platform has it on file: mostly tidy.
// The region is the country of a number written without its country code.
func (a *address) written(r *rng) (value, region string) {
	if a.kind == Phone {
		switch n := r.below(100); {
		case n < 60:
			return a.tel.e164(), ""
		case n < 75:
			return a.tel.international(r), ""
		default:
			return a.tel.national(r), a.tel.country
		}
	}
	s, capitals := a.own, 50
	if !a.mail.gmail && a.mail.twin != "" {
		// Capitals beyond ASCII are lowered in two ways, so that such a value
		// has one more hashed form (rule D5). Lists have them, people do not.
		capitals = 0
		if r.chance(300) {
			s.domain = a.mail.twin
		}
	}
	return untidy(r, s.String(), capitals, 15), ""
}

// told is what a cell of a list says: the text in it, and what the sender took
// it from.
type told struct {
	text      string
	spellings []string // hashed: the one that was hashed; in the clear: see inClear
}

// inClear writes the address as it stands in a list in the clear. For a list
// with a default region, a number of that country may be national. The
// spellings are the two that a contact point held as hashes is found under: as
// written, and with everything removed that means nothing (documented rule 4.3).
func (a *address) inClear(r *rng, region string) told {
	if a.kind == Phone {
		t := told{spellings: []string{a.tel.e164(), a.tel.digits()}}
		switch n := r.below(100); {
		case region == a.tel.country && n < 50:
			t.text = a.tel.national(r)
		case n < 75:
			t.text = a.tel.e164()
		default:
			t.text = a.tel.international(r)
		}
		return t
	}
	s := a.own
	if !a.mail.gmail {
		t := told{spellings: []string{s.String()}}
		if a.mail.twin != "" && r.chance(400) {
			s.domain = a.mail.twin
		}
		t.text = untidy(r, s.String(), 150, 80)
		return t
	}
	switch n := r.below(100); {
	case n < 50:
	case n < 60:
		s.local, s.tag = a.mail.collapsed(), ""
	case n < 75:
		s.local, s.tag = a.mail.strewn(r), ""
	case n < 90:
		s.tag = pick(r, tags)
	default:
		s.local, s.tag = a.mail.strewn(r), pick(r, tags)
	}
	if a.mail.wanders && r.chance(500) {
		s.domain = a.mail.twin
	}
	return told{
		text:      untidy(r, s.String(), 150, 80),
		spellings: []string{s.String(), spelling{a.mail.collapsed(), "", "gmail.com"}.String()},
	}
}

// beforeHash chooses the one spelling that a sender hashes. Some are spellings
// that no rule leads back to the account's own: those reach nobody.
func (a *address) beforeHash(r *rng) string {
	if a.kind == Phone {
		if r.chance(600) {
			return a.tel.e164()
		}
		return a.tel.digits()
	}
	s := a.own
	if !a.mail.gmail {
		if a.mail.twin != "" && r.chance(400) {
			s.domain = a.mail.twin
		}
		return s.String()
	}
	switch n := r.below(100); {
	case n < 62:
	case n < 72:
		s.local, s.tag = a.mail.collapsed(), ""
	case n < 78:
		s.local = a.mail.collapsed()
	case n < 84:
		s.tag = ""
	case n < 90:
		s.domain = a.mail.twin
	case n < 95:
		s.local = a.mail.strewn(r)
	default:
		s.tag = pick(r, tags)
	}
	return s.String()
}
