package api

import (
	"context"
	"net/http"
	"slices"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
)

// gpc is the header by which a browser says that its user opts out (Global
// Privacy Control), and honoured the one that says that it was processed.
const (
	gpc      = "Sec-GPC"
	honoured = "Selvedge-Signal"
)

// personal says whether the operation is for persons.
func (o operation) personal() bool { return slices.Contains(o.roles, selvedge.PersonRole) }

// honour processes the opt-out signal of a person's browser, whatever the request
// is for, before it is done (California Code of Regulations, title 11, s. 7025).
// It says so in the answer.
func (d *door) honour(h http.Header, r *http.Request, actor selvedge.Actor, o operation) error {
	own, ok := actor.Account()
	if !ok || !o.personal() || r.Header.Get(gpc) != "1" {
		return nil
	}
	if err := d.People.Object(r.Context(), actor, own, contact.Objection{Scope: contact.ScopeSignal}); err != nil {
		return err
	}
	h.Set(honoured, "honoured")
	return nil
}

// liftUnderSignal refuses to lift what the very request asks for again: it would
// stand anew with the next one, and the person would think otherwise.
func liftUnderSignal(lift func(context.Context, selvedge.Actor, string, contact.Objection) error) func(context.Context, selvedge.Actor, string, contact.Objection) error {
	return func(ctx context.Context, actor selvedge.Actor, account string, o contact.Objection) error {
		if o.Scope == contact.ScopeSignal {
			return selvedge.Errorf(selvedge.CodeConflict, "your browser sends the signal with this request: switch it off there first").
				At("scope").Because("signal_sent")
		}
		return lift(ctx, actor, account, o)
	}
}
