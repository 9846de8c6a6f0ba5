package contact

import (
	"context"
	"crypto/sha256"
	"slices"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/prompt"
	"github.com/selvedge/selvedge/purpose"
)

// points applies contact_points.csv and returns its digest.
func (r *run) points(ctx context.Context, open Source) ([sha256.Size]byte, error) {
	ctx, stop := context.WithCancel(ctx)
	batches, end := r.prepared(ctx, open)
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
	err = r.batch(ctx, pointsFile, b.from, b.from+int64(len(b.rows))-1, func(ctx context.Context, tx selvedge.Tx) error {
		if steps, err = r.steps(ctx, tx, b.rows); err != nil {
			return err
		}
		if err := r.insertPoints(ctx, tx, steps); err != nil {
			return err
		}
		return r.insertGrants(ctx, tx, steps)
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
// proof of control that is new.
func (r *run) insertPoints(ctx context.Context, tx selvedge.Tx, steps []step) error {
	points := make([]*Point, len(steps))
	for i := range steps {
		points[i] = &steps[i].Point
	}
	inserted, err := r.Repo.InsertPoints(ctx, tx, points)
	if err != nil {
		return err
	}
	proven := map[selvedge.ContactID]bool{} // by an earlier row of the batch
	for i := range steps {
		s := &steps[i]
		s.inserted = inserted[i]
		if s.inserted || !s.Point.VerifiedAt.IsZero() || s.pointRow.verifiedAt.IsZero() {
			continue
		}
		s.Point.VerifiedAt, s.newlyVerified = s.pointRow.verifiedAt, !proven[s.ID]
		if s.newlyVerified {
			if err := r.Repo.SetVerified(ctx, tx, s.ID, s.pointRow.verifiedAt, s.pointRow.verifiedBy); err != nil {
				return err
			}
		}
		proven[s.ID] = true
	}
	return nil
}

// insertGrants gives the contact points that are verified and granted for ads
// their ads grant, where this is the first moment that they can have one.
func (r *run) insertGrants(ctx context.Context, tx selvedge.Tx, steps []step) error {
	have, ended, err := r.known(ctx, tx, steps)
	if err != nil {
		return err
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
		if live == 0 || !r.Clock.Now().Before(expires) {
			continue
		}
		s.grant = &AdsGrant{
			Contact: s.ID, Account: s.Account, Person: s.person, Purposes: live, Live: live, ExpiresAt: expires, Import: r.id,
		}
		of[s.ID] = s.grant
		made = append(made, s.grant)
	}
	return r.Repo.InsertAdsGrants(ctx, tx, made)
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
	if s.grant != nil && s.grant.Import == r.id && !s.pointRow.verifiedAt.IsZero() && r.tokened.CheckedAdd(uint32(s.grant.Ordinal)) {
		for _, f := range s.forms {
			if err := r.tokens.add(r.keys, f, s.grant.Ordinal); err != nil {
				return err
			}
		}
	}
	r.count(s.Point, s.grant, mine, s.newlyVerified)
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
// contact point, in this run or before it was cut off.
func (r *run) count(p Point, g *AdsGrant, mine, newlyVerified bool) {
	rep := &r.report.Points
	switch {
	case !mine:
		rep.Present++
		if newlyVerified {
			rep.NowVerified++
			if g != nil {
				rep.MatchableNow++
			}
		}
		return
	case g != nil:
		rep.Matchable++
	case p.Purposes == 0: // a registered prompt has at least one
		rep.UnknownPrompt++
	case p.Purposes.Ads() == 0:
		rep.NotForAds++
	case p.VerifiedAt.IsZero():
		rep.Unverified++
	default:
		rep.Expired++
	}
	rep.Created++
}
