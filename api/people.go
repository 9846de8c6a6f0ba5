package api

import (
	"context"
	"net/http"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/purpose"
)

// ContactPoint is a contact point as the platform sees it.
type ContactPoint struct {
	Address          string     `json:"address" doc:"stands for the address within this account; contact points of one address have the same"`
	Kind             string     `json:"kind"`
	Mask             string     `json:"mask,omitempty"`
	Prompt           string     `json:"prompt"`
	PromptRegistered bool       `json:"prompt_registered"`
	GivenAt          time.Time  `json:"given_at"`
	VerifiedAt       *time.Time `json:"verified_at"`
	Purposes         []string   `json:"purposes"`
	Ended            []string   `json:"ended"`
	MatchableFor     []string   `json:"matchable_for"`
	WhyNot           []string   `json:"why_not"`
	Grants           []Grant    `json:"grants" doc:"one for each of the purposes"`
}

// Grant is what a contact point may be used for, since when and until when.
type Grant struct {
	Purpose string            `json:"purpose"`
	From    time.Time         `json:"from" doc:"when the person gave it"`
	Until   *time.Time        `json:"until" doc:"when it ends by itself; null if it does not, has ended, or does not count yet"`
	EndedAt *time.Time        `json:"ended_at" doc:"when it ended; null while it stands"`
	Because contact.EndReason `json:"ended_because,omitempty" enum:"withdrawn,expired,control_lost"`
}

func grantsOf(v contact.View) []Grant {
	out := []Grant{}
	for _, p := range v.Purposes.List() {
		g := Grant{Purpose: p.String(), From: v.GivenAt}
		if p.Matchable() && !v.ExpiresAt.IsZero() {
			g.Until = &v.ExpiresAt
		}
		for _, e := range v.Ends {
			if e.Purpose == p {
				g.Until, g.EndedAt, g.Because = nil, &e.At, e.Reason
			}
		}
		out = append(out, g)
	}
	return out
}

func contactPointOf(v contact.View) ContactPoint {
	b := ContactPoint{
		Address: v.Handle.String(), Kind: v.Kind.String(), Mask: v.Mask, Prompt: v.Prompt.String(), PromptRegistered: v.Registered, GivenAt: v.GivenAt,
		Purposes: names(v.Purposes), Ended: names(v.Ended), MatchableFor: names(v.MatchableFor), WhyNot: append([]string{}, v.WhyNot...), Grants: grantsOf(v),
	}
	if !v.VerifiedAt.IsZero() {
		b.VerifiedAt = &v.VerifiedAt
	}
	return b
}

// pointName names a contact point by what makes it one: address, prompt and time.
func pointName(v contact.View) string {
	return digestName(v.Handle.String(), v.Prompt.String(), v.GivenAt.Format(time.RFC3339Nano))
}

func names(s purpose.Set) []string {
	out := []string{}
	for _, p := range s.List() {
		out = append(out, p.String())
	}
	return out
}

func (d *door) peopleOperations() []operation {
	platform, absent := []selvedge.Role{selvedge.PlatformRole}, []selvedge.Code{selvedge.CodeNotFound}
	return []operation{
		{
			id: "listContactPoints", route: "GET /v1/accounts/{account}/contact-points", roles: platform, handle: d.listContactPoints,
			summary: "Look at an account", about: "Every contact point that is held of it, oldest first. Each look-up is entered in the ledger.", paged: true,
			status: http.StatusOK, out: Items[ContactPoint]{}, problems: absent,
		},
		{
			id: "withdraw", route: "POST /v1/contact-points:withdraw", roles: platform, handle: d.withdraw,
			summary: "Withdraw purposes of an address", about: "Of every contact point of the account that holds the address, for good.",
			in: Withdrawal{}, status: http.StatusOK, out: contact.WithdrawResult{}, problems: absent,
		},
		{
			id: "eraseAccount", route: "POST /v1/accounts/{account}:erase", roles: platform, handle: d.eraseAccount,
			summary: "Erase an account",
			about:   "Everything that is held of it, at once and for good (GDPR Art. 17). What was given before does not come back with a later import.",
			status:  http.StatusOK, out: contact.ErasureResult{}, problems: absent,
		},
		{
			id: "object", route: "POST /v1/objections", roles: platform, handle: d.object,
			summary: "Record an objection to matching", about: "GDPR Art. 21(2). It stands over whatever comes later, by import or list.",
			in: Objection{}, status: http.StatusOK, out: Objection{}, problems: absent,
		},
		{
			id: "liftObjection", route: "POST /v1/objections:lift", roles: platform, handle: d.liftObjection,
			summary: "Take an objection back", about: "What was withdrawn stays withdrawn.",
			in: Objection{}, status: http.StatusOK, out: Objection{}, problems: absent,
		},
	}
}

