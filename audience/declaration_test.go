package audience_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/list/listtest"
	"github.com/selvedge/selvedge/org"
)

// TestDeclared: what is declared of a list is kept with it and is in the ledger,
// with the terms and countries that were in force.
func TestDeclared(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 2)
	s := p.shop(t, "Acme", org.Advertiser)
	p.Audiences.Receiver.ConsentFree = list.Countries{"CA", "US"}
	o := list.Options{DefaultRegion: "GB", Declaration: listtest.Granted()}
	o.Source, o.HashRules = list.FromBoth, list.RulesUID2
	until := p.clock.Now().Add(audience.MaxListLife)
	v, err := s.Audiences.Upload(t.Context(), s.actor, s.audience, strings.NewReader(rows(0, 2)), audience.Delivery{
		Options: o, ExpiresAt: until, Terms: 1, Label: "Garden friends",
	})
	must(t, err)
	labels, err := p.Labels.Of(t.Context(), s.actor, s.audience)
	must(t, err)
	if len(labels) != 1 || labels[0].State != audience.LabelPending || labels[0].Text != "Garden friends" {
		t.Fatalf("labels %+v", labels)
	}
	want := list.Declared{Declaration: o.Declaration, DefaultRegion: "GB", Terms: 1, Label: string(labels[0].ID), ConsentFree: list.Countries{"CA", "US"}}
	kept, err := s.Audiences.GetList(t.Context(), s.actor, s.audience, v.ID)
	must(t, err)
	if diff := cmp.Diff(want, v.Declared) + cmp.Diff(want, kept.Declared); diff != "" || !kept.ExpiresAt.Equal(until) {
		t.Errorf("declared (-want +got), until %s:\n%s", kept.ExpiresAt, diff)
	}
	var entry struct {
		Expires  time.Time     `json:"expires_at"`
		Declared list.Declared `json:"declared"`
	}
	must(t, json.Unmarshal([]byte(p.column(t, "SELECT body FROM ledger_entry WHERE kind = 'list.accepted'")[0]), &entry))
	if diff := cmp.Diff(want, entry.Declared); diff != "" || !entry.Expires.Equal(until) {
		t.Errorf("entered (-want +got), until %s:\n%s", entry.Expires, diff)
	}
	if text := strings.Join(p.column(t, "SELECT body FROM ledger_entry"), " "); strings.Contains(text, "Garden") {
		t.Error("the label itself is in the ledger")
	}

	r, err := s.Audiences.Change(t.Context(), s.actor, s.audience, audience.Request{
		Kind: list.Add, DefaultRegion: "US", Members: []list.Member{{Emails: []string{"person0@example.com"}}},
	})
	must(t, err)
	if diff := cmp.Diff(list.Declared{DefaultRegion: "US", Terms: 1, ConsentFree: list.Countries{"CA", "US"}}, r.Declared); diff != "" {
		t.Errorf("a batch (-want +got):\n%s", diff)
	}
}

// TestLabelAlong: a label that comes with a list is proposed unless it stands
// already.
func TestLabelAlong(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 2)
	s := p.shop(t, "Acme", org.Advertiser)
	send := func(label string) string {
		v, err := s.Audiences.Upload(t.Context(), s.actor, s.audience, strings.NewReader(rows(0, 1)), audience.Delivery{Options: listtest.Options(), Label: label})
		must(t, err)
		return v.Declared.Label
	}
	first := send("Garden")
	if again := send("Garden"); again != first {
		t.Errorf("pending %s, and %s", first, again)
	}
	_, err := p.Labels.Approve(t.Context(), anna, audience.LabelID(first))
	must(t, err)
	if again := send("Garden"); again != first {
		t.Errorf("shown %s, and %s", first, again)
	}
	if other := send("Sport"); other == first {
		t.Error("another text is no other label")
	}
	labels, err := p.Labels.Of(t.Context(), s.actor, s.audience)
	must(t, err)
	if len(labels) != 2 {
		t.Errorf("labels %+v", labels)
	}
}

// TestUndeliverable: what cannot be taken is refused before it is read.
func TestUndeliverable(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 2)
	s := p.shop(t, "Acme", org.Advertiser)
	now := p.clock.Now()
	before := p.column(t, "SELECT body FROM ledger_entry")
	for field, d := range map[string]audience.Delivery{
		"expires_at":    {Options: listtest.Options(), ExpiresAt: now.Add(audience.MaxListLife + time.Microsecond)},
		"terms_version": {Options: listtest.Options(), Terms: 2},
		"label":         {Options: listtest.Options(), Label: "People with diabetes"},
	} {
		_, err := s.Audiences.Upload(t.Context(), s.actor, s.audience, untouched{t}, d)
		if e, ok := errors.AsType[*selvedge.Error](err); !ok || e.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	_, err := s.Audiences.Upload(t.Context(), s.actor, s.audience, strings.NewReader(rows(0, 1)), audience.Delivery{Label: "Garden"})
	if e, ok := errors.AsType[*selvedge.Error](err); !ok || e.Field != "ad_user_data" {
		t.Errorf("no consent: %v", err)
	}
	if diff := cmp.Diff(before, p.column(t, "SELECT body FROM ledger_entry")); diff != "" {
		t.Errorf("entered:\n%s", diff)
	}
	if n := len(p.column(t, "SELECT id FROM audience_label")) + len(p.spills(t)); n != 0 {
		t.Errorf("%d things are left", n)
	}
}

// TestCountryOfAccountsIsNotAsked: whether a row needs a consent is the row's to
// say. Where the people live whom it reaches changes nothing: neither the report
// nor who is in the audience.
func TestCountryOfAccountsIsNotAsked(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 3)
	p.Audiences.Receiver.ConsentFree = list.Countries{"US"}
	p.sql(t, `UPDATE account SET country = CASE platform_id WHEN 'account-0' THEN 'US' WHEN 'account-1' THEN 'DE' ELSE '' END`)
	for region, want := range map[string][]string{"US": {"account-0", "account-1", "account-2"}, "DE": {}} {
		s := p.shop(t, "Shop of "+region, org.Advertiser)
		v, err := s.Audiences.Upload(t.Context(), s.actor, s.audience, strings.NewReader("email\nperson0@example.com\nperson1@example.com\nperson2@example.com\n"),
			audience.Delivery{Options: list.Options{DefaultRegion: region}})
		must(t, err)
		if rows := v.Report.Rows; rows.Used != int64(len(want)) || rows.Read != 3 {
			t.Errorf("%s: %+v", region, rows)
		}
		s.drain(t)
		if diff := cmp.Diff(want, s.members(t)); diff != "" {
			t.Errorf("%s: members\n%s", region, diff)
		}
	}
}
