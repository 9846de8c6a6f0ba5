package contact_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/alert"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/purpose"
)

// at is a time that many hours before the start, as events say it.
func at(hoursAgo int) string { return ago(hoursAgo) }

// gave is the event of the row of given.
func gave(account, value, prompt string, hoursAgo int) contact.Event {
	e := yes(account, value, prompt, hoursAgo)
	e.VerifiedAt, e.VerifiedBy = at(hoursAgo), "code"
	return e
}

// yes is the event before the person proved control.
func yes(account, value, prompt string, hoursAgo int) contact.Event {
	return contact.Event{
		Type: contact.EventGiven, Account: account, Kind: "email", Value: value, Prompt: prompt + "@1", GivenAt: at(hoursAgo),
	}
}

// proof is the proof of control of what a yes gave.
func proof(account, value, prompt string, hoursAgo, verifiedAgo int) contact.Event {
	e := yes(account, value, prompt, hoursAgo)
	e.Type, e.VerifiedAt, e.VerifiedBy = contact.EventVerified, at(verifiedAgo), "link"
	return e
}

// about is an event about an address.
func about(kind contact.EventType, account, value string, hoursAgo int, purposes ...string) contact.Event {
	return contact.Event{Type: kind, Account: account, Kind: "email", Value: value, At: at(hoursAgo), Purposes: purposes}
}

// aged and stated are events about an account.
func aged(account string, age contact.AgeClass, hoursAgo int) contact.Event {
	return contact.Event{Type: contact.EventAge, Account: account, AgeClass: age, At: at(hoursAgo)}
}

func stated(account string, kind contact.EventType, hoursAgo int) contact.Event {
	return contact.Event{Type: kind, Account: account, At: at(hoursAgo)}
}

// apply applies events, of which none may be refused unless want says so, and
// returns what became of them.
func (p *platform) apply(t testing.TB, es ...contact.Event) []contact.Outcome {
	t.Helper()
	rep, err := p.events().Apply(t.Context(), selvedge.Platform("key"), es)
	must(t, err)
	if rep.Read != len(es) || rep.Read != rep.Applied+rep.Unchanged+rep.Refused || len(rep.Outcomes) != len(es) {
		t.Errorf("the report does not add up: %+v", rep)
	}
	for i, o := range rep.Outcomes {
		if o.Index != i {
			t.Errorf("outcome %d has the index %d", i, o.Index)
		}
	}
	return rep.Outcomes
}

func (p *platform) events() *contact.Events {
	return &contact.Events{Importer: &p.Importer, People: &p.people}
}

// wantOutcomes applies events and fails the test unless this becomes of them: a
// word, and after a blank the field and the reason.
func (p *platform) wantOutcomes(t testing.TB, what string, want []string, es ...contact.Event) {
	t.Helper()
	var got []string
	for _, o := range p.apply(t, es...) {
		s := string(o.Outcome)
		for _, more := range []string{o.Field, o.Reason} {
			if more != "" {
				s += " " + more
			}
		}
		got = append(got, s)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: outcomes (-want +got):\n%s", what, diff)
	}
}

