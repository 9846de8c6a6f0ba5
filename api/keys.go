package api

import (
	"context"
	"net/http"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/org"
)

// Key is an org's key, without its secret.
type Key struct {
	ID        string     `json:"id" doc:"the public part"`
	Name      string     `json:"name"`
	Scopes    []string   `json:"scopes"`
	CreatedAt time.Time  `json:"created_at"`
	ExpiresAt time.Time  `json:"expires_at"`
	RevokedAt *time.Time `json:"revoked_at" doc:"null unless it was taken back"`
}

func keyOf(k org.Key) Key {
	b := Key{ID: k.Public, Name: k.Name, Scopes: k.Scopes.Words(), CreatedAt: k.CreatedAt, ExpiresAt: k.ExpiresAt}
	if !k.RevokedAt.IsZero() {
		b.RevokedAt = &k.RevokedAt
	}
	return b
}

// IssuedKey is a key with its secret, which is shown here and never again.
type IssuedKey struct {
	Key
	Secret string `json:"secret" doc:"the key itself, slv_…: shown once"`
}

// IssueKey is what a key is made from.
type IssueKey struct {
	Name   string   `json:"name" minLength:"1" maxLength:"200" doc:"what the key is for"`
	Scopes []string `json:"scopes" minItems:"1" doc:"audiences:read, audiences:write, keys:manage, terms:accept"`
}

func (d *door) keyOperations() []operation {
	own, operator := []selvedge.Role{selvedge.OrgRole}, []selvedge.Role{selvedge.OperatorRole}
	absent, stands := []selvedge.Code{selvedge.CodeNotFound}, []selvedge.Code{selvedge.CodeNotFound, selvedge.CodeConflict}
	const about = "At most two keys of an org are valid at a time. The answer holds the secret, once: it is not kept for sending again."
	return []operation{
		{
			id: "listKeys", route: "GET /v1/keys", roles: own, scope: selvedge.ManageKeys, handle: d.listKeys(asker),
			summary: "List the org's keys", about: "In the order of creation, those that are over too.", paged: true, status: http.StatusOK, out: Items[Key]{},
			problems: absent,
		},
		{
			id: "issueKey", route: "POST /v1/keys", roles: own, scope: selvedge.ManageKeys, handle: d.issueKey(asker), secret: true,
			summary: "Issue a key", about: about + " It cannot have a scope that the asking key lacks.",
			in: IssueKey{}, status: http.StatusCreated, out: IssuedKey{}, problems: stands,
		},
		{
			id: "revokeKey", route: "POST /v1/keys/{key}:revoke", roles: own, scope: selvedge.ManageKeys, handle: d.revokeKey(asker), answer: answers(keyOf),
			summary: "Revoke a key", about: "Not the last one that is valid. Doing it again changes nothing.",
			status: http.StatusOK, out: Key{}, problems: stands,
		},
		{
			id: "listOrgKeys", route: "GET /v1/orgs/{org}/keys", roles: operator, handle: d.listKeys(named),
			summary: "List an org's keys", paged: true, status: http.StatusOK, out: Items[Key]{}, problems: absent,
		},
		{
			id: "issueOrgKey", route: "POST /v1/orgs/{org}/keys", roles: operator, handle: d.issueKey(named), secret: true,
			summary: "Issue a key for an org", about: about, in: IssueKey{}, status: http.StatusCreated, out: IssuedKey{}, problems: stands,
		},
		{
			id: "revokeOrgKey", route: "POST /v1/orgs/{org}/keys/{key}:revoke", roles: operator, handle: d.revokeKey(named),
			summary: "Revoke a key of an org", about: "The last one too. Doing it again changes nothing.",
			status: http.StatusOK, out: Key{}, problems: stands,
		},
	}
}

// asker and named say whose keys a request is about: the asking org's, or those
// of the org in the path.
func asker(actor selvedge.Actor, _ *http.Request) selvedge.OrgID { id, _ := actor.Org(); return id }

func named(_ selvedge.Actor, r *http.Request) selvedge.OrgID {
	return selvedge.OrgID(r.PathValue("org"))
}

type whose func(selvedge.Actor, *http.Request) selvedge.OrgID

func (d *door) listKeys(of whose) handler {
	return func(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
		t, err := d.turnOf(actor, r)
		if err != nil {
			return nil, err
		}
		ks, err := d.Orgs.OrgKeys(ctx, actor, of(actor, r))
		if err != nil {
			return nil, err
		}
		return pageOf(t, ks, func(k org.Key) string { return k.Public }, keyOf)
	}
}

func (d *door) issueKey(of whose) handler {
	return func(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
		var body IssueKey
		if err := readJSON(r, &body); err != nil {
			return nil, err
		}
		scopes, err := selvedge.ParseScopes(body.Scopes)
		if err != nil {
			return nil, err
		}
		secret, k, err := d.Orgs.IssueOrgKey(ctx, actor, of(actor, r), body.Name, scopes)
		return IssuedKey{keyOf(k), secret}, err
	}
}

func (d *door) revokeKey(of whose) handler {
	return func(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
		k, err := d.Orgs.RevokeOrgKey(ctx, actor, of(actor, r), r.PathValue("key"))
		return keyOf(k), err
	}
}
