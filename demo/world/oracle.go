package world

import (
	"iter"
	"slices"
	"time"
)

// Truth is what the world knows of one row of contact_points.csv.
type Truth struct {
	Key
	Prompt string // id@version
	Kind   Kind
	// Ads are the advertising purposes that the prompt grants; none for a
	// prompt that the platform cannot show.
	Ads []string
	// Security says that the prompt asked in the name of security.
	Security bool
	Verified bool
	Identity Identity
	// InClear says that the platform holds the address itself, not hashes.
	InClear bool
	// Hashes are those of all spellings under which the contact point is found.
	Hashes [][32]byte
}

// Truth returns what is known of a contact point of this world.
func (w *World) Truth(c ContactPoint) Truth {
	return Truth{
		Key: c.Key(), Prompt: c.Prompt, Kind: c.Kind,
		Ads: slices.Clone(c.prompt.ads()), Security: c.prompt.security(), Verified: !c.VerifiedAt.IsZero(),
		Identity: c.addr.identity(), InClear: c.addr.held == inTheClear, Hashes: c.addr.hashed(),
	}
}

// Truths returns the truth of every row of contact_points.csv, in its order.
func (w *World) Truths() iter.Seq[Truth] {
	return func(yield func(Truth) bool) {
		for i := range w.Len() {
			for _, c := range w.Person(i).Contacts {
				if w.holds(&c) && !yield(w.Truth(c)) {
					return
				}
			}
		}
	}
}

// State is the moment at which a list is matched.
type State struct {
	// At is the time. A grant is live up to, and not at, its end: GivenAt and
	// the prompt's months added by the calendar.
	At time.Time
	// Applied says of an act whether it has been done; nil if none has. See
	// UpTo.
	Applied func(*Act) bool
	// UnknownAgeIsAdult says that people of unknown age may be matched.
	UnknownAgeIsAdult bool
	// Purpose is the advertising purpose that must be live; empty for any.
	Purpose string
}

// Members returns the contact points that a list has as members if it is
// matched in the state s: exactly these, in the order of the people. A contact
// point is a member if it is eligible and some cell of the list reaches it.
//
// Memory grows with the list, not with the people.
func (w *World) Members(l List, s State) iter.Seq[Key] {
	return func(yield func(Key) bool) {
		asked := l.asked()
		for i := range w.Len() {
			p := w.Person(i)
			acts := w.done(i, &p, s)
			contacts := p.Contacts
			for _, a := range acts {
				if a.Kind == Give {
					contacts = append(contacts[:len(contacts):len(contacts)], a.Contact)
				}
			}
			for k := range contacts {
				c := &contacts[k]
				if p.eligible(c, acts, s) && asked.reaches(c.addr) && !yield(c.Key()) {
					return
				}
			}
		}
	}
}

// done returns the acts of person i that have been applied.
func (w *World) done(i int, p *Person, s State) []*Act {
	if s.Applied == nil {
		return nil
	}
	var out []*Act
	for _, a := range w.acts(i, p) {
		if a != nil && s.Applied(a) {
			out = append(out, a)
		}
	}
	return out
}

// eligible says whether a contact point of the person may be matched at all.
func (p *Person) eligible(c *ContactPoint, acts []*Act, s State) bool {
	ads := c.prompt.ads()
	if len(ads) == 0 {
		return false
	}
	if c.VerifiedAt.IsZero() {
		return false
	}
	if !s.At.Before(c.prompt.until(c.GivenAt)) {
		return false
	}
	if p.State != Active {
		return false
	}
	if p.Age == Minor || p.Age == UnknownAge && !s.UnknownAgeIsAdult {
		return false
	}
	for _, a := range acts {
		if a.Kind == Object {
			return false
		}
		// A withdrawal is for every contact point of the account with that
		// address that was given before it.
		if a.Kind == Withdraw && a.identity == c.addr.identity() && !c.GivenAt.After(a.At) {
			ads = slices.DeleteFunc(slices.Clone(ads), func(u string) bool { return slices.Contains(a.Purposes, u) })
		}
	}
	if s.Purpose != "" {
		return slices.Contains(ads, s.Purpose)
	}
	return len(ads) > 0
}

// asked is what the cells of a list ask for.
type asked struct {
	clear  map[Identity]bool // mailboxes and numbers written in the clear
	hashes map[[32]byte]bool // the sender's, and those that a cell in the clear leads to
}

func (l *List) asked() asked { return askedBy(slices.Collect(l.Contents())) }

func askedBy(rows []Row) asked {
	out := asked{clear: map[Identity]bool{}, hashes: map[[32]byte]bool{}}
	for _, row := range rows {
		for _, c := range row.Cells {
			if !c.Hashed && c.Identity != 0 {
				out.clear[c.Identity] = true
			}
			for _, s := range c.spellings {
				out.hashes[sum(s)] = true
			}
		}
	}
	return out
}

// reaches says whether some cell reaches the address: a hash, any contact point
// that is found under it; a spelling in the clear, every contact point in the
// clear of that mailbox or number, and of those held as hashes the ones that
// hold the hash of the spelling, or of what it is once everything is removed
// that means nothing.
func (q asked) reaches(a *address) bool {
	if a.held == inTheClear && q.clear[a.identity()] {
		return true
	}
	for _, h := range a.hashed() {
		if q.hashes[h] {
			return true
		}
	}
	return false
}
