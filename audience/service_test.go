package audience_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/job"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/list/listtest"
	"github.com/selvedge/selvedge/org"
)

func TestCreateGetList(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 1)
	s := p.shop(t, "Acme", org.Advertiser)
	p.clock.Add(time.Second)
	second, err := p.Audiences.Create(t.Context(), s.actor, "Visitors")
	must(t, err)
	want := []audience.View{
		{Audience: audience.Audience{ID: s.audience, Org: s.org.ID, Name: "Customers", CreatedAt: start}, Status: audience.Empty},
		{Audience: audience.Audience{ID: second.ID, Org: s.org.ID, Name: "Visitors", CreatedAt: start.Add(time.Second)}, Status: audience.Empty},
	}
	got, err := p.Audiences.List(t.Context(), s.actor, "", 100)
	must(t, err)
	opaque := cmp.Comparer(func(a, b audience.View) bool { return a == b })
	if diff := cmp.Diff(want, got, opaque); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
	if second != want[1] || s.get(t) != want[0] {
		t.Errorf("created %+v, got %+v", second, s.get(t))
	}
	if other, err := p.Audiences.List(t.Context(), p.shop(t, "Bolt", org.Partner).actor, "", 100); err != nil || len(other) != 1 {
		t.Errorf("another org sees %+v, %v", other, err)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 0)
	s := p.shop(t, "Acme", org.Advertiser)
	long := strings.Repeat("ö", audience.MaxName)
	for name, ok := range map[string]bool{"a": true, "": false, long: true, long + "x": false, "a\xff": false, "Käufer 2026": true} {
		v, err := p.Audiences.Create(t.Context(), s.actor, name)
		if ok {
			if err != nil || v.Name != name {
				t.Errorf("%q: %v", name, err)
			}
			continue
		}
		e, is := errors.AsType[*selvedge.Error](err)
		if !is || e.Code != selvedge.CodeInvalid || e.Field != "name" || e.Reason != "bad_name" {
			t.Errorf("%q: %v", name, err)
		}
	}
	if vs, err := p.Audiences.List(t.Context(), s.actor, "", 100); err != nil || len(vs) != 4 {
		t.Errorf("%d audiences, %v", len(vs), err)
	}
}

// TestWhoMayAsk: an org, for itself, and nobody else.
func TestWhoMayAsk(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 1)
	s := p.shop(t, "Acme", org.Advertiser)
	l := s.upload(t, rows(0, 1))
	for name, actor := range map[string]selvedge.Actor{
		"nobody": {}, "the platform": selvedge.Platform("k"), "an operator": anna, "the system": selvedge.System("matcher"),
		"an org without a name": selvedge.OrgActor("", "k"),
	} {
		for call, err := range calls(p.Audiences, actor, s.audience, l.ID) {
			if selvedge.CodeOf(err) != selvedge.CodeForbidden {
				t.Errorf("%s: %s: %v", call, name, err)
			}
		}
	}
}

// calls makes every call that names an audience or list, and Create and List.
func calls(s *audience.Service, actor selvedge.Actor, a selvedge.AudienceID, l selvedge.ListID) map[string]error {
	ctx := context.Background()
	out := map[string]error{}
	_, out["Create"] = s.Create(ctx, actor, "More")
	_, out["List"] = s.List(ctx, actor, "", 100)
	_, out["Get"] = s.Get(ctx, actor, a)
	_, out["Lists"] = s.Lists(ctx, actor, a, "", 100)
	_, out["GetList"] = s.GetList(ctx, actor, a, l)
	_, out["Upload"] = s.Upload(ctx, actor, a, strings.NewReader(rows(0, 1)), audience.Delivery{Options: listtest.Options()})
	_, out["Change"] = s.Change(ctx, actor, a, audience.Request{Declaration: listtest.Granted(), Kind: list.Remove, Members: []list.Member{{ExternalID: "7"}}})
	_, out["Seal"] = s.Seal(ctx, actor, a)
	_, out["Versions"] = s.Versions(ctx, actor, a, 0)
	return out
}

