package contact

import (
	"context"
	"maps"
	"slices"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/prompt"
	"github.com/selvedge/selvedge/purpose"
)

// maker makes contact points and their ads grants: those of an import and those
// of events, in this one way.
type maker struct {
	repo     Repository
	register prompt.Repository
	clock    selvedge.Clock

	id       ImportID                          // that brings what is made; 0 for events
	prompts  map[prompt.Name]prompt.Registered // in effect when it was made
	withheld map[prompt.Name]identifier.Reason // registered and not in effect: why their rows are refused
	refs     map[prompt.Name]prompt.Ref        // of prompts met so far, registered or not
}

// newMaker returns a maker that goes by the register as tx sees it.
func (im *Importer) newMaker(ctx context.Context, tx selvedge.Tx) (*maker, error) {
	m := &maker{repo: im.Repo, register: im.Prompts, clock: im.Clock, refs: map[prompt.Name]prompt.Ref{}}
	var err error
	if m.prompts, err = im.Prompts.Prompts(ctx, tx); err != nil {
		return nil, err
	}
	m.withheld, err = im.notInEffect(ctx, tx)
	return m, err
}

// notInEffect returns the prompts that are registered and not in effect. Nothing
// is kept of a row that names one. A contact point keeps for ever the purposes
// of the moment at which it came: kept now, with none, it could not be matched
// even after the approval. Left out, the row can be brought again.
func (im *Importer) notInEffect(ctx context.Context, tx selvedge.Tx) (map[prompt.Name]identifier.Reason, error) {
	proposals, err := im.Prompts.Proposals(ctx, tx)
	out := map[prompt.Name]identifier.Reason{}
	for n, p := range proposals {
		switch p.State {
		case prompt.Pending:
			out[n] = reasonPromptPending
		case prompt.Refused:
			out[n] = reasonPromptRefused
		}
	}
	return out, err
}

// step is one row on its way to a contact point.
type step struct {
	*pointRow
	Point
	person        selvedge.Person // of the account; 0 until the first ordinal
	from          prompt.Prompt   // the zero Prompt if it is not in effect
	inserted      bool
	newlyVerified bool
	over          purpose.Set // what had ended for its address before it came to be known
	grant         *AdsGrant
	granted       bool // the grant was made now
}

// step begins with a row that was not refused.
func (m *maker) step(ctx context.Context, tx selvedge.Tx, row *pointRow, holder Holder) (step, error) {
	ref, err := m.ref(ctx, tx, row.prompt)
	if err != nil {
		return step{}, err
	}
	registered := m.prompts[row.prompt]
	return step{pointRow: row, person: holder.Person, from: registered.Prompt, Point: Point{
		Account: holder.Account, Kind: row.kind, Handle: row.handle, Prompt: ref, GivenAt: row.givenAt,
		VerifiedAt: row.verifiedAt, VerifiedBy: row.verifiedBy, Mask: row.mask, Import: m.id,
		Purposes: registered.Purposes,
	}}, nil
}

// ref returns the number of a prompt name, asking the database once.
func (m *maker) ref(ctx context.Context, tx selvedge.Tx, n prompt.Name) (prompt.Ref, error) {
	if p, ok := m.prompts[n]; ok {
		return p.Ref, nil
	}
	if ref, ok := m.refs[n]; ok {
		return ref, nil
	}
	ref, err := m.register.PromptRef(ctx, tx, n)
	if err == nil {
		m.refs[n] = ref
	}
	return ref, err
}

// makePoints keeps the contact points that are new, and of the others the proof
// of control that is new. It returns how many were new.
func (m *maker) makePoints(ctx context.Context, tx selvedge.Tx, steps []step) (n int, err error) {
	points := make([]*Point, len(steps))
	for i := range steps {
		points[i] = &steps[i].Point
	}
	inserted, err := m.repo.InsertPoints(ctx, tx, points)
	if err != nil {
		return n, err
	}
	proven := map[selvedge.ContactID]bool{} // by an earlier row of the batch
	for i := range steps {
		s := &steps[i]
		if s.inserted = inserted[i]; s.inserted {
			n++
		}
		if s.inserted || !s.Point.VerifiedAt.IsZero() || s.pointRow.verifiedAt.IsZero() {
			continue
		}
		s.Point.VerifiedAt, s.newlyVerified = s.pointRow.verifiedAt, !proven[s.ID]
		if s.newlyVerified {
			if err := m.repo.SetVerified(ctx, tx, s.ID, s.pointRow.verifiedAt, s.pointRow.verifiedBy); err != nil {
				return n, err
			}
		}
		proven[s.ID] = true
	}
	return n, m.endLate(ctx, tx, steps)
}

