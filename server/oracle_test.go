package server_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/demo/world"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/internal/pgtest"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/list/listtest"
	"github.com/selvedge/selvedge/org"
	"github.com/selvedge/selvedge/purpose"
	"github.com/selvedge/selvedge/server/servertest"
)

// shop is an org with one audience.
type shop struct {
	site     *site
	org      org.Org
	actor    selvedge.Actor
	audience selvedge.AudienceID
}

func newShop(tb testing.TB, s *site, name string, kind org.Kind) *shop {
	tb.Helper()
	o, key, err := s.Orgs.Create(tb.Context(), operator, name, name+" Ltd", kind)
	if err != nil {
		tb.Fatal(err)
	}
	actor, err := s.Orgs.Authenticate(tb.Context(), key)
	if err != nil {
		tb.Fatal(err)
	}
	servertest.AcceptTerms(tb, s.Server, actor)
	v, err := s.Audiences.Create(tb.Context(), actor, name)
	if err != nil {
		tb.Fatal(err)
	}
	return &shop{s, o, actor, v.ID}
}

func (h *shop) upload(tb testing.TB, csv []byte, o list.Options) audience.ListView {
	tb.Helper()
	o.Declaration = listtest.Granted()
	v, err := h.site.Audiences.Upload(tb.Context(), h.actor, h.audience, bytes.NewReader(csv), audience.Delivery{Options: o})
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

// members returns who is in the audience now, for the shop's own purpose.
func (h *shop) members(tb testing.TB) map[world.Key]bool {
	tb.Helper()
	bitmap, err := h.site.Matcher.Members(tb.Context(), operator, h.org.ID, h.audience, h.org.Kind.Purpose())
	if err != nil {
		tb.Fatal(err)
	}
	out := map[world.Key]bool{}
	err = h.site.People.Owners(tb.Context(), operator, bitmap, func(o contact.Owner) error {
		out[world.Key{Account: o.PlatformID, GivenAt: o.GivenAt.Unix()}] = true
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	if uint64(len(out)) != bitmap.GetCardinality() {
		tb.Fatalf("%d members stand for %d contact points", bitmap.GetCardinality(), len(out))
	}
	return out
}

// TestMembersAreExactlyTheTruth takes random worlds through their lives and
// asks, at random moments, for the members of every list. The oracle decides
// from what the generator made; it shares no code with the product.
func TestMembersAreExactlyTheTruth(t *testing.T) {
	t.Parallel()
	for seed, database := range []func(testing.TB) string{onSQLite, pgtest.Schema, onSQLite, pgtest.Schema} {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, world.Config{Seed: fmt.Sprint("oracle-", seed), People: 700, Start: start})
			s := newSite(t, database(t))
			s.bring(t, w)
			live(t, s, w, rand.New(rand.NewPCG(uint64(seed), 1)))
		})
	}
}

func live(t *testing.T, s *site, w *world.World, rnd *rand.Rand) {
	t.Helper()
	var acts []world.Act
	for a := range w.Acts() {
		acts = append(acts, a)
	}
	var shops []*shop
	lists := w.Lists()
	for _, l := range lists {
		kind := org.Advertiser
		if l.Purpose == purpose.AdsMatchPartner.String() {
			kind = org.Partner
		}
		shops = append(shops, newShop(t, s, l.Name, kind))
	}
	compared, matched := 0, 0
	for at := 0; ; {
		for i, l := range lists {
			// A fresh audience for each match: what an older list has reached is
			// not reached by the newer one alone.
			h := newShop(t, s, l.Name, shops[i].org.Kind)
			h.upload(t, written(t, l.WriteCSV), list.Options{DefaultRegion: l.DefaultRegion})
			servertest.Drain(t, s.Server, s.clock)
			want := map[world.Key]bool{}
			state := world.State{At: s.clock.Now(), Applied: world.UpTo(s.clock.Now()), Purpose: l.Purpose}
			for k := range w.Members(l, state) {
				want[k] = true
			}
			got := h.members(t)
			for k := range got {
				if !want[k] {
					t.Fatalf("%s at %s: %v is a member and must not be", l.Name, s.clock.Now(), k)
				}
			}
			if len(got) != len(want) {
				t.Fatalf("%s at %s: %d members, must be %d", l.Name, s.clock.Now(), len(got), len(want))
			}
			compared++
			matched += len(got)
		}
		if at == len(acts) {
			break
		}
		for n := 1 + rnd.IntN(1+len(acts)/2); n > 0 && at < len(acts); n-- {
			act(t, s, acts[at])
			at++
		}
	}
	if compared < 2*len(lists) || matched < 100*compared/8 {
		t.Fatalf("%d comparisons of %d members in all prove little", compared, matched)
	}
	afterwards(t, s, w, lists)
}

// TestSyncsAreExactlyTheTruth sends rows of a world's lists in batches that add,
// remove and replace, some drafts in one batch and some in several, and compares
// the members with the oracle's, one by one.
func TestSyncsAreExactlyTheTruth(t *testing.T) {
	t.Parallel()
	for seed, database := range []func(testing.TB) string{onSQLite, pgtest.Schema} {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, world.Config{Seed: fmt.Sprint("sync-", seed), People: 500, Start: start})
			s := newSite(t, database(t))
			s.bring(t, w)
			rnd := rand.New(rand.NewPCG(uint64(seed), 3))
			seen, gone := 0, 0
			for _, l := range w.Lists() {
				if l.Purpose != purpose.AdsMatchAdvertiser.String() {
					continue
				}
				h := newShop(t, s, l.Name, org.Advertiser)
				rows := slices.Collect(l.Contents())
				var sent []world.Batch
				draft := 0
				for n := range 9 {
					b := drawBatch(rnd, rows, n)
					b.Draft = draft
					h.send(t, l, b)
					sent = append(sent, b)
					if rnd.IntN(3) > 0 {
						continue
					}
					before := len(h.members(t))
					h.sync(t, w, sent)
					draft++
					seen += len(h.members(t))
					gone += max(0, before-len(h.members(t)))
				}
				h.sync(t, w, sent)
			}
			if seen < 200 || gone < 20 {
				t.Errorf("%d members, %d of them removed: the test sees too little", seen, gone)
			}
		})
	}
}

