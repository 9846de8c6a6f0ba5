package contact

import (
	"context"
	"maps"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/change"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/prompt"
	"github.com/selvedge/selvedge/purpose"
)

// People is what may be done about one person: withdraw, object, look up. It is
// safe for concurrent use. Every act takes effect when it returns: no match and
// no use that starts afterwards includes what was taken away.
type People struct {
	Repo    Repository
	Prompts prompt.Repository
	Tx      selvedge.Transactor
	Changes change.Log
	Outbox  ledger.Outbox
	Ledger  ledger.Gate
	Handles Handles
	Masks   MaskSealer
	Ages    AgePolicy
	Clock   selvedge.Clock
}

// Address is an address as a person or platform names it: in the clear, or as
// its hash.
type Address struct {
	Kind   identifier.Kind
	Value  string // in any spelling
	Region string // ISO 3166, for a national phone number
	// SHA256 is the hash instead of Value: of the form that the contact point is
	// known by. What came in the clear is known by its identifier.Address.Identity,
	// what came as hashes by the first of them.
	SHA256 string
}

// handles returns every handle that the address may be known by within an
// account: contact points that came as hashes are known by the form that the
// platform listed first.
func (p *People) handles(platformID string, a Address) (map[Handle]bool, error) {
	var forms []identifier.Form
	var refused identifier.Reason
	if a.SHA256 != "" {
		var f identifier.Form
		f, refused = identifier.Hash(a.Kind, a.SHA256)
		forms = []identifier.Form{f}
	} else {
		var known identifier.Address
		known, refused = identifier.Contact(a.Kind, a.Value, a.Region)
		forms = known.Forms
	}
	if refused != "" {
		field := "value"
		if a.SHA256 != "" {
			field = "sha256"
		}
		return nil, selvedge.Errorf(selvedge.CodeInvalid, "%s", refused.Text()).At(field).Because(string(refused))
	}
	out := make(map[Handle]bool, len(forms))
	for _, f := range forms {
		out[p.Handles.Of(platformID, f)] = true
	}
	return out, nil
}

// WithdrawResult says what a withdrawal ended.
type WithdrawResult struct {
	Points int `json:"contact_points"` // contact points that hold the address
	Ended  int `json:"grants_ended"`   // grants that were live until now
}

// Withdraw ends the purposes for every contact point of the account that holds
// the address, whatever prompt it came from, for good. Only the platform or an
// operator may. It is never refused for what it would take away: purposes that
// were never granted, or have ended, count as nothing. It returns a
// CodeNotFound error if there is no such account or the account holds no such
// address, and a CodeInvalid error for an address that is none.
func (p *People) Withdraw(ctx context.Context, actor selvedge.Actor, platformID string, a Address, purposes purpose.Set) (WithdrawResult, error) {
	if err := actor.Must(selvedge.PlatformRole, selvedge.OperatorRole); err != nil {
		return WithdrawResult{}, err
	}
	if purposes == 0 {
		return WithdrawResult{}, selvedge.Errorf(selvedge.CodeInvalid, "must name at least one purpose").At("purposes").Because("no_purpose")
	}
	handles, err := p.handles(platformID, a)
	if err != nil {
		return WithdrawResult{}, err
	}
	var res WithdrawResult
	err = p.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		res = WithdrawResult{}
		who, err := p.read(ctx, tx, platformID)
		if err != nil {
			return err
		}
		var ends []End
		gone := map[purpose.Set]*roaring.Bitmap{}
		now := p.Clock.Now()
		for _, v := range who.points {
			if !handles[v.Handle] {
				continue
			}
			res.Points++
			ending := purposes & v.Purposes &^ v.ended
			for _, u := range ending.List() {
				ends = append(ends, End{Contact: v.ID, Purpose: u, At: now, Reason: Withdrawn})
			}
			if v.grant != nil {
				addOrdinal(gone, v.grant.Live&ending, v.grant.Ordinal)
			}
		}
		if res.Points == 0 {
			return selvedge.Errorf(selvedge.CodeNotFound, "the account holds no such address")
		}
		if res.Ended = len(ends); res.Ended == 0 {
			return nil
		}
		if err := p.Repo.EndGrants(ctx, tx, ends); err != nil {
			return err
		}
		return p.record(ctx, tx, ledger.Entry{Kind: ledger.GrantWithdrawn, Actor: actor, Body: endsBody(ends)}, change.GrantOff, "", gone)
	})
	return res, err
}

