package contact

import (
	"context"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/change"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/purpose"
)

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
	// Handle is the handle instead of either: as View names it.
	Handle Handle
}

// handles returns every handle that the address may be known by within an
// account: contact points that came as hashes are known by the form that the
// platform listed first.
func (p *People) handles(platformID string, a Address) (map[Handle]bool, error) {
	if a.Handle != (Handle{}) {
		return map[Handle]bool{a.Handle: true}, nil
	}
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
// the address, whatever prompt it came from, for good. Only the person, the platform or an
// operator may. It is never refused for what it would take away: purposes that
// were never granted, or have ended, count as nothing. It returns a
// CodeNotFound error if there is no such account or the account holds no such
// address, and a CodeInvalid error for an address that is none.
func (p *People) Withdraw(ctx context.Context, actor selvedge.Actor, platformID string, a Address, purposes purpose.Set) (WithdrawResult, error) {
	if err := mayActFor(actor, platformID); err != nil {
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
		return p.record(ctx, tx, ledger.Entry{Kind: ledger.GrantWithdrawn, Actor: actor, About: who.about(), Body: endsBody(ends)}, change.GrantOff, "", gone)
	})
	return res, err
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
