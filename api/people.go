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

func (d *door) listContactPoints(ctx context.Context, actor selvedge.Actor, r *http.Request) (int, any, error) {
	_, vs, err := d.People.Look(ctx, actor, r.PathValue("account"))
	return http.StatusOK, items(vs, contactPointOf), err
}

// Withdrawal takes purposes away from an address of an account.
type Withdrawal struct {
	Account  string   `json:"account"`
	Kind     string   `json:"kind"`
	Value    string   `json:"value,omitempty"`  // the address in any spelling, or
	SHA256   string   `json:"sha256,omitempty"` // its hash
	Region   string   `json:"region,omitempty"` // ISO 3166, for a national phone number
	Purposes []string `json:"purposes"`
}

func (d *door) withdraw(ctx context.Context, actor selvedge.Actor, r *http.Request) (int, any, error) {
	var body Withdrawal
	if err := readJSON(r, &body); err != nil {
		return 0, nil, err
	}
	kind, ok := identifier.ParseKind(body.Kind)
	if !ok {
		return 0, nil, selvedge.Errorf(selvedge.CodeInvalid, "must be email or phone").At("kind").Because("bad_kind")
	}
	if (body.Value == "") == (body.SHA256 == "") {
		return 0, nil, selvedge.Errorf(selvedge.CodeInvalid, "must hold either value or sha256").At("value").Because("value_or_sha256")
	}
	var purposes purpose.Set
	for _, name := range body.Purposes {
		p, err := purpose.Parse(name)
		if err != nil {
			return 0, nil, selvedge.Errorf(selvedge.CodeInvalid, "holds a word that is no purpose").At("purposes").Because("unknown_purpose")
		}
		purposes |= purpose.Of(p)
	}
	res, err := d.People.Withdraw(ctx, actor, body.Account,
		contact.Address{Kind: kind, Value: body.Value, SHA256: body.SHA256, Region: body.Region}, purposes)
	return http.StatusOK, res, err
}

// Objection names the person who objects, or takes an objection back.
type Objection struct {
	Account string `json:"account"`
}

func (d *door) object(ctx context.Context, actor selvedge.Actor, r *http.Request) (int, any, error) {
	return d.objection(r, func(account string) error { return d.People.Object(ctx, actor, account) })
}

func (d *door) liftObjection(ctx context.Context, actor selvedge.Actor, r *http.Request) (int, any, error) {
	return d.objection(r, func(account string) error { return d.People.LiftObjection(ctx, actor, account) })
}

func (d *door) objection(r *http.Request, act func(account string) error) (int, any, error) {
	var body Objection
	if err := readJSON(r, &body); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, body, act(body.Account)
}
