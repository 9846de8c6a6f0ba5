package audience_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/list/listtest"
	"github.com/selvedge/selvedge/org"
	"github.com/selvedge/selvedge/report"
	"github.com/selvedge/selvedge/server/servertest"
)

// TestDatesTellNothing: when a list takes effect and when it expires there is a
// version, whether it reaches somebody or nobody.
func TestDatesTellNothing(t *testing.T) {
	t.Parallel()
	p := newCrowd(t)
	versions := func(email string) (out []audience.VersionView) {
		s := p.shop(t, email, org.Advertiser)
		_, err := s.Audiences.Change(t.Context(), s.actor, s.audience, audience.Request{
			Declaration: listtest.Granted(), Kind: list.Add, Members: []list.Member{{Emails: []string{email}}},
			EffectiveAt: p.clock.Now().Add(time.Hour), ExpiresAt: p.clock.Now().Add(3 * time.Hour),
		})
		must(t, err)
		s.seal(t)
		for range 5 {
			servertest.Drain(t, p.Server, p.clock)
			p.clock.Add(time.Hour)
		}
		vs, err := s.Audiences.Versions(t.Context(), s.actor, s.audience, 0)
		must(t, err)
		return vs
	}
	somebody, nobody := versions(value("e0")), versions("nobody@example.com")
	if len(somebody) != 3 || len(nobody) != 3 {
		t.Fatalf("%d versions with somebody, %d with nobody; want 3", len(somebody), len(nobody))
	}
	for i := range somebody {
		if a, b := somebody[i], nobody[i]; a.Figure.Size != b.Figure.Size || a.Number != b.Number {
			t.Errorf("version %d: %+v with somebody, %+v with nobody", a.Number, a, b)
		}
	}
}

// TestFiguresAreSpent: a legal entity has so many figures a day, over all of its
// audiences; past that what was told before stays, and lists are taken as ever.
func TestFiguresAreSpent(t *testing.T) {
	t.Parallel()
	p := newCrowd(t)
	s := p.shop(t, "Acme", org.Advertiser)
	other, err := s.Audiences.Create(t.Context(), s.actor, "Other")
	must(t, err)
	first := s.audience
	next := func(i int) {
		s.upload(t, "email\n"+value(fmt.Sprint("e", i%crowd))+"\n")
		p.drain(t)
		p.clock.Add(time.Minute)
	}
	for i := range report.PerDay {
		s.audience = first
		if i%2 == 1 {
			s.audience = other.ID
		}
		next(i)
	}
	s.audience = first
	before := s.get(t)
	if !before.Figure.Told() || !before.Figure.Due.IsZero() {
		t.Fatalf("within the budget: %+v", before.Figure)
	}
	next(0)
	after := s.get(t)
	midnight := time.Date(start.Year(), start.Month(), start.Day()+1, 0, 0, 0, 0, time.UTC)
	if after.Status != audience.Ready || !after.Figure.At.Equal(before.Figure.At) || !after.Figure.Due.Equal(midnight) || !after.AsOf.After(before.AsOf) {
		t.Errorf("past the budget: %s, %+v, was %+v", after.Status, after.Figure, before.Figure)
	}
	rich := p.shop(t, "Bolt", org.Advertiser)
	rich.upload(t, "email\n"+value("e0")+"\n")
	p.drain(t)
	p.clock.Add(time.Minute)
	if v := rich.get(t); !v.Figure.Due.IsZero() {
		t.Errorf("another entity has %+v", v.Figure)
	}
}