// TestOthersDoNotExist: what belongs to another org is answered exactly like
// what does not exist.
func TestOthersDoNotExist(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 1)
	acme, bolt := p.shop(t, "Acme", org.Advertiser), p.shop(t, "Bolt", org.Advertiser)
	own, theirs := acme.upload(t, rows(0, 1)), bolt.upload(t, rows(0, 1))
	nothing := calls(p.Audiences, acme.actor, "aud_none", "lst_none")
	for name, ids := range map[string]struct {
		audience selvedge.AudienceID
		list     selvedge.ListID
	}{
		"audience and list of another org": {bolt.audience, theirs.ID},
		"audience of another org":          {bolt.audience, own.ID},
		"no ids at all":                    {"", ""},
	} {
		got := calls(p.Audiences, acme.actor, ids.audience, ids.list)
		for _, call := range []string{"Get", "Lists", "GetList", "Upload", "Change", "Seal", "Versions"} {
			if selvedge.CodeOf(got[call]) != selvedge.CodeNotFound {
				t.Errorf("%s: %s: %v", name, call, got[call])
			}
			if diff := cmp.Diff(nothing[call], got[call]); diff != "" {
				t.Errorf("%s: %s: what does not exist (-), and this (+):\n%s", name, call, diff)
			}
		}
	}
	second, err := p.Audiences.Create(t.Context(), acme.actor, "Visitors")
	must(t, err)
	for name, ids := range map[string]struct {
		audience selvedge.AudienceID
		list     selvedge.ListID
	}{
		"list of another org":      {acme.audience, theirs.ID},
		"list of another audience": {second.ID, own.ID},
		"no list id":               {acme.audience, ""},
		"no list at all":           {second.ID, ""},
	} {
		_, err := p.Audiences.GetList(t.Context(), acme.actor, ids.audience, ids.list)
		if diff := cmp.Diff(nothing["GetList"], err); diff != "" {
			t.Errorf("%s: what does not exist (-), and this (+):\n%s", name, diff)
		}
	}
}

// untouched fails when it is read.
type untouched struct{ t *testing.T }

func (u untouched) Read([]byte) (int, error) {
	u.t.Error("the list was read")
	return 0, io.EOF
}

func TestUploadToNothingReadsNothing(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 0)
	s := p.shop(t, "Acme", org.Advertiser)
	_, err := p.Audiences.Upload(t.Context(), s.actor, "aud_none", untouched{t}, audience.Delivery{Options: listtest.Options()})
	if selvedge.CodeOf(err) != selvedge.CodeNotFound {
		t.Error(err)
	}
}

func TestUpload(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 3)
	s := p.shop(t, "Acme", org.Advertiser)
	v := s.upload(t, rows(0, 3))
	if v.Status != audience.Processing || v.State != list.StateAccepted || v.Audience != s.audience || v.Org != s.org.ID ||
		!v.AcceptedAt.Equal(start) || !v.ExpiresAt.Equal(start.Add(180*24*time.Hour)) || v.Report.Rows.Used != 3 {
		t.Errorf("uploaded %+v", v)
	}
	jobs := p.jobs(t, job.Filter{})
	if len(jobs) != 1 || jobs[0].Kind != "list.match" || jobs[0].Key != string(v.ID) || jobs[0].State != job.Waiting || len(p.spills(t)) != 1 {
		t.Errorf("jobs %+v, %d spills", jobs, len(p.spills(t)))
	}
	got, err := p.Audiences.Lists(t.Context(), s.actor, s.audience, "", 1000)
	must(t, err)
	if diff := cmp.Diff([]audience.ListView{v}, got); diff != "" {
		t.Errorf("listed (-uploaded +got):\n%s", diff)
	}
}

// TestRefusedUploadLeavesNothing: no list, no spill, no entry, and no job.
func TestRefusedUploadLeavesNothing(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 1)
	s := p.shop(t, "Acme", org.Advertiser)
	entries := p.column(t, "SELECT body FROM ledger_entry")
	for name, c := range map[string]struct {
		r    io.Reader
		o    list.Options
		code selvedge.Code
	}{
		"empty":         {strings.NewReader(""), listtest.Options(), selvedge.CodeInvalid},
		"a bad region":  {strings.NewReader(rows(0, 1)), list.Options{DefaultRegion: "XX", Declaration: listtest.Granted()}, selvedge.CodeInvalid},
		"cut off":       {io.MultiReader(strings.NewReader(rows(0, 1)), broken{}), listtest.Options(), selvedge.CodeInvalid},
		"an open quote": {strings.NewReader("email\n\"person0@example.com\n"), listtest.Options(), selvedge.CodeInvalid},
		"an endless row": {
			strings.NewReader("email\n" + strings.Repeat("x", list.MaxLine+1)), listtest.Options(), selvedge.CodeTooLarge,
		},
	} {
		v, err := p.Audiences.Upload(t.Context(), s.actor, s.audience, c.r, audience.Delivery{Options: c.o})
		if selvedge.CodeOf(err) != c.code || v.ID != "" {
			t.Errorf("%s: %q, %v", name, v.ID, err)
		}
	}
	if got := p.column(t, "SELECT body FROM ledger_entry"); !cmp.Equal(entries, got) {
		t.Errorf("entered %v", got[len(entries):])
	}
	if n := len(p.column(t, "SELECT id FROM list")) + len(p.spills(t)) + len(p.jobs(t, job.Filter{})); n != 0 {
		t.Errorf("%d lists, spills and jobs are left", n)
	}
	if got := s.get(t); got.Status != audience.Empty {
		t.Errorf("the audience is %s", got.Status)
	}
}

