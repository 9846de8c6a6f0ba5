package api

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/person"
)

// Me is what a person is shown of their own account.
type Me struct {
	Addresses   []MyAddress       `json:"addresses"`
	Objections  []person.Objected `json:"objections"`
	HeldBy      []person.HeldBy   `json:"held_by" doc:"orgs whose audiences hold me, through which address and since when"`
	SignalSince *time.Time        `json:"signal_honoured_since" doc:"when an opt-out signal of my browser (Sec-GPC: 1) was first honoured; null if none is"`
}

// MyAddress is one address with all prompts at which it was given.
type MyAddress struct {
	Address string         `json:"address" doc:"stands for it within this account"`
	Kind    string         `json:"kind" enum:"email,phone"`
	Mask    string         `json:"mask,omitempty"`
	Points  []ContactPoint `json:"contact_points"`
}

func meOf(m person.Me) Me {
	out := Me{Addresses: []MyAddress{}, Objections: []person.Objected{}, HeldBy: person.HeldByOf(m.HeldBy)}
	for _, a := range m.Addresses {
		out.Addresses = append(out.Addresses, MyAddress{a.Handle.String(), a.Kind.String(), a.Mask, items(a.Points, contactPointOf).Items})
	}
	for _, o := range m.Objections {
		out.Objections = append(out.Objections, person.ObjectedOf(o))
	}
	if !m.SignalSince.IsZero() {
		out.SignalSince = &m.SignalSince
	}
	return out
}

// MyWithdrawal takes purposes away from one of my addresses.
type MyWithdrawal struct {
	Address  string   `json:"address"`
	Purposes []string `json:"purposes" doc:"at least one"`
}

// MyObjection says what I object to, or no longer do.
type MyObjection struct {
	Scope   contact.Scope  `json:"scope" enum:"all,signal,partners,org,address"`
	Org     selvedge.OrgID `json:"org,omitempty" doc:"for the scope org"`
	Address string         `json:"address,omitempty" doc:"for the scope address"`
}

// Link opens a person's page.
type Link struct {
	Token     string    `json:"token" doc:"the bearer token of the person's routes"`
	ExpiresAt time.Time `json:"expires_at"`
}

func (d *door) meOperations() []operation {
	self, platform, absent := []selvedge.Role{selvedge.PersonRole}, []selvedge.Role{selvedge.PlatformRole}, []selvedge.Code{selvedge.CodeNotFound}
	return []operation{
		{
			id: "makeLink", route: "POST /v1/accounts/{account}/links", roles: platform, handle: d.makeLink,
			summary: "Make a link for a person who is signed in", about: "It opens for an hour, and nobody else's account.",
			status: http.StatusCreated, out: Link{},
		},
		{
			id: "getMe", route: "GET /v1/me", roles: self, handle: d.getMe,
			summary: "Show what is held of me", status: http.StatusOK, out: Me{}, problems: absent,
		},
		{
			id: "exportMe", route: "GET /v1/me/export", roles: self, handle: d.exportMe,
			summary: "Download all that is held of me", about: "Purposes by the Data Privacy Vocabulary, a receipt for each contact point (ISO/IEC TS 27560).",
			status: http.StatusOK, out: person.Export{}, problems: absent,
		},
		{
			id: "withdrawMe", route: "POST /v1/me:withdraw", roles: self, handle: d.withdrawMe,
			summary: "Withdraw purposes of one of my addresses", about: "For good, whatever prompt it came from.",
			in: MyWithdrawal{}, status: http.StatusOK, out: contact.WithdrawResult{}, problems: absent,
		},
		{
			id: "objectMe", route: "POST /v1/me:object", roles: self, handle: d.objectMe,
			summary: "Object", in: MyObjection{}, status: http.StatusOK, out: MyObjection{}, problems: absent,
		},
		{
			id: "liftMe", route: "POST /v1/me:lift", roles: self, handle: d.liftMe,
			summary: "Take an objection back", about: "The objection signal stands as long as the browser sends it.",
			in: MyObjection{}, status: http.StatusOK, out: MyObjection{}, problems: []selvedge.Code{selvedge.CodeNotFound, selvedge.CodeConflict},
		},
		{
			id: "eraseMe", route: "POST /v1/me:erase", roles: self, handle: d.eraseMe,
			summary: "Erase what is held of me", about: "At once and for good.", status: http.StatusOK, out: contact.ErasureResult{}, problems: absent,
		},
	}
}

func (d *door) makeLink(_ context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
	l, err := d.Links.Make(actor, r.PathValue("account"))
	return Link(l), err
}

func (d *door) getMe(ctx context.Context, actor selvedge.Actor, _ *http.Request) (any, error) {
	own, _ := actor.Account()
	me, err := d.Persons.Me(ctx, actor, own)
	return meOf(me), err
}

func (d *door) exportMe(ctx context.Context, actor selvedge.Actor, _ *http.Request) (any, error) {
	own, _ := actor.Account()
	return d.Persons.Export(ctx, actor, own)
}

func (d *door) withdrawMe(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
	var body MyWithdrawal
	if err := readJSON(r, &body); err != nil {
		return nil, err
	}
	h, err := contact.ParseHandle(body.Address)
	if err != nil {
		return nil, err
	}
	purposes, err := purposesOf(body.Purposes)
	if err != nil {
		return nil, err
	}
	own, _ := actor.Account()
	return d.People.Withdraw(ctx, actor, own, contact.Address{Handle: h}, purposes)
}

func (d *door) objectMe(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
	return d.mine(ctx, actor, r, d.People.Object)
}

func (d *door) liftMe(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
	lift := d.People.LiftObjection
	if r.Header.Get(gpc) == "1" {
		lift = liftUnderSignal(lift)
	}
	return d.mine(ctx, actor, r, lift)
}

func (d *door) mine(ctx context.Context, actor selvedge.Actor, r *http.Request,
	act func(context.Context, selvedge.Actor, string, contact.Objection) error,
) (any, error) {
	var body MyObjection
	if err := readJSON(r, &body); err != nil {
		return nil, err
	}
	o, err := objectionOf(body)
	if err != nil {
		return nil, err
	}
	own, _ := actor.Account()
	return body, act(ctx, actor, own, o)
}

// objectionOf reads an objection. One that says nothing more is one to all
// matching.
func objectionOf(body MyObjection) (o contact.Objection, err error) {
	o = contact.Objection{Scope: cmp.Or(body.Scope, contact.ScopeAll), Org: body.Org}
	if body.Address != "" {
		o.Handle, err = contact.ParseHandle(body.Address)
	}
	return o, err
}

func (d *door) eraseMe(ctx context.Context, actor selvedge.Actor, _ *http.Request) (any, error) {
	own, _ := actor.Account()
	return d.People.Erase(ctx, actor, own)
}
