package world

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"
)

// AgeClass is what the platform knows of a person's age.
type AgeClass string

// The age classes, as they stand in accounts.csv.
const (
	Adult      AgeClass = "adult"
	Minor      AgeClass = "minor"
	UnknownAge AgeClass = "unknown"
)

// AccountState is whether an account is in use.
type AccountState string

// The account states, as they stand in accounts.csv.
const (
	Active      AccountState = "active"
	Deactivated AccountState = "deactivated"
)

// Person is one person with one account, as the platform knows them when the
// import begins.
type Person struct {
	Account  string // the platform's id, such as "u-00000123"
	Country  string // ISO 3166
	Age      AgeClass
	ActiveOn time.Time // a day
	State    AccountState
	// First, Last and Zip are known to advertisers only.
	First, Last, Zip string
	// Contacts are in the order they were given; no two at the same second.
	Contacts []ContactPoint
}

// ContactPoint is one row of contact_points.csv, or one that is given later.
type ContactPoint struct {
	Account string
	Kind    Kind
	// Value is the address as the platform writes it; empty if the platform
	// holds hashes only.
	Value string
	// SHA256 holds lower-case hexadecimal hashes with a space between, that of
	// the base form first; empty if Value is not.
	SHA256 string
	// Region is the ISO 3166 country of a phone number without country code.
	Region     string
	Prompt     string // id@version
	GivenAt    time.Time
	VerifiedAt time.Time // zero if unverified
	VerifiedBy string    // code, link or carrier; empty if unverified

	prompt *prompt // nil for a prompt that the platform cannot show
	addr   *address
}

// Key names a contact point: an account is given one at a time.
type Key struct {
	Account string
	GivenAt int64 // seconds since 1970
}

// Key returns the contact point's key.
func (c *ContactPoint) Key() Key { return Key{Account: c.Account, GivenAt: c.GivenAt.Unix()} }

// legacy are prompts that nobody can show any more: ids that were never
// registered, and a version of a registered id that never was.
var legacy = []string{"legacy-import@1", "legacy-import@1", "legacy-import@1", "crm-export@2", "offers-from-advertisers@9"}

const unknownPrompt = -1

// event is a contact point that somebody gave: which prompt, and which of their
// addresses.
type event struct{ prompt, addr int }

// asked returns the prompt; nil for one that the platform cannot show.
func (e event) asked() *prompt {
	if e.prompt == unknownPrompt {
		return nil
	}
	return &prompts[e.prompt]
}

// The places of a person's addresses.
const (
	firstMail = iota
	secondMail
	phone
)

// generate makes generated person j. Everything is drawn from the seed and j,
// and only a mailbox can be another's: that of person j-1.
func (w *World) generate(j int) Person {
	r := w.rng(forPerson, 0, j)
	who := w.named(0, j)
	p := Person{
		Account: string(pad([]byte("u-"), j+1, 8)),
		Country: who.country.code,
		Age:     Adult,
		State:   Active,
		First:   who.first.shown,
		Last:    who.last.shown,
		Zip:     string(pad(nil, r.below(100_000), 5)),
	}
	switch n := r.below(1000); {
	case n < 50:
		p.Age = Minor
	case n < 100:
		p.Age = UnknownAge
	}
	day := w.cfg.Start.Truncate(24 * time.Hour)
	p.ActiveOn = day.AddDate(0, 0, -r.below(1+r.below(120)))
	if r.chance(60) {
		p.State = Deactivated
		p.ActiveOn = day.AddDate(0, 0, -30-r.below(700))
	}

	addrs, events := w.given(j, who)
	p.Contacts = make([]ContactPoint, len(events))
	for k, e := range events {
		p.Contacts[k] = w.contact(&r, p.Account, addrs[e.addr], e, k)
	}
	slices.SortFunc(p.Contacts, func(a, b ContactPoint) int { return a.GivenAt.Compare(b.GivenAt) })
	return p
}

// given returns what person j gave, and where. It is apart from generate because
// lists look through many people for one.
func (w *World) given(j int, who named) ([3]*address, []event) {
	addrs := w.addresses(j, who)
	r := w.rng(forContacts, 1, j)
	return addrs, choose(&r, &addrs, make([]event, 0, 12))
}

// addresses returns the person's mailboxes and number; nil for one that the
// person does not have. Everybody has at least one.
func (w *World) addresses(j int, who named) [3]*address {
	r := w.rng(forContacts, 0, j)
	var out [3]*address
	hasPhone := r.chance(who.country.phones)
	if r.chance(930) || !hasPhone {
		a := &address{kind: Email}
		if j > 0 && r.chance(12) {
			// Two accounts on one mailbox, as a household or a second account
			// has it: each of its own spelling where the mailbox allows that.
			a.mail = w.mailbox(firstMailbox, j-1, w.named(0, j-1))
			a.own = spelling{a.mail.local, "", a.mail.domain}
			if a.mail.gmail {
				a.own = spelling{a.mail.collapsed(), "home", a.mail.domain}
			}
		} else {
			a.mail = w.mailbox(firstMailbox, j, who)
			a.own = ownSpelling(&r, &a.mail)
		}
		out[firstMail] = a
	}
	if r.chance(120) {
		a := &address{kind: Email, mail: w.mailbox(secondMailbox, j, who)}
		a.own = ownSpelling(&r, &a.mail)
		out[secondMail] = a
	}
	if hasPhone {
		out[phone] = &address{kind: Phone, tel: w.number(j, who.country)}
	}
	for k, a := range out {
		if a == nil {
			continue
		}
		h := w.rng(forHashOnly, k, j)
		if !h.chance(40) {
			continue
		}
		a.held = asAllHashes
		// The hash of one spelling alone is unambiguous only where the mailbox
		// has one domain, and that not googlemail.com; see mailbox.wanders.
		if a.mail.twin == "" || a.mail.domain == "gmail.com" && !a.mail.wanders {
			if h.chance(500) {
				a.held = asBaseHash
			}
		}
	}
	return out
}

