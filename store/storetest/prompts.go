package storetest

import (
	"context"
	"crypto/sha256"
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

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
		p.AdsExpiryMonths = 13
	}
	return p
}

// register puts prompts in effect: by anna, and ben where it takes two.
func (s *site) register(t *testing.T, ps ...prompt.Prompt) {
	t.Helper()
	s.update(t, func(ctx context.Context, tx selvedge.Tx) error {
		for _, p := range ps {
			if p.Purposes.Ads() == 0 {
				if err := s.Prompts.RegisterPrompt(ctx, tx, p, "anna", s.clock.Now()); err != nil {
					return err
				}
				continue
			}
			if err := s.Prompts.ProposePrompt(ctx, tx, p, "anna", s.clock.Now()); err != nil {
				return err
			}
			if err := s.Prompts.DecidePrompt(ctx, tx, p.Name, prompt.Decision{By: "ben", At: s.clock.Now(), Stated: prompt.ForAds}); err != nil {
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

// oddQuestion returns a prompt with texts in which much could get lost.
func oddQuestion(id string, purposes purpose.Set) prompt.Prompt {
	p := question(id, purposes)
	p.Name.Version, p.AdsExpiryMonths, p.Texts = 1_000_000, 25, nil
	words := map[string]string{
		"en": "line\nline\ttab \x01 <b>&amp;</b> \u2028 \U0001f9f5", "it": "è", "it-IT": "e\u0300", "pt-BR": " blank at both ends ",
	}
	for _, lang := range slices.Sorted(maps.Keys(words)) {
		p.Texts = append(p.Texts, prompt.Text{Language: lang, Text: words[lang], SHA256: sha256.Sum256([]byte(words[lang]))})
	}
	return p
}

func promptComesBack(t *testing.T, s *site) {
	same(t, "an empty register", map[prompt.Name]prompt.Registered{}, read(t, s, s.Prompts.Prompts))
	odd := oddQuestion("odd", purpose.Of(purpose.MktEmail, purpose.MktSMS))
	odd.AdsExpiryMonths = 0
	plain := question("plain", purpose.Of(purpose.Sec2FA))
	by := `Zoë O'Brien "quoted"`
	s.update(t, func(ctx context.Context, tx selvedge.Tx) error {
		return errors.Join(s.Prompts.RegisterPrompt(ctx, tx, plain, "anna", start), s.Prompts.RegisterPrompt(ctx, tx, odd, by, times[1]))
	})
	got := read(t, s, s.Prompts.Prompts)
	if got[plain.Name].Ref == got[odd.Name].Ref || got[plain.Name].Ref == 0 || got[odd.Name].Ref == 0 {
		t.Errorf("refs %d and %d", got[plain.Name].Ref, got[odd.Name].Ref)
	}
	same(t, "prompts", map[prompt.Name]prompt.Registered{
		plain.Name: {Ref: got[plain.Name].Ref, Prompt: plain, By: "anna", At: start, ApprovedBy: []string{}},
		odd.Name:   {Ref: got[odd.Name].Ref, Prompt: odd, By: by, At: times[1], ApprovedBy: []string{}},
	}, got)
	same(t, "proposals", map[prompt.Name]prompt.Proposal{}, read(t, s, s.Prompts.Proposals))
}

func promptRegisteredOnce(t *testing.T, s *site) {
	first := question("offers", purpose.Of(purpose.Sec2FA))
	s.register(t, first)
	before := read(t, s, s.Prompts.Prompts)
	for what, p := range map[string]prompt.Prompt{"the same again": first, "other content": question("offers", purpose.Of(purpose.SvcAccount))} {
		err := s.refused(t, what, func(ctx context.Context, tx selvedge.Tx) error {
			return s.Prompts.RegisterPrompt(ctx, tx, p, "carl", start.Add(time.Second))
		})
		wantCode(t, what, err, selvedge.CodeConflict)
	}
	err := s.refused(t, "proposed", func(ctx context.Context, tx selvedge.Tx) error {
		return s.Prompts.ProposePrompt(ctx, tx, question("offers", purpose.Of(purpose.AdsSuppress)), "carl", start)
	})
	wantCode(t, "proposed", err, selvedge.CodeConflict)
	same(t, "the register", before, read(t, s, s.Prompts.Prompts))
	same(t, "proposals", map[prompt.Name]prompt.Proposal{}, read(t, s, s.Prompts.Proposals))
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
	if got[p.Name].Ref != ref {
		t.Errorf("the prompt has number %d, want %d", got[p.Name].Ref, ref)
	}
	plain := question("late-too", purpose.Of(purpose.SvcAccount))
	ref = s.ref(t, plain.Name)
	s.register(t, plain)
	if got := read(t, s, s.Prompts.Prompts)[plain.Name].Ref; got != ref {
		t.Errorf("a prompt that one person registered has number %d, want %d", got, ref)
	}
	if s.ref(t, plain.Name) != ref {
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
					return s.Prompts.ProposePrompt(ctx, tx, p, "anna", start)
				})
				wantCode(t, p.Purposes.String(), err, selvedge.CodeInternal)
			}
		}
	}
	same(t, "the register", map[prompt.Name]prompt.Registered{}, read(t, s, s.Prompts.Prompts))
}

func promptRolledBack(t *testing.T, s *site) {
	p := question("undone", purpose.Of(purpose.SvcAccount))
	s.refused(t, "a transaction that fails", func(ctx context.Context, tx selvedge.Tx) error {
		if err := s.Prompts.RegisterPrompt(ctx, tx, p, "anna", start); err != nil {
			t.Error(err)
		}
		return context.Canceled
	})
	same(t, "the register", map[prompt.Name]prompt.Registered{}, read(t, s, s.Prompts.Prompts))
	s.register(t, p)
}