// TestEvents takes one address through everything that may happen to it, and
// looks each time whom a list meets.
func TestEvents(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.load(t, adults("u1"), "")
	p.clock.Add(3 * time.Hour)
	applied, unchanged := []string{"applied"}, []string{"unchanged"}
	for _, c := range []struct {
		what  string
		event contact.Event
		want  []string
		reach []string
		why   []string
	}{
		{"a yes without a proof", yes("u1", jane, "offers", 100), applied, nil, []string{"not_verified"}},
		{"the proof", proof("u1", jane, "offers", 100, 99), applied, []string{"u1"}, []string{"ads.match.advertiser ads.suppress"}},
		{"the proof again", proof("u1", jane, "offers", 100, 98), unchanged, []string{"u1"}, []string{"ads.match.advertiser ads.suppress"}},
		{"the yes again", yes("u1", jane, "offers", 100), unchanged, []string{"u1"}, []string{"ads.match.advertiser ads.suppress"}},
		{"deactivated", stated("u1", contact.EventDeactivated, -1), applied, nil, []string{"state"}},
		{"reactivated", stated("u1", contact.EventReactivated, -2), applied, []string{"u1"}, []string{"ads.match.advertiser ads.suppress"}},
		{"lost", about(contact.EventLost, "u1", jane, 90), applied, nil, []string{"control_lost"}},
		{"verified later than lost", proof("u1", jane, "offers", 100, 80), unchanged, nil, []string{"control_lost"}},
		{"a new yes", gave("u1", jane, "offers", 70), applied, []string{"u1"}, []string{"control_lost", "ads.match.advertiser ads.suppress"}},
		{
			"some of it withdrawn", about(contact.EventWithdrawn, "u1", jane, 60, "ads.match.advertiser"), applied, nil,
			[]string{"control_lost", "withdrawn ads.suppress"},
		},
		{"changed", about(contact.EventChanged, "u1", jane, 50), applied, nil, []string{"control_lost", "control_lost"}},
		{"changed again", about(contact.EventChanged, "u1", jane, 50), unchanged, nil, []string{"control_lost", "control_lost"}},
		{"what it was changed to", gave("u1", joe, "offers", 50), applied, nil, []string{"control_lost", "control_lost", "ads.match.advertiser ads.suppress"}},
	} {
		p.wantOutcomes(t, c.what, c.want, c.event)
		p.wantReach(t, c.what, jane, c.reach...)
		p.wantWhy(t, "u1", c.why...)
	}
	p.wantReach(t, "what it was changed to", joe, "u1")
}

// TestEventsAsAnImport brings the same contact points by an import and by events:
// what is held, and who is reached, is the same.
func TestEventsAsAnImport(t *testing.T) {
	t.Parallel()
	accounts := adults("u1", "u2")
	points := given("u1", jane, "offers", 100) + given("u1", jane, "two-factor", 90) + unproven(given("u2", joe, "offers", 70)) +
		given("u2", jane, "legacy", 60) + hashed(given("u2", jane, "partners", 50), jane) + given("u2", "old@example.com", "partners", 24*40)
	byHashes := gave("u2", "", "partners", 50)
	byHashes.SHA256 = []string{sumOf(jane)}
	events := []contact.Event{
		gave("u1", jane, "offers", 100), gave("u1", jane, "two-factor", 90), yes("u2", joe, "offers", 70),
		gave("u2", jane, "legacy", 60), byHashes, gave("u2", "old@example.com", "partners", 24*40),
	}
	a, b := newPlatform(t), newPlatform(t)
	a.load(t, accounts, points)
	b.load(t, accounts, "")
	b.apply(t, events...)
	for _, id := range []string{"u1", "u2"} {
		if diff := cmp.Diff(a.look(t, id), b.look(t, id)); diff != "" {
			t.Errorf("%s (-import +events):\n%s", id, diff)
		}
	}
	for _, address := range []string{jane, joe, "old@example.com"} {
		b.wantReach(t, address, address, a.reach(t, purpose.AdsMatchAdvertiser, address)...)
	}
	// Each brings what the other brought: nothing changes, and nothing doubles.
	before := b.content(t, books...)
	if r := b.load(t, accounts, points); r.Points.Present != 6 {
		t.Errorf("%+v", r.Points)
	}
	if diff := cmp.Diff(before, b.content(t, books...)); diff != "" {
		t.Errorf("an import after events changed:\n%s", diff)
	}
	a.wantOutcomes(t, "events after an import", []string{"unchanged", "unchanged", "unchanged", "unchanged", "unchanged", "unchanged"}, events...)
}

