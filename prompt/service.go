package prompt

import (
	"context"
	"encoding/hex"
	"reflect"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/ledger"
)

// Ref is the internal number of a prompt name, registered or not.
type Ref int64

// Repository keeps prompts.
type Repository interface {
	// RegisterPrompt keeps a prompt. It returns a CodeConflict error if the name
	// is registered. A name that has a number keeps it.
	RegisterPrompt(ctx context.Context, tx selvedge.Tx, p Prompt, at int64) error
	// Prompts returns every registered prompt, as it was given, with its Ref.
	Prompts(ctx context.Context, tx selvedge.Tx) (map[Name]Registered, error)
	// PromptRef returns the number of a name, giving it one if it has none. A
	// name that is not registered has a number too: a contact point from an
	// unknown prompt keeps saying which.
	PromptRef(ctx context.Context, tx selvedge.Tx, n Name) (Ref, error)
	// PromptName returns the name that has a number. It returns a CodeNotFound
	// error if none has.
	PromptName(ctx context.Context, tx selvedge.Tx, ref Ref) (Name, error)
}

// Registered is a registered prompt and its number.
type Registered struct {
	Ref Ref
	Prompt
}

// Service registers prompts. It is safe for concurrent use.
type Service struct {
	Repo   Repository
	Tx     selvedge.Transactor
	Outbox ledger.Outbox
	Clock  selvedge.Clock
}

// Applied says what became of the prompts of a file.
type Applied struct {
	Registered int // new
	Unchanged  int // registered before, and the same
}

// Apply registers the prompts that are not registered yet. Only an operator
// may. A prompt that is registered with any other content is a CodeConflict
// error and nothing of the file is registered: a prompt version never changes.
// Every prompt is validated again, whoever made it.
func (s *Service) Apply(ctx context.Context, actor selvedge.Actor, prompts []Prompt) (Applied, error) {
	if err := actor.Must(selvedge.OperatorRole); err != nil {
		return Applied{}, err
	}
	var done Applied
	err := s.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		have, err := s.Repo.Prompts(ctx, tx)
		if err != nil {
			return err
		}
		now := s.Clock.Now().UnixMicro()
		for _, p := range prompts {
			if err := p.Validate(); err != nil {
				return err
			}
			if old, ok := have[p.Name]; ok {
				if !reflect.DeepEqual(old.Prompt, p) {
					return selvedge.Errorf(selvedge.CodeConflict, "%s is registered with other content: give the change a version of its own", p.Name).
						At("version").Because("prompt_changed")
				}
				done.Unchanged++
				continue
			}
			if err := s.Repo.RegisterPrompt(ctx, tx, p, now); err != nil {
				return err
			}
			if err := s.Outbox.Append(ctx, tx, registeredEntry(actor, p)); err != nil {
				return err
			}
			done.Registered++
		}
		return nil
	})
	if err != nil {
		return Applied{}, err
	}
	return done, nil
}

// List returns every registered prompt by name.
func (s *Service) List(ctx context.Context) (ps map[Name]Registered, err error) {
	err = s.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		ps, err = s.Repo.Prompts(ctx, tx)
		return err
	})
	return ps, err
}

func registeredEntry(actor selvedge.Actor, p Prompt) ledger.Entry {
	texts := make(map[string]string, len(p.Texts))
	for _, t := range p.Texts {
		texts[t.Language] = hex.EncodeToString(t.SHA256[:])
	}
	return ledger.Entry{
		Space: ledger.Registry, Kind: ledger.PromptRegistered, Actor: actor,
		Body: struct {
			Prompt     string            `json:"prompt"`
			Purposes   string            `json:"purposes"`
			Texts      map[string]string `json:"texts_sha256"`
			ApprovedBy []string          `json:"approved_by,omitempty"`
		}{p.Name.String(), p.Purposes.String(), texts, p.ApprovedBy},
	}
}
