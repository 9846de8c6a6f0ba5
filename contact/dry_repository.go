package contact

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/alert"
	"github.com/selvedge/selvedge/purpose"
)

// dryRepository is the repository as it would be. Numbers of what is not there are
// beyond all that are given: of accounts below 0, of contact points from dryPoint on.
type dryRepository struct {
	Repository
	id       ImportID
	accounts map[[16]byte]dryAccount
	points   map[[16]byte]uint32 // by identity: a number from 0
	verified *roaring64.Bitmap   // contact points whose proof came now
	granted  *roaring64.Bitmap   // contact points that would have a grant
	ended    map[selvedge.ContactID]purpose.Set
}

const dryPoint selvedge.ContactID = 1 << 48

func short(b []byte) [16]byte {
	sum := sha256.Sum256(b)
	return [16]byte(sum[:16])
}

// dryAccount is an account that the run brought, or brought new facts of.
type dryAccount struct {
	id       selvedge.AccountID
	activeOn int32 // days since 1970
	country  [2]byte
	known    bool // ActiveOn is
	age      uint8
	state    uint8
}

var (
	ages   = []AgeClass{Adult, Minor, AgeUnknown}
	states = []State{Active, Deactivated}
)

const day = 24 * 60 * 60

func dryOf(a *Account) dryAccount {
	d := dryAccount{id: a.ID, age: uint8(slices.Index(ages, a.Age)), state: uint8(slices.Index(states, a.State))}
	copy(d.country[:], a.Country)
	if d.known = !a.ActiveOn.IsZero(); d.known {
		d.activeOn = int32(a.ActiveOn.Unix() / day)
	}
	return d
}

func (d dryAccount) account(platformID string) Account {
	a := Account{ID: d.id, PlatformID: platformID, Country: strings.TrimRight(string(d.country[:]), "\x00"), Age: ages[d.age], State: states[d.state]}
	if d.known {
		a.ActiveOn = time.Unix(int64(d.activeOn)*day, 0).UTC()
	}
	return a
}

// Accounts implements Repository.
func (d *dryRepository) Accounts(ctx context.Context, tx selvedge.Tx, platformIDs []string) (map[string]Account, error) {
	out, err := d.Repository.Accounts(ctx, tx, platformIDs)
	if err != nil {
		return nil, err
	}
	for _, id := range platformIDs {
		if now, ok := d.accounts[short([]byte(id))]; ok {
			a := now.account(id)
			a.Person = out[id].Person
			out[id] = a
		}
	}
	return out, nil
}

// Holders implements Repository.
func (d *dryRepository) Holders(ctx context.Context, tx selvedge.Tx, platformIDs []string) (map[string]Holder, error) {
	out, err := d.Repository.Holders(ctx, tx, platformIDs)
	if err != nil {
		return nil, err
	}
	for _, id := range platformIDs {
		if now, ok := d.accounts[short([]byte(id))]; ok && now.id < 0 {
			out[id] = Holder{Account: now.id}
		}
	}
	return out, nil
}

// PutAccounts implements Repository.
func (d *dryRepository) PutAccounts(_ context.Context, _ selvedge.Tx, as []*Account, _ time.Time) error {
	for _, a := range as {
		if a.ID == 0 {
			a.ID = -1 - selvedge.AccountID(len(d.accounts))
		}
		d.accounts[short([]byte(a.PlatformID))] = dryOf(a)
	}
	return nil
}

// ImportStep implements ImportRepository.
func (*dryRepository) ImportStep(context.Context, selvedge.Tx, ImportID, ImportStep) error {
	return nil
}

// FindPoints implements Repository.
func (d *dryRepository) FindPoints(ctx context.Context, tx selvedge.Tx, ps []*Point) ([]bool, error) {
	var of []*Point // of accounts that are in the database
	at := make([]int, 0, len(ps))
	for i, p := range ps {
		if p.Account > 0 {
			of, at = append(of, p), append(at, i)
		}
	}
	found := make([]bool, len(ps))
	there, err := d.Repository.FindPoints(ctx, tx, of)
	if err != nil {
		return nil, err
	}
	for i, p := range of {
		found[at[i]] = there[i]
		if there[i] && d.verified.Contains(uint64(p.ID)) {
			p.VerifiedAt = p.GivenAt
		}
	}
	return found, nil
}

