package api

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/prompt"
)

// Prompt is a prompt as the platform and its operators see it. What it asks for
// is missing while it is pending: an operator who is to say so must not be told.
type Prompt struct {
	ID              string            `json:"id"`
	Version         int               `json:"version"`
	State           prompt.State      `json:"state"`
	Surface         string            `json:"surface"`
	Texts           map[string]Text   `json:"texts"` // by language
	RegisteredBy    string            `json:"registered_by,omitempty"`
	RegisteredAt    time.Time         `json:"registered_at"`
	Purposes        []string          `json:"purposes,omitempty"`
	LegalBasis      prompt.LegalBasis `json:"legal_basis,omitempty"`
	AdsExpiryMonths int               `json:"ads_expiry_months,omitempty"`
	Decision        *Decision         `json:"decision,omitempty"`
	ApprovedBy      []string          `json:"approved_by,omitempty"`
}

// Text is what a prompt says in one language.
type Text struct {
	Text   string `json:"text"`
	SHA256 string `json:"sha256"`
}

// Decision is what the second operator stated.
type Decision struct {
	By     string           `json:"by"`
	At     time.Time        `json:"at"`
	Grants prompt.Statement `json:"grants"`
}

func promptOf(v prompt.View) Prompt {
	b := Prompt{
		ID: v.Name.ID, Version: v.Name.Version, State: v.State, Surface: v.Surface, Texts: map[string]Text{},
		RegisteredBy: v.By, RegisteredAt: v.At, ApprovedBy: v.ApprovedBy,
	}
	for _, t := range v.Texts {
		b.Texts[t.Language] = Text{t.Text, hex.EncodeToString(t.SHA256[:])}
	}
	if v.Asks != nil {
		b.Purposes, b.LegalBasis, b.AdsExpiryMonths = names(v.Asks.Purposes), v.Asks.LegalBasis, v.Asks.AdsExpiryMonths
	}
	if v.Decision != (prompt.Decision{}) {
		b.Decision = &Decision{v.Decision.By, v.Decision.At, v.Decision.Stated}
	}
	return b
}

func (d *door) promptOperations() []operation {
	operator := []selvedge.Role{selvedge.OperatorRole}
	return []operation{
		{
			id: "listPrompts", route: "GET /v1/prompts", roles: []selvedge.Role{selvedge.PlatformRole, selvedge.OperatorRole}, handle: d.listPrompts,
			summary: "List every prompt that was ever brought", paged: true, status: http.StatusOK, out: Items[Prompt]{},
		},
		{
			id: "registerPrompts", route: "POST /v1/prompts", roles: operator, handle: d.registerPrompts,
			summary: "Register prompts", about: "A prompts file as JSON, or one prompt of it: all of it is registered, or nothing.",
			in: json.RawMessage{}, status: http.StatusOK, out: Items[Applied]{},
			problems: []selvedge.Code{selvedge.CodePurposeDenied, selvedge.CodeConflict},
		},
		{
			id: "approvePrompt", route: "POST /v1/prompts/{prompt}/versions/{version}:approve", roles: operator, handle: d.approvePrompt,
			summary: "State, as the second operator, what a prompt's texts ask for", in: Approval{}, status: http.StatusOK, out: Prompt{},
			problems: []selvedge.Code{selvedge.CodeNotFound, selvedge.CodeConflict},
		},
	}
}

func (d *door) listPrompts(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
	t, err := d.turnOf(actor, r)
	if err != nil {
		return nil, err
	}
	vs, err := d.Prompts.List(ctx, actor)
	if err != nil {
		return nil, err
	}
	return pageOf(t, vs, func(v prompt.View) string { return v.Name.String() }, promptOf)
}

// Applied says what became of one prompt that was sent.
type Applied struct {
	ID      string       `json:"id"`
	Version int          `json:"version"`
	State   prompt.State `json:"state"`
	New     bool         `json:"new"`
}

func appliedOf(a prompt.Applied) Applied {
	return Applied{a.Name.ID, a.Name.Version, a.State, a.New}
}

func (d *door) registerPrompts(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
	ps, err := prompt.ParseJSON(http.MaxBytesReader(nil, r.Body, maxBody))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, bodyTooLarge(maxBody)
	}
	if err != nil {
		return nil, err
	}
	done, err := d.Prompts.Apply(ctx, actor, ps)
	return items(done, appliedOf), err
}

// Approval is what an operator who has read a prompt's texts states of it. It
// has no other field: nothing of the prompt goes back and forth with it.
type Approval struct {
	Grants prompt.Statement `json:"grants" enum:"ads,marketing,service,security,unclear"`
}

func (d *door) approvePrompt(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
	var body Approval
	if err := readJSON(r, &body); err != nil {
		return nil, err
	}
	n, err := prompt.ParseName(r.PathValue("prompt") + "@" + r.PathValue("version"))
	if err != nil { // what is no name names nothing
		return nil, selvedge.Errorf(selvedge.CodeNotFound, "there is no such prompt")
	}
	v, err := d.Prompts.Approve(ctx, actor, n, body.Grants)
	return promptOf(v), err
}
