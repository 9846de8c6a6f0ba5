package contact

import (
	"context"
	"crypto/sha256"
	"slices"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/prompt"
	"github.com/selvedge/selvedge/purpose"
)

// points applies the contact points and returns the digest of the file that they
// are in.
func (r *run) points(ctx context.Context) ([sha256.Size]byte, error) {
	ctx, stop := context.WithCancel(ctx)
	batches, end := r.prepared(ctx)
	defer func() {
		stop()
		for range batches { // until the reader has closed the file
		}
	}()
	kept, finished := r.finisher()
	err := func() error {
		defer close(kept)
		for b := range batches {
			<-b.done
			steps, err := r.pointBatch(ctx, b)
			if err != nil {
				return err
			}
			kept <- steps
		}
		return nil
	}()
	if unfinished := <-finished; err == nil {
		err = unfinished
	}
	if err != nil {
		return [sha256.Size]byte{}, err
	}
	r.report.Accounts.Refusals = r.refusedAccounts.list()
	r.report.Points.Refusals = r.refused.list()
	return end()
}

// finisher collects the tokens of the batches that are sent to it, once they
// have committed, and counts their rows, beside the next transaction. When the
// channel is closed it says whether it went well; until then the counts of what
// became of contact points, and the tokens, are its own.
func (r *run) finisher() (chan<- []step, <-chan error) {
	kept, finished := make(chan []step, 1), make(chan error, 1)
	go func() {
		var err error
		for steps := range kept {
			for i := range steps {
				if err == nil {
					err = r.finish(&steps[i])
				}
			}
		}
		finished <- err
	}()
	return kept, finished
}

// step is one row on its way through its batch.
type step struct {
	*pointRow
	Point
	person        selvedge.Person // of the account; 0 until the first ordinal
	from          prompt.Prompt   // the zero Prompt if it is not in effect
	inserted      bool
	newlyVerified bool
	grant         *AdsGrant
}

func (r *run) pointBatch(ctx context.Context, b *pointBatch) (steps []step, err error) {
	part := span{part: pointPart, from: b.at[0], to: b.end.row, end: b.end, sum: b.sum}
	err = r.batch(ctx, part, func(ctx context.Context, tx selvedge.Tx) (points, grants int, err error) {
		if steps, err = r.steps(ctx, tx, b.rows); err != nil {
			return 0, 0, err
		}
		if points, err = r.insertPoints(ctx, tx, steps); err != nil {
			return 0, 0, err
		}
		grants, err = r.insertGrants(ctx, tx, steps)
		return points, grants, err
	})
	return steps, err
}

// steps makes the contact points of the rows that can be taken, and counts the
// others.
func (r *run) steps(ctx context.Context, tx selvedge.Tx, rows []pointRow) ([]step, error) {
	holders, err := r.holders(ctx, tx, rows)
	if err != nil {
		return nil, err
	}
	if err := r.comeBack(ctx, tx, rows, holders); err != nil {
		return nil, err
	}
	steps := make([]step, 0, len(rows))
	for i := range rows {
		row := &rows[i]
		r.report.Points.Read++
		holder, ok := holders[row.platformID]
		if row.refused == "" && !ok {
			row.refused = reasonUnknownAccount
		}
		if row.refused == "" {
			row.refused = r.withheld[row.prompt]
		}
		if row.refused != "" {
			r.report.Points.Refused++
			r.refused.add(row.refused, row.row)
			r.tally.refused(row)
			continue
		}
		ref, err := r.ref(ctx, tx, row.prompt)
		if err != nil {
			return nil, err
		}
		registered := r.prompts[row.prompt]
		steps = append(steps, step{pointRow: row, person: holder.Person, from: registered.Prompt, Point: Point{
			Account: holder.Account, Kind: row.kind, Handle: row.handle, Prompt: ref, GivenAt: row.givenAt,
			VerifiedAt: row.verifiedAt, VerifiedBy: row.verifiedBy, Mask: row.mask, Import: r.id,
			Purposes: registered.Purposes,
		}})
	}
	return steps, nil
}

func (r *run) holders(ctx context.Context, tx selvedge.Tx, rows []pointRow) (map[string]Holder, error) {
	return r.Repo.Holders(ctx, tx, platformIDs(rows))
}

// platformIDs returns the accounts of the rows that were not refused; one may
// come several times.
func platformIDs(rows []pointRow) []string {
	ids := make([]string, 0, len(rows))
	for i := range rows {
		p := &rows[i]
		if p.refused == "" && (len(ids) == 0 || ids[len(ids)-1] != p.platformID) {
			ids = append(ids, p.platformID)
		}
	}
	return ids
}

