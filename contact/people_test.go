package contact_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/purpose"
)

var (
	every   = purpose.Of(purpose.All()...)
	onlyAds = purpose.Matchable
)

func email(value string) contact.Address {
	return contact.Address{Kind: identifier.Email, Value: value}
}

func phone(value, region string) contact.Address {
	return contact.Address{Kind: identifier.Phone, Value: value, Region: region}
}

func (p *platform) withdraw(t testing.TB, account string, a contact.Address, from purpose.Set) contact.WithdrawResult {
	t.Helper()
	res, err := p.people.Withdraw(t.Context(), office, account, a, from)
	must(t, err)
	return res
}

// TestWithdrawInAnySpelling gives an address in one spelling and withdraws it in
// another: from the account that is named, and from no other that holds it.
func TestWithdrawInAnySpelling(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		row  string
		list string // what a list holds of it
		by   []contact.Address
	}{
		"an address": {given("u", jane, "offers", 9), jane, []contact.Address{
			email(jane), email(" JANE@Example.COM "), email("Jane Doe <jane@example.com>"), {Kind: identifier.Email, SHA256: sumOf(jane)},
		}},
		"Gmail": {given("u", "Jane.Doe+news@googlemail.com", "offers", 9), "janedoe@gmail.com", []contact.Address{
			email("janedoe@gmail.com"), email("j.a.n.e.doe+other@Gmail.com"), {Kind: identifier.Email, SHA256: sumOf("janedoe@gmail.com")},
		}},
		"a number": {given("u", "07700 900123", "offers", 9), "+447700900123", []contact.Address{
			phone("+44 7700 900123", ""), phone("07700900123", "GB"), phone("0044 7700-900-123", ""), phone("(07700) 900 123", "gb"),
			{Kind: identifier.Phone, SHA256: sumOf("+447700900123")},
		}},
		"a hash": {hashed(given("u", jane, "offers", 9), jane, "jane@other.example"), jane, []contact.Address{
			email("Jane@example.com"), {Kind: identifier.Email, SHA256: sumOf(jane)},
		}},
		"the hash of a number without plus": {hashed(given("u", "+447700900123", "offers", 9), "447700900123"), "+447700900123", []contact.Address{
			phone("07700 900123", "GB"), {Kind: identifier.Phone, SHA256: sumOf("447700900123")},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlatform(t)
			var accounts, points string
			var left []string
			for i := range len(c.by) + 1 { // one account for each spelling, and one that withdraws nothing
				id := fmt.Sprintf("u%d", i)
				left = append(left, id)
				accounts += adults(id)
				points += strings.Replace(c.row, "u,", id+",", 1) + given(id, id+"@example.com", "offers", 8)
			}
			p.load(t, accounts, points)
			p.wantReach(t, "before", c.list, left...)
			for i, by := range c.by {
				id := left[0]
				left = left[1:]
				if res := p.withdraw(t, id, by, every); res != (contact.WithdrawResult{Points: 1, Ended: 2}) {
					t.Errorf("by spelling %d: %+v", i, res)
				}
				p.wantReach(t, "after", c.list, left...)
				p.wantReach(t, "another address", id+"@example.com", id)
			}
		})
	}
}

// TestWithdrawFromEveryPrompt ends what the address was given for at every
// prompt, for the purposes named alone.
func TestWithdrawFromEveryPrompt(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.load(t, adults("u1", "u2"), given("u1", jane, "offers", 100)+given("u1", jane, "partners", 90)+given("u1", jane, "two-factor", 80)+
		unproven(given("u1", jane, "offers", 70))+given("u1", joe, "offers", 60)+given("u2", jane, "offers", 50)+given("u1", jane, "legacy", 40))
	on := p.log(t)
	suppress := purpose.Of(purpose.AdsSuppress)
	if res := p.withdraw(t, "u1", email(jane), suppress); res != (contact.WithdrawResult{Points: 5, Ended: 2}) {
		t.Errorf("%+v", res)
	}
	p.wantLog(t, append(on, "5-5 grant_off ads.suppress [1]")...)
	p.wantWhy(t, "u1", "withdrawn ads.match.advertiser", "ads.match.partner", "not_given_for_ads", "not_verified", "ads.match.advertiser ads.suppress", "prompt_unknown")
	p.wantReach(t, "advertisers still", jane, "u1", "u2")
	if got := p.reach(t, purpose.AdsSuppress, jane); !cmp.Equal(got, []string{"u2"}) {
		t.Errorf("for suppression: %v", got)
	}

	p.clock.Add(time.Hour)
	if res := p.withdraw(t, "u1", email(jane), onlyAds); res != (contact.WithdrawResult{Points: 5, Ended: 3}) {
		t.Errorf("%+v", res)
	}
	p.wantLog(t, append(on, "5-5 grant_off ads.suppress [1]", "6-6 grant_off ads.match.advertiser [1]", "7-7 grant_off ads.match.partner [2]")...)
	p.wantWhy(t, "u1", "withdrawn", "withdrawn", "not_given_for_ads", "not_verified", "ads.match.advertiser ads.suppress", "prompt_unknown")
	p.wantReach(t, "after", jane, "u2")
	views := p.look(t, "u1")
	for i, want := range []purpose.Set{purpose.Of(purpose.AdsMatchAdvertiser, purpose.AdsSuppress), purpose.Of(purpose.AdsMatchPartner), 0} {
		if views[i].Ended != want {
			t.Errorf("contact point %d: %s ended, want %s", i, views[i].Ended, want)
		}
	}
}

