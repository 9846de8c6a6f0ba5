package contact_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/purpose"
)

// TestObjectionScopes: an objection takes its person out of what it names, and of
// nothing else, until it is lifted.
func TestObjectionScopes(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.load(t, adults("u1", "u2"),
		given("u1", jane, "offers", 9)+given("u1", jane, "partners", 9)+given("u1", joe, "offers", 8)+given("u2", jane, "offers", 7)+given("u2", jane, "partners", 7))
	handle := p.look(t, "u1")[0].Handle
	type reach struct{ Mine, Others, Partners, Suppress, Joe []string }
	now := func() reach {
		return reach{
			p.reachOf(t, "org_mine", purpose.AdsMatchAdvertiser, jane), p.reachOf(t, "org_other", purpose.AdsMatchAdvertiser, jane),
			p.reachOf(t, "org_other", purpose.AdsMatchPartner, jane), p.reachOf(t, "org_mine", purpose.AdsSuppress, jane),
			p.reachOf(t, "org_mine", purpose.AdsMatchAdvertiser, joe),
		}
	}
	both, only2, joeToo := []string{"u1", "u2"}, []string{"u2"}, []string{"u1"}
	open := reach{both, both, both, both, joeToo}
	if diff := cmp.Diff(open, now()); diff != "" {
		t.Fatalf("before:\n%s", diff)
	}
	for _, c := range []struct {
		o    contact.Objection
		want reach
	}{
		{contact.Objection{Scope: contact.ScopeAll}, reach{only2, only2, only2, both, nil}},
		{contact.Objection{Scope: contact.ScopeSignal}, reach{only2, only2, only2, both, nil}},
		{contact.Objection{Scope: contact.ScopePartners}, reach{both, both, only2, both, joeToo}},
		{contact.Objection{Scope: contact.ScopeOrg, Org: "org_mine"}, reach{only2, both, both, both, nil}},
		{contact.Objection{Scope: contact.ScopeAddress, Handle: handle}, reach{only2, only2, only2, both, joeToo}},
	} {
		must(t, p.people.Object(t.Context(), selvedge.Self("u1"), "u1", c.o))
		if diff := cmp.Diff(c.want, now()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.o.Scope, diff)
		}
		must(t, p.people.LiftObjection(t.Context(), selvedge.Self("u1"), "u1", c.o))
		if diff := cmp.Diff(open, now()); diff != "" {
			t.Errorf("%s, lifted (-want +got):\n%s", c.o.Scope, diff)
		}
	}
	held, err := p.people.Look(t.Context(), selvedge.Self("u1"), "u1")
	must(t, err)
	if len(held.Objections) != 5 {
		t.Errorf("%d objections are remembered", len(held.Objections))
	}
}

// TestObjectionsTogether: lifting one leaves the others.
func TestObjectionsTogether(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.load(t, adults("u1"), given("u1", jane, "offers", 9))
	signal := contact.Objection{Scope: contact.ScopeSignal}
	must(t, p.people.Object(t.Context(), office, "u1", everything))
	must(t, p.people.Object(t.Context(), office, "u1", signal))
	p.wantReach(t, "both", jane)
	must(t, p.people.LiftObjection(t.Context(), office, "u1", everything))
	p.wantReach(t, "the signal's", jane)
	p.wantWhy(t, "u1", "objection ads.suppress")
	must(t, p.people.LiftObjection(t.Context(), office, "u1", signal))
	p.wantReach(t, "none", jane, "u1")
	p.wantWhy(t, "u1", "ads.match.advertiser ads.suppress")
}

// TestObjectionStandsOverLaterImports: what comes later is under it too.
func TestObjectionStandsOverLaterImports(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	first := given("u1", jane, "offers", 9)
	p.load(t, adults("u1"), first)
	handle := p.look(t, "u1")[0].Handle
	must(t, p.people.Object(t.Context(), office, "u1", contact.Objection{Scope: contact.ScopeAddress, Handle: handle}))
	p.load(t, adults("u1"), first+given("u1", jane, "offers", 1)+given("u1", joe, "offers", 1))
	p.wantReach(t, "the address again", jane)
	p.wantReach(t, "another address", joe, "u1")
	p.wantWhy(t, "u1", "objection ads.suppress", "objection ads.suppress", "ads.match.advertiser ads.suppress")
}
