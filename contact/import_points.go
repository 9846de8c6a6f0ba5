package contact

import (
	"context"
	"crypto/sha256"

	"github.com/selvedge/selvedge"
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

func (r *run) pointBatch(ctx context.Context, b *pointBatch) (steps []step, err error) {
	part := span{part: pointPart, from: b.at[0], to: b.end.row, end: b.end, sum: b.sum}
	err = r.batch(ctx, part, func(ctx context.Context, tx selvedge.Tx) (points, grants int, err error) {
		if steps, err = r.steps(ctx, tx, b.rows); err != nil {
			return 0, 0, err
		}
		if points, err = r.makePoints(ctx, tx, steps); err != nil {
			return 0, 0, err
		}
		grants, err = r.makeGrants(ctx, tx, steps)
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
		made, err := r.step(ctx, tx, row, holder)
		if err != nil {
			return nil, err
		}
		steps = append(steps, made)
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