// ownSpelling chooses how an account writes its mailbox.
func ownSpelling(r *rng, m *mailbox) spelling {
	s := spelling{m.local, "", m.domain}
	if m.gmail {
		switch n := r.below(100); {
		case n < 20:
			s.local = m.collapsed()
		case n < 35:
			s.tag = pick(r, tags)
		}
	}
	return s
}

// choose draws the prompts at which a person gave something, and what. The
// security prompts stand in the proportion of the 2019 case: of those asked,
// 1.4 % two-factor, 26 % recovery, the rest re-authentication.
func choose(r *rng, addrs *[3]*address, out []event) []event {
	add := func(prompt int, prefer ...int) {
		for _, a := range prefer {
			if addrs[a] != nil {
				out = append(out, event{prompt, a})
				return
			}
		}
	}
	either := func(phones int) []int {
		if r.chance(phones) {
			return []int{phone, firstMail, secondMail}
		}
		return []int{firstMail, phone, secondMail}
	}
	security := func(n int) {
		switch {
		case n < 20 && addrs[phone] != nil: // 14 of a thousand, as three in ten have no phone
			add(twoFactor, phone)
		case n < 280:
			if r.chance(700) {
				add(recovery, secondMail, firstMail, phone)
			} else {
				add(recovery, phone, firstMail)
			}
		default:
			add(reauth, either(650)...)
		}
	}
	if r.chance(800) {
		security(r.below(1000))
		if r.chance(75) {
			security(20 + r.below(980))
		}
	}
	if r.chance(420) {
		for again := true; again; again = len(out) < 3 && r.chance(110) {
			switch n := r.below(100); {
			case n < 40:
				add(offersV1, either(400)...)
			case n < 72:
				add(offersV2, either(400)...)
			case n < 88:
				add(partners, either(300)...)
			default:
				add(allOffers, either(400)...)
			}
		}
	}
	for _, o := range []struct{ prompt, share, phones int }{
		{loginAlert, 30, 0},
		{unknownPrompt, 40, 400},
		{newsletter, 120, 0},
		{billing, 80, 0},
		{findFriends, 50, 1000},
		{signUp, 450, 200},
	} {
		if !r.chance(o.share) {
			continue
		}
		a := either(o.phones)
		if o.prompt == newsletter && addrs[firstMail] == nil || o.prompt == findFriends && addrs[phone] == nil {
			continue // the one asks for an e-mail address, the other for a number
		}
		add(o.prompt, a...)
	}
	if len(out) == 0 {
		add(signUp, firstMail, phone, secondMail)
	}
	return out[:min(len(out), 4)]
}

// contact makes the k-th contact point of an account. Its given_at has k as its
// seconds, so that no two of an account are equal.
func (w *World) contact(r *rng, account string, a *address, e event, k int) ContactPoint {
	youngest, oldest := 400, 2500
	if p := e.asked(); p != nil {
		youngest, oldest = p.youngest, p.oldest
	}
	minutes := youngest*1440 + r.below((oldest-youngest)*1440)
	given := monthSafe(w.cfg.Start.Truncate(time.Minute).Add(-time.Duration(minutes) * time.Minute))
	c := ContactPoint{Account: account, GivenAt: given.Add(time.Duration(k) * time.Second)}
	c.ask(r, e)
	c.hold(r, a)
	verified := 900
	if c.prompt.security() {
		verified = 970
	}
	if r.chance(verified) {
		c.verify(r)
	}
	return c
}

// monthSafe moves the last days of a month back by three. So every month that a
// grant can end in has its day, and no two ways of adding months disagree.
func monthSafe(t time.Time) time.Time {
	if t.Day() > 28 {
		return t.AddDate(0, 0, -3)
	}
	return t
}

func (c *ContactPoint) ask(r *rng, e event) {
	if c.prompt = e.asked(); c.prompt != nil {
		c.Prompt = c.prompt.ref
	} else {
		c.Prompt = pick(r, legacy)
	}
}

func (c *ContactPoint) hold(r *rng, a *address) {
	c.Kind, c.addr = a.kind, a
	if a.held == inTheClear {
		c.Value, c.Region = a.written(r)
		return
	}
	var b strings.Builder
	for i, h := range a.hashed() {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(hex.EncodeToString(h[:]))
	}
	c.SHA256 = b.String()
}

func (c *ContactPoint) verify(r *rng) {
	c.VerifiedAt = c.GivenAt.Add(time.Duration(20+r.below(1200)) * time.Second)
	c.VerifiedBy = "code"
	if c.Kind == Email && r.chance(400) {
		c.VerifiedBy = "link"
	}
	if c.Kind == Phone && r.chance(300) {
		c.VerifiedBy = "carrier"
	}
}

func sum(s string) [32]byte { return sha256.Sum256([]byte(s)) }
