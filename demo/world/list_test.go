package world_test

import (
	"strings"
	"testing"

	"github.com/selvedge/selvedge/demo/world"
)

// securityOnly are the mailboxes and numbers that an account gave at security
// prompts alone, by the truth of every contact point; true for those that no
// account gave for anything else.
func securityOnly(w *world.World) map[world.Identity]bool {
	type held struct {
		account string
		id      world.Identity
	}
	other := map[held]bool{}
	for tr := range w.Truths() {
		if !tr.Security {
			other[held{tr.Account, tr.Identity}] = true
		}
	}
	out := map[world.Identity]bool{}
	for tr := range w.Truths() {
		if !other[held{tr.Account, tr.Identity}] {
			out[tr.Identity] = true
		}
	}
	return out
}

func TestLists(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 20_000)
	sec := securityOnly(w)
	ads := map[world.Identity]bool{}
	for tr := range w.Truths() {
		if len(tr.Ads) > 0 {
			ads[tr.Identity] = true
		}
	}
	ada, _ := w.Character("Ada")
	adas := w.Truth(ada.Person().Contacts[0]).Identity
	large := 0
	forms := map[world.Form]bool{}
	purposes := map[string]bool{}
	for _, l := range w.Lists() {
		forms[l.Form] = true
		purposes[l.Purpose] = true
		classes := map[world.Class]int{}
		var n, security, hasAda, two, hashed, clear, phones int
		distinct := map[world.Identity]bool{}
		for row := range l.Contents() {
			n++
			classes[row.Class]++
			if len(row.Cells) != len(l.Columns) {
				t.Fatalf("%s: %d cells in %d columns", l.Name, len(row.Cells), len(l.Columns))
			}
			ids, hitsSecurity, hitsAds, hitsElse := 0, false, false, false
			for i, c := range row.Cells {
				if c.Identity == 0 {
					continue
				}
				ids++
				hashed += count(c.Hashed)
				clear += count(!c.Hashed)
				phones += count(l.Columns[i].Holds == world.HoldsPhone)
				distinct[c.Identity] = true
				hasAda += count(c.Identity == adas)
				hitsSecurity = hitsSecurity || sec[c.Identity]
				hitsAds = hitsAds || ads[c.Identity]
				hitsElse = hitsElse || !sec[c.Identity]
			}
			two += count(ids > 1)
			security += count(hitsSecurity)
			switch {
			case row.Class == world.SecurityOnlyRow && (!hitsSecurity || hitsElse):
				t.Errorf("%s: a security row hits none, or more", l.Name)
			case row.Class == world.GrantedRow && !hitsAds:
				t.Errorf("%s: a granted row hits none", l.Name)
			case row.Class == world.StrangerRow && (hitsAds || hitsSecurity):
				t.Errorf("%s: a stranger is known", l.Name)
			case row.Class == world.JunkRow && ids > 0:
				t.Errorf("%s: junk identifies somebody", l.Name)
			}
		}
		if n != l.Rows {
			t.Errorf("%s: %d rows of %d", l.Name, n, l.Rows)
		}
		between(t, l.Name+": rows that hit security contacts", security, n, 300, 700)
		// The cast's rows push out a few of the others.
		spared := 1000 * len(w.Cast()) / n
		between(t, l.Name+": granted", classes[world.GrantedRow], n, l.Granted-spared-3, l.Granted+3)
		between(t, l.Name+": security only", classes[world.SecurityOnlyRow], n, l.SecurityOnly-spared-3, l.SecurityOnly+3)
		between(t, l.Name+": repeats", classes[world.RepeatRow], n, l.Repeats-spared-3, l.Repeats+3)
		between(t, l.Name+": phones", phones, n, 300, 800)
		if classes[world.CastRow] != len(w.Cast()) || hasAda == 0 {
			t.Errorf("%s: %d rows of the cast, Ada's number %d times", l.Name, classes[world.CastRow], hasAda)
		}
		if two == 0 || len(distinct) < n/2 {
			t.Errorf("%s: %d rows with two identifiers, %d distinct ones in %d rows", l.Name, two, len(distinct), n)
		}
		if (l.Form != world.Hashed) != (clear > 0) || (l.Form != world.InClear) != (hashed > 0) {
			t.Errorf("%s is %s, with %d cells in the clear and %d hashed", l.Name, l.Form, clear, hashed)
		}
		large += count(len(members(w, l, world.State{At: start})) >= 1200)
	}
	if all := len(w.Lists()); 2*large < all {
		t.Errorf("%d of %d lists have 1,200 members", large, all)
	}
	if len(forms) != 3 || len(purposes) != 2 {
		t.Errorf("forms %v, purposes %v", forms, purposes)
	}
}

