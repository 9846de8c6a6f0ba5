package api

import (
	"context"
	"net/http"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/org"
)

// Org is an org as operators see it.
type Org struct {
	ID          selvedge.OrgID `json:"id"`
	Name        string         `json:"name"`
	LegalEntity string         `json:"legal_entity"`
	Kind        org.Kind       `json:"kind" enum:"advertiser,partner"`
	State       org.State      `json:"state" enum:"pending,active,suspended"`
	CreatedAt   time.Time      `json:"created_at"`
	CreatedBy   string         `json:"created_by,omitempty"`
}

func orgOf(o org.Org) Org {
	return Org{o.ID, o.Name, o.LegalEntity, o.Kind, o.State, o.CreatedAt, o.CreatedBy}
}

// CreateOrg is what an org is made from.
type CreateOrg struct {
	Name        string   `json:"name" minLength:"1" maxLength:"200"`
	LegalEntity string   `json:"legal_entity" minLength:"1" maxLength:"200" doc:"limits are counted over all orgs of one"`
	Kind        org.Kind `json:"kind" enum:"advertiser,partner"`
}

func (d *door) orgOperations() []operation {
	operator, absent := []selvedge.Role{selvedge.OperatorRole}, []selvedge.Code{selvedge.CodeNotFound}
	stands := []selvedge.Code{selvedge.CodeNotFound, selvedge.CodeConflict}
	return []operation{
		{
			id: "createOrg", route: "POST /v1/orgs", roles: operator, handle: d.createOrg,
			summary: "Make an org", about: "It is pending, and may do nothing, until another operator approves it.",
			in: CreateOrg{}, status: http.StatusCreated, out: Org{},
		},
		{
			id: "listOrgs", route: "GET /v1/orgs", roles: operator, handle: d.listOrgs,
			summary: "List the orgs", about: "In the order of creation.", paged: true, status: http.StatusOK, out: Items[Org]{},
		},
		{
			id: "getOrg", route: "GET /v1/orgs/{org}", roles: operator, handle: d.getOrg,
			summary: "Show an org", status: http.StatusOK, out: Org{}, problems: absent,
		},
		{
			id: "approveOrg", route: "POST /v1/orgs/{org}:approve", roles: operator, handle: d.moveOrg(d.Orgs.Approve),
			summary: "Make a pending org active, as the second operator", status: http.StatusOK, out: Org{}, problems: stands,
		},
		{
			id: "suspendOrg", route: "POST /v1/orgs/{org}:suspend", roles: operator, handle: d.moveOrg(d.Orgs.Suspend),
			summary: "Suspend an org", about: "At once: its keys open nothing, and nothing of its lists is matched any more.",
			status: http.StatusOK, out: Org{}, problems: stands,
		},
		{
			id: "reactivateOrg", route: "POST /v1/orgs/{org}:reactivate", roles: operator, handle: d.moveOrg(d.Orgs.Reactivate),
			summary: "Make a suspended org active again", about: "Its lists that waited are matched.",
			status: http.StatusOK, out: Org{}, problems: stands,
		},
	}
}

func (d *door) createOrg(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
	var body CreateOrg
	if err := readJSON(r, &body); err != nil {
		return nil, err
	}
	o, err := d.Orgs.Propose(ctx, actor, body.Name, body.LegalEntity, body.Kind)
	return orgOf(o), err
}

func (d *door) listOrgs(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
	t, err := d.turnOf(actor, r)
	if err != nil {
		return nil, err
	}
	os, err := d.Orgs.List(ctx, actor)
	if err != nil {
		return nil, err
	}
	return pageOf(t, os, func(o org.Org) string { return string(o.ID) }, orgOf)
}

func (d *door) getOrg(ctx context.Context, _ selvedge.Actor, r *http.Request) (any, error) {
	o, err := d.Orgs.Get(ctx, selvedge.OrgID(r.PathValue("org")))
	return orgOf(o), err
}

// moveOrg handles a request that takes an org to another state.
func (d *door) moveOrg(act func(context.Context, selvedge.Actor, selvedge.OrgID) (org.Org, error)) handler {
	return func(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
		o, err := act(ctx, actor, selvedge.OrgID(r.PathValue("org")))
		return orgOf(o), err
	}
}
