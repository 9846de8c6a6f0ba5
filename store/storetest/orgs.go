package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/org"
)

func orgCases() map[string]func(*testing.T, *site) {
	return map[string]func(*testing.T, *site){
		"ComeBackAsTheyWere": orgsComeBack,
		"NotThere":           orgNotThere,
		"WrongWords":         orgWrongWords,
		"Keys":               orgKeys,
		"KeysInOrder":        orgKeysInOrder,
		"KeyRevokedOnce":     orgKeyRevokedOnce,
		"NextID":             orgNextID,
	}
}

func advertiser(id string) org.Org {
	return org.Org{ID: selvedge.OrgID(id), Name: "Harrow", LegalEntity: "Harrow Ltd", Kind: org.Advertiser, State: org.Active, CreatedAt: start}
}

func (s *site) insertOrgs(t *testing.T, os ...org.Org) {
	t.Helper()
	s.update(t, func(ctx context.Context, tx selvedge.Tx) error {
		for _, o := range os {
			if err := s.Orgs.InsertOrg(ctx, tx, o); err != nil {
				return err
			}
		}
		return nil
	})
}

// orgsComeBack makes orgs whose ids and times are in no order: they come back in
// the order in which they were made.
func orgsComeBack(t *testing.T, s *site) {
	var want []org.Org
	for i, id := range texts {
		o := advertiser(id)
		o.Name, o.LegalEntity, o.CreatedAt = texts[len(texts)-1-i], id, times[(2*i)%len(times)]
		if i%2 == 1 {
			o.Kind, o.State, o.CreatedBy = org.Partner, org.Suspended, texts[i]
		}
		if i%3 == 1 {
			o.State = org.Pending
		}
		want = append(want, o)
		s.insertOrgs(t, o)
	}
	same(t, "all", want, read(t, s, s.Orgs.Orgs))
	for _, o := range want {
		got := read(t, s, func(ctx context.Context, tx selvedge.Tx) (org.Org, error) { return s.Orgs.Org(ctx, tx, o.ID) })
		same(t, fmt.Sprintf("org %q", o.ID), o, got)
	}
	s.refused(t, "a second org of one id", func(ctx context.Context, tx selvedge.Tx) error {
		return s.Orgs.InsertOrg(ctx, tx, advertiser(texts[0]))
	})
}

func orgNotThere(t *testing.T, s *site) {
	s.insertOrgs(t, advertiser("o"))
	wantCode(t, "an org", s.Tx.View(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		_, err := s.Orgs.Org(ctx, tx, "none")
		return err
	}), selvedge.CodeNotFound)
	wantCode(t, "a key", s.Tx.View(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		_, err := s.Orgs.KeyByPublic(ctx, tx, "none")
		return err
	}), selvedge.CodeNotFound)
}

func orgWrongWords(t *testing.T, s *site) {
	for what, spoil := range map[string]func(*org.Org){
		"kind": func(o *org.Org) { o.Kind = "agency" }, "no kind": func(o *org.Org) { o.Kind = "" },
		"state": func(o *org.Org) { o.State = "gone" }, "no state": func(o *org.Org) { o.State = "" },
	} {
		o := advertiser("o")
		spoil(&o)
		s.refused(t, what, func(ctx context.Context, tx selvedge.Tx) error { return s.Orgs.InsertOrg(ctx, tx, o) })
	}
	if n := len(read(t, s, s.Orgs.Orgs)); n != 0 {
		t.Errorf("%d orgs, want none", n)
	}
}

func orgKeys(t *testing.T, s *site) {
	var want []org.Key
	for i, public := range texts {
		k := org.Key{
			Public: public, Hash: [32]byte{0: byte(i), 1: 0xff}, Role: selvedge.OrgRole, Org: selvedge.OrgID(texts[len(texts)-1-i]), Name: "first", Scopes: selvedge.Scopes(i),
			CreatedAt: times[i%len(times)], ExpiresAt: times[(i+1)%len(times)],
		}
		if i%2 == 1 {
			k.Role, k.Org = selvedge.PlatformRole, ""
		}
		if i%3 == 1 {
			k.RevokedAt = times[(i+2)%len(times)]
		}
		want = append(want, k)
		s.update(t, func(ctx context.Context, tx selvedge.Tx) error { return s.Orgs.InsertKey(ctx, tx, k) })
	}
	for _, k := range want {
		got := read(t, s, func(ctx context.Context, tx selvedge.Tx) (org.Key, error) {
			return s.Orgs.KeyByPublic(ctx, tx, k.Public)
		})
		same(t, fmt.Sprintf("key %q", k.Public), k, got)
	}
	s.refused(t, "a second key of one public part", func(ctx context.Context, tx selvedge.Tx) error {
		return s.Orgs.InsertKey(ctx, tx, want[3])
	})
}

// orgKeysInOrder makes keys at times in no order, two of them at one time.
func orgKeysInOrder(t *testing.T, s *site) {
	key := func(public string, at time.Time) org.Key {
		return org.Key{Public: public, Role: selvedge.OperatorRole, Name: "anna", CreatedAt: at, ExpiresAt: at.Add(time.Hour)}
	}
	want := []org.Key{key("c", start.Add(-time.Microsecond)), key("B", start), key("a", start), key("0", start.Add(time.Microsecond))}
	for _, i := range []int{2, 0, 3, 1} {
		s.update(t, func(ctx context.Context, tx selvedge.Tx) error { return s.Orgs.InsertKey(ctx, tx, want[i]) })
	}
	same(t, "keys", want, read(t, s, s.Orgs.Keys))
}

func orgKeyRevokedOnce(t *testing.T, s *site) {
	keys := []org.Key{
		{Public: "a", Role: selvedge.OperatorRole, Name: "anna", CreatedAt: start, ExpiresAt: start},
		{Public: "A", Role: selvedge.OperatorRole, Name: "anna", CreatedAt: start.Add(1000), ExpiresAt: start},
	}
	revoke := func(public string, at time.Time) func(ctx context.Context, tx selvedge.Tx) error {
		return func(ctx context.Context, tx selvedge.Tx) error { return s.Orgs.RevokeKey(ctx, tx, public, at) }
	}
	for _, k := range keys {
		s.update(t, func(ctx context.Context, tx selvedge.Tx) error { return s.Orgs.InsertKey(ctx, tx, k) })
	}
	s.update(t, revoke("a", start.Add(time.Microsecond)))
	keys[0].RevokedAt = start.Add(time.Microsecond)
	wantCode(t, "again", s.refused(t, "again", revoke("a", start.Add(time.Second))), selvedge.CodeConflict)
	wantCode(t, "no such key", s.refused(t, "no such key", revoke("b", start)), selvedge.CodeConflict)
	same(t, "keys", keys, read(t, s, s.Orgs.Keys))
}

// orgNextID draws from streams that are alike, turn by turn: each counts from 1
// as if the others were not there.
func orgNextID(t *testing.T, s *site) {
	for want := uint64(1); want <= 3; want++ {
		for _, stream := range texts {
			for _, of := range [][2]string{{stream, "aud"}, {"org", stream}} {
				if of[0] == "org" && of[1] == "aud" {
					continue
				}
				s.update(t, func(ctx context.Context, tx selvedge.Tx) error {
					n, err := s.Orgs.NextID(ctx, tx, selvedge.OrgID(of[0]), of[1])
					if n != want {
						t.Errorf("stream %q %q gives %d, want %d", of[0], of[1], n, want)
					}
					return err
				})
			}
		}
	}
}
