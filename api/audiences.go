package api

import (
	"context"
	"net/http"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/report"
)

// Audience is an audience as its org sees it. It has no count: the only
// figure is a report.Size.
type Audience struct {
	ID          selvedge.AudienceID `json:"id"`
	Name        string              `json:"name"`
	CreatedAt   time.Time           `json:"created_at"`
	Status      audience.Status     `json:"status" enum:"empty,processing,ready" doc:"empty: nothing was uploaded; processing: something uploaded is not published yet"`
	Size        *report.Size        `json:"size" doc:"the range as last published, such as 1k-2k, or too small; null until the first publication"`
	AsOf        *time.Time          `json:"as_of" doc:"when the size was published"`
	SizeDue     *time.Time          `json:"size_due,omitempty" doc:"from when on there can be another size, if the figures of the day or the month are spent"`
	Deliverable *bool               `json:"deliverable" doc:"large enough to be used"`
}

func audienceOf(v audience.View) Audience {
	b := Audience{ID: v.ID, Name: v.Name, CreatedAt: v.CreatedAt, Status: v.Status}
	if v.Figure.Told() {
		deliverable := v.Figure.Size.Deliverable()
		b.Size, b.AsOf, b.Deliverable = &v.Figure.Size, &v.Figure.At, &deliverable
	}
	if !v.Figure.Due.IsZero() {
		b.SizeDue = &v.Figure.Due
	}
	return b
}

// CreateAudience is what an audience is made from.
type CreateAudience struct {
	Name string `json:"name" minLength:"1" maxLength:"200" doc:"the org's own, shown to nobody else"`
}

func (d *door) audienceOperations() []operation {
	org := []selvedge.Role{selvedge.OrgRole}
	return []operation{
		{
			id: "createAudience", route: "POST /v1/audiences", roles: org, scope: selvedge.WriteAudiences, handle: d.createAudience, answer: answers(audienceOf),
			summary: "Make an empty audience", in: CreateAudience{}, status: http.StatusCreated, out: Audience{},
		},
		{
			id: "listAudiences", route: "GET /v1/audiences", roles: org, scope: selvedge.ReadAudiences, handle: d.listAudiences,
			summary: "List the org's audiences", about: "In the order of creation.", paged: true, status: http.StatusOK, out: Items[Audience]{},
		},
		{
			id: "getAudience", route: "GET /v1/audiences/{audience}", roles: org, scope: selvedge.ReadAudiences, handle: d.getAudience,
			summary: "Show an audience", status: http.StatusOK, out: Audience{}, problems: []selvedge.Code{selvedge.CodeNotFound},
		},
	}
}

func (d *door) createAudience(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
	var body CreateAudience
	if err := readJSON(r, &body); err != nil {
		return nil, err
	}
	v, err := d.Audiences.Create(ctx, actor, body.Name)
	return audienceOf(v), err
}

func (d *door) getAudience(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
	v, err := d.Audiences.Get(ctx, actor, selvedge.AudienceID(r.PathValue("audience")))
	return audienceOf(v), err
}

func (d *door) listAudiences(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
	t, err := d.turnOf(actor, r)
	if err != nil {
		return nil, err
	}
	vs, err := d.Audiences.List(ctx, actor, selvedge.AudienceID(t.after), t.limit+1)
	return firstOf(t, vs, func(v audience.View) string { return string(v.ID) }, audienceOf), err
}
