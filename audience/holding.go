package audience

import (
	"context"
	"slices"
	"time"

	"github.com/selvedge/selvedge"
)

// Holding says that an audience holds ordinals.
type Holding struct {
	Audience selvedge.AudienceID
	Org      selvedge.OrgID
	Ordinals []selvedge.Ordinal // of those asked for, ascending
	Since    time.Time          // from when on it has held one of them without a break
	Label    string             // what people are told that it is; "" if nothing was approved
}

// Holding returns the audiences whose last version has any of the ordinals, in no
// order. It is for the person whose they are: who asks has been asked before. As
// in every version, masks and ended grants are not taken out.
func (m *Matcher) Holding(ctx context.Context, ordinals []selvedge.Ordinal) ([]Holding, error) {
	var living []Audience
	versions := map[selvedge.AudienceID][]Version{}
	err := m.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) (err error) {
		clear(versions)
		if living, err = m.Repo.Living(ctx, tx, m.Clock.Now()); err != nil {
			return err
		}
		for _, a := range living {
			if versions[a.ID], err = m.Repo.Versions(ctx, tx, a.ID); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var out []Holding
	for _, a := range living {
		h := Holding{Audience: a.ID, Org: a.Org}
		vs := versions[a.ID]
		whole := len(vs) - 1
		for whole > 0 && vs[whole].Members == nil {
			whole--
		}
		if whole < 0 {
			continue
		}
		in, err := m.trace(ctx, vs[whole:], ordinals)
		if err == nil && len(in) > 0 && whole > 0 {
			in, err = m.trace(ctx, vs, ordinals)
		}
		if err != nil {
			return nil, err
		}
		for o, since := range in {
			h.Ordinals = append(h.Ordinals, o)
			if h.Since.IsZero() || since.Before(h.Since) {
				h.Since = since
			}
		}
		if slices.Sort(h.Ordinals); len(h.Ordinals) > 0 {
			out = append(out, h)
		}
	}
	err = m.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		for i := range out {
			l, _, err := m.Labels.Shown(ctx, tx, out[i].Audience, m.Clock.Now())
			if err != nil {
				return err
			}
			out[i].Label = l.Text
		}
		return nil
	})
	return out, err
}

// trace follows ordinals through versions, of which the first is kept whole, and
// returns those that the last one has, with the time since when.
func (m *Matcher) trace(ctx context.Context, versions []Version, ordinals []selvedge.Ordinal) (map[selvedge.Ordinal]time.Time, error) {
	in := map[selvedge.Ordinal]time.Time{}
	for _, v := range versions {
		b, err := getBitmap(ctx, m.Blobs, v.named())
		if err != nil {
			return nil, err
		}
		for _, o := range ordinals {
			_, was := in[o]
			is := b.Contains(uint32(o))
			if v.Members == nil {
				is = is != was
			}
			switch {
			case is && !was:
				in[o] = v.SealedAt
			case !is:
				delete(in, o)
			}
		}
	}
	return in, nil
}