// insertPoints keeps the contact points that are new, and of the others the
// proof of control that is new. It returns how many were new.
func (r *run) insertPoints(ctx context.Context, tx selvedge.Tx, steps []step) (n int, err error) {
	points := make([]*Point, len(steps))
	for i := range steps {
		points[i] = &steps[i].Point
	}
	inserted, err := r.Repo.InsertPoints(ctx, tx, points)
	if err != nil {
		return 0, err
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
			if err := r.Repo.SetVerified(ctx, tx, s.ID, s.pointRow.verifiedAt, s.pointRow.verifiedBy); err != nil {
				return n, err
			}
		}
		proven[s.ID] = true
	}
	return n, nil
}

// insertGrants gives the contact points that are verified and granted for ads
// their ads grant, where this is the first moment that they can have one, and
// returns how many.
//
// The row that makes a grant is one that brings the proof of control itself: the
// grant's tokens are those of its forms. It may be that the proof was known, and
// no grant is there, because the import that made it was abandoned.
func (r *run) insertGrants(ctx context.Context, tx selvedge.Tx, steps []step) (int, error) {
	have, ended, err := r.known(ctx, tx, steps)
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
		live := s.Purposes.Ads() &^ ended[s.ID]
		expires := s.from.AdsExpiry(s.Point.GivenAt)
		if s.pointRow.verifiedAt.IsZero() || live == 0 || !r.Clock.Now().Before(expires) {
			continue
		}
		s.grant = &AdsGrant{
			Contact: s.ID, Account: s.Account, Person: s.person, Purposes: live, Live: live, ExpiresAt: expires, Import: r.id,
		}
		of[s.ID] = s.grant
		made = append(made, s.grant)
	}
	return len(made), r.Repo.InsertAdsGrants(ctx, tx, made)
}

// mayBeGranted says whether the contact point is verified and was given for ads.
func (s *step) mayBeGranted() bool { return !s.Point.VerifiedAt.IsZero() && s.Purposes.Ads() != 0 }

// known returns the ads grants that contact points which were there have, and
// the purposes that have ended for those that have none.
func (r *run) known(ctx context.Context, tx selvedge.Tx, steps []step) (have map[selvedge.ContactID]AdsGrant, ended map[selvedge.ContactID]purpose.Set, err error) {
	var ids []selvedge.ContactID
	for i := range steps {
		if s := &steps[i]; !s.inserted && s.mayBeGranted() {
			ids = append(ids, s.ID)
		}
	}
	if ids == nil {
		return nil, nil, nil
	}
	if have, err = r.Repo.AdsGrantsOf(ctx, tx, ids); err != nil {
		return nil, nil, err
	}
	ids = slices.DeleteFunc(ids, func(id selvedge.ContactID) bool { _, ok := have[id]; return ok })
	ended, err = r.Repo.EndedOf(ctx, tx, ids)
	return have, ended, err
}

// finish collects the tokens of a row and counts it.
func (r *run) finish(s *step) error {
	mine := r.counted.CheckedAdd(uint64(s.ID)) && s.Point.Import == r.id
	// The tokens are those of the row that made the grant, in this run or before
	// the import was cut off: the first that is verified.
	makes := s.grant != nil && s.grant.Import == r.id && !s.pointRow.verifiedAt.IsZero() && r.tokened.CheckedAdd(uint64(s.ID))
	if makes && r.tokens != nil {
		for _, f := range s.forms {
			if err := r.tokens.add(r.keys, f, s.grant.Ordinal); err != nil {
				return err
			}
		}
	}
	r.count(s, mine, makes)
	return nil
}

// ref returns the number of a prompt name, asking the database once.
func (r *run) ref(ctx context.Context, tx selvedge.Tx, n prompt.Name) (prompt.Ref, error) {
	if p, ok := r.prompts[n]; ok {
		return p.Ref, nil
	}
	if ref, ok := r.refs[n]; ok {
		return ref, nil
	}
	ref, err := r.Prompts.PromptRef(ctx, tx, n)
	if err == nil {
		r.refs[n] = ref
	}
	return ref, err
}

// count enters one row into the report. Mine says that this import brought the
// contact point, in this run or before it was cut off; makes, that it is this row
// by which the import makes it matchable.
func (r *run) count(s *step, mine, makes bool) {
	rep := &r.report.Points
	became := false
	switch p := s.Point; {
	case !mine:
		rep.Present++
		if s.newlyVerified {
			rep.NowVerified++
		}
		// One that this import brought is counted as matchable if the import was cut
		// off meanwhile.
		if became = makes && (s.newlyVerified || p.Import != r.id); became {
			rep.MatchableNow++
		}
	case s.grant != nil:
		rep.Matchable++
		became = true
	case p.Purposes == 0: // a registered prompt has at least one
		rep.UnknownPrompt++
	case p.Purposes.Ads() == 0:
		rep.NotForAds++
	case p.VerifiedAt.IsZero():
		rep.Unverified++
	default:
		rep.Expired++
	}
	if mine {
		rep.Created++
	}
	r.tally.took(s.pointRow.prompt, mine, became)
}
