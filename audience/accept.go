package audience

import (
	"context"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/change"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/list"
)

// arrival is a list that comes, and what is done with it.
type arrival struct {
	list.List
	terms int64  // that the sender has read, 0 if it does not say
	label string // that comes with it, or ""
	kept  func(ctx context.Context, tx selvedge.Tx, l list.List) error
}

// accept keeps a list that was read, under the keys that are in force when its
// row comes to be, and returns what its org is told of it. A list that is open
// becomes part of the audience's draft.
func accept[T any](ctx context.Context, s *Service, actor selvedge.Actor, l arrival, sealed list.Sealed, told func(list.List) T) (T, error) {
	for {
		l.Report, l.Spill, l.Sidecar, l.Rows, l.Epoch, l.RuleSet = sealed.Report, &sealed.Spill, sealed.Sidecar, sealed.Rows, sealed.Epoch, sealed.RuleSet
		refs := []blob.Ref{sealed.Spill}
		if sealed.Sidecar != nil {
			refs = append(refs, sealed.Sidecar.Ref)
		}
		if sealed.Rows != nil {
			refs = append(refs, *sealed.Rows)
		}
		var kept list.List
		err := s.Names.Name(ctx, func() (err error) {
			kept, err = s.insert(ctx, actor, l, func(l list.List) any { return told(l) })
			return err
		}, refs...)
		if err == nil {
			return told(kept), nil
		}
		if err != errRotated {
			return *new(T), err
		}
		next, err := s.Receiver.Renew(ctx, sealed)
		if err != nil {
			return *new(T), err
		}
		sealed = next // no row names the one before: the collector finds it
	}
}

// insert keeps a list and fills in what is known only now. It returns errRotated
// if its tokens are not of the epoch that is in force.
func (s *Service) insert(ctx context.Context, actor selvedge.Actor, a arrival, told func(list.List) any) (list.List, error) {
	l := a.List
	err := s.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		// Again: it may have been suspended while the list came in.
		if err := s.Orgs.MayAct(ctx, tx, actor, selvedge.WriteAudiences); err != nil {
			return err
		}
		var err error
		if l.Declared.Terms, err = s.mayBring(ctx, tx, l.Org, l.Kind, a.terms); err != nil {
			return err
		}
		if a.label != "" {
			label, err := s.Labels.along(ctx, tx, actor, l.Org, l.Audience, a.label)
			if err != nil {
				return err
			}
			l.Declared.Label = string(label)
		}
		if err := inForce(ctx, tx, s.Receiver, l.Epoch); err != nil {
			return err
		}
		text, err := s.IDs.Next(ctx, tx, l.Org, "lst")
		if err != nil {
			return err
		}
		l.ID = selvedge.ListID(text)
		if err := s.date(ctx, tx, &l); err != nil {
			return err
		}
		if err := s.Repo.InsertList(ctx, tx, l); err != nil {
			return err
		}
		if _, err := s.Changes.Append(ctx, tx, change.Change{Kind: change.List, Subject: text}); err != nil {
			return err
		}
		if l.State == list.StateAccepted {
			if err := enqueue(ctx, tx, s.Jobs, l); err != nil {
				return err
			}
		}
		if err := s.Outbox.Append(ctx, tx, acceptedEntry(actor, l)); err != nil {
			return err
		}
		if a.kept != nil {
			if err := a.kept(ctx, tx, l); err != nil {
				return err
			}
		}
		return selvedge.Conclude(ctx, tx, told(l))
	})
	return l, err
}

// mayBring returns an error if an org may not bring a list of a kind, and else the
// version of the terms under which it does; read is the one that the sender has
// read, 0 if it does not say. A removal waits for no terms: people are taken out
// whatever is agreed.
func (s *Service) mayBring(ctx context.Context, tx selvedge.Tx, org selvedge.OrgID, kind list.Kind, read int64) (terms int64, err error) {
	if kind == list.Remove {
		return 0, nil
	}
	terms, err = s.Orgs.MayUpload(ctx, tx, org)
	if err == nil && read != 0 && read != terms {
		err = selvedge.Errorf(selvedge.CodeConflict, "this is not the version of the terms that is in force").At("terms_version").Because("not_current")
	}
	return terms, err
}

// date says when a list counts, and to which draft it belongs.
func (s *Service) date(ctx context.Context, tx selvedge.Tx, l *list.List) error {
	now := s.Clock.Now()
	l.AcceptedAt = now
	if l.EffectiveAt.Before(now) {
		l.EffectiveAt = now
	}
	begun := now
	if l.State == list.StateAccepted {
		var err error
		if l.Draft, err = s.Repo.NextDraft(ctx, tx, l.Audience); err != nil {
			return err
		}
		l.SealedAt = now
	} else {
		draft, err := s.Repo.Draft(ctx, tx, l.Audience)
		switch {
		case err != nil:
			return err
		case draft.Lists >= MaxDraft:
			return selvedge.Errorf(selvedge.CodeConflict, "the draft has %d batches already: seal it first", MaxDraft).Because("draft_full")
		case draft.Lists == 0:
			if err := s.drafts().sealLater(ctx, tx, l.Audience, Draft{Last: l.ID, LastAt: now}); err != nil {
				return err
			}
		default:
			// Batches of one draft expire together, and so share their members' bitmap.
			begun = draft.FirstAt
		}
	}
	if l.Kind == list.Remove {
		l.ExpiresAt = begun.Add(MaxListLife) // all that came before it must be over by then
	} else if l.ExpiresAt.IsZero() {
		l.ExpiresAt = begun.Add(ListLife)
	}
	return checkDates(*l)
}

func checkDates(l list.List) error {
	bad := func(field, reason, format string, args ...any) error {
		return selvedge.Errorf(selvedge.CodeInvalid, format, args...).At(field).Because(reason)
	}
	switch {
	case l.ExpiresAt.After(l.AcceptedAt.Add(MaxListLife)):
		return bad("expires_at", "too_late", "members stay for %d days at most", MaxListLife/(24*time.Hour))
	case !l.ExpiresAt.After(l.AcceptedAt):
		return bad("expires_at", "not_later", "must be in the future")
	case !l.ExpiresAt.After(l.EffectiveAt):
		return bad("effective_at", "not_earlier", "must come before expires_at, %d days from now if that is not given", ListLife/(24*time.Hour))
	}
	return nil
}

func (s *Service) drafts() drafts { return drafts{s.Repo, s.Changes, s.Outbox, s.Jobs, s.Clock} }

func acceptedEntry(actor selvedge.Actor, l list.List) ledger.Entry {
	return ledger.Entry{
		Space: ledger.Ads, Kind: ledger.ListAccepted, Actor: actor,
		Body: struct {
			List     selvedge.ListID     `json:"list"`
			Audience selvedge.AudienceID `json:"audience"`
			Org      selvedge.OrgID      `json:"org"`
			Kind     list.Kind           `json:"kind"`
			Open     bool                `json:"open"` // it waits in a draft
			Digest   string              `json:"digest"`
			Rows     int64               `json:"rows"`
			Epoch    uint32              `json:"epoch"`
			RuleSet  uint32              `json:"rule_set"`
			Expires  time.Time           `json:"expires_at"`
			Declared list.Declared       `json:"declared"`
		}{l.ID, l.Audience, l.Org, l.Kind, l.State == list.StateOpen, digestText(l.Spill.Sum), l.Report.Rows.Read, uint32(l.Epoch), l.RuleSet, l.ExpiresAt, l.Declared},
	}
}
