package world

import (
	"iter"
	"slices"
	"time"
)

// ActKind is what somebody does after the import.
type ActKind string

// The acts.
const (
	Withdraw ActKind = "withdraw" // takes purposes back from one address, everywhere on the account
	Object   ActKind = "object"   // objects to all advertising (GDPR Art. 21(2))
	Give     ActKind = "give"     // gives a contact point: a new yes at a new prompt
)

// Act is one thing that somebody does after the import.
type Act struct {
	Kind    ActKind
	Account string
	At      time.Time // UTC, to the microsecond

	// Of a Withdraw: the address, in its base form, and what is taken back,
	// which was granted before.
	AddressKind Kind
	Value       string
	Purposes    []string

	// Of a Give: what is given. It was given at At, cut to the second.
	Contact ContactPoint

	identity Identity
}

// Acts come in three phases of a week each, the first a day after the start:
// withdrawals, then objections, then what is given. So a new yes always comes
// after the withdrawal it follows.
const (
	phaseLength = 7 * 24 * time.Hour
	phaseOf     = 3
)

// Acts returns what people do after the import, in order of time, no two acts at
// the same time. It reads the people once a phase.
func (w *World) Acts() iter.Seq[Act] {
	return func(yield func(Act) bool) {
		for phase := range phaseOf {
			for i := range w.Len() {
				if !w.mayAct(i) {
					continue
				}
				p := w.Person(i)
				a := w.acts(i, &p)[phase]
				if a == nil || !w.sees(&p, a) {
					continue
				}
				if !yield(*a) {
					return
				}
			}
		}
	}
}

// UpTo returns the state of having applied every act up to and at a time.
func UpTo(t time.Time) func(*Act) bool {
	return func(a *Act) bool { return !a.At.After(t) }
}

// sees says whether the act touches anything in this world: a withdrawal from
// an address that only contact points without advertising hold does not, in the
// world without those.
func (w *World) sees(p *Person, a *Act) bool {
	if a.Kind != Withdraw {
		return true
	}
	return slices.ContainsFunc(p.Contacts, func(c ContactPoint) bool {
		return c.addr.identity() == a.identity && w.holds(&c)
	})
}

// at is when person i acts in a phase: each has an instant of their own.
func (w *World) at(phase, i int) time.Time {
	step := max(phaseLength/time.Duration(w.Len()), time.Microsecond).Truncate(time.Microsecond)
	return w.cfg.Start.Add(24*time.Hour + time.Duration(phase)*phaseLength + time.Duration(i)*step)
}

// mayAct is false for most people, and cheap: it spares making them.
func (w *World) mayAct(i int) bool {
	if i < len(w.cast) {
		return true
	}
	r := w.rng(forActs, 0, i-len(w.cast))
	return r.chance(110)
}

// acts returns what person i does in each phase; nil where they do nothing.
func (w *World) acts(i int, p *Person) [phaseOf]*Act {
	var out [phaseOf]*Act
	if !w.mayAct(i) {
		return out
	}
	j := i - len(w.cast)
	r := w.rng(forActs, 1, j+len(roles))
	withdraws, objects, returns := r.chance(550), r.chance(180), r.chance(500)
	only := -1
	if r.chance(250) {
		only = r.below(len(everyPurpose))
	}
	addr, purposes := givenForAds(p)
	if i < len(w.cast) {
		o := w.cast[i].role
		objects, returns, only = o.objects, o.returns, -1
		withdraws = len(o.withdraws) > 0
		purposes = slices.DeleteFunc(purposes, func(u string) bool { return !slices.Contains(o.withdraws, u) })
	}
	if addr == nil {
		addr, purposes = givenForNews(p)
		returns = false
	}
	if withdraws && addr != nil {
		if only >= 0 && slices.Contains(purposes, everyPurpose[only]) {
			purposes = []string{everyPurpose[only]}
		}
		out[0] = &Act{
			Kind: Withdraw, Account: p.Account, At: w.at(0, i),
			AddressKind: addr.kind, Value: addr.base(), Purposes: purposes, identity: addr.identity(),
		}
	}
	if objects {
		out[1] = &Act{Kind: Object, Account: p.Account, At: w.at(1, i)}
	}
	switch {
	case withdraws && returns:
	case i >= len(w.cast) && !withdraws && r.chance(300):
		addr = givenForSecurity(p)
	default:
		addr = nil
	}
	if addr != nil {
		out[2] = newYes(&r, p, addr, w.at(2, i), i < len(w.cast))
	}
	return out
}

// newYes is a person giving an address that the platform holds already, at the
// offers prompt of the day. It is entered again, so it is in the clear.
func newYes(r *rng, p *Person, addr *address, at time.Time, cast bool) *Act {
	a := *addr
	a.held = inTheClear
	c := ContactPoint{Account: p.Account, GivenAt: at.Truncate(time.Second)}
	c.ask(r, event{prompt: offersV2})
	c.hold(r, &a)
	if cast || r.chance(950) {
		c.verify(r)
		c.VerifiedAt = c.GivenAt
	}
	return &Act{Kind: Give, Account: p.Account, At: at, Contact: c}
}

// givenForAds returns the address that the person gave last for advertising,
// and all advertising purposes that the account granted for it.
func givenForAds(p *Person) (*address, []string) {
	var addr *address
	for k := range p.Contacts {
		if len(p.Contacts[k].prompt.ads()) > 0 {
			addr = p.Contacts[k].addr
		}
	}
	if addr == nil {
		return nil, nil
	}
	var out []string
	for _, c := range p.Contacts {
		if c.addr.identity() == addr.identity() {
			out = append(out, c.prompt.ads()...)
		}
	}
	slices.Sort(out)
	return addr, slices.Compact(out)
}

// givenForNews returns the address at which the person gets the newsletter.
func givenForNews(p *Person) (*address, []string) {
	for _, c := range p.Contacts {
		if c.prompt == &prompts[newsletter] {
			return c.addr, slices.Clone(c.prompt.purposes)
		}
	}
	return nil, nil
}

// givenForSecurity returns an address that the account gave at security
// prompts and never for advertising.
func givenForSecurity(p *Person) *address {
	for k := range p.Contacts {
		if p.securityOnly(&p.Contacts[k]) {
			return p.Contacts[k].addr
		}
	}
	return nil
}

// securityOnly says that the contact point's address is on the account for
// security purposes and for no others.
func (p *Person) securityOnly(c *ContactPoint) bool {
	for k := range p.Contacts {
		o := &p.Contacts[k]
		if o.addr.identity() == c.addr.identity() && !o.prompt.security() {
			return false
		}
	}
	return true
}