// TestWithdrawTwice changes nothing the second time.
func TestWithdrawTwice(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.load(t, adults("u1"), given("u1", jane, "offers", 9)+given("u1", jane, "two-factor", 8))
	if res := p.withdraw(t, "u1", email(jane), every); res != (contact.WithdrawResult{Points: 2, Ended: 3}) {
		t.Errorf("%+v", res)
	}
	// It stands over what was given since, and comes to be known later.
	const upTo = "address_end"
	before := p.content(t, upTo)
	p.clock.Add(time.Hour)
	if res := p.withdraw(t, "u1", email(jane), every); res != (contact.WithdrawResult{Points: 2}) {
		t.Errorf("%+v", res)
	}
	if diff := cmp.Diff(before, p.content(t, upTo)); diff != "" {
		t.Errorf("the content changed:\n%s", diff)
	}
}

// TestWithdrawIsForGood brings the same event again, and then a new yes.
func TestWithdrawIsForGood(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	row := given("u1", jane, "offers", 100)
	p.load(t, adults("u1"), row)
	p.withdraw(t, "u1", email(jane), onlyAds)
	before := p.content(t, books...)
	for _, again := range []string{row, unproven(row), given("u1", "Jane@Example.com", "offers", 100)} {
		p.load(t, adults("u1"), again)
	}
	if diff := cmp.Diff(before, p.content(t, books...)); diff != "" {
		t.Errorf("an import revived something:\n%s", diff)
	}
	p.wantReach(t, "brought again", jane)

	p.load(t, "", given("u1", jane, "offers", 99))
	p.wantReach(t, "an older yes that came late", jane)
	p.clock.Add(time.Hour)
	p.load(t, "", given("u1", jane, "offers", -1))
	p.wantReach(t, "a new yes", jane, "u1")
	p.wantLog(t, "1-1 grant_on ads.match.advertiser ads.suppress [1]", "2-2 grant_off ads.match.advertiser ads.suppress [1]",
		"3-3 grant_on ads.match.advertiser ads.suppress [2]")
	p.wantWhy(t, "u1", "withdrawn", "withdrawn", "ads.match.advertiser ads.suppress")
}

// TestWithdrawBeforeTheProof ends the grants of a contact point that cannot be
// matched yet. The proof of control that comes later makes matchable what is
// left, and nothing if nothing is.
func TestWithdrawBeforeTheProof(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	rows := given("u1", jane, "offers", 9) + given("u2", jane, "offers", 9)
	p.load(t, adults("u1", "u2"), unproven(given("u1", jane, "offers", 9))+unproven(given("u2", jane, "offers", 9)))
	if res := p.withdraw(t, "u1", email(jane), onlyAds); res != (contact.WithdrawResult{Points: 1, Ended: 2}) {
		t.Errorf("%+v", res)
	}
	p.withdraw(t, "u2", email(jane), purpose.Of(purpose.AdsMatchAdvertiser))
	p.wantLog(t)
	r := p.load(t, "", rows)
	if r.Points.NowVerified != 2 || r.Points.MatchableNow != 1 {
		t.Errorf("%+v", r.Points)
	}
	p.wantWhy(t, "u1", "withdrawn")
	p.wantWhy(t, "u2", "withdrawn ads.suppress")
	p.wantReach(t, "for advertisers", jane)
	p.wantLog(t, "1-1 grant_on ads.suppress [1]")
}

// TestWithdrawSecurity ends what has nothing to do with advertising. It is in
// the registry, and the ads space does not move: not the log, and no entry.
func TestWithdrawSecurity(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.load(t, adults("u1"), given("u1", jane, "two-factor", 9)+given("u1", jane, "offers", 8)+given("u1", joe, "sign-up", 7))
	on, entries := p.log(t), p.entries(t)
	if res := p.withdraw(t, "u1", email(jane), purpose.Of(purpose.Sec2FA)); res != (contact.WithdrawResult{Points: 2, Ended: 1}) {
		t.Errorf("%+v", res)
	}
	if res := p.withdraw(t, "u1", email(joe), every); res != (contact.WithdrawResult{Points: 1, Ended: 2}) {
		t.Errorf("%+v", res)
	}
	p.wantLog(t, on...)
	want := append(entries, `registry grant.withdrawn operator anna {"ends":[{"contact":1,"purpose":"sec.2fa"}]}`,
		`registry grant.withdrawn operator anna {"ends":[{"contact":3,"purpose":"svc.account"},{"contact":3,"purpose":"mkt.email"}]}`)
	if diff := cmp.Diff(want, p.entries(t)); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	p.wantReach(t, "advertisers", jane, "u1")
}

