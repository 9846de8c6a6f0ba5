package audience_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/index"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/ledger/ledgertest"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/list/listtest"
	"github.com/selvedge/selvedge/org"
	"github.com/selvedge/selvedge/server/servertest"
)

var contained = selvedge.Errorf(selvedge.CodeContained, "nothing until a person has looked")

// gated puts a gate of the test's own in the server's place.
func (p *platform) gated() *ledgertest.Gate {
	g := &ledgertest.Gate{}
	p.Matcher.Ledger, p.Audiences.Ledger = g, g
	return g
}

// TestMatchWaitsForItsIntent: nobody is looked up before the intent is in the
// log, and when it cannot be entered nothing is matched; at the next try it is.
func TestMatchWaitsForItsIntent(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 3)
	s := p.shop(t, "Acme", org.Advertiser)
	s.upload(t, rows(0, 3))
	gate, full := p.gated(), errors.New("full")
	var keeper *index.Keeper
	keeper, p.Matcher.Index = p.Matcher.Index, nil // whoever looks anybody up panics
	gate.Entering = func(ledger.Space) error { return full }
	if err := p.match(t); !errors.Is(err, full) {
		t.Errorf("error %v", err)
	}
	gate.Entering = func(space ledger.Space) error {
		p.Matcher.Index = keeper
		entered := p.column(t, "SELECT kind FROM ledger_entry WHERE space = ? ORDER BY seq DESC LIMIT 1", string(space))
		if want := []string{"match.intended"}; !cmp.Equal(want, entered) {
			t.Errorf("it waits with %q at the end of %s", entered, space)
		}
		return nil
	}
	p.drain(t)
	if n := len(p.sealed(t)); n != 1 {
		t.Errorf("%d versions were sealed", n)
	}
}

// TestMembersWaitForTheirIntent: as with a match.
func TestMembersWaitForTheirIntent(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 3)
	s := p.shop(t, "Acme", org.Advertiser)
	s.upload(t, rows(0, 3))
	p.drain(t)
	gate, full := p.gated(), errors.New("full")
	gate.Entering = func(space ledger.Space) error {
		if space != ledger.Registry {
			t.Errorf("it waits for %s", space)
		}
		return full
	}
	p.Matcher.Index = nil
	if b, err := p.Matcher.Members(t.Context(), anna, s.org.ID, s.audience, s.org.Kind.Purpose()); !errors.Is(err, full) || b != nil {
		t.Errorf("%v, %v", b, err)
	}
}

// TestFiguresWaitForTheirEntry: what is published is shown when its entry is in
// the log, and not before; what shows nothing published waits for nothing.
func TestFiguresWaitForTheirEntry(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 3)
	s := p.shop(t, "Acme", org.Advertiser)
	l := s.upload(t, rows(0, 3))
	p.drain(t)
	gate, full := p.gated(), errors.New("full")
	gate.Entering = func(space ledger.Space) error {
		if space != ledger.Ads {
			t.Errorf("it waits for %s", space)
		}
		return full
	}
	reads := map[string]func() (any, error){
		"get":      func() (any, error) { return p.Audiences.Get(t.Context(), s.actor, s.audience) },
		"list":     func() (any, error) { return p.Audiences.List(t.Context(), s.actor, "", 100) },
		"get list": func() (any, error) { return p.Audiences.GetList(t.Context(), s.actor, s.audience, l.ID) },
		"lists":    func() (any, error) { return p.Audiences.Lists(t.Context(), s.actor, s.audience, "", 1000) },
	}
	for what, read := range reads {
		if _, err := read(); err != nil {
			t.Errorf("%s, before the tick: %v", what, err)
		}
	}
	if n := len(gate.Awaited()); n != 0 {
		t.Errorf("waited %d times with nothing to show", n)
	}
	p.clock.Add(time.Minute)
	for what, read := range reads {
		if _, err := read(); !errors.Is(err, full) {
			t.Errorf("%s, after the tick: %v", what, err)
		}
	}
}

