package audience

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
)

// Holding says that an audience holds ordinals.
type Holding struct {
	Audience selvedge.AudienceID
	Org      selvedge.OrgID
	Ordinals []selvedge.Ordinal // of those asked for, ascending
	Since    time.Time          // from when on it has held one of them without a break
	Label    string             // what people are told that it is; "" if nothing was approved
}

// Holders says which audiences hold somebody. It keeps the last version of every
// audience at hand and follows the versions that come to be, also in other
// processes, so that an answer is looked up and not read. It is safe for
// concurrent use.
type Holders struct {
	Repo   Repository
	Labels *Labels
	Tx     selvedge.Transactor
	Blobs  blob.Store
	Clock  selvedge.Clock

	mu    sync.RWMutex
	place int64                            // up to which versions were followed; guarded by mu
	last  map[selvedge.AudienceID]*members // guarded by mu
	all   []*members                       // those of last, in no order; guarded by mu
}

// Follow has the versions at hand that came to be meanwhile. Holding does it too;
// the first time it reads a bitmap of every audience, which is better done before
// somebody waits for it.
func (h *Holders) Follow(ctx context.Context) error {
	h.mu.RLock()
	place := h.place
	h.mu.RUnlock()
	var fresh []Sealed
	err := h.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		fresh = fresh[:0]
		return h.Repo.Sealed(ctx, tx, place, func(s Sealed) error {
			fresh = append(fresh, s)
			return nil
		})
	})
	if err != nil || len(fresh) == 0 {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.last == nil {
		h.last = map[selvedge.AudienceID]*members{}
	}
	for _, s := range fresh {
		place = max(place, s.Place)
		m := h.last[s.Audience]
		if m == nil {
			m = &members{audience: s.Audience, org: s.Org}
			h.last[s.Audience], h.all = m, append(h.all, m)
		}
		if err := m.follow(ctx, h.Blobs, s.Version); err != nil {
			return err // what was followed is, and is passed over the next time
		}
	}
	h.place = max(h.place, place)
	return nil
}

// Holding returns the audiences whose last version has any of the ordinals, in no
// order, without those of which every list has expired. It is for the person whose
// they are: who asks has been asked before. As in every version, masks and ended
// grants are not taken out.
func (h *Holders) Holding(ctx context.Context, ordinals []selvedge.Ordinal) ([]Holding, error) {
	if err := h.Follow(ctx); err != nil {
		return nil, err
	}
	found := h.look(slices.Sorted(slices.Values(ordinals)))
	if len(found) == 0 {
		return nil, nil
	}
	var ids []selvedge.AudienceID
	for _, f := range found {
		ids = append(ids, f.Audience)
	}
	err := h.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) (err error) {
		now := h.Clock.Now()
		ids, err = h.Repo.Unexpired(ctx, tx, ids, now)
		if err != nil {
			return err
		}
		for i := range found {
			shown, _, err := h.Labels.Shown(ctx, tx, found[i].Audience, now)
			if err != nil {
				return err
			}
			found[i].Label = shown.Text
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.Sort(ids)
	found = slices.DeleteFunc(found, func(f holder) bool {
		_, unexpired := slices.BinarySearch(ids, f.Audience)
		return !unexpired
	})
	out, errs := make([]Holding, len(found)), make([]error, len(found))
	inParts(len(found), func(from, to int) {
		for i := from; i < to; i++ {
			out[i] = found[i].Holding
			out[i].Since, errs[i] = h.since(ctx, out[i].Audience, found[i].number, out[i].Ordinals)
		}
	})
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return out, nil
}

// holder is a Holding of the version of a number.
type holder struct {
	Holding
	number int64
}

// look looks ordinals up in every last version.
func (h *Holders) look(ordinals []selvedge.Ordinal) (out []holder) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	var mu sync.Mutex // guards out
	inParts(len(h.all), func(from, to int) {
		for _, m := range h.all[from:to] {
			if in := m.of(ordinals); len(in) > 0 {
				mu.Lock()
				out = append(out, holder{Holding{Audience: m.audience, Org: m.org, Ordinals: in}, m.number})
				mu.Unlock()
			}
		}
	})
	return out
}

// inParts has fn called for parts of n things, one beside the other on all
// processors, and waits.
func inParts(n int, fn func(from, to int)) {
	var parts sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		parts.Go(func() { fn(n*w/workers, n*(w+1)/workers) })
	}
	parts.Wait()
}

// Close lets go of what is at hand. Nothing may be using it.
func (h *Holders) Close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range h.last {
		m.close()
	}
	h.last, h.all, h.place = nil, nil, 0
	return nil
}
