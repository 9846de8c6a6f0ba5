package demo

import (
	"context"
	"fmt"
	"strings"

	"github.com/selvedge/selvedge/api"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/demo/world"
)

// checkTruth compares what was matched with what the world knows.
func (t *teller) checkTruth(ctx context.Context) error {
	var rows, members int64
	for _, s := range t.shops {
		for r := range s.list.Contents() {
			if r.Class == world.SecurityOnlyRow {
				rows++
			}
		}
		n, err := t.compare(ctx, s, nil)
		if err != nil {
			return err
		}
		members += n
	}
	t.say("5. The generator of this world knows who is who, and names the same %s members, one by one. %s rows of these lists hold an address or number that somebody gave for security or service alone: not one of them found anybody.", count(members), count(rows))
	return nil
}

// compare returns how many members a shop's audience has, or an error if they
// are not exactly those that the world names.
func (t *teller) compare(ctx context.Context, s *shop, applied func(*world.Act) bool) (int64, error) {
	bitmap, err := t.server.Matcher.Members(ctx, operator, s.org.ID, s.audience.ID, s.org.Kind.Purpose())
	if err != nil {
		return 0, err
	}
	want := map[world.Key]bool{}
	state := world.State{At: clock.Now(), Applied: applied, Purpose: s.org.Kind.Purpose().String()}
	for k := range t.world.Members(s.list, state) {
		want[k] = true
	}
	n := int64(len(want))
	strangers := 0
	err = t.server.People.Owners(ctx, operator, bitmap, func(o contact.Owner) error {
		k := world.Key{Account: o.PlatformID, GivenAt: o.GivenAt.Unix()}
		if !want[k] {
			strangers++
		}
		delete(want, k)
		return nil
	})
	if err == nil && (strangers > 0 || len(want) > 0) {
		err = fmt.Errorf("the audience of %s is wrong: %d members should not be in it, %d are missing", s.list.Name, strangers, len(want))
	}
	return n, err
}

// mostActs is how many people withdraw, and how many object, in the story.
const mostActs = 150

// takeBack has people withdraw and object, and the orgs upload again.
func (t *teller) takeBack(ctx context.Context) error {
	done := map[string]bool{} // accounts and kinds of act
	var withdrawn, objected int64
	for a := range t.world.Acts() {
		switch {
		case a.Kind == world.Withdraw && withdrawn < mostActs:
			withdrawn++
			_, err := t.platform.Withdraw(ctx, api.Withdrawal{
				Account: a.Account, Kind: string(a.AddressKind), Value: a.Value, Purposes: a.Purposes,
			})
			if err != nil {
				return err
			}
		case a.Kind == world.Object && objected < mostActs:
			objected++
			if err := t.platform.Object(ctx, api.Objection{Account: a.Account}); err != nil {
				return err
			}
		default:
			continue // a new yes would come with the next import
		}
		done[a.Account+" "+string(a.Kind)] = true
	}
	applied := func(a *world.Act) bool { return done[a.Account+" "+string(a.Kind)] }

	var before, after int64
	for _, s := range t.shops {
		n, err := t.compare(ctx, s, applied)
		if err != nil {
			return err
		}
		before += n
	}
	for _, s := range t.shops {
		if err := s.send(ctx); err != nil {
			return err
		}
	}
	for _, s := range t.shops {
		if err := s.wait(ctx); err != nil {
			return err
		}
		n, err := t.compare(ctx, s, applied)
		if err != nil {
			return err
		}
		after += n
	}
	t.say("6. %s people withdraw and %s object. They are out of every audience at once: %s members are left. Every org uploads its list again: %s members. Nobody is back.",
		count(withdrawn), count(objected), count(before), count(after))
	return nil
}

// offerCurl ends the story with commands that work.
func (t *teller) offerCurl(context.Context) error {
	s := t.shops[0]
	ada, _ := t.world.Character("Ada")
	t.say("7. Try it:")
	for _, line := range []string{
		"curl -s -H 'Authorization: Bearer " + s.client.Key + "' " + t.url + "/v1/audiences",
		"printf 'email\\nanna@example.com\\nnot an address\\n' | curl -s -H 'Authorization: Bearer " + s.client.Key + "' -H 'Content-Type: text/csv' --data-binary @- '" + t.url + "/v1/audiences/" + string(s.audience.ID) + "/lists?ad_user_data=granted&ad_personalization=granted'",
		"curl -s -H 'Authorization: Bearer " + t.platform.Key + "' " + t.url + "/v1/accounts/" + ada.Account + "/contact-points",
	} {
		t.say("   %s", strings.TrimSpace(line))
	}
	return nil
}
