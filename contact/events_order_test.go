package contact_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/purpose"
)

// told is what a platform is told of one contact point, as far as it depends on
// the set of events alone.
type told struct{ Verified, Ended, Matchable string }

// TestEventsInAnyOrder: the same events in two orders, some of them twice, make
// the same contact points, with the same proofs, ends and eligibility, and these
// are what a naive reading of the whole set says.
func TestEventsInAnyOrder(t *testing.T) {
	t.Parallel()
	const tries = 150
	p := newPlatform(t)
	var ids []string
	for i := range 2 * tries {
		ids = append(ids, fmt.Sprint("u", i))
	}
	p.load(t, adults(ids...), "")
	p.clock.Add(10 * time.Hour)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		if n == tries {
			return // as many accounts as there are
		}
		one, two := ids[2*n], ids[2*n+1]
		n++
		events := rapid.SliceOfN(rapid.Custom(drawEvent), 1, 12).Draw(rt, "events")
		again := rapid.SliceOfN(rapid.SampledFrom(events), 0, 3).Draw(rt, "again")
		other := rapid.Permutation(append(slices.Clone(events), again...)).Draw(rt, "another order")
		for account, in := range map[string][]contact.Event{one: events, two: other} {
			for batch := range slices.Chunk(in, rapid.IntRange(1, 5).Draw(rt, "batch")) {
				for i := range batch {
					batch[i].Account = account
				}
				for _, o := range p.apply(t, batch...) {
					if o.Outcome == contact.Refused {
						rt.Fatalf("refused: %+v", o)
					}
				}
			}
		}
		want := ofTheSet(events)
		if diff := cmp.Diff(want, p.told(t, one)); diff != "" {
			rt.Fatalf("in one order (-of the set +got):\n%s", diff)
		}
		if diff := cmp.Diff(want, p.told(t, two)); diff != "" {
			rt.Fatalf("in another order (-of the set +got):\n%s", diff)
		}
	})
}

func drawEvent(t *rapid.T) contact.Event {
	address := rapid.SampledFrom([]string{jane, joe}).Draw(t, "address")
	hours := rapid.IntRange(-6, -1).Draw(t, "hours")
	question := rapid.SampledFrom([]string{"offers", "partners", "two-factor"}).Draw(t, "prompt")
	switch rapid.SampledFrom([]contact.EventType{
		contact.EventGiven, contact.EventVerified, contact.EventGiven, contact.EventVerified,
		contact.EventLost, contact.EventWithdrawn, contact.EventAge, contact.EventDeactivated, contact.EventReactivated,
	}).Draw(t, "type") {
	case contact.EventGiven:
		return yes("", address, question, hours)
	case contact.EventVerified:
		return proof("", address, question, hours, rapid.IntRange(-9, -1).Draw(t, "verified"))
	case contact.EventLost:
		return about(rapid.SampledFrom([]contact.EventType{contact.EventLost, contact.EventChanged}).Draw(t, "how"), "", address, hours)
	case contact.EventWithdrawn:
		words := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"ads.match.advertiser", "ads.match.partner", "ads.suppress", "sec.2fa"}), 1, 3, rapid.ID[string]).Draw(t, "purposes")
		return about(contact.EventWithdrawn, "", address, hours, words...)
	case contact.EventAge:
		return aged("", rapid.SampledFrom([]contact.AgeClass{contact.Adult, contact.Minor, contact.AgeUnknown}).Draw(t, "age"), hours)
	case contact.EventDeactivated:
		return stated("", contact.EventDeactivated, hours)
	default:
		return stated("", contact.EventReactivated, hours)
	}
}

// ofTheSet says what a set of events makes of an account that was an active adult's
// before them.
func ofTheSet(events []contact.Event) map[string]told {
	of := map[string]purpose.Set{
		"offers@1":     purpose.Of(purpose.AdsMatchAdvertiser, purpose.AdsSuppress),
		"partners@1":   purpose.Of(purpose.AdsMatchPartner),
		"two-factor@1": purpose.Of(purpose.Sec2FA),
	}
	masks := map[string]string{jane: "com", joe: "org"}
	age, ageAt, state, stateAt := contact.Adult, "", contact.EventReactivated, ""
	strict := map[contact.AgeClass]int{contact.AgeUnknown: 1, contact.Minor: 2}
	for _, e := range events {
		switch e.Type {
		case contact.EventAge:
			if e.At > ageAt || e.At == ageAt && strict[e.AgeClass] > strict[age] {
				age, ageAt = e.AgeClass, e.At
			}
		case contact.EventDeactivated:
			if e.At >= stateAt {
				state, stateAt = e.Type, e.At
			}
		case contact.EventReactivated:
			if e.At > stateAt {
				state, stateAt = e.Type, e.At
			}
		}
	}
	out := map[string]told{}
	for _, e := range events {
		if e.Type != contact.EventGiven && e.Type != contact.EventVerified {
			continue
		}
		verified, ended := false, purpose.Set(0)
		for _, f := range events {
			switch {
			case f.Value != e.Value:
			case f.Prompt == e.Prompt && f.GivenAt == e.GivenAt && f.VerifiedAt != "":
				verified = true
			case (f.Type == contact.EventLost || f.Type == contact.EventChanged) && f.At >= e.GivenAt:
				ended |= of[e.Prompt]
			case f.Type == contact.EventWithdrawn && f.At >= e.GivenAt:
				for _, word := range f.Purposes {
					u, _ := purpose.Parse(word)
					ended |= purpose.Of(u) & of[e.Prompt]
				}
			}
		}
		live := of[e.Prompt].Ads() &^ ended
		if !verified || age != contact.Adult || state != contact.EventReactivated {
			live = 0
		}
		out[masks[e.Value]+" "+e.Prompt+" "+e.GivenAt] = told{fmt.Sprint(verified), ended.String(), live.String()}
	}
	return out
}

// told returns what is held of an account, in the words of ofTheSet.
func (p *platform) told(t testing.TB, account string) map[string]told {
	out := map[string]told{}
	for _, v := range p.look(t, account) {
		out[v.Mask[len(v.Mask)-3:]+" "+v.Prompt.String()+" "+v.GivenAt.Format(time.RFC3339)] = told{
			fmt.Sprint(!v.VerifiedAt.IsZero()), v.Ended.String(), v.MatchableFor.String(),
		}
	}
	return out
}
