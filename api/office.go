package api

import (
	"context"
	"net/http"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/selvedge/selvedge"
)

// Office is what the platform's own office may ask of audiences, and no org.
type Office interface {
	// Ever returns the ordinals of everybody whom an audience ever had.
	Ever(ctx context.Context, actor selvedge.Actor, org selvedge.OrgID, id selvedge.AudienceID) (*roaring.Bitmap, error)
}

// AudiencePeople says how many people an audience ever had.
type AudiencePeople struct {
	ContactPoints uint64 `json:"contact_points" doc:"that were in any of its versions"`
	People        int64  `json:"people" doc:"whose they are: notifiable + erased"`
	Notifiable    int64  `json:"notifiable" doc:"who can be told"`
	Erased        int64  `json:"erased" doc:"erased, counted, not notifiable"`
}

func (d *door) officeOperations() []operation {
	return []operation{{
		id: "countAudience", route: "GET /v1/orgs/{org}/audiences/{audience}/people", roles: []selvedge.Role{selvedge.OperatorRole}, handle: d.countAudience,
		summary: "Count the people whom an audience ever had", about: "Exact, for the platform's own office and no org. The look-up is entered in the ledger.",
		status: http.StatusOK, out: AudiencePeople{}, problems: []selvedge.Code{selvedge.CodeNotFound},
	}}
}

func (d *door) countAudience(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
	ever, err := d.Office.Ever(ctx, actor, selvedge.OrgID(r.PathValue("org")), selvedge.AudienceID(r.PathValue("audience")))
	if err != nil {
		return nil, err
	}
	c, err := d.People.Count(ctx, actor, ever)
	return AudiencePeople{ever.GetCardinality(), c.People, c.People - c.Erased, c.Erased}, err
}
