package audience

import (
	"context"
	"slices"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/report"
)

// Request is a batch of members that an org adds, removes or replaces its
// audience by.
type Request struct {
	Kind          list.Kind
	Members       []list.Member
	DefaultRegion string
	list.Declaration
	// EffectiveAt is when the members enter the audience: at once if it is past
	// or the zero time. ExpiresAt is when they leave it, MaxListLife from now at
	// most; the zero time is ListLife from when the draft was begun. A removal has neither.
	EffectiveAt, ExpiresAt time.Time
}

// Receipt is what an org is told of a batch. It depends on the batch alone.
type Receipt struct {
	ListView
	Faults []list.Fault // in the order of the members
}

// Change puts a batch into the draft of one of the org's audiences. When it
// returns without error, the batch is durable: it counts, together with the
// others of the draft, from the version that is made when the draft is sealed,
// by Seal or SealAfter the last batch. Within a draft the later batch wins; the
// first replacement of a draft ends all that was in the audience before it, also
// in the same draft.
//
// Besides the errors of list.ReceiveMembers it returns a CodeInvalid error for
// dates that make no sense, Field "effective_at" or "expires_at", and a
// CodeConflict error, Reason "draft_full", for more batches than MaxDraft. With
// an error nothing of the batch is left.
func (s *Service) Change(ctx context.Context, actor selvedge.Actor, id selvedge.AudienceID, r Request) (Receipt, error) {
	org, err := s.asker(actor)
	if err != nil {
		return Receipt{}, err
	}
	err = s.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		if _, err := s.Repo.Audience(ctx, tx, org, id); err != nil {
			return err
		}
		_, err := s.mayBring(ctx, tx, org, r.Kind, 0)
		return err
	})
	if err != nil {
		return Receipt{}, err
	}
	o := list.Options{DefaultRegion: r.DefaultRegion, Declaration: r.Declaration}
	l := list.List{
		Org: org, Audience: id, Kind: r.Kind, State: list.StateOpen,
		EffectiveAt: kept(r.EffectiveAt), ExpiresAt: kept(r.ExpiresAt), Declared: s.declared(o),
	}
	if err := s.checkRequest(l); err != nil {
		return Receipt{}, err
	}
	sealed, faults, err := s.Receiver.ReceiveMembers(ctx, list.Batch{
		Org: org, Kind: r.Kind, Members: r.Members, Options: o,
	})
	if err != nil {
		return Receipt{}, s.refused(ctx, actor, id, err)
	}
	return accept(ctx, s, actor, arrival{List: l}, sealed, func(l list.List) Receipt { return Receipt{ListView{List: l, Status: Processing}, faults} })
}

// kept returns a time as the database keeps it.
func kept(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// checkRequest refuses what cannot become right before anything is read.
func (s *Service) checkRequest(l list.List) error {
	if l.Kind == list.Remove {
		for field, at := range map[string]time.Time{"effective_at": l.EffectiveAt, "expires_at": l.ExpiresAt} {
			if !at.IsZero() {
				return selvedge.Errorf(selvedge.CodeInvalid, "a removal counts at once and for good").At(field).Because("not_for_removal")
			}
		}
		return nil
	}
	l.AcceptedAt = s.Clock.Now()
	if l.EffectiveAt.Before(l.AcceptedAt) {
		l.EffectiveAt = l.AcceptedAt
	}
	if l.ExpiresAt.IsZero() {
		l.ExpiresAt = l.AcceptedAt.Add(ListLife)
	}
	return checkDates(l)
}

// Seal seals the draft of one of the org's audiences, and returns what it was: the
// zero Draft, and no error, if there is none.
func (s *Service) Seal(ctx context.Context, actor selvedge.Actor, id selvedge.AudienceID) (d Draft, err error) {
	org, err := s.asker(actor)
	if err != nil {
		return Draft{}, err
	}
	err = s.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		if _, err := s.Repo.Audience(ctx, tx, org, id); err != nil {
			return err
		}
		if err := s.Orgs.MayAct(ctx, tx, actor, selvedge.WriteAudiences); err != nil {
			return err
		}
		if d, err = s.drafts().seal(ctx, tx, actor, id); err != nil {
			return err
		}
		return selvedge.Conclude(ctx, tx, d)
	})
	if err != nil {
		return Draft{}, err
	}
	return d, nil
}

// VersionView is what an org is told of a version: nothing before it is
// published, and no count.
type VersionView struct {
	Number      int64
	SealedAt    time.Time // when its draft was sealed
	PublishedAt time.Time
	Figure      report.Answer
}

// Page is how many versions Versions returns at most.
const Page = 100

// Versions returns the published versions of one of the org's audiences, the
// last first, from the one before the given number on; 0 for the last.
func (s *Service) Versions(ctx context.Context, actor selvedge.Actor, id selvedge.AudienceID, before int64) (vs []VersionView, err error) {
	org, err := s.asker(actor)
	if err != nil {
		return nil, err
	}
	var all []Version
	err = s.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		if _, err := s.Repo.Audience(ctx, tx, org, id); err != nil {
			return err
		}
		all, err = s.Repo.Versions(ctx, tx, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	now := s.Clock.Now()
	for _, v := range slices.Backward(all) {
		if v.PublishAt.After(now) || before > 0 && v.Number >= before || len(vs) == Page {
			continue
		}
		vs = append(vs, VersionView{v.Number, v.AcceptedAt, v.PublishAt, v.Figure})
	}
	if err := s.published(ctx, len(vs) > 0); err != nil {
		return nil, err
	}
	return vs, nil
}
