package api

import (
	"context"
	"net/http"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/audience"
)

// Label is what people are to be shown of an audience, as it was proposed.
type Label struct {
	ID         audience.LabelID    `json:"id"`
	Audience   selvedge.AudienceID `json:"audience"`
	Label      string              `json:"label"`
	State      audience.LabelState `json:"state" enum:"pending,approved,rejected,replaced"`
	ProposedAt time.Time           `json:"proposed_at"`
	DecidedAt  *time.Time          `json:"decided_at" doc:"of an approved one: people are shown it from then on, until the next is approved"`
}

func labelOf(l audience.Label) Label {
	b := Label{ID: l.ID, Audience: l.Audience, Label: l.Text, State: l.State, ProposedAt: l.ProposedAt}
	if !l.DecidedAt.IsZero() {
		b.DecidedAt = &l.DecidedAt
	}
	return b
}

// OrgLabel is a label as operators see it.
type OrgLabel struct {
	Label
	Org       selvedge.OrgID `json:"org"`
	DecidedBy string         `json:"decided_by,omitempty"`
}

func orgLabelOf(l audience.Label) OrgLabel { return OrgLabel{labelOf(l), l.Org, l.DecidedBy} }

// ProposeLabel is a label that is proposed.
type ProposeLabel struct {
	Label string `json:"label" minLength:"1" maxLength:"80" doc:"what people are to be shown; in Latin letters"`
}

func labelName(l audience.Label) string { return string(l.ID) }

func (d *door) labelOperations() []operation {
	org, operator := []selvedge.Role{selvedge.OrgRole}, []selvedge.Role{selvedge.OperatorRole}
	stands := []selvedge.Code{selvedge.CodeNotFound, selvedge.CodeConflict}
	return []operation{
		{
			id: "proposeLabel", route: "POST /v1/audiences/{audience}:label", roles: org, scope: selvedge.WriteAudiences, handle: d.proposeLabel, answer: answers(labelOf),
			summary: "Propose an audience's public label",
			about: "It is refused if it speaks of a special category of GDPR Art. 9, and is pending otherwise until an operator has read it. " +
				"It takes the place of a proposal that is pending; what is approved stands until another is.",
			in: ProposeLabel{}, status: http.StatusCreated, out: Label{}, problems: []selvedge.Code{selvedge.CodeNotFound},
		},
		{
			id: "listAudienceLabels", route: "GET /v1/audiences/{audience}/labels", roles: org, scope: selvedge.ReadAudiences, handle: d.listAudienceLabels,
			summary: "List the labels that an audience was proposed", about: "In the order of proposal.", paged: true,
			status: http.StatusOK, out: Items[Label]{}, problems: []selvedge.Code{selvedge.CodeNotFound},
		},
		{
			id: "listLabels", route: "GET /v1/labels", roles: operator, handle: d.listLabels,
			summary: "List the labels of all orgs", about: "In the order of proposal.", paged: true, status: http.StatusOK, out: Items[OrgLabel]{},
		},
		{
			id: "approveLabel", route: "POST /v1/labels/{label}:approve", roles: operator, handle: d.decideLabel(d.Labels.Approve),
			summary: "Have people shown a label", status: http.StatusOK, out: OrgLabel{}, problems: stands,
		},
		{
			id: "rejectLabel", route: "POST /v1/labels/{label}:reject", roles: operator, handle: d.decideLabel(d.Labels.Reject),
			summary: "Refuse a label", status: http.StatusOK, out: OrgLabel{}, problems: stands,
		},
	}
}

func (d *door) proposeLabel(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
	var body ProposeLabel
	if err := readJSON(r, &body); err != nil {
		return nil, err
	}
	l, err := d.Labels.Propose(ctx, actor, selvedge.AudienceID(r.PathValue("audience")), body.Label)
	return labelOf(l), err
}

func (d *door) listAudienceLabels(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
	t, err := d.turnOf(actor, r)
	if err != nil {
		return nil, err
	}
	ls, err := d.Labels.Of(ctx, actor, selvedge.AudienceID(r.PathValue("audience")))
	if err != nil {
		return nil, err
	}
	return pageOf(t, ls, labelName, labelOf)
}

func (d *door) listLabels(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
	t, err := d.turnOf(actor, r)
	if err != nil {
		return nil, err
	}
	ls, err := d.Labels.All(ctx, actor)
	if err != nil {
		return nil, err
	}
	return pageOf(t, ls, labelName, orgLabelOf)
}

// decideLabel handles a request that decides on a label.
func (d *door) decideLabel(act func(context.Context, selvedge.Actor, audience.LabelID) (audience.Label, error)) handler {
	return func(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
		l, err := act(ctx, actor, audience.LabelID(r.PathValue("label")))
		return orgLabelOf(l), err
	}
}
