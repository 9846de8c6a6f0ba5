package audience

import (
	"context"
	"io"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/list"
)

// Delivery is what the sender of an upload says about it.
type Delivery struct {
	list.Options
	// ExpiresAt is when the list's members leave the audience; the zero time is
	// ListLife from now.
	ExpiresAt time.Time
	// Terms is the version of the terms that the sender has read; 0 if it does not say.
	Terms int64
	// Label is what people are to be shown of the audience: it is proposed with
	// the list, unless it is the one that is shown or pending. "" proposes none.
	Label string
	// Kept is called in the transaction that keeps the list, whose error undoes it:
	// for what must be so exactly if the list is there. It may be nil.
	Kept func(ctx context.Context, tx selvedge.Tx, l list.List) error
}

// Upload reads a list to its end into one of the org's audiences. When it
// returns without error, the list is durable and will be matched; the report in
// it is complete. An org that may not bring a list gets the error of
// Standing.MayUpload; a Delivery of other terms than those in force a
// CodeConflict error, Field "terms_version", Reason "not_current"; one whose list
// expires too late or is over a CodeInvalid error, Field "expires_at"; a label that
// is none the error of Labels.Propose. Errors of the list itself are those of
// list.Receiver. All of them leave nothing behind.
func (s *Service) Upload(ctx context.Context, actor selvedge.Actor, id selvedge.AudienceID, r io.Reader, d Delivery) (ListView, error) {
	l, err := s.mayDeliver(ctx, actor, id, d)
	if err != nil {
		return ListView{}, err
	}
	sealed, err := s.Receiver.Receive(ctx, r, d.Options)
	if err != nil {
		return ListView{}, s.refused(ctx, actor, id, err)
	}
	told := func(l list.List) ListView { return ListView{List: l, Status: Processing} }
	return accept(ctx, s, actor, arrival{List: l, terms: d.Terms, label: d.Label, kept: d.Kept}, sealed, told)
}

// Preview says how the first rows of a list would be read, and keeps nothing. It
// returns the errors of Upload, as far as these rows show them.
func (s *Service) Preview(ctx context.Context, actor selvedge.Actor, id selvedge.AudienceID, r io.Reader, d Delivery) (list.Preview, error) {
	if _, err := s.mayDeliver(ctx, actor, id, d); err != nil {
		return list.Preview{}, err
	}
	return s.Receiver.Preview(ctx, r, d.Options)
}

// mayDeliver refuses what cannot be taken before anything of the list is read, so
// that nobody streams gigabytes in vain, or to an id that is not theirs.
func (s *Service) mayDeliver(ctx context.Context, actor selvedge.Actor, id selvedge.AudienceID, d Delivery) (list.List, error) {
	org, err := s.asker(actor)
	if err != nil {
		return list.List{}, err
	}
	if _, err := s.Get(ctx, actor, id); err != nil {
		return list.List{}, err
	}
	err = s.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		_, err := s.mayBring(ctx, tx, org, list.Add, d.Terms)
		return err
	})
	if err != nil {
		return list.List{}, err
	}
	if d.Label != "" {
		if err := validateLabel(d.Label); err != nil {
			return list.List{}, err
		}
	}
	// An upload is a draft of its own.
	l := list.List{
		Org: org, Audience: id, Kind: list.Add, State: list.StateAccepted, ExpiresAt: kept(d.ExpiresAt), Declared: s.declared(d.Options),
	}
	return l, s.checkRequest(l)
}

// declared returns what is kept of what the sender declares.
func (s *Service) declared(o list.Options) list.Declared {
	return list.Declared{Declaration: o.Declaration, DefaultRegion: o.DefaultRegion, ConsentFree: s.Receiver.ConsentFree}
}
