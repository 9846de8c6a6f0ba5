package contact

import (
	"cmp"
	"maps"
	"slices"
	"sync"

	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/prompt"
)

// DryRun says what an import would do. Nothing was kept of it.
type DryRun struct {
	Report
	// Prompts are those that the contact points name, in the order of their names,
	// a name that is none first. Each count adds up to the Report's.
	Prompts []PromptCount `json:"prompts"`
	// Unproven are the contact points that no purpose can be proved for.
	Unproven Unproven `json:"no_provable_purpose"`
}

// PromptCount counts the rows of contact points that name a prompt.
// Read = Created + Present + Refused, always.
type PromptCount struct {
	Prompt    string      `json:"prompt"` // id@version; "" for what is no name
	State     PromptState `json:"state"`
	Read      int64       `json:"read"`
	Created   int64       `json:"created"`
	Present   int64       `json:"present"`
	Refused   int64       `json:"refused"`
	Matchable int64       `json:"matchable"` // among Created and Present: those that would become so
}

// PromptState says whether a prompt can grant anything.
type PromptState string

// The states.
const (
	PromptInEffect PromptState = "in_effect"
	PromptPending  PromptState = "pending"
	PromptRefused  PromptState = "refused"
	PromptUnknown  PromptState = "unknown" // not registered
	PromptMissing  PromptState = "missing" // no name of a prompt
)

// Unproven counts rows of contact points, each once.
type Unproven struct {
	UnknownPrompt int64 `json:"unknown_prompt"` // kept without any purpose, or known as such
	MissingPrompt int64 `json:"missing_prompt"` // refused: bad_prompt_name
	NotApproved   int64 `json:"not_approved"`   // refused: prompt_pending, prompt_refused
}

// tally counts rows by prompt, in a dry run: the rows of one batch are counted
// beside those of another. A nil tally counts nothing.
type tally struct {
	mu       sync.Mutex
	prompts  map[prompt.Name]*PromptCount
	unproven Unproven
	state    func(prompt.Name) PromptState
}

func (t *tally) of(n prompt.Name) *PromptCount {
	c := t.prompts[n]
	if c == nil {
		c = &PromptCount{State: PromptMissing}
		if n != (prompt.Name{}) {
			c.Prompt, c.State = n.String(), t.state(n)
		}
		t.prompts[n] = c
	}
	c.Read++
	return c
}

func (t *tally) took(n prompt.Name, created, matchable bool) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.of(n)
	if created {
		c.Created++
	} else {
		c.Present++
	}
	if matchable {
		c.Matchable++
	}
	if c.State == PromptUnknown {
		t.unproven.UnknownPrompt++
	}
}

func (t *tally) refused(row *pointRow) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.of(row.prompt).Refused++
	switch identifier.Reason(row.refused) {
	case reasonBadPrompt:
		t.unproven.MissingPrompt++
	case reasonPromptPending, reasonPromptRefused:
		t.unproven.NotApproved++
	}
}

func (t *tally) list() []PromptCount {
	out := make([]PromptCount, 0, len(t.prompts))
	for _, n := range slices.SortedFunc(maps.Keys(t.prompts), func(a, b prompt.Name) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Version, b.Version))
	}) {
		out = append(out, *t.prompts[n])
	}
	return out
}
