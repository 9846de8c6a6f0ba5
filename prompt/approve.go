package prompt

import (
	"context"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/ledger"
)

// Approve is the second operator's statement on a prompt that is Pending: what
// they, who read its texts and were not shown its purposes, take them to ask
// for. ForAds puts the prompt in effect. Any other statement differs from what the
// prompt was brought for, and refuses it for good. The statement and what
// follows from it are entered in the ledger in one transaction.
//
// Only an operator with a key may, and only another one than who brought the
// prompt: otherwise the error is CodeForbidden, and nothing was stated. It is
// CodeInvalid for a word that is no Statement, CodeNotFound for a prompt that
// nobody brought, and CodeConflict
//
//   - for a statement that refused the prompt (statement_differs);
//   - for a prompt that was refused before (prompt_refused);
//   - for one that is in effect, since its registration (not_pending) or by
//     another operator's statement (already_approved). The same statement of
//     the operator who approved it is no error, and changes nothing.
//
// Of several that are made at once one decides.
func (s *Service) Approve(ctx context.Context, actor selvedge.Actor, n Name, stated Statement) (View, error) {
	if err := mustBeProven(actor); err != nil {
		return View{}, err
	}
	if _, err := ParseStatement(string(stated)); err != nil {
		return View{}, err
	}
	var v View
	err := s.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		known, err := s.read(ctx, tx)
		if err != nil {
			return err
		}
		p, ok := known.proposals[n]
		if _, inEffect := known.inEffect[n]; !ok && inEffect {
			return conflict("not_pending", "it waits for nobody: it has been in effect since it was registered")
		}
		if !ok {
			return selvedge.Errorf(selvedge.CodeNotFound, "there is no such prompt")
		}
		if err := decidable(p, actor, stated); err != nil {
			return err
		}
		if p.State == Pending {
			p.Decision = Decision{By: actor.Name(), At: s.Clock.Now(), Stated: stated}
			if p.State, err = s.decide(ctx, tx, actor, p); err != nil {
				return err
			}
		}
		v = p.view()
		return nil
	})
	if err == nil && v.State == Refused {
		// Not an error of the transaction: the refusal stands.
		return View{}, conflict("statement_differs", "that is not what the prompt was brought for. It is refused, and stays so: give the change a version of its own")
	}
	return v, err
}

// decidable returns why the actor cannot state it of the proposal. It returns
// nil for one that the actor has approved: there is nothing left to decide.
func decidable(p Proposal, actor selvedge.Actor, stated Statement) error {
	switch {
	case p.By == actor.Name():
		return selvedge.Errorf(selvedge.CodeForbidden, "it takes another operator than the one who brought the prompt").Because("same_operator")
	case p.State == Refused:
		return conflict("prompt_refused", "it was refused, and stays so: give the change a version of its own")
	case p.State == InEffect && (p.Decision.By != actor.Name() || p.Decision.Stated != stated):
		return conflict("already_approved", "another statement has put it in effect")
	default:
		return nil
	}
}

func conflict(reason, message string) error {
	return selvedge.Errorf(selvedge.CodeConflict, "%s", message).Because(reason)
}

// decide keeps a decision and enters who said what of whose prompt.
func (s *Service) decide(ctx context.Context, tx selvedge.Tx, actor selvedge.Actor, p Proposal) (State, error) {
	if err := s.Repo.DecidePrompt(ctx, tx, p.Name, p.Decision); err != nil {
		return "", err
	}
	kind, state := ledger.PromptRefused, Refused
	if p.Decision.Stated == ForAds {
		kind, state = ledger.PromptApproved, InEffect
	}
	return state, s.Outbox.Append(ctx, tx, ledger.Entry{
		Space: ledger.Registry, Kind: kind, Actor: actor,
		Body: struct {
			Prompt     string    `json:"prompt"`
			Stated     Statement `json:"stated"`
			Purposes   string    `json:"purposes"`
			ProposedBy string    `json:"proposed_by"`
			Key        string    `json:"key"`
		}{p.Name.String(), p.Decision.Stated, p.Purposes.String(), p.By, actor.Key()},
	})
}
