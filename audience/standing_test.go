package audience_test

import (
	"errors"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/list/listtest"
	"github.com/selvedge/selvedge/org"
)

// TestSuspended: nobody is looked up for an org that is suspended, nothing that
// it sends is taken, and what waited goes on when it is active again.
func TestSuspended(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 2)
	s := p.shop(t, "Acme", org.Advertiser)
	s.upload(t, rows(0, 2))
	_, err := p.Orgs.Suspend(t.Context(), anna, s.org.ID)
	must(t, err)
	if err := p.match(t); selvedge.CodeOf(err) != selvedge.CodeForbidden {
		t.Errorf("matched with %v", err)
	}
	if n := len(p.column(t, "SELECT kind FROM ledger_entry WHERE kind = 'match.intended'")); n != 0 {
		t.Error("a match was meant")
	}
	// An upload that was under way when the org was suspended.
	_, err = p.Audiences.Upload(t.Context(), s.actor, s.audience, strings.NewReader(rows(0, 1)), audience.Delivery{Options: listtest.Options()})
	if e, ok := errors.AsType[*selvedge.Error](err); !ok || e.Code != selvedge.CodeForbidden || e.Reason != "org_not_active" {
		t.Errorf("uploaded with %v", err)
	}
	p.sql(t, "DELETE FROM job") // its attempts are over
	_, err = p.Orgs.Reactivate(t.Context(), anna, s.org.ID)
	must(t, err)
	if n := p.column(t, "SELECT kind FROM job"); len(n) != 1 {
		t.Errorf("jobs %v", n)
	}
	p.drain(t)
	if diff := cmp.Diff(people(0, 2), s.members(t)); diff != "" {
		t.Errorf("active again (-want +got):\n%s", diff)
	}
}

// meanwhile is a reader that does something when it is read from.
type meanwhile struct {
	io.Reader
	do func()
}

// Read implements io.Reader.
func (m *meanwhile) Read(b []byte) (int, error) {
	m.do()
	return m.Reader.Read(b)
}

// TestSuspendedWhileUploading: a file that was coming in is not accepted.
func TestSuspendedWhileUploading(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 2)
	s := p.shop(t, "Acme", org.Advertiser)
	r := &meanwhile{strings.NewReader(rows(0, 1)), sync.OnceFunc(func() {
		_, err := p.Orgs.Suspend(t.Context(), anna, s.org.ID)
		must(t, err)
	})}
	_, err := p.Audiences.Upload(t.Context(), s.actor, s.audience, r, audience.Delivery{Options: listtest.Options()})
	if e, ok := errors.AsType[*selvedge.Error](err); !ok || e.Reason != "org_not_active" {
		t.Errorf("uploaded with %v", err)
	}
	if n := len(p.column(t, "SELECT id FROM list")); n != 0 {
		t.Errorf("%d lists", n)
	}
}

// TestTermsFirst: nothing is uploaded before the terms that are in force are
// accepted, and again after new ones are published.
func TestTermsFirst(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 2)
	s := p.shop(t, "Acme", org.Advertiser)
	s.upload(t, rows(0, 1))
	terms, err := p.Orgs.PublishTerms(t.Context(), anna, "Other terms")
	must(t, err)
	_, err = p.Audiences.Upload(t.Context(), s.actor, s.audience, strings.NewReader(rows(0, 1)), audience.Delivery{Options: listtest.Options()})
	if e, ok := errors.AsType[*selvedge.Error](err); !ok || e.Code != selvedge.CodeConflict || e.Reason != "terms_not_accepted" {
		t.Errorf("uploaded with %v", err)
	}
	if n := len(p.column(t, "SELECT id FROM list")); n != 1 {
		t.Errorf("%d lists", n)
	}
	batch := func(kind list.Kind) error {
		_, err := p.Audiences.Change(t.Context(), s.actor, s.audience, audience.Request{Declaration: listtest.Granted(), Kind: kind, Members: []list.Member{{Emails: []string{"person0@example.com"}}}})
		return err
	}
	for _, kind := range []list.Kind{list.Add, list.Replace} {
		if e, ok := errors.AsType[*selvedge.Error](batch(kind)); !ok || e.Reason != "terms_not_accepted" {
			t.Errorf("%s: %v", kind, e)
		}
	}
	must(t, batch(list.Remove)) // people are taken out all the same
	_, err = p.Orgs.Accept(t.Context(), s.actor, s.org.ID, terms.Version)
	must(t, err)
	s.upload(t, rows(0, 2))
}
