package audience_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/org"
)

// reasonOf returns the reason of an error of a code, and fails the test if it has
// another one.
func reasonOf(t *testing.T, err error, code selvedge.Code) string {
	t.Helper()
	e, ok := errors.AsType[*selvedge.Error](err)
	if !ok || e.Code != code {
		t.Fatalf("error %v, want %s", err, code)
	}
	return e.Reason
}

// TestScreen: plain words of the special categories are found, in five languages
// and however they are dressed, and the error repeats none of them.
func TestScreen(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 0)
	s := p.shop(t, "Acme", org.Advertiser)
	for text, want := range map[string]string{
		"People with diabetes": "health", "Diabetici di Torino": "health", "Malades du cœur": "health", "Krebspatienten": "health", "Mujeres embarazadas": "health",
		"Brustkrebs-Vorsorge": "health", "DIABÈTE": "health", "Ｃａｎｃｅｒ": "health", "dia\u0301betes": "health", "asthma,copd": "health",
		"Christian families": "religion", "Cattolici praticanti": "religion", "Familles juives": "religion", "Muslimische Haushalte": "religion", "Jóvenes católicos": "religion",
		"Likely voters": "politics", "Elettori del centro": "politics", "Électeurs": "politics", "Grünenwähler": "politics", "Votantes": "politics",
		"Gay men": "sex_life", "Omosessuali": "sex_life", "Lesbiennes": "sex_life", "Schwule Männer": "sex_life", "Bisexuales": "sex_life",
		"Hispanic households": "ethnicity", "Minoranze etniche": "ethnicity", "Origine ethnique": "ethnicity", "Migrationshintergrund": "ethnicity", "Gitanos": "ethnicity",
		"Trade union members": "trade_union", "Iscritti al sindacato": "trade_union", "Syndiqués": "trade_union", "Gewerkschaftsmitglieder": "trade_union", "Sindicalistas": "trade_union",
		"Trade-Union members": "trade_union", "DNA test buyers": "genetics", "Dati genetici": "genetics",
	} {
		_, err := p.Labels.Propose(t.Context(), s.actor, s.audience, text+" zqcanary")
		if got := reasonOf(t, err, selvedge.CodeInvalid); got != "special_category_"+want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
		if strings.Contains(err.Error(), "zqcanary") {
			t.Errorf("%q stands in its error", text)
		}
	}
	for text, want := range map[string]string{
		"": "bad_label", strings.Repeat("x", 81): "bad_label", "two\nlines": "bad_label", "hid\u200bden": "bad_label", "\u202eright to left": "bad_label",
		"a\xff": "bad_label", "1234": "bad_label", "Покупатели": "not_latin", "g\u0430y men": "not_latin", "Αγοραστές": "not_latin",
	} {
		_, err := p.Labels.Propose(t.Context(), s.actor, s.audience, text)
		if got := reasonOf(t, err, selvedge.CodeInvalid); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
	if n := len(p.column(t, "SELECT id FROM audience_label")) + len(p.column(t, "SELECT kind FROM ledger_entry WHERE kind = 'label.proposed'")); n != 0 {
		t.Errorf("%d rows and entries of what was refused", n)
	}
	for _, text := range []string{
		"Customers of our garden shops", "Clienti dei nostri negozi", "Clients de nos magasins", "Kundinnen und Kunden in Köln", "Clientes de España",
		"Wohnung gesucht", "Party supplies", "Students' union shop", "Left-hand drive cars", "Sextant owners", "Newsletter 2026", strings.Repeat("x", 80),
	} {
		if _, err := p.Labels.Propose(t.Context(), s.actor, s.audience, text); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestLabelStory: nothing is shown before it is approved, what is approved stands
// until another is, and the past keeps its own.
func TestLabelStory(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 0)
	s, other := p.shop(t, "Acme", org.Advertiser), p.shop(t, "Bolt", org.Advertiser)
	shown := func(at time.Time) (got audience.Shown) {
		must(t, p.Labels.Tx.View(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
			v, ok, err := p.Labels.Shown(ctx, tx, s.audience, at)
			if ok == (v == audience.Shown{}) {
				t.Errorf("%v and %+v", ok, v)
			}
			got = v
			return err
		}))
		return got
	}
	propose := func(text string) audience.Label {
		l, err := p.Labels.Propose(t.Context(), s.actor, s.audience, text)
		must(t, err)
		return l
	}
	first := propose("First")
	if got := shown(p.clock.Now()); got != (audience.Shown{}) {
		t.Errorf("a pending one is shown: %+v", got)
	}
	second := propose("Second")
	_, err := p.Labels.Approve(t.Context(), anna, first.ID)
	if got := reasonOf(t, err, selvedge.CodeConflict); got != "not_pending" {
		t.Errorf("one that was replaced: %s", got)
	}
	_, err = p.Labels.Approve(t.Context(), anna, second.ID)
	must(t, err)
	p.clock.Add(time.Hour)
	third := propose("Third")
	if got := shown(p.clock.Now()); got != (audience.Shown{Text: "Second", Since: start}) {
		t.Errorf("shown %+v", got)
	}
	_, err = p.Labels.Reject(t.Context(), anna, third.ID)
	must(t, err)
	if got := shown(p.clock.Now()); got.Text != "Second" {
		t.Errorf("one that was rejected is shown: %+v", got)
	}
	fourth := propose("Fourth")
	_, err = p.Labels.Approve(t.Context(), anna, fourth.ID)
	must(t, err)
	if got := shown(p.clock.Now()); got != (audience.Shown{Text: "Fourth", Since: start.Add(time.Hour)}) {
		t.Errorf("shown %+v", got)
	}
	if got := shown(start); got.Text != "Second" {
		t.Errorf("shown at the start: %+v", got)
	}

	entries := p.column(t, "SELECT kind || ' ' || role FROM ledger_entry WHERE kind LIKE 'label.%' ORDER BY rowid")
	want := "label.proposed org,label.proposed org,label.approved operator,label.proposed org,label.rejected operator,label.proposed org,label.approved operator"
	if got := strings.Join(entries, ","); got != want {
		t.Errorf("entered %s", got)
	}
	if n := len(p.column(t, "SELECT body FROM ledger_entry WHERE body LIKE '%Second%'")); n != 0 {
		t.Error("the ledger holds a label's text")
	}

	_, err = p.Labels.Propose(t.Context(), other.actor, s.audience, "Gay men")
	reasonOf(t, err, selvedge.CodeNotFound)
	_, err = p.Labels.Of(t.Context(), other.actor, s.audience)
	reasonOf(t, err, selvedge.CodeNotFound)
	for _, actor := range []selvedge.Actor{{}, s.actor, selvedge.Platform("k"), selvedge.System("x")} {
		_, err := p.Labels.Approve(t.Context(), actor, fourth.ID)
		reasonOf(t, err, selvedge.CodeForbidden)
		_, err = p.Labels.Reject(t.Context(), actor, fourth.ID)
		reasonOf(t, err, selvedge.CodeForbidden)
		_, err = p.Labels.All(t.Context(), actor)
		reasonOf(t, err, selvedge.CodeForbidden)
	}
}
