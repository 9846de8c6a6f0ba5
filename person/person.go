package person

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/org"
	"github.com/selvedge/selvedge/prompt"
)

// Service is the person's door to the domains. It is safe for concurrent use.
type Service struct {
	People    *contact.People
	Audiences Holder
	Orgs      org.Repository
	Prompts   prompt.Repository
	Tx        selvedge.Transactor
	Clock     selvedge.Clock
}

// Holder says which audiences hold ordinals now.
type Holder interface {
	Holding(ctx context.Context, ordinals []selvedge.Ordinal) ([]audience.Holding, error)
}

// Me is what a person is shown.
type Me struct {
	Addresses  []Address
	Objections []contact.Objection // every one that was ever made
	HeldBy     []Held
	// SignalSince is when an opt-out signal of the person's browser (Sec-GPC) was
	// first honoured; zero if it is not.
	SignalSince time.Time
}

// Address is one address of the account, with all prompts at which it was given.
type Address struct {
	Handle contact.Handle
	Kind   identifier.Kind
	Mask   string // "" if the platform never told the value
	Points []contact.View
}

// Held says that an org's audience holds the person.
type Held struct {
	Org     string // its name
	OrgID   selvedge.OrgID
	Kind    org.Kind
	Label   string // the approved public label of the audience, "" if it has none
	Since   time.Time
	Through []contact.Handle // the addresses through which it does
}

// Me returns what a person is shown. Only the person, the platform or an operator
// may; see contact.People.Look for what the latter two leave behind. It returns a
// CodeNotFound error if there is no such account.
func (s *Service) Me(ctx context.Context, actor selvedge.Actor, platformID string) (Me, error) {
	held, err := s.People.Look(ctx, actor, platformID)
	if err != nil {
		return Me{}, err
	}
	me := Me{Addresses: addresses(held.Points), Objections: held.Objections}
	for _, o := range held.Objections {
		if o.Scope == contact.ScopeSignal && o.LiftedAt.IsZero() {
			me.SignalSince = o.MadeAt
		}
	}
	me.HeldBy, err = s.heldBy(ctx, held)
	return me, err
}

// addresses puts contact points together by their handles, in the order in which
// each address was first given.
func addresses(points []contact.View) []Address {
	var out []Address
	at := map[contact.Handle]int{}
	for _, v := range points {
		i, ok := at[v.Handle]
		if !ok {
			i = len(out)
			at[v.Handle] = i
			out = append(out, Address{Handle: v.Handle, Kind: v.Kind})
		}
		a := &out[i]
		a.Points = append(a.Points, v)
		if a.Mask == "" {
			a.Mask = v.Mask
		}
	}
	return out
}

// heldBy returns who holds a person through what may be used now, those that do
// so longest first. What was withdrawn or objected to may be in an audience still;
// it reaches nobody, and so it is not shown as if it did.
func (s *Service) heldBy(ctx context.Context, held contact.Held) ([]Held, error) {
	views := map[selvedge.Ordinal]contact.View{}
	var ordinals []selvedge.Ordinal
	for _, v := range held.Points {
		if v.MatchableFor != 0 {
			views[v.Ordinal] = v
			ordinals = append(ordinals, v.Ordinal)
		}
	}
	if len(ordinals) == 0 {
		return nil, nil
	}
	holdings, err := s.Audiences.Holding(ctx, ordinals)
	if err != nil {
		return nil, err
	}
	out := make([]Held, 0, len(holdings))
	err = s.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		out = out[:0]
		for _, h := range holdings {
			o, err := s.Orgs.Org(ctx, tx, h.Org)
			if err != nil {
				return err
			}
			by := Held{Org: o.Name, OrgID: o.ID, Kind: o.Kind, Label: h.Label, Since: h.Since}
			for _, ordinal := range h.Ordinals {
				v := views[ordinal]
				if usable(v, o, held.Objections) && !slices.Contains(by.Through, v.Handle) {
					by.Through = append(by.Through, v.Handle)
				}
			}
			if len(by.Through) > 0 {
				out = append(out, by)
			}
		}
		return nil
	})
	slices.SortStableFunc(out, func(a, b Held) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.OrgID, b.OrgID), cmp.Compare(a.Label, b.Label))
	})
	return out, err
}

// usable says whether an org may use a contact point now.
func usable(v contact.View, o org.Org, objections []contact.Objection) bool {
	left := v.MatchableFor
	for _, ob := range objections {
		if covers, by := ob.Covers(v.Handle); by == o.ID {
			left &^= covers
		}
	}
	return o.State == org.Active && left.Has(o.Kind.Purpose())
}
