package world_test

import (
	"bytes"
	"encoding/csv"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge/demo/world"
)

func cells(t testing.TB, b []byte) [][]string {
	t.Helper()
	out, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func members(w *world.World, l world.List, s world.State) map[world.Key]bool {
	out := map[world.Key]bool{}
	for k := range w.Members(l, s) {
		out[k] = true
	}
	return out
}

func list(t testing.TB, w *world.World, name string) world.List {
	t.Helper()
	for _, l := range w.Lists() {
		if l.Name == name {
			return l
		}
	}
	t.Fatalf("no list %q", name)
	return world.List{}
}

// TestMembers compares the oracle, which decides from what was made, with a
// reading of the files by the documented rules.
func TestMembers(t *testing.T) {
	t.Parallel()
	states := map[string]struct {
		acts    time.Duration // applied up to this long after the start
		at      time.Duration
		unknown bool
		purpose string
	}{
		"at the start":               {},
		"unknown age is adult":       {unknown: true},
		"for partners":               {purpose: "ads.match.partner"},
		"for advertisers":            {purpose: "ads.match.advertiser"},
		"not to show":                {purpose: "ads.suppress"},
		"half the withdrawals":       {acts: 100 * time.Hour, at: 100 * time.Hour},
		"all withdrawals":            {acts: 8 * 24 * time.Hour, at: 8 * 24 * time.Hour},
		"objections too":             {acts: 15 * 24 * time.Hour, at: 15 * 24 * time.Hour, purpose: "ads.match.advertiser"},
		"all acts":                   {acts: 30 * 24 * time.Hour, at: 30 * 24 * time.Hour},
		"three months on, no acts":   {at: 92 * 24 * time.Hour},
		"a year on, with acts":       {acts: 365 * 24 * time.Hour, at: 365 * 24 * time.Hour, unknown: true},
		"two years on: all is ended": {acts: 730 * 24 * time.Hour, at: 730 * 24 * time.Hour},
	}
	for _, seed := range []string{"one", "two", "three"} {
		// 200 people are the small world; 1,200 meet the rare cases.
		for _, people := range []int{200, 1200} {
			if people == 1200 && seed != "one" {
				continue
			}
			w := newWorldOf(t, world.Config{Seed: seed, People: people, Start: start})
			f := files(t, w)
			for name, st := range states {
				t.Run(seed+"/"+name, func(t *testing.T) {
					t.Parallel()
					until := start.Add(st.acts)
					s := world.State{
						At: start.Add(st.at), Applied: world.UpTo(until),
						UnknownAgeIsAdult: st.unknown, Purpose: st.purpose,
					}
					if st.acts == 0 {
						s.Applied = nil
					}
					p := readPlatform(t, f)
					var applied []world.Act
					for a := range w.Acts() {
						if !a.At.After(until) {
							applied = append(applied, a)
						}
					}
					d := p.apply(applied)
					for _, l := range w.Lists() {
						want := p.members(cells(t, f["lists/"+l.Name+".csv"]), l.DefaultRegion, d, s)
						got := members(w, l, s)
						if !maps.Equal(want, got) {
							t.Errorf("%s (-read from the files +oracle):\n%s", l.Name, cmp.Diff(want, got))
						}
						if len(want) == 0 && name != "two years on: all is ended" && st.purpose == "" {
							t.Errorf("%s has no members: the comparison says nothing", l.Name)
						}
					}
				})
			}
		}
	}
}

func TestMembersIsTheSameWithoutSecurityContacts(t *testing.T) {
	t.Parallel()
	cfg := world.Config{Seed: "test", People: 400, Start: start}
	w := newWorldOf(t, cfg)
	cfg.OnlyEverAdsGranted = true
	less := newWorldOf(t, cfg)
	s := world.State{At: start.AddDate(0, 1, 0), Applied: world.UpTo(start.AddDate(0, 1, 0))}
	for i, l := range w.Lists() {
		if diff := cmp.Diff(members(w, l, s), members(less, less.Lists()[i], s)); diff != "" {
			t.Errorf("%s: %s", l.Name, diff)
		}
	}
}

func TestMembersStopsWhenAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 200)
	n := 0
	for range w.Members(w.Lists()[0], world.State{At: start}) {
		if n++; n == 2 {
			break
		}
	}
	if n != 2 {
		t.Errorf("%d members", n)
	}
}

func TestGrantsEndByTheCalendar(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	l := list(t, w, "harrow-outdoor")
	mira, _ := w.Character("Mira") // all-offers, six months
	chiara, _ := w.Character("Chiara")
	for _, c := range []struct {
		who    world.Character
		months int
	}{{mira, 6}, {chiara, 13}} {
		contact := c.who.Person().Contacts[0]
		end := contact.GivenAt.AddDate(0, c.months, 0)
		if !members(w, l, world.State{At: end.Add(-time.Second)})[contact.Key()] {
			t.Errorf("%s is out before the end", c.who.Name)
		}
		if members(w, l, world.State{At: end})[contact.Key()] {
			t.Errorf("%s is in at the end", c.who.Name)
		}
	}
}