// TestWithdrawEntries has the registry name contact points, and the ads space
// ordinals alone.
func TestWithdrawEntries(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.load(t, adults("u1"), given("u1", joe, "two-factor", 9)+given("u1", jane, "offers", 8))
	before := p.entries(t)
	p.withdraw(t, "u1", email(jane), onlyAds)
	want := append(before,
		`ads grant.withdrawn operator anna {"ordinals":[1],"purposes":"ads.match.advertiser ads.suppress"}`,
		`registry grant.withdrawn operator anna {"ends":[{"contact":2,"purpose":"ads.match.advertiser"},{"contact":2,"purpose":"ads.suppress"}]}`)
	if diff := cmp.Diff(want, p.entries(t)); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
}

// TestWithdrawRefuses changes nothing.
func TestWithdrawRefuses(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.load(t, adults("u1", "u2"), given("u1", jane, "offers", 9)+given("u2", joe, "offers", 9)+given("u2", tel, "offers", 8))
	before := p.content(t)
	for name, c := range map[string]struct {
		actor   selvedge.Actor
		account string
		address contact.Address
		from    purpose.Set
		code    selvedge.Code
		field   string
		reason  string
	}{
		"no such account":      {office, "U1", email(jane), every, selvedge.CodeNotFound, "", ""},
		"no account named":     {office, "", email(jane), every, selvedge.CodeNotFound, "", ""},
		"somebody else's":      {office, "u1", email(joe), every, selvedge.CodeNotFound, "", ""},
		"another kind":         {office, "u2", contact.Address{Kind: identifier.Email, SHA256: sumOf("+447700900123")}, every, selvedge.CodeNotFound, "", ""},
		"no such address":      {office, "u1", email("jane@example.org"), every, selvedge.CodeNotFound, "", ""},
		"no purpose":           {office, "u1", email(jane), 0, selvedge.CodeInvalid, "purposes", "no_purpose"},
		"no address":           {office, "u1", email("jane"), every, selvedge.CodeInvalid, "value", "not_an_email"},
		"nothing":              {office, "u1", email(""), every, selvedge.CodeInvalid, "value", "empty"},
		"no hash":              {office, "u1", contact.Address{Kind: identifier.Email, SHA256: jane}, every, selvedge.CodeInvalid, "sha256", "not_a_hash"},
		"no kind":              {office, "u1", contact.Address{Value: jane}, every, selvedge.CodeInvalid, "value", "no_kind"},
		"number without place": {office, "u2", phone("07700 900123", ""), every, selvedge.CodeInvalid, "value", "no_country_code"},
		"nobody":               {selvedge.Actor{}, "u1", email(jane), every, selvedge.CodeForbidden, "", ""},
		"an org":               {selvedge.OrgActor("o", "k"), "u1", email(jane), every, selvedge.CodeForbidden, "", ""},
		"the matcher":          {selvedge.System("matcher"), "u1", email(jane), every, selvedge.CodeForbidden, "", ""},
	} {
		res, err := p.people.Withdraw(t.Context(), c.actor, c.account, c.address, c.from)
		wantError(t, name, err, c.code, c.field, c.reason)
		if res != (contact.WithdrawResult{}) {
			t.Errorf("%s: %+v", name, res)
		}
	}
	if diff := cmp.Diff(before, p.content(t)); diff != "" {
		t.Errorf("something was written:\n%s", diff)
	}
	if _, err := p.people.Withdraw(t.Context(), selvedge.Platform("key"), "u1", email(jane), every); err != nil {
		t.Errorf("the platform: %v", err)
	}
}

// TestExpiry lets grants run out. Nothing has to happen for that: whoever asks
// afterwards is told that it is over.
func TestExpiry(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.load(t, adults("u1"), given("u1", jane, "partners", 0)+given("u1", jane, "offers", 1))
	month := start.AddDate(0, 1, 0).Sub(start)
	p.clock.Add(month - time.Microsecond)
	p.settle(t)
	p.wantWhy(t, "u1", "ads.match.advertiser ads.suppress", "ads.match.partner")
	if got := p.reach(t, purpose.AdsMatchPartner, jane); !cmp.Equal(got, []string{"u1"}) {
		t.Errorf("a microsecond before the end a partner reaches %v", got)
	}
	p.clock.Add(time.Microsecond)
	p.wantWhy(t, "u1", "ads.match.advertiser ads.suppress", "expired") // before anything has settled it
	p.settle(t)
	if got := p.reach(t, purpose.AdsMatchPartner, jane); got != nil {
		t.Errorf("at the end a partner reaches %v", got)
	}
	p.wantReach(t, "what lasts", jane, "u1")
	p.wantWhy(t, "u1", "ads.match.advertiser ads.suppress", "expired")
	if res := p.withdraw(t, "u1", email(jane), onlyAds); res != (contact.WithdrawResult{Points: 2, Ended: 2}) {
		t.Errorf("what has run out cannot be withdrawn: %+v", res)
	}
	p.wantWhy(t, "u1", "withdrawn", "expired")
}