// broken is a connection that was cut.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// TestStatusTurnsAtTicks: the match itself does not show; an upload turns ready
// when the clock reaches its tick, neither earlier nor by being matched.
func TestStatusTurnsAtTicks(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 2)
	s := p.shop(t, "Acme", org.Advertiser)
	l := s.upload(t, rows(0, 2))
	check := func(when string, want audience.Status, asOf time.Time) {
		t.Helper()
		v := s.get(t)
		if v.Status != want || s.status(t, l.ID) != want || !v.AsOf.Equal(asOf) {
			t.Errorf("%s: audience %s as of %v, list %s; want %s as of %v", when, v.Status, v.AsOf, s.status(t, l.ID), want, asOf)
		}
	}
	check("uploaded", audience.Processing, time.Time{})
	p.drain(t)
	check("matched", audience.Processing, time.Time{})
	p.clock.Add(firstTick.Sub(start) - time.Microsecond)
	check("a moment before the tick", audience.Processing, time.Time{})
	p.clock.Add(time.Microsecond)
	check("at the tick", audience.Ready, firstTick)

	l = s.upload(t, rows(0, 1))
	check("the next upload", audience.Processing, firstTick)
	p.drain(t)
	p.clock.Add(time.Minute)
	check("at the next tick", audience.Ready, firstTick.Add(time.Minute))
}

// TestNotMatchedIsNotReady: ticks pass, and what was not matched stays in
// processing; the tick after the match publishes it.
func TestNotMatchedIsNotReady(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 2)
	s := p.shop(t, "Acme", org.Advertiser)
	l := s.upload(t, rows(0, 2))
	p.clock.Add(time.Hour)
	if got := s.status(t, l.ID); got != audience.Processing {
		t.Errorf("the list is %s", got)
	}
	p.drain(t)
	if got := s.status(t, l.ID); got != audience.Processing {
		t.Errorf("right after the match the list is %s", got)
	}
	p.clock.Add(time.Minute)
	if got := s.status(t, l.ID); got != audience.Ready {
		t.Errorf("at the tick after the match the list is %s", got)
	}
}

// TestSizeIsOfContactPointsThatMayBeUsed: the figure counts what is eligible for
// the org's purpose when the version is sealed, and stands until the next one.
func TestSizeIsOfContactPointsThatMayBeUsed(t *testing.T) {
	t.Parallel()
	const people = 1500 // of which 1,000 gave their address for partners too
	p := newPlatform(t, people)
	acme, data := p.shop(t, "Acme", org.Advertiser), p.shop(t, "Data", org.Partner)
	sizes := func() (string, string) {
		t.Helper()
		p.drain(t)
		p.clock.Add(time.Minute)
		return acme.get(t).Figure.Size.String(), data.get(t).Figure.Size.String()
	}
	acme.upload(t, rows(0, people))
	data.upload(t, rows(0, people))
	if a, d := sizes(); a != "1k-2k" || d != "1k-2k" {
		t.Errorf("sizes are %s and %s", a, d)
	}
	must(t, p.People.Object(t.Context(), anna, "account-1", contact.Objection{Scope: contact.ScopeAll}))
	if a, d := sizes(); a != "1k-2k" || d != "1k-2k" {
		t.Errorf("without a new version the sizes are %s and %s", a, d)
	}
	data.upload(t, "email\nperson1@example.com\n")
	if _, d := sizes(); d != "1k-2k" {
		t.Errorf("999 for partners are %s: one person's objection shows", d)
	}
}
