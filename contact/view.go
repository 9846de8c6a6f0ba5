package contact

import (
	"context"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/prompt"
	"github.com/selvedge/selvedge/purpose"
)

// View is what the person and the platform are told of one contact point.
type View struct {
	Handle     Handle
	Kind       identifier.Kind
	Mask       string // "" if the value was never seen
	Prompt     prompt.Name
	Registered bool // the prompt is in effect
	GivenAt    time.Time
	VerifiedAt time.Time
	Purposes   purpose.Set      // that the prompt asked for
	Ended      purpose.Set      // of these, withdrawn or expired
	Ends       []End            // when and why, by purpose
	ExpiresAt  time.Time        // when what is matchable ends by itself; zero if it is not
	Ordinal    selvedge.Ordinal // 0 if no list can ever meet it
	// MatchableFor are the ads.* purposes under which a list may be matched
	// against the contact point now; WhyNot says why they are not all of those
	// that the prompt asked for.
	MatchableFor purpose.Set
	WhyNot       []string
}

// Held is what the platform holds of an account.
type Held struct {
	Account    Account
	Points     []View      // the oldest first
	Objections []Objection // every one that was ever made, the first first
}

// Look returns what the platform holds of an account. Only the person, the
// platform or an operator may; of the latter two, nothing is shown before the
// look-up is in the ledger's log. It returns a CodeNotFound error if there is no
// such account, and a CodeContained error if the server is contained and it is
// not the person who asks.
func (p *People) Look(ctx context.Context, actor selvedge.Actor, platformID string) (Held, error) {
	if err := mayActFor(actor, platformID); err != nil {
		return Held{}, err
	}
	if _, own := actor.Account(); own {
		var held Held
		err := p.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) (err error) {
			_, held, err = p.look(ctx, tx, platformID)
			return err
		})
		return held, err
	}
	if err := p.Ledger.Contained(); err != nil {
		return Held{}, err
	}
	var held Held
	err := p.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		who, h, err := p.look(ctx, tx, platformID)
		if err != nil {
			return err
		}
		held = h
		return p.Outbox.Append(ctx, tx, ledger.Entry{
			Space: ledger.Registry, Kind: ledger.StaffLookup, Actor: actor, About: who.about(),
			Body: struct {
				Account selvedge.AccountID `json:"account"`
			}{who.ID},
		})
	})
	if err == nil {
		err = p.Ledger.Await(ctx, ledger.Registry)
	}
	if err != nil {
		return Held{}, err
	}
	return held, nil
}

func (p *People) look(ctx context.Context, tx selvedge.Tx, platformID string) (person, Held, error) {
	who, err := p.read(ctx, tx, platformID)
	if err != nil {
		return person{}, Held{}, err
	}
	names, err := p.promptNames(ctx, tx)
	if err != nil {
		return person{}, Held{}, err
	}
	held := Held{Account: who.Account, Objections: who.objections}
	for _, v := range who.points {
		if _, ok := names[v.Prompt]; !ok {
			n, err := p.Prompts.PromptName(ctx, tx, v.Prompt)
			if err != nil {
				return person{}, Held{}, err
			}
			names[v.Prompt] = prompt.Registered{Prompt: prompt.Prompt{Name: n}}
		}
		view, err := p.view(who, v, names)
		if err != nil {
			return person{}, Held{}, err
		}
		held.Points = append(held.Points, view)
	}
	return who, held, nil
}

func (p *People) view(who person, v held, names map[prompt.Ref]prompt.Registered) (View, error) {
	from := names[v.Prompt]
	out := View{
		Handle: v.Handle, Kind: v.Kind, Prompt: from.Name, Registered: from.Ref != 0, GivenAt: v.GivenAt, VerifiedAt: v.VerifiedAt,
		Purposes: v.Purposes, Ended: v.Purposes & v.ended, Ends: v.ends,
	}
	if v.grant != nil {
		out.Ordinal, out.ExpiresAt = v.grant.Ordinal, v.grant.ExpiresAt
	}
	if v.Mask != nil {
		var err error
		if out.Mask, err = p.Masks.Open(v.Mask, v.Handle[:]); err != nil {
			return View{}, err
		}
	}
	out.MatchableFor, out.WhyNot = p.matchable(who, v, from.Prompt)
	return out, nil
}

