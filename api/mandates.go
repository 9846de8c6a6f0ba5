package api

import (
	"context"
	"net/http"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/org"
)

// actsFor is the header in which an agency names the org that it acts for.
const actsFor = "Selvedge-Org"

// agents says whether an agency may use the operation for another org.
func (o operation) agents() bool { return o.scope&org.MandateScopes != 0 }

// Mandate is an org's word that an agency may act for it.
type Mandate struct {
	ID        org.MandateID  `json:"id"`
	Org       selvedge.OrgID `json:"org" doc:"for whom"`
	Agency    selvedge.OrgID `json:"agency" doc:"who acts"`
	Scopes    []string       `json:"scopes"`
	GrantedAt time.Time      `json:"granted_at"`
	ExpiresAt time.Time      `json:"expires_at"`
	EndedAt   *time.Time     `json:"ended_at" doc:"null unless somebody has ended it"`
}

func mandateOf(m org.Mandate) Mandate {
	b := Mandate{ID: m.ID, Org: m.Org, Agency: m.Agency, Scopes: m.Scopes.Words(), GrantedAt: m.GrantedAt, ExpiresAt: m.ExpiresAt}
	if !m.EndedAt.IsZero() {
		b.EndedAt = &m.EndedAt
	}
	return b
}

// GrantMandate is what a mandate is made from.
type GrantMandate struct {
	Agency    selvedge.OrgID `json:"agency" doc:"the id of the org that is to act; nobody is told whether there is one"`
	Scopes    []string       `json:"scopes" minItems:"1" doc:"audiences:read, audiences:write"`
	ExpiresAt time.Time      `json:"expires_at" doc:"at most 366 days from now"`
}

func (d *door) mandateOperations() []operation {
	own, operator, absent := []selvedge.Role{selvedge.OrgRole}, []selvedge.Role{selvedge.OperatorRole}, []selvedge.Code{selvedge.CodeNotFound}
	return []operation{
		{
			id: "grantMandate", route: "POST /v1/mandates", roles: own, scope: selvedge.ManageKeys, handle: d.grantMandate, answer: answers(mandateOf),
			summary: "Let an agency act for the org", about: "The agency sends its own key and names the org in the header " + actsFor + ".",
			in: GrantMandate{}, status: http.StatusCreated, out: Mandate{},
		},
		{
			id: "listMandates", route: "GET /v1/mandates", roles: own, scope: selvedge.ManageKeys, handle: d.listMandates(asker),
			summary: "List the mandates that the org gave or holds", about: "In the order in which they were given, those that are over too.", paged: true,
			status: http.StatusOK, out: Items[Mandate]{},
		},
		{
			id: "endMandate", route: "POST /v1/mandates/{mandate}:end", roles: own, scope: selvedge.ManageKeys, handle: d.endMandate(asker), answer: answers(mandateOf),
			summary: "End a mandate that the org gave or holds", about: "At once. Doing it again changes nothing.",
			status: http.StatusOK, out: Mandate{}, problems: absent,
		},
		{
			id: "listOrgMandates", route: "GET /v1/orgs/{org}/mandates", roles: operator, handle: d.listMandates(named), paged: true,
			summary: "List the mandates that an org gave or holds", status: http.StatusOK, out: Items[Mandate]{}, problems: absent,
		},
		{
			id: "endOrgMandate", route: "POST /v1/orgs/{org}/mandates/{mandate}:end", roles: operator, handle: d.endMandate(named),
			summary: "End a mandate", about: "At once. Doing it again changes nothing.", status: http.StatusOK, out: Mandate{}, problems: absent,
		},
	}
}

func (d *door) grantMandate(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
	var body GrantMandate
	if err := readJSON(r, &body); err != nil {
		return nil, err
	}
	scopes, err := selvedge.ParseScopes(body.Scopes)
	if err != nil {
		return nil, err
	}
	m, err := d.Orgs.Mandate(ctx, actor, body.Agency, scopes, body.ExpiresAt)
	return mandateOf(m), err
}

func (d *door) listMandates(of whose) handler {
	return func(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
		t, err := d.turnOf(actor, r)
		if err != nil {
			return nil, err
		}
		ms, err := d.Orgs.Mandates(ctx, actor, of(actor, r))
		if err != nil {
			return nil, err
		}
		return pageOf(t, ms, func(m org.Mandate) string { return string(m.ID) }, mandateOf)
	}
}

func (d *door) endMandate(of whose) handler {
	return func(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
		m, err := d.Orgs.EndMandate(ctx, actor, of(actor, r), org.MandateID(r.PathValue("mandate")))
		return mandateOf(m), err
	}
}
