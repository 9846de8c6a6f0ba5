package contact

import (
	"context"
	"maps"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/alert"
	"github.com/selvedge/selvedge/change"
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
	Alerts  *alert.Office
	Eraser  ledger.Eraser
	Ledger  ledger.Gate
	Handles Handles
	Masks   MaskSealer
	Marks   Marks
	Ages    AgePolicy
	Clock   selvedge.Clock
}

// mayActFor lets the holder of an account act on it, and the platform and its
// operators on anybody's.
func mayActFor(actor selvedge.Actor, platformID string) error {
	return actor.MustFor(platformID, selvedge.PlatformRole, selvedge.OperatorRole)
}

// record enters an act in the registry, and what it did to ordinals in the
// change log and the ads ledger.
func (p *People) record(ctx context.Context, tx selvedge.Tx, e ledger.Entry, kind change.Kind, subject string, touched map[purpose.Set]*roaring.Bitmap) error {
	if err := p.touch(ctx, tx, e.Kind, e.Actor, kind, subject, touched); err != nil {
		return err
	}
	e.Space = ledger.Registry
	return p.Outbox.Append(ctx, tx, e)
}

// touch enters what an act did to ordinals in the change log and the ads ledger.
// They name ordinals alone: numbers of contact points and accounts would tell of
// those that have none. An act that touches no ordinal moves nothing there.
func (p *People) touch(ctx context.Context, tx selvedge.Tx, act ledger.Kind, actor selvedge.Actor, kind change.Kind, subject string, touched map[purpose.Set]*roaring.Bitmap) error {
	for _, s := range slices.Sorted(maps.Keys(touched)) {
		if _, err := p.Changes.Append(ctx, tx, change.Change{Kind: kind, Purposes: s, Subject: subject, Ordinals: touched[s]}); err != nil {
			return err
		}
		err := p.Outbox.Append(ctx, tx, ledger.Entry{
			Space: ledger.Ads, Kind: act, Actor: actor,
			Body: struct {
				Ordinals []uint32 `json:"ordinals"`
				Purposes string   `json:"purposes"`
			}{touched[s].ToArray(), s.String()},
		})
		if err != nil {
			return err
		}
	}
	return nil
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
