package contact

import (
	"context"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/prompt"
	"github.com/selvedge/selvedge/purpose"
)

// points applies contact_points.csv.
func (r *run) points(ctx context.Context, open Source) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	batches, failed := r.prepared(ctx, open)
	refused := refusals{}
	for b := range batches {
		<-b.done
		if err := r.pointBatch(ctx, b, refused); err != nil {
			return err
		}
	}
	r.report.Points.Refusals = refused.list()
	return failed()
}

func (r *run) pointBatch(ctx context.Context, b *pointBatch, refused refusals) error {
	rep := &r.report.Points
	return r.batch(ctx, pointsFile, b.from, b.from+int64(len(b.rows))-1, func(ctx context.Context, tx selvedge.Tx) error {
		known, err := r.knownAccounts(ctx, tx, b.rows)
		if err != nil {
			return err
		}
		for i := range b.rows {
			p := &b.rows[i]
			rep.Read++
			account, ok := known[p.platformID]
			if p.refused == "" && !ok {
				p.refused = reasonUnknownAccount
			}
			if p.refused != "" {
				rep.Refused++
				refused.add(p.refused, p.row)
				continue
			}
			if err := r.point(ctx, tx, p, account); err != nil {
				return err
			}
		}
		return nil
	})
}

func (r *run) knownAccounts(ctx context.Context, tx selvedge.Tx, rows []pointRow) (map[string]*Account, error) {
	ids := make([]string, 0, len(rows))
	for i, p := range rows {
		if p.refused == "" && (i == 0 || rows[i-1].platformID != p.platformID) {
			ids = append(ids, p.platformID)
		}
	}
	found, err := r.Repo.Accounts(ctx, tx, ids)
	known := make(map[string]*Account, len(found))
	for id, a := range found {
		known[id] = &a
	}
	return known, err
}

// point applies one row.
func (r *run) point(ctx context.Context, tx selvedge.Tx, row *pointRow, account *Account) error {
	registered, isRegistered := r.prompts[row.prompt]
	ref, err := r.ref(ctx, tx, row.prompt)
	if err != nil {
		return err
	}
	p := Point{
		Account: account.ID, Kind: row.kind, Handle: row.handle, Prompt: ref, GivenAt: row.givenAt,
		VerifiedAt: row.verifiedAt, VerifiedBy: row.verifiedBy, Mask: row.mask, Import: r.id,
		Purposes: registered.Purposes, // none if the prompt is not registered: deny is the zero value
	}
	inserted, err := r.Repo.InsertPoint(ctx, tx, &p)
	if err != nil {
		return err
	}
	mine := inserted || (p.Import == r.id && !r.counted.Contains(uint32(p.ID)))
	newlyVerified := !inserted && p.VerifiedAt.IsZero() && !row.verifiedAt.IsZero()
	if newlyVerified {
		if err := r.Repo.SetVerified(ctx, tx, p.ID, row.verifiedAt, row.verifiedBy); err != nil {
			return err
		}
		p.VerifiedAt = row.verifiedAt
	}
	var grant *AdsGrant
	if !p.VerifiedAt.IsZero() && p.Purposes.Ads() != 0 {
		if grant, err = r.grant(ctx, tx, p, account, registered.Prompt, inserted); err != nil {
			return err
		}
	}
	if grant != nil && grant.Import == r.id && !r.counted.Contains(uint32(p.ID)) {
		for _, f := range row.forms {
			if err := r.tokens.add(r.Keys, f, grant.Ordinal); err != nil {
				return err
			}
		}
	}
	r.count(p, grant, mine, newlyVerified, isRegistered)
	r.counted.Add(uint32(p.ID))
	return nil
}

// grant returns the ads grant of a verified contact point, making it if this is
// the first moment that it can have one; nil if it cannot.
func (r *run) grant(ctx context.Context, tx selvedge.Tx, p Point, account *Account, from prompt.Prompt, inserted bool) (*AdsGrant, error) {
	live := p.Purposes.Ads()
	if !inserted {
		have, err := r.Repo.AdsGrants(ctx, tx, p.Account)
		if err != nil {
			return nil, err
		}
		for _, g := range have {
			if g.Contact == p.ID {
				return &g, nil
			}
		}
		ends, err := r.Repo.Ends(ctx, tx, p.Account)
		if err != nil {
			return nil, err
		}
		for _, e := range ends {
			if e.Contact == p.ID {
				live &^= purpose.Of(e.Purpose)
			}
		}
	}
	expires := from.AdsExpiry(p.GivenAt)
	if live == 0 || !r.Clock.Now().Before(expires) {
		return nil, nil
	}
	g := &AdsGrant{Contact: p.ID, Account: p.Account, Person: account.Person, Purposes: live, Live: live, ExpiresAt: expires, Import: r.id}
	err := r.Repo.InsertAdsGrant(ctx, tx, g)
	account.Person = g.Person // for the next row of the batch
	return g, err
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
func (r *run) count(p Point, g *AdsGrant, mine, newlyVerified, registered bool) {
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
	case !registered:
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