// TestContained: nothing is taken, shown or matched.
func TestContained(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 3)
	s := p.shop(t, "Acme", org.Advertiser)
	l := s.upload(t, rows(0, 3))
	before := p.column(t, "SELECT space || seq FROM ledger_entry ORDER BY rowid")
	p.gated().Contain(contained)
	ctx := t.Context()
	for what, ask := range map[string]func() error{
		"create":  func() error { _, err := p.Audiences.Create(ctx, s.actor, "New"); return err },
		"get":     func() error { _, err := p.Audiences.Get(ctx, s.actor, s.audience); return err },
		"list":    func() error { _, err := p.Audiences.List(ctx, s.actor, "", 100); return err },
		"lists":   func() error { _, err := p.Audiences.Lists(ctx, s.actor, s.audience, "", 100); return err },
		"getlist": func() error { _, err := p.Audiences.GetList(ctx, s.actor, s.audience, l.ID); return err },
		"upload": func() error {
			_, err := p.Audiences.Upload(ctx, s.actor, s.audience, strings.NewReader(rows(0, 1)), audience.Delivery{Options: listtest.Options()})
			return err
		},
		"change": func() error {
			_, err := p.Audiences.Change(ctx, s.actor, s.audience, audience.Request{Declaration: listtest.Granted(), Kind: list.Replace})
			return err
		},
		"seal":     func() error { _, err := p.Audiences.Seal(ctx, s.actor, s.audience); return err },
		"versions": func() error { _, err := p.Audiences.Versions(ctx, s.actor, s.audience, 0); return err },
		"sealidle": func() error { return p.Matcher.SealIdle(ctx, servertest.Attempt(s.args(l))) },
		"due": func() error {
			return p.Matcher.Due(ctx, servertest.Attempt(fmt.Sprintf(`{"org":%q,"audience":%q}`, s.org.ID, s.audience)))
		},
		"match": func() error { return p.match(t) },
		"members": func() error {
			_, err := p.Matcher.Members(ctx, anna, s.org.ID, s.audience, s.org.Kind.Purpose())
			return err
		},
	} {
		if err := ask(); !errors.Is(err, contained) {
			t.Errorf("%s: %v", what, err)
		}
	}
	// Nobody learns of it who may not ask.
	if _, err := p.Audiences.List(ctx, anna, "", 100); selvedge.CodeOf(err) != selvedge.CodeForbidden {
		t.Errorf("somebody who is no org: %v", err)
	}
	if diff := cmp.Diff(before, p.column(t, "SELECT space || seq FROM ledger_entry ORDER BY rowid")); diff != "" {
		t.Errorf("something was entered:\n%s", diff)
	}
}

// TestVerifyVersions alters one thing of two versions, or of the entries that
// seal them.
func TestVerifyVersions(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		spoil    string
		versions int64
		want     []string // with the audience's id taken out
	}{
		"nothing":      {"SELECT 1", 2, nil},
		"members":      {"UPDATE audience_version SET digest = base WHERE number = 2", 2, []string{"ads: entry 10: the version in the database is not the one that it seals (audience A, version 2: digest)", "ads: entry 10: the members of the version that it seals cannot be read, or are not what the digest says (audience A, version 2)"}},
		"a base":       {"UPDATE audience_version SET base = digest WHERE number = 2", 2, []string{"ads: entry 10: the version in the database is not the one that it seals (audience A, version 2: base)"}},
		"counts":       {"UPDATE audience_version SET added = added + 1, removed = 7 WHERE number = 1", 2, []string{"ads: entry 7: the version in the database is not the one that it seals (audience A, version 1: added, removed)"}},
		"what is told": {"UPDATE audience_version SET size_step = 3, publish_at = publish_at + 1 WHERE number = 1", 2, []string{"ads: entry 7: the version in the database is not the one that it seals (audience A, version 1: size, publish_at)"}},
		"where":        {"UPDATE audience_version SET position = 1, epoch = 2, rule_set = rule_set + 1 WHERE number = 1", 2, []string{"ads: entry 7: the version in the database is not the one that it seals (audience A, version 1: position, epoch, rule_set)"}},
		"a row gone":   {"DELETE FROM audience_version WHERE number = 1", 1, []string{"ads: entry 10: the members of the version that it seals cannot be read, or are not what the digest says (audience A, version 2)", "ads: entry 7: it seals a version that the database does not have (audience A, version 1)"}},
		"a number":     {"UPDATE audience_version SET number = 3 WHERE number = 2", 2, []string{"ads: a version that no entry seals (audience A, version 3)", "ads: entry 10: it seals a version that the database does not have (audience A, version 2)"}},
		"an entry":     {"UPDATE ledger_entry SET body = replace(body, '\"added\":', '\"added\":1') WHERE kind = 'version.sealed'", 2, nil},
		"no blob":      {"UPDATE audience_version SET members_size = members_size + 1 WHERE number = 1", 2, []string{"ads: entry 7: the members of the version that it seals cannot be read, or are not what the digest says (audience A, version 1)", "ads: entry 10: the members of the version that it seals cannot be read, or are not what the digest says (audience A, version 2)"}},
		"other flips":  {"UPDATE audience_version SET (flips_sum, flips_size) = (SELECT members_sum, members_size FROM audience_version WHERE number = 1) WHERE number = 2", 2, []string{"ads: entry 10: the members of the version that it seals cannot be read, or are not what the digest says (audience A, version 2)"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlatform(t, 5)
			s := p.shop(t, "Acme", org.Advertiser)
			for i := range 2 {
				s.upload(t, rows(0, 3+i))
				p.drain(t)
			}
			p.sql(t, tc.spoil)
			audit, err := p.Audit(t.Context())
			must(t, err)
			var got []string
			for _, f := range audit.Findings {
				if strings.HasPrefix(string(f.Fault), "version_") {
					got = append(got, strings.ReplaceAll(f.String(), string(s.audience), "A"))
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" || audit.Versions != tc.versions {
				t.Errorf("%d versions, found (-want +got):\n%s", audit.Versions, diff)
			}
		})
	}
}
