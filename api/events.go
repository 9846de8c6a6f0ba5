package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/alert"
	"github.com/selvedge/selvedge/contact"
)

// maxEvents is the largest body of events in bytes.
const maxEvents = 4 << 20

// Events are things that happened to accounts.
type Events struct {
	Events []contact.Event `json:"events" doc:"1 to 1,000, taken in this order"`
}

// Alert is something that the data-protection office is to look at.
type Alert struct {
	ID        string              `json:"id"`
	Kind      alert.Kind          `json:"kind" enum:"adult_to_minor,enumeration,hardly_matches"`
	Account   string              `json:"account,omitempty" doc:"the platform's id, if it is about an account; missing once that is erased"`
	RaisedAt  time.Time           `json:"raised_at"`
	Since     time.Time           `json:"since" doc:"when it came to be so, by the clock of who knows"`
	Matchable int                 `json:"matchable_contact_points" doc:"of the account, that a list could meet until then"`
	Org       selvedge.OrgID      `json:"org,omitempty" doc:"if it is about a list of an org"`
	Audience  selvedge.AudienceID `json:"audience,omitempty"`
	List      selvedge.ListID     `json:"list,omitempty" doc:"missing if the list was refused"`
	Rows      int64               `json:"rows,omitempty" doc:"of the list that were understood"`
}

func alertOf(a alert.Alert) Alert {
	return Alert{
		strconv.FormatInt(int64(a.ID), 10), a.Kind, a.PlatformID, a.RaisedAt, a.Since, a.Matchable, a.Org, a.Audience, a.List, a.Rows,
	}
}

func (d *door) eventOperations() []operation {
	return []operation{
		{
			id: "bringEvents", route: "POST /v1/events", roles: []selvedge.Role{selvedge.PlatformRole, selvedge.OperatorRole}, handle: d.bringEvents,
			summary: "Tell what happened to accounts",
			about: "Each event has an outcome of its own: one that is refused leaves nothing behind, and all others are taken. " +
				"What is taken away is in force, and what became matchable is met by lists, with the answer. The same events again change nothing.",
			in: Events{}, status: http.StatusOK, out: contact.EventsReport{}, problems: []selvedge.Code{selvedge.CodeUnavailable},
		},
		{
			id: "listAlerts", route: "GET /v1/alerts", roles: []selvedge.Role{selvedge.OperatorRole}, handle: d.listAlerts,
			summary: "List alerts, the last first", about: "What the data-protection office is to look at. The look-up is entered in the ledger.",
			paged: true, status: http.StatusOK, out: Items[Alert]{},
		},
	}
}

func (d *door) bringEvents(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
	var body Events
	if err := readJSONUpTo(r, &body, maxEvents); err != nil {
		return nil, err
	}
	// Who goes away in the middle would not know how many were taken.
	return d.Events.Apply(context.WithoutCancel(ctx), actor, body.Events)
}

func (d *door) listAlerts(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
	t, err := d.turnOf(actor, r)
	if err != nil {
		return nil, err
	}
	as, more, err := d.Alerts.Alerts(ctx, actor, alert.ID(t.numberOf()), t.limit)
	out := items(as, alertOf)
	if more {
		out.Next = t.cursor(out.Items[len(as)-1].ID)
	}
	return out, err
}
