package prompt

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/purpose"
)

// View is what the platform and its operators are told of a prompt.
type View struct {
	Name    Name
	State   State
	Surface string
	Texts   []Text
	By      string    // who brought it; "" if that is not kept
	At      time.Time // when it was brought
	// Asks is what the prompt was brought for. It is nil while the prompt is
	// Pending: who is to say what a text asks for must not be told what it is
	// meant to ask for.
	Asks *Asks
	// Decision is what the second operator stated; zero if none has. ApprovedBy
	// are the names in the file of a prompt from before approval was an act.
	Decision   Decision
	ApprovedBy []string

	ref Ref
}

// Asks is what a prompt is for.
type Asks struct {
	Purposes        purpose.Set
	LegalBasis      LegalBasis
	AdsExpiryMonths int
}

// List returns every prompt that was ever brought, in the order in which their
// names were first met. Only the platform and operators may: what was refused,
// and what waits, is nobody else's.
func (s *Service) List(ctx context.Context, actor selvedge.Actor) ([]View, error) {
	if err := actor.Must(selvedge.PlatformRole, selvedge.OperatorRole); err != nil {
		return nil, err
	}
	var known register
	err := s.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) (err error) {
		known, err = s.read(ctx, tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := make([]View, 0, len(known.inEffect)+len(known.proposals))
	for n, r := range known.inEffect {
		if _, proposed := known.proposals[n]; !proposed {
			out = append(out, r.view())
		}
	}
	for _, p := range known.proposals {
		out = append(out, p.view())
	}
	slices.SortFunc(out, func(a, b View) int { return cmp.Compare(a.ref, b.ref) })
	return out, nil
}

func (p Prompt) view(state State) View {
	v := View{Name: p.Name, State: state, Surface: p.Surface, Texts: p.Texts}
	if state != Pending {
		v.Asks = &Asks{p.Purposes, p.LegalBasis, p.AdsExpiryMonths}
	}
	return v
}

func (r Registered) view() View {
	v := r.Prompt.view(InEffect)
	v.By, v.At, v.ApprovedBy, v.ref = r.By, r.At, r.ApprovedBy, r.Ref
	return v
}

func (p Proposal) view() View {
	v := p.Prompt.view(p.State)
	v.By, v.At, v.Decision, v.ref = p.By, p.At, p.Decision, p.Ref
	return v
}