// TestCast says of each character what their story says. Vera is there through
// two contact points, and counts once here.
func TestCast(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 300)
	before := world.State{At: start}
	after := world.State{At: start.AddDate(0, 1, 0), Applied: world.UpTo(start.AddDate(0, 1, 0))}
	partner, unknown := before, before
	partner.Purpose = "ads.match.partner"
	unknown.UnknownAgeIsAdult = true
	afterPartner := after
	afterPartner.Purpose = "ads.match.partner"
	in := func(s world.State) []string {
		var out []string
		for k := range members(w, list(t, w, "harrow-outdoor"), s) {
			for _, c := range w.Cast() {
				if c.Account == k.Account {
					out = append(out, c.Name)
				}
			}
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	for name, c := range map[string]struct {
		s    world.State
		want []string
	}{
		"before":                  {before, []string{"Bruno", "Chiara", "Dmitri", "Farah", "Greta", "Hugo", "Lea", "Mira", "Rosa", "Sam", "Vera"}},
		"before, for partners":    {partner, []string{"Mira", "Rosa"}},
		"before, unknown age":     {unknown, []string{"Bruno", "Chiara", "Dmitri", "Farah", "Greta", "Hugo", "Lea", "Mira", "Noor", "Rosa", "Sam", "Vera"}},
		"after all acts":          {after, []string{"Bruno", "Chiara", "Dmitri", "Hugo", "Lea", "Mira", "Rosa", "Sam", "Vera"}},
		"after all, for partners": {afterPartner, []string{"Rosa"}},
	} {
		if diff := cmp.Diff(c.want, in(c.s)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	// Bruno and Dmitri are there through the later contact point.
	bruno, _ := w.Character("Bruno")
	if !members(w, list(t, w, "harrow-outdoor"), before)[bruno.Person().Contacts[1].Key()] {
		t.Error("Bruno is not there through the offers prompt")
	}
	dmitri, _ := w.Character("Dmitri")
	if members(w, list(t, w, "harrow-outdoor"), after)[dmitri.Person().Contacts[0].Key()] {
		t.Error("Dmitri's withdrawn contact point is back")
	}

	// Vera withdrew one of her two addresses; she stays by the other.
	vera, _ := w.Character("Vera")
	got := members(w, list(t, w, "harrow-outdoor"), after)
	if c := vera.Person().Contacts; !got[c[0].Key()] || got[c[1].Key()] {
		t.Error("Vera is not there through the phone alone")
	}

	mirrors := map[string]bool{}
	for i, c := range w.Cast() {
		mirrors[c.Mirrors] = true
		if p := w.Person(i); p.Account != c.Account || p.Account != c.Person().Account || c.Story == "" {
			t.Errorf("%s is not person %d, or has no story", c.Name, i)
		}
	}
	for _, p := range []string{"P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8", "P9", "P10", "P11", "P12"} {
		if !mirrors[p] {
			t.Errorf("nobody mirrors %s", p)
		}
	}
	if _, ok := w.Character("Nobody"); ok {
		t.Error("Nobody is somebody")
	}
}

func TestTheStoryDoesNotDependOnTheSeed(t *testing.T) {
	t.Parallel()
	for i := range 60 {
		w := newWorldOf(t, world.Config{Seed: "seed " + string(rune('A'+i)), Start: start})
		var kinds []string
		for a := range w.Acts() {
			kinds = append(kinds, string(a.Kind)+" "+a.Account)
			if a.Kind == world.Give && a.Contact.VerifiedAt.IsZero() {
				t.Errorf("Dmitri's new address is not verified in world %d", i)
			}
		}
		want := []string{"withdraw u-farah", "withdraw u-dmitri", "withdraw u-mira", "withdraw u-vera", "object u-greta", "give u-dmitri"}
		if diff := cmp.Diff(want, kinds); diff != "" {
			t.Fatalf("world %d: %s", i, diff)
		}
	}
}

func TestNobodyElseHasACastAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 20_000)
	owner := map[world.Identity]string{}
	for i := range w.Cast() {
		for _, c := range w.Person(i).Contacts {
			owner[w.Truth(c).Identity] = c.Account
		}
	}
	for _, c := range rows(t, files(t, w)["contact_points.csv"]) {
		if d := digits(c["value"], c["region"]); strings.HasPrefix(d, "44770090000") || strings.HasPrefix(d, "44770090004") {
			if strings.HasPrefix(c["account"], "u-0") {
				t.Errorf("%s holds a number that is kept for the cast", c["account"])
			}
		}
	}
	for tr := range w.Truths() {
		if o, ok := owner[tr.Identity]; ok && o != tr.Account && o != "u-tilda" {
			t.Errorf("%s holds an address of %s", tr.Account, o)
		}
	}
	for a := range w.Acts() {
		if a.Kind == world.Give && owner[w.Truth(a.Contact).Identity] != "" && a.Account != "u-dmitri" {
			t.Errorf("%s gives an address of the cast", a.Account)
		}
	}
}

func TestActs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5000)
	var last time.Time
	kinds := map[world.ActKind]int{}
	withdrew := map[string]time.Time{}
	back := 0
	granted := map[string]map[string]bool{}
	keys := map[world.Key]bool{}
	purposes := readPlatform(t, files(t, w)).prompts
	for i := range w.Len() {
		p := w.Person(i)
		granted[p.Account] = map[string]bool{}
		for _, c := range p.Contacts {
			keys[c.Key()] = true
			for _, u := range purposes[c.Prompt] {
				granted[p.Account][u] = true
			}
		}
	}
	for a := range w.Acts() {
		kinds[a.Kind]++
		if !a.At.After(last) || !a.At.After(w.Start()) || a.At != a.At.UTC().Truncate(time.Microsecond) {
			t.Fatalf("act at %v after one at %v", a.At, last)
		}
		last = a.At
		switch a.Kind {
		case world.Withdraw:
			withdrew[a.Account] = a.At
			if len(a.Purposes) == 0 || a.Value == "" {
				t.Errorf("%s withdraws nothing", a.Account)
			}
			for _, u := range a.Purposes {
				if !granted[a.Account][u] {
					t.Errorf("%s withdraws %s, which was never granted", a.Account, u)
				}
			}
		case world.Give:
			c := a.Contact
			if !c.GivenAt.Equal(a.At.Truncate(time.Second)) || c.Account != a.Account || keys[c.Key()] {
				t.Errorf("%s gives at %v in an act at %v", c.Account, c.GivenAt, a.At)
			}
			keys[c.Key()] = true
			if at, ok := withdrew[a.Account]; ok && c.GivenAt.After(at) {
				back++
			}
		}
	}
	for _, k := range []world.ActKind{world.Withdraw, world.Object, world.Give} {
		if kinds[k] < 40 {
			t.Errorf("%d acts of kind %s among 5,000 people", kinds[k], k)
		}
	}
	if back < 20 {
		t.Errorf("%d people came back", back)
	}
	if kinds[world.Give] == back {
		t.Error("nobody gives a new yes without having withdrawn")
	}
	n := 0
	for range w.Acts() {
		if n++; n == 3 {
			break
		}
	}
	if n != 3 {
		t.Errorf("stopped after %d", n)
	}
}