// TestEventsRefused refuses one by one what is no event, each with its field.
func TestEventsRefused(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.propose(t, question("asked", 13, purpose.AdsMatchAdvertiser))
	p.load(t, adults("u1"), given("u1", jane, "offers", 10)+unproven(given("u1", joe, "offers", 9)))
	views := p.look(t, "u1")
	change := func(e contact.Event, fn func(*contact.Event)) contact.Event { fn(&e); return e }
	good, lost := gave("u1", "new@example.com", "offers", 5), about(contact.EventLost, "u1", jane, 5)
	for what, c := range map[string]struct {
		want  string
		event contact.Event
	}{
		"no type":              {"type bad_type", contact.Event{Account: "u1"}},
		"an unknown type":      {"type bad_type", change(good, func(e *contact.Event) { e.Type = "erased" })},
		"a field of another":   {"at not_for_this_type", change(good, func(e *contact.Event) { e.At = at(1) })},
		"an address of none":   {"value not_for_this_type", change(stated("u1", contact.EventDeactivated, 1), func(e *contact.Event) { e.Value = jane })},
		"purposes of none":     {"purposes not_for_this_type", change(lost, func(e *contact.Event) { e.Purposes = []string{"sec.2fa"} })},
		"no account":           {"account bad_account", change(good, func(e *contact.Event) { e.Account = "" })},
		"an unknown account":   {"account unknown_account", change(good, func(e *contact.Event) { e.Account = "u9" })},
		"no kind":              {"kind bad_kind", change(good, func(e *contact.Event) { e.Kind = "" })},
		"no kind of what goes": {"kind bad_kind", change(lost, func(e *contact.Event) { e.Kind = "fax" })},
		"no value":             {"value value_or_sha256", change(good, func(e *contact.Event) { e.Value = "" })},
		"no value of a loss":   {"value value_or_sha256", change(lost, func(e *contact.Event) { e.Value = "" })},
		"both":                 {"sha256 value_or_sha256", change(good, func(e *contact.Event) { e.SHA256 = []string{sumOf(jane)} })},
		"both of a loss":       {"value value_or_sha256", change(lost, func(e *contact.Event) { e.SHA256 = []string{sumOf(jane)} })},
		"no address":           {"value not_an_email", change(good, func(e *contact.Event) { e.Value = "jane" })},
		"no address of a loss": {"value not_an_email", change(lost, func(e *contact.Event) { e.Value = "jane" })},
		"no prompt":            {"prompt bad_prompt_name", change(good, func(e *contact.Event) { e.Prompt = "offers" })},
		"a pending prompt":     {"prompt prompt_pending", change(good, func(e *contact.Event) { e.Prompt = "asked@1" })},
		"no time":              {"given_at bad_time", change(good, func(e *contact.Event) { e.GivenAt = "today" })},
		"no time of a proof":   {"verified_at bad_time", change(good, func(e *contact.Event) { e.VerifiedAt = "today" })},
		"no time of a loss":    {"at bad_time", change(lost, func(e *contact.Event) { e.At = "" })},
		"given later":          {"given_at in_the_future", change(good, func(e *contact.Event) { e.GivenAt = at(-1) })},
		"proven later":         {"verified_at in_the_future", change(good, func(e *contact.Event) { e.VerifiedAt = at(-1) })},
		"of age later":         {"at in_the_future", aged("u1", contact.Adult, -1)},
		"reactivated later":    {"at in_the_future", stated("u1", contact.EventReactivated, -1)},
		"proven in no way":     {"verified_by bad_verified_by", change(good, func(e *contact.Event) { e.VerifiedBy = "" })},
		"a proof of none":      {"verified_at not_verified", change(good, func(e *contact.Event) { e.Type, e.VerifiedAt, e.VerifiedBy = contact.EventVerified, "", "" })},
		"no purpose":           {"purposes no_purpose", about(contact.EventWithdrawn, "u1", jane, 1)},
		"an unknown purpose":   {"purposes unknown_purpose", about(contact.EventWithdrawn, "u1", jane, 1, "ads.everything")},
		"no age":               {"age_class bad_age_class", aged("u1", "old", 1)},
		"another address":      {"address address_differs", change(good, func(e *contact.Event) { e.Address = views[0].Handle.String() })},
		"another of a loss":    {"address address_differs", change(lost, func(e *contact.Event) { e.Address = views[1].Handle.String() })},
		"no handle":            {"address bad_address", change(lost, func(e *contact.Event) { e.Address = "adr_1" })},
		"a yes without value":  {"value needs_value", change(good, func(e *contact.Event) { e.Kind, e.Value, e.Address = "", "", views[0].Handle.String() })},
		"a proof without value": {"value needs_value", change(proof("u1", joe, "offers", 9, 8), func(e *contact.Event) {
			e.Kind, e.Value, e.Address = "", "", views[1].Handle.String()
		})},
		"a proof of nothing": {"address unknown_contact_point", change(proof("u1", joe, "offers", 7, 6), func(e *contact.Event) {
			e.Kind, e.Value, e.Address = "", "", views[1].Handle.String()
		})},
	} {
		before := p.content(t)
		p.wantOutcomes(t, what, []string{"refused " + c.want}, c.event)
		if diff := cmp.Diff(before, p.content(t)); diff != "" {
			t.Errorf("%s changed:\n%s", what, diff)
		}
	}
	p.wantOutcomes(t, "good ones among bad ones", []string{"applied", "refused type bad_type", "applied"}, good, contact.Event{}, lost)
}

