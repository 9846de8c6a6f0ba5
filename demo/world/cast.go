package world

import (
	"strings"
	"time"
)

// Character is a person of the story: a fixed account with a fixed fate, in
// every world. Their e-mail addresses and phone numbers belong to nobody else,
// but for Sam and Tilda, who share a number.
type Character struct {
	Name    string // as the story calls them, such as "Ada"
	Account string // such as "u-ada"
	// Mirrors is the person of the black-box audit with the same fate, such as
	// "P1"; empty if there is none.
	Mirrors string
	Story   string // what happened, in a sentence

	person Person
	role   *role
}

// role is how a character is made.
type role struct {
	name, last, country string
	mirrors, story      string
	age                 AgeClass
	state               AccountState
	gmail               bool
	held                holding
	sharesNumberOf      int // how many places before, in the cast; 0 for nobody
	given               []give
	withdraws           []string // advertising purposes, from the address given last
	objects             bool
	returns             bool // gives the same address at a new prompt, after withdrawing
}

type give struct {
	prompt, addr, daysAgo int
	unverified            bool
}

var everyPurpose = []string{adsAdvertiser, adsPartner, adsSuppress}

// yesterday stands for the day on which a grant must have been given to have
// ended yesterday.
const yesterday = -1

var roles = []role{
	{
		name: "Ada", last: "Whitlock", country: "GB", mirrors: "P1",
		story: "Gave her phone number for two-factor codes and for nothing else. No list may ever reach her.",
		given: []give{{prompt: twoFactor, addr: phone, daysAgo: 900}},
	},
	{
		name: "Bela", last: "Novak", country: "DE", mirrors: "P2",
		story: "Confirmed a phone number to unlock the account, and nothing else.",
		given: []give{{prompt: reauth, addr: phone, daysAgo: 640}},
	},
	{
		name: "Carmen", last: "Soler", country: "ES", mirrors: "P3",
		story: "Gave an e-mail address to recover the account with, and nothing else.",
		given: []give{{prompt: recovery, addr: firstMail, daysAgo: 1200}},
	},
	{
		name: "Daan", last: "Visser", country: "DE", mirrors: "P4",
		story: "Gave an e-mail address for sign-in alerts, and nothing else.",
		given: []give{{prompt: loginAlert, addr: firstMail, daysAgo: 380}},
	},
	{
		name: "Bruno", last: "Conti", country: "IT", mirrors: "P5",
		story: "Confirmed a phone number to unlock the account, and later said yes to offers with the same number. He is matched through the second, never the first.",
		given: []give{{prompt: reauth, addr: phone, daysAgo: 700}, {prompt: offersV2, addr: phone, daysAgo: 90}},
	},
	{
		name: "Farah", last: "Haddad", country: "FR", mirrors: "P6",
		story: "Said yes to offers by e-mail, and takes it back after the import.",
		given: []give{{prompt: offersV2, addr: firstMail, daysAgo: 120}}, withdraws: everyPurpose,
	},
	{
		name: "Greta", last: "Dahl", country: "SE", mirrors: "P7",
		story: "Said yes to offers by e-mail, and objects to all advertising after the import.",
		given: []give{{prompt: offersV2, addr: firstMail, daysAgo: 60}}, objects: true,
	},
	{
		name: "Hugo", last: "Marchand", country: "FR", mirrors: "P8",
		story: "Said yes to offers by e-mail; gave his phone number for two-factor codes only.",
		given: []give{{prompt: twoFactor, addr: phone, daysAgo: 500}, {prompt: offersV2, addr: firstMail, daysAgo: 45}},
	},
	{
		name: "Ines", last: "Perrin", country: "FR", mirrors: "P9",
		story: "Lets friends find her by her number, and nothing else.",
		given: []give{{prompt: findFriends, addr: phone, daysAgo: 210}},
	},
	{
		name: "Eve", last: "Foster", country: "US", mirrors: "P10", age: Minor,
		story: "Is a minor. Her yes to offers does not count.",
		given: []give{{prompt: offersV2, addr: firstMail, daysAgo: 30}},
	},
	{
		name: "Karim", last: "Begum", country: "GB", mirrors: "P11",
		story: "Said yes to offers thirteen months and a day before the import: it ended yesterday.",
		given: []give{{prompt: offersV1, addr: firstMail, daysAgo: yesterday}},
	},
	{
		name: "Lea", last: "Vogel", country: "DE", mirrors: "P12",
		story: "Said yes to advertisers' own lists, not to partners' lists.",
		given: []give{{prompt: offersV2, addr: firstMail, daysAgo: 75}},
	},
	{
		name: "Chiara", last: "Bianchi", country: "IT",
		story: "Said yes to offers by e-mail, once, clearly. She is who the product is for.",
		given: []give{{prompt: offersV2, addr: firstMail, daysAgo: 20}},
	},
	{
		name: "Dmitri", last: "Orlov", country: "GB", gmail: true,
		story: "Said yes to offers, took it back, and later said yes again at a new prompt. Only lists matched after that reach him, and through the new contact point.",
		given: []give{{prompt: offersV1, addr: firstMail, daysAgo: 250}}, withdraws: everyPurpose, returns: true,
	},
	{
		name: "Mira", last: "Lorenz", country: "DE",
		story: "Said yes to all offers, and takes back the partners' part.",
		given: []give{{prompt: allOffers, addr: firstMail, daysAgo: 40}}, withdraws: []string{adsPartner},
	},
	{
		name: "Noor", last: "Khan", country: "GB", age: UnknownAge,
		story: "Said yes to offers; her age is not known.",
		given: []give{{prompt: offersV2, addr: firstMail, daysAgo: 33}},
	},
	{
		name: "Otto", last: "Busch", country: "DE", state: Deactivated,
		story: "Said yes to offers, and has deactivated his account since.",
		given: []give{{prompt: offersV2, addr: firstMail, daysAgo: 100}},
	},
	{
		name: "Petra", last: "Engel", country: "DE",
		story: "Typed an address at the offers prompt and never confirmed it.",
		given: []give{{prompt: offersV2, addr: firstMail, daysAgo: 15, unverified: true}},
	},
	{
		name: "Quentin", last: "Moreau", country: "FR",
		story: "Came with an import of long ago; nobody knows what he was asked.",
		given: []give{{prompt: unknownPrompt, addr: firstMail, daysAgo: 1500}},
	},
	{
		name: "Rosa", last: "Castro", country: "ES", held: asAllHashes,
		story: "Said yes to partners' offers; the platform holds her address as hashes only.",
		given: []give{{prompt: partners, addr: firstMail, daysAgo: 50}},
	},
	{
		name: "Sam", last: "Barker", country: "GB",
		story: "Said yes to offers with the number of the telephone that Tilda uses too.",
		given: []give{{prompt: offersV2, addr: phone, daysAgo: 25}},
	},
	{
		name: "Tilda", last: "Barker", country: "GB", sharesNumberOf: 1,
		story: "Uses Sam's telephone for two-factor codes. A list with the number reaches Sam alone.",
		given: []give{{prompt: twoFactor, addr: phone, daysAgo: 410}},
	},
	{
		name: "Vera", last: "Mills", country: "GB",
		story: "Said yes to offers with her phone number and with her e-mail address, and takes back the e-mail. The number stays.",
		given: []give{{prompt: offersV1, addr: phone, daysAgo: 200}, {prompt: offersV2, addr: firstMail, daysAgo: 35}}, withdraws: everyPurpose,
	},
}