func TestOnlyEverAdsGranted(t *testing.T) {
	t.Parallel()
	cfg := world.Config{Seed: "test", People: 2000, Start: start}
	all := files(t, newWorldOf(t, cfg))
	cfg.OnlyEverAdsGranted = true
	less := files(t, newWorldOf(t, cfg))
	prompts := readPlatform(t, all).prompts
	hasAds := func(ref string) bool {
		return slices.ContainsFunc(prompts[ref], func(u string) bool { return len(u) > 4 && u[:4] == "ads." })
	}

	var want bytes.Buffer
	out := csv.NewWriter(&want)
	lines := cells(t, all["contact_points.csv"])
	left := 0
	for i, line := range lines {
		if i == 0 || hasAds(line[5]) {
			if err := out.Write(line); err != nil {
				t.Fatal(err)
			}
			left++
		}
	}
	out.Flush()
	if !bytes.Equal(want.Bytes(), less["contact_points.csv"]) {
		t.Error("contact_points.csv is not the other one without the contact points that have no ads grant")
	}
	if left < 100 || left > len(lines)/2 {
		t.Errorf("%d of %d contact points are left", left, len(lines))
	}

	for _, name := range slices.Sorted(maps.Keys(all)) {
		if name == "contact_points.csv" || name == "acts" {
			continue
		}
		if !bytes.Equal(all[name], less[name]) {
			t.Errorf("%s differs", name)
		}
	}
	// What acts are left is as it was, and only withdrawals from addresses that
	// are not there any more are gone.
	kept := map[string]bool{}
	for line := range bytes.Lines(less["acts"]) {
		kept[string(line)] = true
	}
	gone := 0
	for line := range bytes.Lines(all["acts"]) {
		if kept[string(line)] {
			delete(kept, string(line))
			continue
		}
		gone++
		if !bytes.HasPrefix(line, []byte("withdraw ")) || !bytes.Contains(line, []byte("[mkt.email]")) {
			t.Errorf("gone: %s", line)
		}
	}
	if len(kept) > 0 || gone == 0 {
		t.Errorf("%d new acts, %d gone", len(kept), gone)
	}
	for tr := range newWorldOf(t, cfg).Truths() {
		if len(tr.Ads) == 0 {
			t.Fatalf("truth of a contact point that is not there: %s", tr.Prompt)
		}
	}
}