// The spellings that a sender may use all turn up.
func TestListsAreUntidy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5000)
	seen := map[string]int{}
	for _, l := range w.Lists() {
		for row := range l.Contents() {
			for i, c := range row.Cells {
				if c.Hashed {
					seen["upper hex"] += count(len(c.Text) == 64 && c.Text != strings.ToLower(c.Text))
					seen["lower hex"] += count(len(c.Text) == 64 && c.Text == strings.ToLower(c.Text))
					seen["base64"] += count(len(c.Text) == 44)
					continue
				}
				switch l.Columns[i].Holds {
				case world.HoldsEmail:
					seen["capitals"] += count(c.Text != strings.ToLower(c.Text))
					seen["blank"] += count(c.Text != strings.TrimSpace(c.Text))
					seen["no-break space"] += count(strings.Contains(c.Text, "\u00a0"))
					seen["tag"] += count(strings.Contains(c.Text, "+"))
					seen["googlemail"] += count(strings.Contains(c.Text, "@googlemail.com"))
					seen["U-label"] += count(strings.Contains(c.Text, "ü"))
					seen["A-label"] += count(strings.Contains(c.Text, "@xn--"))
				case world.HoldsPhone:
					seen["E.164"] += count(strings.HasPrefix(c.Text, "+") && !strings.Contains(c.Text, " "))
					seen["international"] += count(strings.HasPrefix(c.Text, "+") && strings.Contains(c.Text, " "))
					seen["national"] += count(c.Identity != 0 && !strings.HasPrefix(c.Text, "+"))
				case world.HoldsFirstName, world.HoldsLastName, world.HoldsZip:
					seen["other columns"] += count(c.Text != "")
				}
				if l.DefaultRegion == "" && c.Identity != 0 && columnKinds[l.Columns[i].Header] == "phone" && !strings.HasPrefix(c.Text, "+") {
					t.Errorf("%s: %q has no country", l.Name, c.Text)
				}
			}
		}
	}
	for what, n := range seen {
		if n == 0 {
			t.Errorf("no %s", what)
		}
	}
}

// Two hundred thousand rows must not hold most of the two hundred thousand
// reserved numbers: that would be an enumeration of them.
func TestLargeListsAreNoEnumeration(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 20_000)
	l := w.List(world.ListSpec{
		Name: "large", Form: world.InClear, Rows: 200_000, Granted: 50,
		Columns: []world.Column{{Header: "Email", Holds: world.HoldsEmail}, {Header: "Phone", Holds: world.HoldsPhone}},
	})
	alone, beside := 0, 0
	for row := range l.Contents() {
		if row.Cells[1].Identity != 0 {
			alone += count(row.Cells[0].Identity == 0)
			beside += count(row.Cells[0].Identity != 0)
		}
	}
	if alone > 10_000 || beside > 10_000 || alone < 4000 {
		t.Errorf("%d rows with a phone number alone, %d beside an address", alone, beside)
	}
}

func TestListOfOneKind(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 300)
	for _, h := range []world.Holds{world.HoldsEmail, world.HoldsPhone} {
		l := w.List(world.ListSpec{
			Name: "one-kind", Form: world.InClear, Rows: 300, Granted: 500, SecurityOnly: 300,
			Columns: []world.Column{{Header: "x", Holds: h}},
		})
		n := 0
		for row := range l.Contents() {
			if n++; row.Cells[0].Text == "" {
				t.Errorf("an empty %s row", row.Class)
			}
		}
		if n != 300 {
			t.Errorf("%d rows", n)
		}
	}
}
