package storetest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/report"
	"github.com/selvedge/selvedge/token"
)

func audienceCases() map[string]func(*testing.T, *site) {
	return map[string]func(*testing.T, *site){
		"ComeBackAsTheyWere": audiencesComeBack,
		"OfAnotherOrg":       audienceOfAnother,
		"Lists":              audienceLists,
		"ListOfAnother":      audienceListOfAnother,
		"SetMatched":         audienceSetMatched,
		"SetSpill":           audienceSetSpill,
		"Versions":           audienceVersions,
	}
}

func newAudience(o, id string) audience.Audience {
	return audience.Audience{ID: selvedge.AudienceID(id), Org: selvedge.OrgID(o), Name: "Spring", CreatedAt: start}
}

func (s *site) insertAudiences(t *testing.T, as ...audience.Audience) {
	t.Helper()
	s.update(t, func(ctx context.Context, tx selvedge.Tx) error {
		for _, a := range as {
			if err := s.Audiences.InsertAudience(ctx, tx, a); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *site) audience(t *testing.T, o selvedge.OrgID, id selvedge.AudienceID) (a audience.Audience, err error) {
	t.Helper()
	err = s.Tx.View(t.Context(), func(ctx context.Context, tx selvedge.Tx) (err error) {
		a, err = s.Audiences.Audience(ctx, tx, o, id)
		return err
	})
	return a, err
}

func audiencesComeBack(t *testing.T, s *site) {
	var want []audience.Audience
	for i, id := range texts {
		a := newAudience("o", id)
		a.Name, a.CreatedAt = texts[len(texts)-1-i], times[(2*i)%len(times)]
		want = append(want, a)
		other := newAudience("p", "of p: "+id)
		s.insertAudiences(t, a, other)
	}
	got := read(t, s, func(ctx context.Context, tx selvedge.Tx) ([]audience.Audience, error) {
		return s.Audiences.Audiences(ctx, tx, "o", "", 1000)
	})
	same(t, "in the order of creation", want, got)
	// A part begins after an audience of the org, at the first for any other id.
	for i, a := range want[:len(want)-1] { // the last has no name, and stands for none
		for n := range 4 {
			part := read(t, s, func(ctx context.Context, tx selvedge.Tx) ([]audience.Audience, error) {
				return s.Audiences.Audiences(ctx, tx, "o", a.ID, n)
			})
			same(t, "a part", append([]audience.Audience(nil), want[i+1:min(i+1+n, len(want))]...), part)
		}
	}
	for _, after := range []selvedge.AudienceID{"none", "of p: " + selvedge.AudienceID(texts[1])} {
		same(t, "after what is not the org's", want[:1], read(t, s, func(ctx context.Context, tx selvedge.Tx) ([]audience.Audience, error) {
			return s.Audiences.Audiences(ctx, tx, "o", after, 1)
		}))
	}
	for _, a := range want {
		one, err := s.audience(t, "o", a.ID)
		if err != nil {
			t.Fatal(err)
		}
		same(t, string(a.ID), a, one)
	}
}

// audienceOfAnother asks for what is another org's: the answer is that of an id
// that nobody has, to the word.
func audienceOfAnother(t *testing.T, s *site) {
	s.insertAudiences(t, newAudience("o", "a"))
	_, none := s.audience(t, "o", "none")
	wantCode(t, "an id that nobody has", none, selvedge.CodeNotFound)
	for _, o := range []selvedge.OrgID{"p", "O", "o ", ""} {
		_, err := s.audience(t, o, "a")
		wantCode(t, "another org's", err, selvedge.CodeNotFound)
		if err.Error() != none.Error() {
			t.Errorf("%q and %q tell the two apart", err, none)
		}
		as := read(t, s, func(ctx context.Context, tx selvedge.Tx) ([]audience.Audience, error) {
			return s.Audiences.Audiences(ctx, tx, o, "", 1000)
		})
		if len(as) != 0 {
			t.Errorf("org %q sees %d audiences", o, len(as))
		}
	}
}

func newList(id string, n byte) list.List {
	return list.List{
		ID: selvedge.ListID(id), Org: "o", Audience: "a", Kind: list.Add, State: list.StateAccepted, Draft: int64(n) + 1,
		Declared: list.Declared{
			Declaration: list.Declaration{
				Source: list.FromBoth, Consents: list.Consents{AdUserData: list.Granted, AdPersonalization: list.Denied}, HashRules: list.RulesMeta,
			},
			DefaultRegion: "GB", Terms: 1<<40 + int64(n), Label: "lbl", ConsentFree: list.Countries{"CA", "US"},
		},
		Report: list.Report{
			Header: true, Columns: []list.Column{{Number: 2, Kind: "email"}}, Dropped: int(n),
			Rows: list.Tally{Read: 1 << 40, Used: int64(n)}, Identifiers: list.Tally{Read: 3, Refused: 2}, Clear: 1, Hashed: 1 << 50, Repaired: 4,
			Refused: []list.Refusal{{Reason: identifier.ReasonMD5, Count: 2, Rows: []int64{2, 9}}},
		},
		Spill: &blob.Ref{Kind: blob.KindSpill, Sum: [32]byte{0: n, 31: 0xff}, Size: 1 << 40},
		Sidecar: &list.Sidecar{
			Ref: blob.Ref{Kind: blob.KindSidecar, Sum: [32]byte{0: n, 31: 0xfe}, Size: 1 << 41}, Key: []byte{n, 0, 0xff}, Epoch: token.Epoch(n) + 1,
		},
		Rows:  &blob.Ref{Kind: blob.KindRows, Sum: [32]byte{0: n, 31: 0xfd}, Size: 1 << 42},
		Epoch: 1<<32 - 1, RuleSet: 3, AcceptedAt: start, SealedAt: start.Add(time.Second), EffectiveAt: start.Add(time.Minute), ExpiresAt: start.Add(time.Hour),
	}
}

func (s *site) insertLists(t *testing.T, ls ...list.List) {
	t.Helper()
	s.update(t, func(ctx context.Context, tx selvedge.Tx) error {
		for _, l := range ls {
			if err := s.Audiences.InsertList(ctx, tx, l); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *site) lists(t *testing.T, id selvedge.AudienceID) []list.List {
	t.Helper()
	return read(t, s, func(ctx context.Context, tx selvedge.Tx) ([]list.List, error) { return s.Audiences.Lists(ctx, tx, id) })
}

func (s *site) unmatched(t *testing.T) []list.List {
	t.Helper()
	return read(t, s, s.Audiences.Unmatched)
}

func audienceLists(t *testing.T, s *site) {
	var want, all []list.List
	for i, id := range texts {
		l := newList(id, byte(i))
		l.AcceptedAt, l.ExpiresAt = times[(2*i)%len(times)], times[(2*i+1)%len(times)]
		other := newList("of b: "+id, byte(i))
		other.Audience = "b"
		want, all = append(want, l), append(all, l, other)
		s.insertLists(t, l, other)
	}
	same(t, "by acceptance", want, s.lists(t, "a"))
	same(t, "all that wait, oldest first", all, s.unmatched(t))
	if n := len(s.lists(t, "none")); n != 0 {
		t.Errorf("an audience that is not there has %d lists", n)
	}
	for _, l := range want {
		got := read(t, s, func(ctx context.Context, tx selvedge.Tx) (list.List, error) {
			return s.Audiences.List(ctx, tx, "o", "a", l.ID)
		})
		same(t, string(l.ID), l, got)
	}
	s.refused(t, "a second list of one id", func(ctx context.Context, tx selvedge.Tx) error {
		return s.Audiences.InsertList(ctx, tx, newList(texts[0], 0))
	})
}

func audienceListOfAnother(t *testing.T, s *site) {
	s.insertLists(t, newList("l", 1))
	for what, ask := range map[string]struct {
		org  selvedge.OrgID
		aud  selvedge.AudienceID
		list selvedge.ListID
	}{
		"no such list":     {"o", "a", "none"},
		"another org":      {"p", "a", "l"},
		"another audience": {"o", "b", "l"},
	} {
		err := s.Tx.View(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
			_, err := s.Audiences.List(ctx, tx, ask.org, ask.aud, ask.list)
			return err
		})
		wantCode(t, what, err, selvedge.CodeNotFound)
	}
}

func audienceSetMatched(t *testing.T, s *site) {
	first, second := newList("l1", 1), newList("l2", 2)
	s.insertLists(t, first, second)
	members := blob.Ref{Kind: blob.KindBitmap, Sum: [32]byte{0: 0x80, 31: 1}, Size: 8}
	match := func(id selvedge.ListID, version int64) func(context.Context, selvedge.Tx) error {
		return func(ctx context.Context, tx selvedge.Tx) error {
			return s.Audiences.SetMatched(ctx, tx, []selvedge.ListID{id}, members, version)
		}
	}
	s.update(t, match("l1", 1<<40))
	first.State, first.Spill, first.Members, first.Version = list.StateMatched, nil, &members, 1<<40
	same(t, "lists", []list.List{first, second}, s.lists(t, "a"))
	same(t, "what waits", []list.List{second}, s.unmatched(t))
	wantCode(t, "matched already", s.refused(t, "matched already", match("l1", 2)), selvedge.CodeConflict)
	wantCode(t, "not there", s.refused(t, "not there", match("none", 2)), selvedge.CodeConflict)
	s.refused(t, "a match that counts in no version", match("l2", 0))
	same(t, "lists", []list.List{first, second}, s.lists(t, "a"))
}

func audienceSetSpill(t *testing.T, s *site) {
	first, second := newList("l1", 1), newList("l2", 2)
	s.insertLists(t, first, second)
	was, next := *first.Spill, blob.Ref{Kind: blob.KindSpill, Sum: [32]byte{0: 0x80, 31: 9}, Size: 1 << 41}
	set := func(id selvedge.ListID, old blob.Ref) func(context.Context, selvedge.Tx) error {
		return func(ctx context.Context, tx selvedge.Tx) error {
			return s.Audiences.SetSpill(ctx, tx, id, old, next, 7)
		}
	}
	s.update(t, set("l1", was))
	first.Spill, first.Epoch = &next, 7
	same(t, "what waits", []list.List{first, second}, s.unmatched(t))
	wantCode(t, "another spill", s.refused(t, "another spill", set("l1", was)), selvedge.CodeConflict)
	wantCode(t, "not there", s.refused(t, "not there", set("none", was)), selvedge.CodeConflict)
	s.update(t, func(ctx context.Context, tx selvedge.Tx) error {
		return s.Audiences.SetMatched(ctx, tx, []selvedge.ListID{"l2"}, blob.Ref{Kind: blob.KindBitmap}, 1)
	})
	wantCode(t, "matched", s.refused(t, "matched", set("l2", *second.Spill)), selvedge.CodeConflict)
	same(t, "what waits", []list.List{first}, s.unmatched(t))
}

func audienceVersions(t *testing.T, s *site) {
	version := func(id selvedge.AudienceID, n int64) audience.Version {
		v := audience.Version{
			Audience: id, Number: n, Base: [32]byte{0: byte(n), 31: 0xff}, Digest: [32]byte{0: 0xff, 31: byte(n + 1)},
			Added: uint64(n) << 20, Removed: 3, Position: 1 << 40, Epoch: token.Epoch(n), RuleSet: 7,
			AcceptedAt: times[int(n+2)%len(times)], SealedAt: times[int(n)%len(times)], PublishAt: times[int(n+1)%len(times)],
			Figure: report.Answer{Size: report.SizeAt(int(n) % 4), At: times[int(n+1)%len(times)]},
		}
		ref := blob.Ref{Kind: blob.KindBitmap, Sum: [32]byte{0: 0xff, 31: byte(n)}, Size: 1 << 40}
		if n%3 == 0 { // the budget was spent, and nothing was told before
			v.Figure = report.Answer{Due: times[int(n)%len(times)]}
		}
		if n%2 == 0 {
			v.Members = &ref
		} else {
			v.Flips = &ref
		}
		return v
	}
	insert := func(v audience.Version) func(context.Context, selvedge.Tx) error {
		return func(ctx context.Context, tx selvedge.Tx) error { return s.Audiences.InsertVersion(ctx, tx, v) }
	}
	var want []audience.Version
	for _, n := range []int64{3, 1, 2, 10, 9} { // in no order
		s.update(t, insert(version("a", n)))
		s.update(t, insert(version("A", n)))
	}
	for _, n := range []int64{1, 2, 3, 9, 10} {
		want = append(want, version("a", n))
	}
	versions := func(id selvedge.AudienceID) []audience.Version {
		return read(t, s, func(ctx context.Context, tx selvedge.Tx) ([]audience.Version, error) {
			return s.Audiences.Versions(ctx, tx, id)
		})
	}
	same(t, "by number", want, versions("a"), sizes)
	if n := len(versions("none")); n != 0 {
		t.Errorf("an audience that is not there has %d versions", n)
	}
	every := func(limit int) (out []audience.Version, err error) {
		err = s.Tx.View(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
			return s.Audiences.AllVersions(ctx, tx, func(v audience.Version) error {
				if out = append(out, v); len(out) == limit {
					return errUndo
				}
				return nil
			})
		})
		return out, err
	}
	all, err := every(100)
	if err != nil || len(all) != 2*len(want) {
		t.Errorf("%d versions in all, %v", len(all), err)
	}
	slices.SortStableFunc(all, func(a, b audience.Version) int { return strings.Compare(string(a.Audience), string(b.Audience)) })
	same(t, "all versions, by audience and number", append(versions("A"), want...), all, sizes)
	if some, err := every(3); len(some) != 3 || !errors.Is(err, errUndo) {
		t.Errorf("%d versions, %v: want three and fn's error", len(some), err)
	}
	s.refused(t, "a second version of one number", insert(version("a", 2)))
	none, both := version("a", 11), version("a", 11)
	none.Flips, both.Members = nil, both.Flips
	s.refused(t, "a version that is kept nowhere", insert(none))
	s.refused(t, "a version that is kept twice", insert(both))
}