func (d *door) listContactPoints(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
	t, err := d.turnOf(actor, r)
	if err != nil {
		return nil, err
	}
	held, err := d.People.Look(ctx, actor, r.PathValue("account"))
	if err != nil {
		return nil, err
	}
	return pageOf(t, held.Points, pointName, contactPointOf)
}

// Withdrawal takes purposes away from an address of an account.
type Withdrawal struct {
	Account  string   `json:"account" doc:"the platform's id"`
	Kind     string   `json:"kind,omitempty" enum:"email,phone"`
	Value    string   `json:"value,omitempty" doc:"the address in any spelling; or instead"`
	SHA256   string   `json:"sha256,omitempty" doc:"its hash"`
	Region   string   `json:"region,omitempty" doc:"ISO 3166, for a value without a country code"`
	Address  string   `json:"address,omitempty" doc:"or instead of both, as contact points name it"`
	Purposes []string `json:"purposes" doc:"at least one; those that were never granted, or have ended, count as nothing"`
}

func (d *door) withdraw(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
	var body Withdrawal
	if err := readJSON(r, &body); err != nil {
		return nil, err
	}
	address, err := addressOf(body)
	if err != nil {
		return nil, err
	}
	purposes, err := purposesOf(body.Purposes)
	if err != nil {
		return nil, err
	}
	res, err := d.People.Withdraw(ctx, actor, body.Account, address, purposes)
	return res, err
}

func purposesOf(words []string) (out purpose.Set, err error) {
	for _, name := range words {
		p, err := purpose.Parse(name)
		if err != nil {
			return 0, selvedge.Errorf(selvedge.CodeInvalid, "holds a word that is no purpose").At("purposes").Because("unknown_purpose")
		}
		out |= purpose.Of(p)
	}
	return out, nil
}

// addressOf returns the address that a withdrawal names.
func addressOf(w Withdrawal) (contact.Address, error) {
	if w.Address != "" && w.Kind == "" && w.Value == "" && w.SHA256 == "" {
		h, err := contact.ParseHandle(w.Address)
		return contact.Address{Handle: h}, err
	}
	kind, ok := identifier.ParseKind(w.Kind)
	if !ok {
		return contact.Address{}, selvedge.Errorf(selvedge.CodeInvalid, "must be email or phone").At("kind").Because("bad_kind")
	}
	if (w.Value == "") == (w.SHA256 == "") || w.Address != "" {
		return contact.Address{}, selvedge.Errorf(selvedge.CodeInvalid, "must hold either value or sha256, or address alone").At("value").Because("value_or_sha256")
	}
	return contact.Address{Kind: kind, Value: w.Value, SHA256: w.SHA256, Region: w.Region}, nil
}

// Objection names the person who objects, or takes an objection back, and to
// what.
type Objection struct {
	Account string         `json:"account" doc:"the platform's id"`
	Scope   contact.Scope  `json:"scope,omitempty" enum:"all,signal,partners,org,address" doc:"what is objected to; all if it is missing. signal is the same, said by the person's browser (Sec-GPC)"`
	Org     selvedge.OrgID `json:"org,omitempty" doc:"for the scope org: whose lists"`
	Address string         `json:"address,omitempty" doc:"for the scope address: as contact points name it"`
}

func (d *door) object(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
	return d.objection(ctx, actor, r, d.People.Object)
}

func (d *door) liftObjection(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
	return d.objection(ctx, actor, r, d.People.LiftObjection)
}

func (d *door) objection(ctx context.Context, actor selvedge.Actor, r *http.Request,
	act func(context.Context, selvedge.Actor, string, contact.Objection) error,
) (any, error) {
	var body Objection
	if err := readJSON(r, &body); err != nil {
		return nil, err
	}
	o, err := objectionOf(MyObjection{body.Scope, body.Org, body.Address})
	if err != nil {
		return nil, err
	}
	return body, act(ctx, actor, body.Account, o)
}

// eraseAccount answers what was erased, and not whose it was.
func (d *door) eraseAccount(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
	return d.People.Erase(ctx, actor, r.PathValue("account"))
}