// Object records a person's objection to all matching: nothing of the account
// is matched or used for ads until it is lifted. It stands over later imports
// and lists. Objecting again changes nothing. Only the platform or an operator
// may. It returns a CodeNotFound error if there is no such account.
func (p *People) Object(ctx context.Context, actor selvedge.Actor, platformID string) error {
	return p.setObjection(ctx, actor, platformID, ledger.ObjectionMade, true)
}

// LiftObjection takes an objection back, at the person's own wish. What was
// withdrawn stays withdrawn. Unlike what takes away, it turns something on: it
// returns a CodeContained error while the server is contained.
func (p *People) LiftObjection(ctx context.Context, actor selvedge.Actor, platformID string) error {
	if err := actor.Must(selvedge.PlatformRole, selvedge.OperatorRole); err != nil {
		return err
	}
	if err := p.Ledger.Contained(); err != nil {
		return err
	}
	return p.setObjection(ctx, actor, platformID, ledger.ObjectionLifted, false)
}

func (p *People) setObjection(ctx context.Context, actor selvedge.Actor, platformID string, kind ledger.Kind, objects bool) error {
	if err := actor.Must(selvedge.PlatformRole, selvedge.OperatorRole); err != nil {
		return err
	}
	return p.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		who, err := p.read(ctx, tx, platformID)
		if err != nil {
			return err
		}
		if objects == !who.ObjectedAt.IsZero() {
			return nil
		}
		if err := p.Repo.SetObjection(ctx, tx, who.ID, objects, p.Clock.Now()); err != nil {
			return err
		}
		touched := map[purpose.Set]*roaring.Bitmap{}
		for _, v := range who.points {
			if v.grant != nil {
				addOrdinal(touched, purpose.Matchable, v.grant.Ordinal)
			}
		}
		entry := ledger.Entry{Kind: kind, Actor: actor, Body: struct {
			Account selvedge.AccountID `json:"account"`
		}{who.ID}}
		return p.record(ctx, tx, entry, change.Mask, string(MaskObjection), touched)
	})
}

// record enters an act in the registry, and what it did to ordinals in the
// change log and the ads ledger. The ads side names ordinals alone: numbers of
// contact points and accounts would tell of those that have none. An act that
// touches no ordinal moves nothing there.
func (p *People) record(ctx context.Context, tx selvedge.Tx, e ledger.Entry, kind change.Kind, subject string, touched map[purpose.Set]*roaring.Bitmap) error {
	e.Space = ledger.Registry
	entries := []ledger.Entry{e}
	for _, s := range slices.Sorted(maps.Keys(touched)) {
		if _, err := p.Changes.Append(ctx, tx, change.Change{Kind: kind, Purposes: s, Subject: subject, Ordinals: touched[s]}); err != nil {
			return err
		}
		entries = append(entries, ledger.Entry{
			Space: ledger.Ads, Kind: e.Kind, Actor: e.Actor,
			Body: struct {
				Ordinals []uint32 `json:"ordinals"`
				Purposes string   `json:"purposes"`
			}{touched[s].ToArray(), s.String()},
		})
	}
	return p.Outbox.Append(ctx, tx, entries...)
}

func addOrdinal(m map[purpose.Set]*roaring.Bitmap, s purpose.Set, o selvedge.Ordinal) {
	if s == 0 {
		return
	}
	if m[s] == nil {
		m[s] = roaring.New()
	}
	m[s].Add(uint32(o))
}

func endsBody(ends []End) any {
	type end struct {
		Contact selvedge.ContactID `json:"contact"`
		Purpose string             `json:"purpose"`
	}
	body := struct {
		Ends []end `json:"ends"`
	}{}
	for _, e := range ends {
		body.Ends = append(body.Ends, end{e.Contact, e.Purpose.String()})
	}
	return body
}