// endLate ends, for contact points that are new, what had ended for all that was
// given of their addresses until then: a yes that arrives late was overtaken by
// the no that came after it.
func (m *maker) endLate(ctx context.Context, tx selvedge.Tx, steps []step) error {
	if any, err := m.repo.AnyAddressEnd(ctx, tx); err != nil || !any {
		return err
	}
	of := map[selvedge.AccountID][]AddressEnd{}
	for i := range steps {
		if s := &steps[i]; s.inserted {
			of[s.Account] = nil
		}
	}
	found, err := m.repo.AddressEnds(ctx, tx, slices.Collect(maps.Keys(of)))
	if err != nil {
		return err
	}
	for _, e := range found {
		of[e.Account] = append(of[e.Account], e)
	}
	var ends []End
	for i := range steps {
		s := &steps[i]
		if !s.inserted {
			continue
		}
		for _, e := range of[s.Account] {
			for _, u := range (e.covers(s.Point) &^ s.over).List() {
				ends = append(ends, End{Contact: s.ID, Purpose: u, At: e.At, Reason: e.Reason})
			}
			s.over |= e.covers(s.Point)
		}
	}
	return m.repo.EndGrants(ctx, tx, ends)
}

// makeGrants gives the contact points that are verified and granted for ads
// their ads grant, where this is the first moment that they can have one, and
// returns how many.
//
// The row that makes a grant is one that brings the proof of control itself: the
// grant's tokens are those of its forms. It may be that the proof was known, and
// no grant is there, because the import that made it was abandoned.
func (m *maker) makeGrants(ctx context.Context, tx selvedge.Tx, steps []step) (int, error) {
	have, ended, err := m.known(ctx, tx, steps)
	if err != nil {
		return 0, err
	}
	var made []*AdsGrant
	of := map[selvedge.ContactID]*AdsGrant{} // by an earlier row of the batch
	for i := range steps {
		s := &steps[i]
		if !s.mayBeGranted() {
			continue
		}
		if s.grant = of[s.ID]; s.grant != nil {
			continue
		}
		if g, ok := have[s.ID]; ok {
			s.grant = &g
			continue
		}
		live := s.Purposes.Ads() &^ ended[s.ID] &^ s.over
		expires := s.from.AdsExpiry(s.Point.GivenAt)
		if s.pointRow.verifiedAt.IsZero() || live == 0 || !m.clock.Now().Before(expires) {
			continue
		}
		s.granted, s.grant = true, &AdsGrant{
			Contact: s.ID, Account: s.Account, Person: s.person, Purposes: live, Live: live, ExpiresAt: expires, Import: m.id,
		}
		of[s.ID] = s.grant
		made = append(made, s.grant)
	}
	return len(made), m.repo.InsertAdsGrants(ctx, tx, made)
}

// mayBeGranted says whether the contact point is verified and was given for ads.
func (s *step) mayBeGranted() bool { return !s.Point.VerifiedAt.IsZero() && s.Purposes.Ads() != 0 }

// known returns the ads grants that contact points which were there have, and
// the purposes that have ended for those that have none.
func (m *maker) known(ctx context.Context, tx selvedge.Tx, steps []step) (have map[selvedge.ContactID]AdsGrant, ended map[selvedge.ContactID]purpose.Set, err error) {
	var ids []selvedge.ContactID
	for i := range steps {
		if s := &steps[i]; !s.inserted && s.mayBeGranted() {
			ids = append(ids, s.ID)
		}
	}
	if ids == nil {
		return nil, nil, nil
	}
	if have, err = m.repo.AdsGrantsOf(ctx, tx, ids); err != nil {
		return nil, nil, err
	}
	ids = slices.DeleteFunc(ids, func(id selvedge.ContactID) bool { _, ok := have[id]; return ok })
	ended, err = m.repo.EndedOf(ctx, tx, ids)
	return have, ended, err
}