// drawBatch draws rows; a removal's are some that may have been added, with all
// that the row has, one cell of it, or the id alone.
func drawBatch(rnd *rand.Rand, rows []world.Row, n int) world.Batch {
	b := world.Batch{Verb: []world.Verb{world.Adds, world.Adds, world.Adds, world.Removes, world.Removes, world.Replaces}[rnd.IntN(6)]}
	if n == 0 {
		b.Verb = world.Adds
	}
	share := 2
	if b.Verb == world.Removes {
		share = 6
	}
	for i, row := range rows {
		if rnd.IntN(share) > 0 {
			continue
		}
		id := ""
		if i%3 == 0 {
			id = fmt.Sprint("c-", i)
		}
		if b.Verb == world.Removes {
			row.Cells = slices.Clone(row.Cells)
			for k := range row.Cells {
				if rnd.IntN(2) == 0 {
					row.Cells[k] = world.Cell{}
				}
			}
		}
		b.Rows, b.IDs = append(b.Rows, row), append(b.IDs, id)
	}
	return b
}

func (h *shop) send(tb testing.TB, l world.List, b world.Batch) {
	tb.Helper()
	r := audience.Request{Declaration: listtest.Granted(), Kind: list.Kind(b.Verb), DefaultRegion: l.DefaultRegion}
	for i, row := range b.Rows {
		m := memberOf(l, row)
		m.ExternalID = b.IDs[i]
		r.Members = append(r.Members, m)
	}
	if _, err := h.site.Audiences.Change(tb.Context(), h.actor, h.audience, r); err != nil {
		tb.Fatal(err)
	}
}

// sync seals what was sent and compares.
func (h *shop) sync(t *testing.T, w *world.World, sent []world.Batch) {
	t.Helper()
	if _, err := h.site.Audiences.Seal(t.Context(), h.actor, h.audience); err != nil {
		t.Fatal(err)
	}
	servertest.Drain(t, h.site.Server, h.site.clock)
	want := map[world.Key]bool{}
	for k := range w.Synced(sent, world.State{At: h.site.clock.Now(), Purpose: purpose.AdsMatchAdvertiser.String()}) {
		want[k] = true
	}
	got := h.members(t)
	for k := range got {
		if !want[k] {
			t.Fatalf("after %d batches %v is a member and must not be", len(sent), k)
		}
	}
	if len(got) != len(want) {
		t.Fatalf("after %d batches %d members, must be %d", len(sent), len(got), len(want))
	}
}

// afterwards moves the clock until every grant is over: nobody is left.
func afterwards(t *testing.T, s *site, w *world.World, lists []world.List) {
	t.Helper()
	h := newShop(t, s, "later", org.Advertiser)
	h.upload(t, written(t, lists[0].WriteCSV), list.Options{DefaultRegion: lists[0].DefaultRegion})
	servertest.Drain(t, s.Server, s.clock)
	s.clock.Add(150 * 24 * time.Hour) // some grants are over, the list is not
	want := 0
	for range w.Members(lists[0], world.State{At: s.clock.Now(), Applied: world.UpTo(s.clock.Now()), Purpose: lists[0].Purpose}) {
		want++
	}
	if got := len(h.members(t)); got != want || want == 0 {
		t.Fatalf("after 150 days %d members, must be %d", got, want)
	}
	s.clock.Add(40 * 24 * time.Hour)
	if got := len(h.members(t)); got != 0 {
		t.Fatalf("after 190 days, past the list's life, %d members", got)
	}
}

// act does what somebody of the world does, at their time.
func act(t *testing.T, s *site, a world.Act) {
	t.Helper()
	if d := a.At.Sub(s.clock.Now()); d > 0 {
		s.clock.Add(d)
	}
	actor := selvedge.Platform("test")
	var err error
	switch a.Kind {
	case world.Withdraw:
		kind, _ := identifier.ParseKind(string(a.AddressKind))
		var purposes purpose.Set
		for _, name := range a.Purposes {
			p, err := purpose.Parse(name)
			if err != nil {
				t.Fatal(err)
			}
			purposes |= purpose.Of(p)
		}
		_, err = s.People.Withdraw(t.Context(), actor, a.Account, contact.Address{Kind: kind, Value: a.Value}, purposes)
	case world.Object:
		err = s.People.Object(t.Context(), actor, a.Account, contact.Objection{Scope: contact.ScopeAll})
	case world.Give:
		s.load(t, []byte("account,country,age_class,active_on,state\n"), give(t, a.Contact))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// give writes one contact point as a file to import.
func give(t *testing.T, c world.ContactPoint) []byte {
	t.Helper()
	stamp := func(at time.Time) string {
		if at.IsZero() {
			return ""
		}
		return at.Format(time.RFC3339)
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	err := w.WriteAll([][]string{
		{"account", "kind", "value", "sha256", "region", "prompt", "given_at", "verified_at", "verified_by"},
		{c.Account, string(c.Kind), c.Value, c.SHA256, c.Region, c.Prompt, stamp(c.GivenAt), stamp(c.VerifiedAt), c.VerifiedBy},
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
