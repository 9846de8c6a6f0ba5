package contact

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"time"

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
// address, and a CodeInvalid error for an address that is none. It stands over
// what was given before and comes to be known later.
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
		who, err := p.read(ctx, tx, platformID)
		if err != nil {
			return err
		}
		e := ending{handles: handles, purposes: purposes, at: p.Clock.Now(), reason: Withdrawn, kind: ledger.GrantWithdrawn}
		for _, v := range who.points {
			if v.GivenAt.After(e.at) { // our clock went back: all that is held is meant
				e.at = v.GivenAt
			}
		}
		if res, _, err = p.end(ctx, tx, actor, who, e); err != nil {
			return err
		}
		if res.Points == 0 {
			return selvedge.Errorf(selvedge.CodeNotFound, "the account holds no such address")
		}
		return nil
	})
	return res, err
}

// ending is the end of purposes for all that an account gave of an address up to
// a time.
type ending struct {
	handles  map[Handle]bool // that the address may be known by
	purposes purpose.Set
	at       time.Time
	reason   EndReason
	kind     ledger.Kind // of the entries
}

// end ends purposes for the contact points that are known, and records the end
// for those that come to be known later. It counts the contact points that hold
// the address, whenever they were given, and says whether the end is news.
func (p *People) end(ctx context.Context, tx selvedge.Tx, actor selvedge.Actor, who person, e ending) (res WithdrawResult, news bool, err error) {
	for _, h := range slices.SortedFunc(maps.Keys(e.handles), func(a, b Handle) int { return bytes.Compare(a[:], b[:]) }) {
		new, err := p.Repo.EndAddress(ctx, tx, AddressEnd{Account: who.ID, Handle: h, Purposes: e.purposes, At: e.at, Reason: e.reason})
		if err != nil {
			return res, false, err
		}
		news = news || new
	}
	var ends []End
	gone := map[purpose.Set]*roaring.Bitmap{}
	for _, v := range who.points {
		if !e.handles[v.Handle] {
			continue
		}
		res.Points++
		if v.GivenAt.After(e.at) {
			continue
		}
		ending := e.purposes & v.Purposes &^ v.ended
		for _, u := range ending.List() {
			ends = append(ends, End{Contact: v.ID, Purpose: u, At: e.at, Reason: e.reason})
		}
		if v.grant != nil {
			addOrdinal(gone, v.grant.Live&ending, v.grant.Ordinal)
		}
	}
	if res.Ended = len(ends); res.Ended == 0 && (res.Points > 0 || !news) {
		return res, news, nil
	}
	if err := p.Repo.EndGrants(ctx, tx, ends); err != nil {
		return res, news, err
	}
	// Without an end, it is about an address that is not known yet.
	return res, news, p.record(ctx, tx, ledger.Entry{Kind: e.kind, Actor: actor, About: who.about(), Body: endsBody(ends)}, change.GrantOff, "", gone)
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
