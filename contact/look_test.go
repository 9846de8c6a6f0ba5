package contact_test

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/prompt"
	"github.com/selvedge/selvedge/purpose"
)

// settle enters the expiries that are due, as every match does before it looks
// anybody up.
func (p *platform) settle(t testing.TB) {
	t.Helper()
	must(t, p.db.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		_, err := p.Changes.Append(ctx, tx)
		return err
	}))
}

// entries returns what is in the outbox, in order: of one append, what is of ads
// comes first.
func (p *platform) entries(t testing.TB) []string {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(p.dir, "test.db"))
	must(t, err)
	defer db.Close()
	return cells(t, db, `SELECT concat_ws(' ', space, kind, role, actor, body) FROM ledger_entry ORDER BY rowid`)
}

// TestLook shows everything that the platform is told of a contact point.
func TestLook(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.load(t, "u1,GB,adult,2026-03-01,active\n",
		given("u1", jane, "offers", 30)+unproven(given("u1", "07700 900123", "two-factor", 40))+hashed(given("u1", joe, "legacy", 20), joe))
	a, got, err := p.asked(t, selvedge.Platform("key"), "u1")
	must(t, err)
	if a.PlatformID != "u1" || a.Country != "GB" || a.Age != contact.Adult || a.State != contact.Active || a.ActiveOn != time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC) {
		t.Errorf("account %+v", a)
	}
	at := func(hours int) time.Time { return start.Add(-time.Duration(hours) * time.Hour) }
	offers := purpose.Of(purpose.AdsMatchAdvertiser, purpose.AdsSuppress)
	for i := range got { // these say nothing more of a contact point
		if got[i].Handle == (contact.Handle{}) || (got[i].Ordinal != 0) != (i == 1) || (got[i].ExpiresAt == at(30).AddDate(0, 13, 0)) != (i == 1) {
			t.Errorf("%+v", got[i])
		}
		got[i].Handle, got[i].Ordinal, got[i].ExpiresAt = contact.Handle{}, 0, time.Time{}
	}
	want := []contact.View{
		{
			Kind: identifier.Phone, Mask: "+44 ••• ••• ••23", Prompt: prompt.Name{ID: "two-factor", Version: 1}, Registered: true, GivenAt: at(40),
			Purposes: purpose.Of(purpose.Sec2FA), WhyNot: []string{"not_given_for_ads"},
		},
		{
			Kind: identifier.Email, Mask: "j•••@e•••.com", Prompt: prompt.Name{ID: "offers", Version: 1}, Registered: true, GivenAt: at(30), VerifiedAt: at(30),
			Purposes: offers, MatchableFor: offers,
		},
		{
			Kind: identifier.Email, Prompt: prompt.Name{ID: "legacy", Version: 1}, GivenAt: at(20), VerifiedAt: at(20), WhyNot: []string{"prompt_unknown"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	last := p.entries(t)
	if e := last[len(last)-1]; e != `registry staff.lookup platform key {"account":1}` {
		t.Errorf("the look-up is entered as %s", e)
	}
}

// TestWhyNot brings an account into every state in turn. A reason that lasts is
// told before one that may pass.
func TestWhyNot(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.load(t, adults("u1"), given("u1", jane, "offers", 100)+given("u1", jane, "two-factor", 90)+unproven(given("u1", jane, "offers", 80))+
		given("u1", jane, "legacy", 70)+given("u1", jane, "partners", 24*60)+given("u1", joe, "offers", 60))
	p.withdraw(t, "u1", email(joe), onlyAds)
	lasting := []string{"not_given_for_ads", "not_verified", "prompt_unknown", "withdrawn"}
	check := func(what, mine string) {
		t.Helper()
		want := append([]string{"expired", mine}, lasting...)
		if diff := cmp.Diff(want, p.why(t, "u1")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
		p.settle(t)
		if reached := p.reach(t, purpose.AdsMatchAdvertiser, jane) != nil; reached != strings.Contains(mine, "ads.match") {
			t.Errorf("%s: reached is %t, and the platform is told %q", what, reached, mine)
		}
	}
	check("as it is", "ads.match.advertiser ads.suppress")
	must(t, p.people.Object(t.Context(), office, "u1", everything))
	check("objected", "objection ads.suppress")
	p.load(t, "u1,IT,minor,,deactivated\n", "")
	check("all masks", "objection age state")
	must(t, p.people.LiftObjection(t.Context(), office, "u1", everything))
	check("two masks", "age state")
	p.load(t, adults("u1"), "")
	check("no mask", "ads.match.advertiser ads.suppress")
	p.withdraw(t, "u1", email(jane), purpose.Of(purpose.AdsSuppress))
	check("withdrawn in part", "withdrawn ads.match.advertiser")
	p.clock.Add(400 * 24 * time.Hour)
	check("expired, one purpose withdrawn before", "expired")
}

func TestLookRefuses(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.load(t, adults("u1"), given("u1", jane, "offers", 9))
	before := p.content(t)
	for _, id := range []string{"", "u2", "U1", "u1 "} {
		_, _, err := p.asked(t, office, id)
		wantError(t, "account "+id, err, selvedge.CodeNotFound, "", "")
	}
	for _, actor := range []selvedge.Actor{{}, selvedge.OrgActor("o", "k"), selvedge.System("matcher")} {
		a, views, err := p.asked(t, actor, "u1")
		wantError(t, actor.Role().String(), err, selvedge.CodeForbidden, "", "")
		if a != (contact.Account{}) || views != nil {
			t.Errorf("%s is shown %+v %+v", actor.Role(), a, views)
		}
	}
	if diff := cmp.Diff(before, p.content(t)); diff != "" {
		t.Errorf("something was written:\n%s", diff)
	}
}

// TestObjection makes, repeats, lifts and repeats: what repeats changes nothing.
// It stands over imports and over what is given while it stands.
func TestObjection(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	row := given("u1", jane, "offers", 9)
	p.load(t, adults("u1", "u2"), row+given("u1", joe, "offers", 8)+given("u2", jane, "offers", 9))
	object := func() { must(t, p.people.Object(t.Context(), office, "u1", everything)) }
	lift := func() { must(t, p.people.LiftObjection(t.Context(), office, "u1", everything)) }
	log := p.log(t)
	step := func(what string, act func(), changes ...string) {
		t.Helper()
		p.clock.Add(time.Hour)
		before := p.content(t)
		act()
		if diff := cmp.Diff(before, p.content(t)); (diff != "") != (len(changes) > 0) {
			t.Errorf("%s: the content changed:\n%s", what, diff)
		}
		log = append(log, changes...)
		p.wantLog(t, log...)
	}
	step("lift what is not there", lift)
	step("object", object, "4-5 mask objection [1 2]")
	p.wantReach(t, "objected", jane, "u2")
	step("object again", object)
	since := start.Add(2 * time.Hour)
	want := []contact.Objection{{Scope: contact.ScopeAll, MadeAt: since}}
	if held, err := p.people.Look(t.Context(), office, "u1"); err != nil || !cmp.Equal(want, held.Objections) {
		t.Errorf("objections %v, want %v: %v", held.Objections, want, err)
	}
	p.load(t, "u1,GB,adult,2026-03-02,active\n", row+given("u1", "new@example.com", "offers", 1))
	log = append(log, "6-6 grant_on ads.match.advertiser ads.suppress [4]")
	p.wantReach(t, "brought again", jane, "u2")
	p.wantReach(t, "given meanwhile", "new@example.com")
	p.withdraw(t, "u1", email(joe), onlyAds)
	log = append(log, "7-7 grant_off ads.match.advertiser ads.suppress [2]")
	step("lift", lift, "8-10 mask objection [1 2 4]")
	p.wantReach(t, "lifted", jane, "u1", "u2")
	p.wantReach(t, "withdrawn stays withdrawn", joe)
	step("lift again", lift)

	entries := p.entries(t)
	var objections []string
	for _, e := range entries {
		if strings.Contains(e, "objection.") {
			objections = append(objections, e)
		}
	}
	if diff := cmp.Diff([]string{
		`ads objection.made operator anna {"ordinals":[1,2],"purposes":"ads.match.advertiser ads.match.partner"}`,
		`registry objection.made operator anna {"account":1,"scope":"all"}`,
		`ads objection.lifted operator anna {"ordinals":[1,2,4],"purposes":"ads.match.advertiser ads.match.partner"}`,
		`registry objection.lifted operator anna {"account":1,"scope":"all"}`,
	}, objections); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
}

// TestObjectionWithoutOrdinals is in the registry alone, and stands when the
// first ordinal comes.
func TestObjectionWithoutOrdinals(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.load(t, adults("u1"), given("u1", jane, "two-factor", 9))
	must(t, p.people.Object(t.Context(), selvedge.Platform("key"), "u1", everything))
	p.wantLog(t)
	for _, e := range p.entries(t) {
		if strings.HasPrefix(e, "ads ") {
			t.Errorf("the ads space has %s", e)
		}
	}
	p.load(t, "", given("u1", jane, "offers", 1))
	p.wantReach(t, "objected before", jane)
	p.wantWhy(t, "u1", "not_given_for_ads", "objection ads.suppress")
}

func TestObjectionRefuses(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.load(t, adults("u1"), "")
	before := p.content(t)
	for what, act := range map[string]func(context.Context, selvedge.Actor, string, contact.Objection) error{"object": p.people.Object, "lift": p.people.LiftObjection} {
		wantError(t, what, act(t.Context(), office, "u2", everything), selvedge.CodeNotFound, "", "")
		for _, actor := range []selvedge.Actor{{}, selvedge.OrgActor("o", "k"), selvedge.System("matcher"), selvedge.Self("u2"), selvedge.Self("")} {
			wantError(t, what, act(t.Context(), actor, "u1", everything), selvedge.CodeForbidden, "", "")
		}
	}
	for what, c := range map[string]struct {
		o     contact.Objection
		field string
	}{
		"no scope":              {contact.Objection{}, "scope"},
		"another scope":         {contact.Objection{Scope: "everybody"}, "scope"},
		"no org":                {contact.Objection{Scope: contact.ScopeOrg}, "org"},
		"an org beside":         {contact.Objection{Scope: contact.ScopeAll, Org: "org_x"}, "org"},
		"no address":            {contact.Objection{Scope: contact.ScopeAddress}, "address"},
		"an address beside":     {contact.Objection{Scope: contact.ScopePartners, Handle: contact.Handle{1}}, "address"},
		"an address with a org": {contact.Objection{Scope: contact.ScopeOrg, Org: "org_x", Handle: contact.Handle{1}}, "address"},
	} {
		wantError(t, what, p.people.Object(t.Context(), office, "u1", c.o), selvedge.CodeInvalid, c.field, "bad_scope")
	}
	none := contact.Objection{Scope: contact.ScopeAddress, Handle: contact.Handle{1}}
	wantError(t, "another's address", p.people.Object(t.Context(), office, "u1", none), selvedge.CodeNotFound, "", "")
	if diff := cmp.Diff(before, p.content(t)); diff != "" {
		t.Errorf("something was written:\n%s", diff)
	}
}

func TestOwners(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.load(t, adults("u1", "u2"), given("u1", jane, "offers", 9)+given("u2", joe, "two-factor", 9)+given("u2", jane, "offers", 8))
	var got []contact.Owner
	must(t, p.people.Owners(t.Context(), office, roaring.BitmapOf(1, 2, 3), func(o contact.Owner) error { got = append(got, o); return nil }))
	want := []contact.Owner{
		{Ordinal: 1, Contact: 1, PlatformID: "u1", GivenAt: start.Add(-9 * time.Hour)},
		{Ordinal: 2, Contact: 3, PlatformID: "u2", GivenAt: start.Add(-8 * time.Hour)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	mine := errors.New("mine")
	if err := p.people.Owners(t.Context(), office, roaring.BitmapOf(1), func(contact.Owner) error { return mine }); !errors.Is(err, mine) {
		t.Errorf("error %v, want fn's own", err)
	}
	for _, actor := range []selvedge.Actor{{}, selvedge.Platform("key"), selvedge.OrgActor("o", "k"), selvedge.System("matcher")} {
		err := p.people.Owners(t.Context(), actor, roaring.BitmapOf(1), func(contact.Owner) error { t.Error("somebody is shown"); return nil })
		wantError(t, actor.Role().String(), err, selvedge.CodeForbidden, "", "")
	}
}

func TestAgePolicy(t *testing.T) {
	t.Parallel()
	for _, p := range []contact.AgePolicy{contact.UnknownIsMinor, contact.UnknownIsAdult} {
		must(t, p.Validate())
	}
	for _, p := range []contact.AgePolicy{"", "Minor", "unknown"} {
		wantError(t, string(p), p.Validate(), selvedge.CodeInvalid, "unknown_age", "not_set")
	}
	// The zero account is out for every reason, but nobody objected for it.
	if diff := cmp.Diff([]contact.Mask{contact.MaskAge, contact.MaskState}, (contact.Account{}).Masked(contact.UnknownIsAdult)); diff != "" {
		t.Errorf("the zero account (-want +got):\n%s", diff)
	}
}
