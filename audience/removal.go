package audience

import (
	"context"
	"slices"
	"time"

	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/index"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/match"
	"github.com/selvedge/selvedge/token"
)

// tieAt is how many keys of a removal are looked for in the sidecars at once: it
// bounds the memory, and how often the sidecars are read.
const tieAt = 4 << 20

// keys is a set of what a removal names.
type keys map[list.Key]struct{}

// takeOut looks up whom a run of removals takes out: who has one of their tokens,
// and who has a token of a row of the lists before that one of their keys is in.
// It is one step: what a row is tied to does not tie further rows.
func (m *Matcher) takeOut(ctx context.Context, removals, before []list.List, ads *index.Ads, at time.Time) (taken match.Taken, err error) {
	named := keys{}
	for i, l := range removals {
		err := m.spill(ctx, l, func(s *list.Spill) error {
			t, err := match.Remove(ctx, matcher, s, ads)
			if err != nil {
				return err
			}
			taken.Join(t)
			for _, c := range []identifier.Class{identifier.ClassEmail, identifier.ClassPhone, list.External} {
				for _, t := range s.Tokens(c) {
					named[list.Key{Class: c, Token: t}] = struct{}{}
				}
			}
			return nil
		})
		if err != nil {
			return match.Taken{}, err
		}
		if len(named) >= tieAt || i == len(removals)-1 {
			t, err := m.tied(ctx, named, since(before), ads, at)
			if err != nil {
				return match.Taken{}, err
			}
			taken.Join(t)
			clear(named)
		}
	}
	return taken, nil
}

// tied looks up who has a token of a row, of one of the lists, that has one of
// the keys.
func (m *Matcher) tied(ctx context.Context, named keys, lists []list.List, ads *index.Ads, at time.Time) (match.Taken, error) {
	found := tokens{ads: ads, of: map[identifier.Class][]token.Token{}}
	for _, l := range lists {
		if l.Sidecar == nil || !at.Before(l.ExpiresAt) {
			continue
		}
		convert, err := m.conversion(ctx, l.Sidecar.Epoch, ads.Epoch())
		if err != nil {
			return match.Taken{}, err
		}
		for row, err := range m.Lists.Rows(ctx, *l.Sidecar) {
			if err != nil {
				return match.Taken{}, err
			}
			hit := false
			for i := range row {
				row[i] = convert(row[i])
				_, is := named[row[i]]
				hit = hit || is
			}
			for _, k := range row {
				if hit && k.Class != list.External {
					found.of[k.Class] = append(found.of[k.Class], k.Token)
				}
			}
		}
	}
	for c, ts := range found.of {
		slices.SortFunc(ts, token.Token.Compare)
		found.of[c] = slices.Compact(ts)
	}
	return match.Remove(ctx, matcher, found, ads)
}

// conversion returns what takes a key from the epoch of a sidecar to that of the
// index. They differ while a rotation is rewriting sidecars.
func (m *Matcher) conversion(ctx context.Context, from, to token.Epoch) (func(list.Key) list.Key, error) {
	if from == to {
		return func(k list.Key) list.Key { return k }, nil
	}
	var c token.Conversion
	var err error
	if c.From, err = m.Lists.Keys.Of(ctx, from); err != nil {
		return nil, err
	}
	c.To, err = m.Lists.Keys.Of(ctx, to)
	return func(k list.Key) list.Key { return list.Convert(c, k) }, err
}

// tokens are those of rows that a removal reaches, as match takes them.
type tokens struct {
	ads *index.Ads
	of  map[identifier.Class][]token.Token
}

// Epoch implements match.Tokens.
func (t tokens) Epoch() token.Epoch { return t.ads.Epoch() }

// RuleSet implements match.Tokens.
func (t tokens) RuleSet() uint32 { return t.ads.RuleSet() }

// Len implements match.Tokens.
func (t tokens) Len(c identifier.Class) int64 { return int64(len(t.of[c])) }

// Tokens implements match.Tokens.
func (t tokens) Tokens(c identifier.Class) []token.Token { return t.of[c] }
