package server_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/demo/world"
	"github.com/selvedge/selvedge/job"
)

// platformEvents are what a platform tells while orgs ask: of contact points for
// advertising to both installations, and of those for security to the one that
// holds everything.
type platformEvents struct {
	rnd   *rand.Rand
	world *world.World
	told  []contact.Event // that gave something, of both
	n     int

	applied, security int
}

const (
	adsPrompt      = "offers-from-advertisers@2"
	securityPrompt = "two-factor@1"
)

// tell draws some events and brings them to the two installations, the one with
// everything first.
func (e *platformEvents) tell(t *testing.T, everything, without *twin) {
	t.Helper()
	now := everything.clock.Now()
	var all, ads []contact.Event
	for range 1 + e.rnd.IntN(6) {
		if e.rnd.IntN(2) == 0 {
			all = append(all, e.ofSecurity(now))
			continue
		}
		ev := e.ofAds(now)
		all, ads = append(all, ev), append(ads, ev)
	}
	e.security += everything.tell(t, all) - without.tell(t, ads)
	e.applied += len(ads)
}

// person is somebody, with an address: of their own, maybe one that they gave for
// security alone, or a new one.
func (e *platformEvents) person() (account, kind, value, region string) {
	p := e.world.Person(e.rnd.IntN(e.world.Len()))
	e.n++
	if c := e.rnd.IntN(2 * max(1, len(p.Contacts))); c < len(p.Contacts) && p.Contacts[c].Value != "" {
		at := p.Contacts[c]
		return p.Account, string(at.Kind), at.Value, at.Region
	}
	return p.Account, "email", fmt.Sprintf("new-%d@example.net", e.n), ""
}

func (e *platformEvents) given(prompt string, now time.Time) contact.Event {
	ev := contact.Event{Type: contact.EventGiven, Prompt: prompt, GivenAt: now.Format(time.RFC3339Nano)}
	ev.Account, ev.Kind, ev.Value, ev.Region = e.person()
	if e.rnd.IntN(3) > 0 {
		ev.VerifiedAt, ev.VerifiedBy = now.Format(time.RFC3339Nano), "code"
	}
	return ev
}

// ofAds is an event that both installations are told of.
func (e *platformEvents) ofAds(now time.Time) contact.Event {
	at := now.Format(time.RFC3339Nano)
	if len(e.told) == 0 || e.rnd.IntN(3) > 0 {
		ev := e.given(adsPrompt, now)
		e.told = append(e.told, ev)
		return ev
	}
	was := e.told[e.rnd.IntN(len(e.told))]
	switch e.rnd.IntN(6) {
	case 0:
		was.Type, was.VerifiedAt, was.VerifiedBy = contact.EventVerified, at, "link"
		return was
	case 1:
		return contact.Event{Type: contact.EventLost, Account: was.Account, Kind: was.Kind, Value: was.Value, Region: was.Region, At: at}
	case 2:
		return contact.Event{
			Type: contact.EventWithdrawn, Account: was.Account, Kind: was.Kind, Value: was.Value, Region: was.Region, At: at,
			Purposes: []string{"ads.match.advertiser"},
		}
	case 3:
		ages := []contact.AgeClass{contact.Adult, contact.Minor, contact.AgeUnknown}
		return contact.Event{Type: contact.EventAge, Account: was.Account, At: at, AgeClass: ages[e.rnd.IntN(3)]}
	case 4:
		return contact.Event{Type: contact.EventDeactivated, Account: was.Account, At: at}
	default:
		return contact.Event{Type: contact.EventReactivated, Account: was.Account, At: at}
	}
}

// ofSecurity is an event about what was given for security: also of an address
// that the account gave for advertising too.
func (e *platformEvents) ofSecurity(now time.Time) contact.Event {
	ev := e.given(securityPrompt, now)
	switch {
	case len(e.told) > 0 && e.rnd.IntN(2) == 0:
		ev.Account, ev.Kind, ev.Value, ev.Region = e.told[0].Account, e.told[0].Kind, e.told[0].Value, e.told[0].Region
	case e.rnd.IntN(3) == 0:
		return contact.Event{
			Type: contact.EventWithdrawn, Account: ev.Account, Kind: ev.Kind, Value: ev.Value, Region: ev.Region,
			At: now.Format(time.RFC3339Nano), Purposes: []string{"sec.2fa"},
		}
	case e.rnd.IntN(3) == 0: // of an address that was never given for anything else
		return contact.Event{
			Type: contact.EventLost, Account: ev.Account, Kind: "email", Value: fmt.Sprintf("lost-%d@example.net", e.n), At: now.Format(time.RFC3339Nano),
		}
	}
	return ev
}

// tell brings events and returns how many were not refused.
func (x *twin) tell(t *testing.T, es []contact.Event) int {
	t.Helper()
	if len(es) == 0 {
		return 0
	}
	rep, err := x.Events.Apply(t.Context(), selvedge.Platform("key"), es)
	if err != nil {
		t.Fatal(err)
	}
	return rep.Applied + rep.Unchanged
}

// compact folds what was told of into chunks, and takes out what is of erased
// people.
func (x *twin) compact(t *testing.T) {
	t.Helper()
	err := x.Compactor.Handle(t.Context(), job.Attempt{
		Fence:    func(context.Context, selvedge.Tx) error { return nil },
		Progress: func(context.Context, int64, int64) error { return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
}