// TestProofWithoutValue takes a proof by the address alone, where no token is to
// be made.
func TestProofWithoutValue(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.load(t, adults("u1"), unproven(given("u1", jane, "two-factor", 10)))
	e := proof("u1", "", "two-factor", 10, 9)
	e.Kind, e.Address = "", p.look(t, "u1")[0].Handle.String()
	p.wantOutcomes(t, "a proof", []string{"applied", "unchanged"}, e, e)
	if v := p.look(t, "u1")[0]; !v.VerifiedAt.Equal(start.Add(-9 * time.Hour)) {
		t.Errorf("verified at %v", v.VerifiedAt)
	}
}

// TestEventsOfNobody: who may, and how many.
func TestEventsOfNobody(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	some := []contact.Event{gave("u1", jane, "offers", 1)}
	for _, actor := range []selvedge.Actor{{}, selvedge.OrgActor("org", "key"), selvedge.Self("u1"), selvedge.System("x")} {
		_, err := p.events().Apply(t.Context(), actor, some)
		wantError(t, actor.Role().String(), err, selvedge.CodeForbidden, "", "")
		_, _, err = p.people.Alerts.Alerts(t.Context(), actor, 0, 9)
		wantError(t, actor.Role().String(), err, selvedge.CodeForbidden, "", "")
	}
	_, err := p.events().Apply(t.Context(), office, nil)
	wantError(t, "none", err, selvedge.CodeInvalid, "events", "no_events")
	_, err = p.events().Apply(t.Context(), office, make([]contact.Event, contact.MaxEvents+1))
	wantError(t, "too many", err, selvedge.CodeTooLarge, "events", "")
	if got := p.apply(t, make([]contact.Event, contact.MaxEvents)...); got[contact.MaxEvents-1].Outcome != contact.Refused {
		t.Errorf("%+v", got[contact.MaxEvents-1])
	}
}

// TestEventsOfAnErasedAccount: what was given before is refused, and counted.
func TestEventsOfAnErasedAccount(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.load(t, adults("u1"), "")
	p.apply(t, gave("u1", jane, "offers", 10))
	_, err := p.people.Erase(t.Context(), office, "u1")
	must(t, err)
	p.clock.Add(3 * time.Hour)
	old := []contact.Event{gave("u1", jane, "offers", 10), about(contact.EventLost, "u1", jane, 5), stated("u1", contact.EventDeactivated, 4)}
	refused := []string{"refused account erased", "refused account erased", "refused account erased"}
	p.wantOutcomes(t, "of before", refused, old...)
	p.wantOutcomes(t, "of after, without an account", []string{"refused account unknown_account"}, gave("u1", jane, "offers", -1))
	p.load(t, adults("u1"), given("u1", jane, "offers", -1))
	p.wantOutcomes(t, "of before, once there is an account again", refused, old...)
	p.wantReach(t, "the new beginning", jane, "u1")
	for what, n := range map[string]int{"address_end": 0, "token_row": 0} {
		if got := p.content(t)[what]; len(got) != n {
			t.Errorf("%s: %v", what, got)
		}
	}
}

// TestErasureTakesRows: tokens of an erased person that are rows are gone at
// once, and nobody else's.
func TestErasureTakesRows(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.load(t, adults("u1", "u2"), "")
	p.apply(t, gave("u1", jane, "offers", 10), gave("u2", jane, "offers", 9), aged("u1", contact.Minor, -1))
	p.wantReach(t, "before", jane, "u2")
	_, err := p.people.Erase(t.Context(), office, "u1")
	must(t, err)
	p.wantReach(t, "after", jane, "u2")
	if rows := p.content(t)["token_row"]; len(rows) != 1 {
		t.Errorf("%d token rows", len(rows))
	}
	as, _, err := p.people.Alerts.Alerts(t.Context(), office, 0, 2)
	must(t, err)
	if len(as) != 1 || as[0].Account != 0 || as[0].PlatformID != "" || as[0].Matchable != 1 {
		t.Errorf("alerts of an erased account: %+v", as)
	}
}

