package storetest

import (
	"context"
	"crypto/sha256"
	"testing"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/prompt"
	"github.com/selvedge/selvedge/purpose"
)

func promptCases() map[string]func(*testing.T, *site) {
	return map[string]func(*testing.T, *site){
		"ComesBackAsItWas":     promptComesBack,
		"RegisteredOnce":       promptRegisteredOnce,
		"NumbersOfNames":       promptNumbers,
		"NumberIsKept":         promptNumberIsKept,
		"NamesByteForByte":     promptNames,
		"SecurityWithAds":      promptSecurityWithAds,
		"NotAcrossARolledBack": promptRolledBack,
	}
}

// question returns a prompt that may stand in the register.
func question(id string, purposes purpose.Set) prompt.Prompt {
	text := "May we? " + id
	p := prompt.Prompt{
		Name: prompt.Name{ID: id, Version: 1}, Surface: "settings/ads", LegalBasis: prompt.Consent, Purposes: purposes,
		Texts: []prompt.Text{{Language: "en", Text: text, SHA256: sha256.Sum256([]byte(text))}},
	}
	if purposes.Ads() != 0 {
		p.AdsExpiryMonths, p.ApprovedBy = 13, []string{"anna", "ben"}
	}
	return p
}

func (s *site) register(t *testing.T, ps ...prompt.Prompt) {
	t.Helper()
	s.update(t, func(ctx context.Context, tx selvedge.Tx) error {
		for _, p := range ps {
			if err := s.Prompts.RegisterPrompt(ctx, tx, p, s.clock.Now().UnixMicro()); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *site) ref(t *testing.T, n prompt.Name) prompt.Ref {
	t.Helper()
	var ref prompt.Ref
	s.update(t, func(ctx context.Context, tx selvedge.Tx) (err error) {
		ref, err = s.Prompts.PromptRef(ctx, tx, n)
		return err
	})
	return ref
}

func promptComesBack(t *testing.T, s *site) {
	same(t, "an empty register", map[prompt.Name]prompt.Registered{}, read(t, s, s.Prompts.Prompts))
	odd := question("odd", purpose.Of(purpose.AdsMatchPartner, purpose.MktSMS))
	odd.Name.Version, odd.AdsExpiryMonths = 1_000_000, 25
	odd.ApprovedBy = []string{"Zoë O'Brien", `back\slash "quoted"`}
	odd.Texts = nil
	for lang, text := range map[string]string{
		"en": "line\nline\ttab \x01 <b>&amp;</b> \u2028 \U0001f9f5", "it": "è", "it-IT": "e\u0300", "pt-BR": " blank at both ends ",
	} {
		odd.Texts = append(odd.Texts, prompt.Text{Language: lang, Text: text, SHA256: sha256.Sum256([]byte(text))})
	}
	plain := question("plain", purpose.Of(purpose.Sec2FA))
	s.register(t, plain, odd)
	got := read(t, s, s.Prompts.Prompts)
	same(t, "prompts", map[prompt.Name]prompt.Prompt{plain.Name: plain, odd.Name: odd},
		map[prompt.Name]prompt.Prompt{plain.Name: got[plain.Name].Prompt, odd.Name: got[odd.Name].Prompt})
	if len(got) != 2 || got[plain.Name].Ref == got[odd.Name].Ref || got[plain.Name].Ref == 0 || got[odd.Name].Ref == 0 {
		t.Errorf("%d prompts, refs %d and %d", len(got), got[plain.Name].Ref, got[odd.Name].Ref)
	}
}

func promptRegisteredOnce(t *testing.T, s *site) {
	first := question("offers", purpose.Of(purpose.Sec2FA))
	s.register(t, first)
	before := read(t, s, s.Prompts.Prompts)
	other := question("offers", purpose.Of(purpose.AdsSuppress))
	for what, p := range map[string]prompt.Prompt{"the same again": first, "other content": other} {
		err := s.refused(t, what, func(ctx context.Context, tx selvedge.Tx) error {
			return s.Prompts.RegisterPrompt(ctx, tx, p, start.UnixMicro()+1)
		})
		wantCode(t, what, err, selvedge.CodeConflict)
	}
	same(t, "the register", before, read(t, s, s.Prompts.Prompts))
}

func promptNumbers(t *testing.T, s *site) {
	unknown := prompt.Name{ID: "legacy", Version: 1}
	ref := s.ref(t, unknown)
	if ref == 0 || s.ref(t, unknown) != ref {
		t.Error("a name's number is zero, or changes")
	}
	if s.ref(t, prompt.Name{ID: "legacy", Version: 2}) == ref {
		t.Error("two versions have one number")
	}
	same(t, "the register", map[prompt.Name]prompt.Registered{}, read(t, s, s.Prompts.Prompts))
	got := read(t, s, func(ctx context.Context, tx selvedge.Tx) (prompt.Name, error) {
		return s.Prompts.PromptName(ctx, tx, ref)
	})
	same(t, "the name of a number", unknown, got)
	for _, none := range []prompt.Ref{0, -1, ref + 1000} {
		wantCode(t, "a number that was not given", s.Tx.View(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
			_, err := s.Prompts.PromptName(ctx, tx, none)
			return err
		}), selvedge.CodeNotFound)
	}
}

// promptNumberIsKept registers a name that an import has met before.
func promptNumberIsKept(t *testing.T, s *site) {
	p := question("late", purpose.Of(purpose.AdsSuppress))
	ref := s.ref(t, p.Name)
	s.register(t, p)
	got := read(t, s, s.Prompts.Prompts)
	same(t, "the prompt", map[prompt.Name]prompt.Registered{p.Name: {Ref: ref, Prompt: p}}, got)
	if s.ref(t, p.Name) != ref {
		t.Error("the number changed")
	}
}

func promptNames(t *testing.T, s *site) {
	seen := map[prompt.Ref]string{}
	for _, id := range texts {
		ref := s.ref(t, prompt.Name{ID: id, Version: 1})
		if other, ok := seen[ref]; ok {
			t.Errorf("%q and %q have one number", id, other)
		}
		seen[ref] = id
	}
	for ref, id := range seen {
		got := read(t, s, func(ctx context.Context, tx selvedge.Tx) (prompt.Name, error) {
			return s.Prompts.PromptName(ctx, tx, ref)
		})
		same(t, "a name", prompt.Name{ID: id, Version: 1}, got)
	}
}

// promptSecurityWithAds brings what prompt.Prompt.Validate refuses: the schema
// refuses it too, also for a name that was met before.
func promptSecurityWithAds(t *testing.T, s *site) {
	for _, sec := range []purpose.Purpose{purpose.Sec2FA, purpose.SecRecovery, purpose.SecReauth, purpose.SecLoginAlert, purpose.SecFraud} {
		for _, ads := range purpose.Matchable.List() {
			for _, met := range []bool{false, true} {
				p := question("trap", purpose.Of(sec, ads, purpose.SvcAccount))
				err := s.refused(t, p.Purposes.String(), func(ctx context.Context, tx selvedge.Tx) error {
					if met {
						if _, err := s.Prompts.PromptRef(ctx, tx, p.Name); err != nil {
							return err
						}
					}
					return s.Prompts.RegisterPrompt(ctx, tx, p, start.UnixMicro())
				})
				wantCode(t, p.Purposes.String(), err, selvedge.CodeInternal)
			}
		}
	}
	same(t, "the register", map[prompt.Name]prompt.Registered{}, read(t, s, s.Prompts.Prompts))
}

func promptRolledBack(t *testing.T, s *site) {
	p := question("undone", purpose.Of(purpose.AdsSuppress))
	s.refused(t, "a transaction that fails", func(ctx context.Context, tx selvedge.Tx) error {
		if err := s.Prompts.RegisterPrompt(ctx, tx, p, start.UnixMicro()); err != nil {
			t.Error(err)
		}
		return context.Canceled
	})
	same(t, "the register", map[prompt.Name]prompt.Registered{}, read(t, s, s.Prompts.Prompts))
	s.register(t, p)
}
