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
}

func contactPointOf(v contact.View) ContactPoint {
	b := ContactPoint{
		Kind: v.Kind.String(), Mask: v.Mask, Prompt: v.Prompt.String(), PromptRegistered: v.Registered, GivenAt: v.GivenAt,
		Purposes: names(v.Purposes), Ended: names(v.Ended), MatchableFor: names(v.MatchableFor), WhyNot: append([]string{}, v.WhyNot...),
	}
	if !v.VerifiedAt.IsZero() {
		b.VerifiedAt = &v.VerifiedAt
	}
	return b
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
			summary: "Look at an account", about: "Every contact point that is held of it, oldest first. The look-up is entered in the ledger.",
			status: http.StatusOK, out: Items[ContactPoint]{}, problems: absent,
		},
		{
			id: "withdraw", route: "POST /v1/contact-points:withdraw", roles: platform, handle: d.withdraw,
			summary: "Withdraw purposes of an address", about: "Of every contact point of the account that holds the address, for good.",
			in: Withdrawal{}, status: http.StatusOK, out: contact.WithdrawResult{}, problems: absent,
		},
		{
			id: "object", route: "POST /v1/objections", roles: platform, handle: d.object,
			summary: "Record an objection to all matching", about: "GDPR Art. 21(2). It stands over whatever comes later.",
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
	_, vs, err := d.People.Look(ctx, actor, r.PathValue("account"))
	return items(vs, contactPointOf), err
}

// Withdrawal takes purposes away from an address of an account.
type Withdrawal struct {
	Account  string   `json:"account" doc:"the platform's id"`
	Kind     string   `json:"kind" enum:"email,phone"`
	Value    string   `json:"value,omitempty" doc:"the address in any spelling; or instead"`
	SHA256   string   `json:"sha256,omitempty" doc:"its hash"`
	Region   string   `json:"region,omitempty" doc:"ISO 3166, for a value without a country code"`
	Purposes []string `json:"purposes" doc:"at least one; those that were never granted, or have ended, count as nothing"`
}

func (d *door) withdraw(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
	var body Withdrawal
	if err := readJSON(r, &body); err != nil {
		return nil, err
	}
	kind, ok := identifier.ParseKind(body.Kind)
	if !ok {
		return nil, selvedge.Errorf(selvedge.CodeInvalid, "must be email or phone").At("kind").Because("bad_kind")
	}
	if (body.Value == "") == (body.SHA256 == "") {
		return nil, selvedge.Errorf(selvedge.CodeInvalid, "must hold either value or sha256").At("value").Because("value_or_sha256")
	}
	var purposes purpose.Set
	for _, name := range body.Purposes {
		p, err := purpose.Parse(name)
		if err != nil {
			return nil, selvedge.Errorf(selvedge.CodeInvalid, "holds a word that is no purpose").At("purposes").Because("unknown_purpose")
		}
		purposes |= purpose.Of(p)
	}
	res, err := d.People.Withdraw(ctx, actor, body.Account,
		contact.Address{Kind: kind, Value: body.Value, SHA256: body.SHA256, Region: body.Region}, purposes)
	return res, err
}

// Objection names the person who objects, or takes an objection back.
type Objection struct {
	Account string `json:"account" doc:"the platform's id"`
}

func (d *door) object(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
	return d.objection(r, func(account string) error { return d.People.Object(ctx, actor, account) })
}

func (d *door) liftObjection(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
	return d.objection(r, func(account string) error { return d.People.LiftObjection(ctx, actor, account) })
}

func (d *door) objection(r *http.Request, act func(account string) error) (any, error) {
	var body Objection
	if err := readJSON(r, &body); err != nil {
		return nil, err
	}
	return body, act(body.Account)
}