// TestContainedEvents takes what takes away, and nothing else.
func TestContainedEvents(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.load(t, adults("u1", "u2"), given("u1", jane, "offers", 10)+given("u2", joe, "offers", 10))
	p.gate.Contain(selvedge.Errorf(selvedge.CodeContained, "for a test"))
	p.wantOutcomes(t, "contained", []string{
		"applied", "applied", "applied", "applied", "refused contained", "refused contained", "refused contained", "refused contained",
	},
		about(contact.EventWithdrawn, "u1", jane, 5, "ads.match.advertiser"), about(contact.EventLost, "u1", jane, 5),
		aged("u2", contact.Minor, -1), stated("u2", contact.EventDeactivated, -1),
		aged("u2", contact.Adult, 0), stated("u2", contact.EventReactivated, 0),
		gave("u1", "new@example.com", "offers", 4), gave("u1", "new@example.com", "two-factor", 4))
	if _, _, err := p.people.Alerts.Alerts(t.Context(), office, 0, 9); selvedge.CodeOf(err) != selvedge.CodeContained {
		t.Errorf("alerts while contained: %v", err)
	}
}

// TestAlerts: an adult who is a minor is masked at once, with an alert, whether
// an event says so or a file.
func TestAlerts(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.load(t, adults("u1", "u2", "u3"), given("u1", jane, "offers", 10)+given("u1", jane, "partners", 9)+given("u3", joe, "offers", 9))
	p.clock.Add(time.Hour)
	p.wantOutcomes(t, "ages", []string{"applied", "applied", "applied", "applied"},
		aged("u1", contact.Minor, -1), aged("u2", contact.AgeUnknown, -1), aged("u2", contact.Minor, -2), aged("u3", contact.AgeUnknown, -1))
	p.wantReach(t, "a minor", jane)
	p.load(t, "u3,IT,adult,,active\n", "")
	p.load(t, "u3,IT,minor,,deactivated\n", "")
	p.wantReach(t, "a minor by a file", joe)
	as, more, err := p.people.Alerts.Alerts(t.Context(), office, 0, 2)
	must(t, err)
	type seen struct {
		id        alert.ID
		account   string
		matchable int
	}
	var got []seen
	for _, a := range as {
		got = append(got, seen{a.ID, a.PlatformID, a.Matchable})
		if a.Kind != alert.AdultToMinor || !a.RaisedAt.Equal(p.clock.Now()) || !a.Since.Equal(p.clock.Now()) && a.PlatformID == "u3" {
			t.Errorf("%+v", a)
		}
	}
	if diff := cmp.Diff([]seen{{2, "u3", 1}, {1, "u1", 2}}, got, cmp.AllowUnexported(seen{})); diff != "" {
		t.Errorf("alerts (-want +got):\n%s", diff)
	}
	if more {
		t.Error("more than all of them")
	}
	before, more, err := p.people.Alerts.Alerts(t.Context(), office, 2, 2)
	if must(t, err); len(before) != 1 || before[0].ID != 1 || more {
		t.Errorf("before the second: %+v, more: %v", before, more)
	}
	last, more, err := p.people.Alerts.Alerts(t.Context(), office, 0, 1)
	if must(t, err); len(last) != 1 || last[0].ID != 2 || !more {
		t.Errorf("the last: %+v, more: %v", last, more)
	}
	entries := strings.Join(p.entries(t), "\n")
	if strings.Count(entries, "alert.raised") != 2 || strings.Count(entries, "staff.lookup") != 3 || !strings.Contains(entries, `{"alerts":[2]}`) {
		t.Errorf("entries: %s", entries)
	}
}

// TestNoIsNeverTooEarly: what takes away counts from now on if its time is to
// come.
func TestNoIsNeverTooEarly(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.load(t, adults("u1"), given("u1", jane, "offers", 10))
	p.wantOutcomes(t, "a second ahead", []string{"applied"}, about(contact.EventWithdrawn, "u1", jane, -1, "ads.match.advertiser"))
	p.wantReach(t, "withdrawn", jane)
	p.clock.Add(2 * time.Hour)
	p.apply(t, gave("u1", jane, "offers", -1))
	p.wantReach(t, "a yes since", jane, "u1")
}