// matchable is the rule in words: why a list can or cannot reach the contact
// point at this moment.
func (p *People) matchable(who person, v held, from prompt.Prompt) (purpose.Set, []string) {
	now := p.Clock.Now()
	switch {
	case v.Purposes == 0: // a registered prompt has at least one
		return 0, []string{"prompt_unknown"}
	case v.Purposes.Ads() == 0:
		return 0, []string{"not_given_for_ads"}
	case v.VerifiedAt.IsZero():
		return 0, []string{"not_verified"}
	case v.Purposes.Ads()&^v.withdrawn == 0:
		return 0, []string{"withdrawn"}
	case v.Purposes.Ads()&^v.withdrawn&^v.lost == 0:
		return 0, []string{"control_lost"}
	case v.grant == nil && now.Before(from.AdsExpiry(v.GivenAt)):
		return 0, []string{"import_abandoned"} // and no later one brought it
	case v.grant == nil || v.grant.Live == 0 || !now.Before(v.grant.ExpiresAt):
		return 0, []string{"expired"}
	case who.open != 0 && v.grant.Import == who.open:
		return 0, []string{"import_open"}
	}
	live, why := v.grant.Live, []string(nil)
	if v.Purposes.Ads()&v.withdrawn != 0 {
		why = append(why, "withdrawn") // in part
	}
	if v.Purposes.Ads()&v.lost != 0 {
		why = append(why, "control_lost")
	}
	for _, o := range who.objections {
		if covers, org := o.Covers(v.Handle); org == "" {
			live &^= covers
		}
	}
	if live != v.grant.Live {
		why = append(why, string(MaskObjection))
	}
	masks := who.Masked(p.Ages)
	for _, m := range masks {
		why = append(why, string(m))
	}
	if len(masks) > 0 {
		live = 0
	}
	return live, why
}

// person is all that is held of one account.
type person struct {
	Account
	points     []held
	objections []Objection
	open       ImportID // the import that is not complete, 0 if there is none
}

// about names the account, for entries that go when it is erased.
func (w person) about() []selvedge.AccountID { return []selvedge.AccountID{w.ID} }

// held is one contact point with what became of its grants.
type held struct {
	Point
	grant     *AdsGrant   // nil if it has no ordinal
	ends      []End       // by purpose
	ended     purpose.Set // purposes that are over
	withdrawn purpose.Set // of these, the ones that the person ended
	lost      purpose.Set // and those that ended with the control of the address
}

func (p *People) read(ctx context.Context, tx selvedge.Tx, platformID string) (person, error) {
	found, err := p.Repo.Accounts(ctx, tx, []string{platformID})
	if err != nil {
		return person{}, err
	}
	account, ok := found[platformID]
	if !ok {
		return person{}, selvedge.Errorf(selvedge.CodeNotFound, "there is no such account")
	}
	points, err := p.Repo.Points(ctx, tx, account.ID)
	if err != nil {
		return person{}, err
	}
	grants, err := p.Repo.AdsGrants(ctx, tx, account.ID)
	if err != nil {
		return person{}, err
	}
	ends, err := p.Repo.Ends(ctx, tx, account.ID)
	if err != nil {
		return person{}, err
	}
	open, _, _, err := p.Repo.OpenImport(ctx, tx)
	if err != nil {
		return person{}, err
	}
	who := person{Account: account, open: open}
	if who.objections, err = p.Repo.Objections(ctx, tx, account.ID); err != nil {
		return person{}, err
	}
	at := make(map[selvedge.ContactID]int, len(points))
	for i, v := range points {
		at[v.ID] = i
		who.points = append(who.points, held{Point: v})
	}
	for _, g := range grants {
		who.points[at[g.Contact]].grant = &g
	}
	for _, e := range ends {
		v := &who.points[at[e.Contact]]
		v.ends = append(v.ends, e)
		v.ended |= purpose.Of(e.Purpose)
		switch e.Reason {
		case Withdrawn:
			v.withdrawn |= purpose.Of(e.Purpose)
		case Lost:
			v.lost |= purpose.Of(e.Purpose)
		}
	}
	return who, nil
}

func (p *People) promptNames(ctx context.Context, tx selvedge.Tx) (map[prompt.Ref]prompt.Registered, error) {
	registered, err := p.Prompts.Prompts(ctx, tx)
	if err != nil {
		return nil, err
	}
	out := make(map[prompt.Ref]prompt.Registered, len(registered))
	for _, r := range registered {
		out[r.Ref] = r
	}
	return out, nil
}

// Owners calls fn with who stands behind ordinals, in order. It is for the
// platform's own office: only an operator may.
func (p *People) Owners(ctx context.Context, actor selvedge.Actor, ordinals *roaring.Bitmap, fn func(Owner) error) error {
	if err := actor.Must(selvedge.OperatorRole); err != nil {
		return err
	}
	return p.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		return p.Repo.Owners(ctx, tx, ordinals, fn)
	})
}