// Cast returns the characters in the order of Person.
func (w *World) Cast() []Character { return append([]Character(nil), w.cast...) }

// Character returns the character of a name, such as "Ada", and false if there
// is none.
func (w *World) Character(name string) (Character, bool) {
	for _, c := range w.cast {
		if c.Name == name {
			return c, true
		}
	}
	return Character{}, false
}

// Person returns the character as the platform knows them.
func (c Character) Person() Person { return c.person }

func (w *World) makeCast() []Character {
	out := make([]Character, len(roles))
	for k := range roles {
		o := &roles[k]
		account := "u-" + strings.ToLower(o.name)
		out[k] = Character{
			Name: o.name, Account: account, Mirrors: o.mirrors, Story: o.story,
			person: w.play(k, account, o), role: o,
		}
	}
	return out
}

// play makes the person behind the k-th role.
func (w *World) play(k int, account string, o *role) Person {
	r := w.rng(forPerson, 1, k)
	addrs := castAddresses(k, o)
	day := w.cfg.Start.Truncate(24 * time.Hour)
	p := Person{
		Account: account, Country: o.country, Age: o.age, State: o.state,
		ActiveOn: day.AddDate(0, 0, -1-k%7),
		First:    o.name, Last: o.last, Zip: string(pad(nil, 10_000+k, 5)),
	}
	if p.Age == "" {
		p.Age = Adult
	}
	if p.State == "" {
		p.State = Active
	}
	for i, g := range o.given {
		given := day.AddDate(0, 0, -g.daysAgo)
		if g.daysAgo == yesterday {
			given = day.AddDate(0, -13, -1)
		}
		given = monthSafe(given.Add(9*time.Hour + 30*time.Minute))
		c := ContactPoint{Account: account, GivenAt: given.Add(time.Duration(i) * time.Second)}
		c.ask(&r, event{g.prompt, g.addr})
		c.hold(&r, addrs[g.addr])
		if !g.unverified {
			c.verify(&r)
		}
		p.Contacts = append(p.Contacts, c)
	}
	return p
}

func castAddresses(k int, o *role) [3]*address {
	m := mailbox{
		id:     mailIdentity(castMailbox, k),
		parts:  [2]string{strings.ToLower(o.name), strings.ToLower(o.last)},
		mark:   string(pad([]byte{mailboxLetters[castMailbox]}, k+1, 7)),
		domain: "example.org",
	}
	if o.gmail {
		m.gmail, m.domain, m.twin = true, "gmail.com", "googlemail.com"
	}
	m.local = m.dotted()
	mail := &address{kind: Email, mail: m, own: spelling{m.local, "", m.domain}, held: o.held}
	tel := number{country: "GB", cc: "44", nsn: string(pad([]byte("7700900"), k-o.sharesNumberOf, 3)), groups: "46"}
	return [3]*address{firstMail: mail, phone: {kind: Phone, tel: tel, held: o.held}}
}
