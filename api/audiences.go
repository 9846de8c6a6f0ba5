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
	Status      audience.Status     `json:"status"`
	Size        *report.Size        `json:"size"`        // null until the first publication
	AsOf        *time.Time          `json:"as_of"`       // when Size was published
	Deliverable *bool               `json:"deliverable"` // large enough to be used
}

func audienceOf(v audience.View) Audience {
	b := Audience{ID: v.ID, Name: v.Name, CreatedAt: v.CreatedAt, Status: v.Status}
	if !v.AsOf.IsZero() {
		deliverable := v.Size.Deliverable()
		b.Size, b.AsOf, b.Deliverable = &v.Size, &v.AsOf, &deliverable
	}
	return b
}

func (d *door) createAudience(ctx context.Context, actor selvedge.Actor, r *http.Request) (int, any, error) {
	var body struct {
		Name string `json:"name"`
	}
	if err := readJSON(r, &body); err != nil {
		return 0, nil, err
	}
	v, err := d.Audiences.Create(ctx, actor, body.Name)
	return http.StatusCreated, audienceOf(v), err
}

func (d *door) getAudience(ctx context.Context, actor selvedge.Actor, r *http.Request) (int, any, error) {
	v, err := d.Audiences.Get(ctx, actor, selvedge.AudienceID(r.PathValue("audience")))
	return http.StatusOK, audienceOf(v), err
}

func (d *door) listAudiences(ctx context.Context, actor selvedge.Actor, _ *http.Request) (int, any, error) {
	vs, err := d.Audiences.List(ctx, actor)
	return http.StatusOK, items(vs, audienceOf), err
}

// Items is an answer that lists things.
type Items[T any] struct {
	Items []T `json:"items"`
}

// items encodes a list; an empty one is [] and not null.
func items[T, B any](vs []T, of func(T) B) Items[B] {
	out := Items[B]{Items: make([]B, 0, len(vs))}
	for _, v := range vs {
		out.Items = append(out.Items, of(v))
	}
	return out
}