// InsertPoints implements Repository. When a proof came is nothing that a report
// tells, so that it came is all that is kept of it.
func (d *dryRepository) InsertPoints(ctx context.Context, tx selvedge.Tx, ps []*Point) ([]bool, error) {
	found, err := d.FindPoints(ctx, tx, ps)
	if err != nil {
		return nil, err
	}
	inserted := make([]bool, len(ps))
	for i, p := range ps {
		if found[i] {
			continue
		}
		id := pointKey(p)
		n, known := d.points[id]
		if !known {
			n = uint32(len(d.points))
			d.points[id] = n
		}
		inserted[i], p.ID = !known, dryPoint+selvedge.ContactID(n)
		switch {
		case !known && !p.VerifiedAt.IsZero():
			d.verified.Add(uint64(p.ID))
		case known && d.verified.Contains(uint64(p.ID)):
			p.VerifiedAt = p.GivenAt
		case known:
			p.VerifiedAt = time.Time{}
		}
	}
	return inserted, nil
}

// pointKey is what tells contact points apart, made short.
func pointKey(p *Point) [16]byte {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, 40), uint64(p.Account))
	b = append(b, p.Handle[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(p.Prompt))
	return short(binary.BigEndian.AppendUint64(b, uint64(p.GivenAt.UnixMicro())))
}

// SetVerified implements Repository.
func (d *dryRepository) SetVerified(_ context.Context, _ selvedge.Tx, id selvedge.ContactID, _ time.Time, _ string) error {
	d.verified.Add(uint64(id))
	return nil
}

// InsertAdsGrants implements Repository.
func (d *dryRepository) InsertAdsGrants(_ context.Context, _ selvedge.Tx, gs []*AdsGrant) error {
	for _, g := range gs {
		d.granted.Add(uint64(g.Contact))
	}
	return nil
}

// AdsGrantsOf implements Repository.
func (d *dryRepository) AdsGrantsOf(ctx context.Context, tx selvedge.Tx, ids []selvedge.ContactID) (map[selvedge.ContactID]AdsGrant, error) {
	out, err := d.Repository.AdsGrantsOf(ctx, tx, kept(ids))
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if d.granted.Contains(uint64(id)) {
			out[id] = AdsGrant{Contact: id, Import: d.id}
		}
	}
	return out, nil
}

// EndedOf implements Repository.
func (d *dryRepository) EndedOf(ctx context.Context, tx selvedge.Tx, ids []selvedge.ContactID) (map[selvedge.ContactID]purpose.Set, error) {
	out, err := d.Repository.EndedOf(ctx, tx, kept(ids))
	for _, id := range ids {
		if s := d.ended[id]; err == nil && s != 0 {
			out[id] |= s
		}
	}
	return out, err
}

// EndGrants implements Repository.
func (d *dryRepository) EndGrants(_ context.Context, _ selvedge.Tx, ends []End) error {
	for _, e := range ends {
		d.ended[e.Contact] |= purpose.Of(e.Purpose)
	}
	return nil
}

// AddressEnds implements Repository.
func (d *dryRepository) AddressEnds(ctx context.Context, tx selvedge.Tx, ids []selvedge.AccountID) ([]AddressEnd, error) {
	there := slices.DeleteFunc(slices.Clone(ids), func(id selvedge.AccountID) bool { return id < 0 })
	return d.Repository.AddressEnds(ctx, tx, there)
}

// noAlerts is an alert.Repository that keeps nothing.
type noAlerts struct{ alert.Repository }

// InsertAlert implements alert.Repository.
func (noAlerts) InsertAlert(context.Context, selvedge.Tx, *alert.Alert) error { return nil }

// kept returns the contact points that are in the database.
func kept(ids []selvedge.ContactID) []selvedge.ContactID {
	return slices.DeleteFunc(slices.Clone(ids), func(id selvedge.ContactID) bool { return id >= dryPoint })
}
