package api

import (
	"context"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/org"
)

// Terms are the terms that are in force.
type Terms struct {
	Version     int64       `json:"version"`
	Text        string      `json:"text" doc:"Markdown"`
	SHA256      string      `json:"sha256" doc:"of the text"`
	PublishedAt *time.Time  `json:"published_at" doc:"null for the first version, which comes with the program"`
	Accepted    *Acceptance `json:"accepted,omitempty" doc:"the asking org's yes to this version; missing if there is none"`
}

// Acceptance is an org's yes to a version of the terms.
type Acceptance struct {
	Version int64     `json:"version"`
	SHA256  string    `json:"sha256"`
	At      time.Time `json:"at"`
	By      string    `json:"by" doc:"the public part of the org's key, or the operator who recorded it"`
}

func acceptanceOf(a org.Acceptance) Acceptance {
	return Acceptance{a.Version, hex.EncodeToString(a.SHA256[:]), a.At, a.By}
}

func termsOf(t org.Terms, a *org.Acceptance) Terms {
	b := Terms{Version: t.Version, Text: t.Text, SHA256: hex.EncodeToString(t.SHA256[:])}
	if !t.PublishedAt.IsZero() {
		b.PublishedAt = &t.PublishedAt
	}
	if a != nil {
		accepted := acceptanceOf(*a)
		b.Accepted = &accepted
	}
	return b
}

func (d *door) termsOperations() []operation {
	return []operation{
		{
			id: "getTerms", route: "GET /v1/terms", roles: []selvedge.Role{selvedge.OrgRole, selvedge.OperatorRole, selvedge.PlatformRole},
			scope: selvedge.AllScopes, handle: d.getTerms,
			summary: "Read the terms that are in force", status: http.StatusOK, out: Terms{},
		},
		{
			id: "publishTerms", route: "POST /v1/terms", roles: []selvedge.Role{selvedge.OperatorRole}, handle: d.publishTerms,
			summary: "Put other terms in force", about: "From then on an org that has not accepted them uploads nothing.",
			in: PublishTerms{}, status: http.StatusCreated, out: Terms{}, problems: []selvedge.Code{selvedge.CodeConflict},
		},
		{
			id: "acceptTerms", route: "POST /v1/terms:accept", roles: []selvedge.Role{selvedge.OrgRole}, scope: selvedge.AcceptTerms, handle: d.acceptTerms, answer: answers(acceptanceOf),
			summary: "Accept the terms that are in force", about: "Before the first upload. Doing it again changes nothing.",
			in: AcceptTerms{}, status: http.StatusOK, out: Acceptance{},
		},
	}
}

// PublishTerms is the text of the next version of the terms.
type PublishTerms struct {
	Text string `json:"text" minLength:"1" doc:"Markdown, at most 256 KiB"`
}

// AcceptTerms says which version of the terms was read.
type AcceptTerms struct {
	Version int64 `json:"version"`
}

func (d *door) getTerms(ctx context.Context, actor selvedge.Actor, _ *http.Request) (any, error) {
	t, a, err := d.Orgs.Terms(ctx, actor)
	return termsOf(t, a), err
}

func (d *door) publishTerms(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
	var body PublishTerms
	if err := readJSON(r, &body); err != nil {
		return nil, err
	}
	t, err := d.Orgs.PublishTerms(ctx, actor, body.Text)
	return termsOf(t, nil), err
}

func (d *door) acceptTerms(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
	var body AcceptTerms
	if err := readJSON(r, &body); err != nil {
		return nil, err
	}
	id, _ := actor.Org()
	a, err := d.Orgs.Accept(ctx, actor, id, body.Version)
	return acceptanceOf(a), err
}
