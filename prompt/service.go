package prompt

import (
	"context"
	"encoding/hex"
	"reflect"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/ledger"
)

// Service registers and approves prompts. It is safe for concurrent use.
type Service struct {
	Repo   Repository
	Tx     selvedge.Transactor
	Outbox ledger.Outbox
	Clock  selvedge.Clock
}

// mustBeProven returns a CodeForbidden error unless the actor is an operator
// whose name a key has proved. A name that somebody only gives is not enough
// where two people are asked for: one person could give two.
func mustBeProven(actor selvedge.Actor) error {
	if err := actor.Must(selvedge.OperatorRole); err != nil {
		return err
	}
	if actor.Key() == "" || actor.Name() == "" {
		return selvedge.Errorf(selvedge.CodeForbidden, "only an operator's key may do this: a name alone proves nobody").Because("operator_key_needed")
	}
	return nil
}

// Applied says what became of one prompt that was brought.
type Applied struct {
	Name  Name
	State State
	New   bool // nobody had brought it before
}

// Apply registers the prompts that nobody has brought yet, in one transaction.
// One that grants no ads.* is in effect with it. One that does is Pending, and
// has no effect at all, until Approve. A prompt that was brought before stays
// what it is, also Refused.
//
// Only an operator with a key may. A prompt that was brought with any other
// content is a CodeConflict error, with its place in prompts as the field, and
// nothing is registered: a prompt version never changes. Every prompt is
// validated again, whoever made it.
func (s *Service) Apply(ctx context.Context, actor selvedge.Actor, prompts []Prompt) ([]Applied, error) {
	if err := mustBeProven(actor); err != nil {
		return nil, err
	}
	var done []Applied
	err := s.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		done = make([]Applied, 0, len(prompts))
		known, err := s.read(ctx, tx)
		if err != nil {
			return err
		}
		for i, p := range prompts {
			a, err := s.apply(ctx, tx, actor, p, known)
			if err != nil {
				return inPrompt(i, err)
			}
			done = append(done, a)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return done, nil
}

func (s *Service) apply(ctx context.Context, tx selvedge.Tx, actor selvedge.Actor, p Prompt, known register) (Applied, error) {
	if err := p.Validate(); err != nil {
		return Applied{}, err
	}
	if old, state := known.find(p.Name); state != "" {
		if !reflect.DeepEqual(old, p) {
			return Applied{}, selvedge.Errorf(selvedge.CodeConflict, "is registered with other content: give the change a version of its own").
				At("version").Because("prompt_changed")
		}
		return Applied{Name: p.Name, State: state}, nil
	}
	put, kind, state := s.Repo.RegisterPrompt, ledger.PromptRegistered, InEffect
	if p.Purposes.Ads() != 0 {
		put, kind, state = s.Repo.ProposePrompt, ledger.PromptProposed, Pending
	}
	if err := put(ctx, tx, p, actor.Name(), s.Clock.Now()); err != nil {
		return Applied{}, err
	}
	return Applied{Name: p.Name, State: state, New: true}, s.Outbox.Append(ctx, tx, broughtEntry(kind, actor, p))
}

// register is all that was ever brought.
type register struct {
	inEffect  map[Name]Registered
	proposals map[Name]Proposal
}

func (s *Service) read(ctx context.Context, tx selvedge.Tx) (r register, err error) {
	if r.inEffect, err = s.Repo.Prompts(ctx, tx); err != nil {
		return r, err
	}
	r.proposals, err = s.Repo.Proposals(ctx, tx)
	return r, err
}

// find returns what was brought under a name, and its state: "" if nothing was.
func (r register) find(n Name) (Prompt, State) {
	if p, ok := r.proposals[n]; ok {
		return p.Prompt, p.State
	}
	if p, ok := r.inEffect[n]; ok {
		return p.Prompt, InEffect
	}
	return Prompt{}, ""
}

func broughtEntry(kind ledger.Kind, actor selvedge.Actor, p Prompt) ledger.Entry {
	texts := make(map[string]string, len(p.Texts))
	for _, t := range p.Texts {
		texts[t.Language] = hex.EncodeToString(t.SHA256[:])
	}
	return ledger.Entry{
		Space: ledger.Registry, Kind: kind, Actor: actor,
		Body: struct {
			Prompt   string            `json:"prompt"`
			Purposes string            `json:"purposes"`
			Texts    map[string]string `json:"texts_sha256"`
			Key      string            `json:"key"`
		}{p.Name.String(), p.Purposes.String(), texts, actor.Key()},
	}
}
