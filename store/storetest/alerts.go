package storetest

import (
	"context"
	"testing"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/alert"
	"github.com/selvedge/selvedge/contact"
)

func alertCases() map[string]func(*testing.T, *site) {
	return map[string]func(*testing.T, *site){
		"Kept":   alertsKept,
		"Erased": alertsErased,
	}
}

func (s *site) alerts(t *testing.T, before alert.ID, max int) []alert.Alert {
	t.Helper()
	return read(t, s, func(ctx context.Context, tx selvedge.Tx) ([]alert.Alert, error) {
		return s.Alerts.Alerts(ctx, tx, before, max)
	})
}

func (s *site) raise(t *testing.T, a *alert.Alert) {
	t.Helper()
	s.update(t, func(ctx context.Context, tx selvedge.Tx) error { return s.Alerts.InsertAlert(ctx, tx, a) })
}

func alertsKept(t *testing.T, s *site) {
	same(t, "at first", 0, len(s.alerts(t, 0, 9)))
	u := s.newAccount(t, "u")
	var all []alert.Alert // the last first
	for i, at := range times {
		a := alert.Alert{Kind: alert.AdultToMinor, Account: u.ID, PlatformID: "u", RaisedAt: at, Since: times[len(times)-1-i], Matchable: i}
		s.raise(t, &a)
		if want := alert.ID(i + 1); a.ID != want {
			t.Errorf("number %d, want %d", a.ID, want)
		}
		all = append([]alert.Alert{a}, all...)
	}
	org := alert.Alert{Kind: alert.Enumeration, RaisedAt: start, Since: start, Org: "org_1", Audience: "aud_1", List: "lst_1", Rows: 12}
	s.raise(t, &org)
	all = append([]alert.Alert{org}, all...)
	same(t, "all", all, s.alerts(t, 0, 9))
	same(t, "no more than so many", all[:2], s.alerts(t, 0, 2))
	same(t, "before", all[2:], s.alerts(t, all[1].ID, 9))
	same(t, "before the first", []alert.Alert(nil), s.alerts(t, 1, 9))
	s.refused(t, "of no kind", func(ctx context.Context, tx selvedge.Tx) error {
		return s.Alerts.InsertAlert(ctx, tx, &alert.Alert{Account: u.ID, RaisedAt: start, Since: start})
	})
}

func alertsErased(t *testing.T, s *site) {
	u, v := s.newAccount(t, "u"), s.newAccount(t, "v")
	a := alert.Alert{Kind: alert.AdultToMinor, Account: u.ID, PlatformID: "u", RaisedAt: start, Since: start}
	b := alert.Alert{Kind: alert.AdultToMinor, Account: v.ID, PlatformID: "v", RaisedAt: start, Since: start}
	s.raise(t, &a)
	s.raise(t, &b)
	s.erase(t, u.ID, contact.Mark{1}, start)
	a.Account, a.PlatformID = 0, ""
	same(t, "after an erasure", []alert.Alert{b, a}, s.alerts(t, 0, 9))
}
