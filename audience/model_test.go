package audience_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/list/listtest"
	"github.com/selvedge/selvedge/org"
	"github.com/selvedge/selvedge/purpose"
	"github.com/selvedge/selvedge/server/servertest"
)

// model is an audience as sets. An identifier is a word such as e3 or p7, the
// e-mail address and phone number of account 3 and 7, and stands for the contact
// point too: each was given once, for advertising. An own id is a word such as x2.
type model struct {
	lists  []*step // by seal, the open ones last
	masked map[string]bool
}

// step is a list.
type step struct {
	kind        list.Kind
	rows        [][]string
	from, until time.Time
	draft       int // 0: open
	came        time.Time
	matched     bool
	reached     map[string]bool // or taken out
}

func (m *model) open() (out []*step) {
	for _, s := range m.lists {
		if s.draft == 0 {
			out = append(out, s)
		}
	}
	return out
}

// seal seals the open lists, behind all that were sealed.
func (m *model) seal() {
	open, draft := m.open(), 1
	m.lists = slices.DeleteFunc(m.lists, func(s *step) bool { return s.draft == 0 })
	for _, s := range m.lists {
		draft = max(draft, s.draft+1)
	}
	for _, s := range open {
		s.draft = draft
	}
	m.lists = append(m.lists, open...)
}

// since returns where the last replacement begins, among the lists before n.
func (m *model) since(n int) int {
	for i := n - 1; i >= 0; i-- {
		if s := m.lists[i]; s.matched && s.kind == list.Replace {
			for i > 0 && slices.ContainsFunc(m.lists[:i], func(o *step) bool { return o.draft == s.draft && o.kind == list.Replace }) {
				i--
			}
			return i
		}
	}
	return 0
}

// match matches what is sealed, in order.
func (m *model) match(now time.Time) {
	for i, s := range m.lists {
		if s.draft == 0 || s.matched {
			continue
		}
		s.matched, s.reached = true, map[string]bool{}
		if slices.ContainsFunc(m.lists[i+1:], func(o *step) bool { return o.draft == s.draft && o.kind == list.Replace }) &&
			!slices.ContainsFunc(m.lists[:i+1], func(o *step) bool { return o.draft == s.draft && o.kind == list.Replace }) {
			continue // what stands before the replacement of its own draft
		}
		for _, row := range s.rows {
			for _, id := range row {
				if s.kind == list.Remove || !m.masked[id[1:]] {
					s.reached[id] = true
				}
			}
		}
		if s.kind != list.Remove {
			continue
		}
		named := maps.Clone(s.reached)
		for _, o := range m.lists[m.since(i):i] {
			for _, row := range o.rows {
				if o.kind != list.Remove && now.Before(o.until) && len(row) > 1 && slices.ContainsFunc(row, func(id string) bool { return named[id] }) {
					for _, id := range row {
						s.reached[id] = true
					}
				}
			}
		}
	}
}

// naive returns the members at a moment, list by list.
func (m *model) naive(now time.Time) []string {
	out := map[string]bool{}
	lists := m.lists[m.since(len(m.lists)):]
	for i, s := range lists {
		if !s.matched || s.kind == list.Remove || !now.Before(s.until) || now.Before(s.from) {
			continue
		}
		for id := range s.reached {
			gone := slices.ContainsFunc(lists[i+1:], func(o *step) bool { return o.matched && o.kind == list.Remove && o.reached[id] })
			if id[0] != 'x' && !gone && !m.masked[id[1:]] {
				out[id] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(out))
}

// crowd is how many accounts there are: few, so that rows meet.
const crowd = 8

// newCrowd is a platform whose people gave an e-mail address and, an hour later, a
// phone number, both for advertising.
func newCrowd(t *testing.T) *platform {
	t.Helper()
	p := newPlatform(t, 0)
	accounts, points := []string{"account,country,age_class,active_on,state"}, []string{"account,kind,value,sha256,region,prompt,given_at,verified_at,verified_by"}
	for i := range crowd {
		accounts = append(accounts, fmt.Sprintf("%d,GB,adult,,active", i))
		points = append(points,
			fmt.Sprintf("%d,email,%s,,,offers@1,2026-03-01T00:00:00Z,2026-03-01T00:00:00Z,code", i, value(fmt.Sprint("e", i))),
			fmt.Sprintf("%d,phone,%s,,,offers@1,2026-03-01T01:00:00Z,2026-03-01T01:00:00Z,code", i, value(fmt.Sprint("p", i))))
	}
	_, err := p.Importer.Import(t.Context(), anna, file(accounts), file(points))
	must(t, err)
	return p
}

// value is an identifier as a sender writes it.
func value(id string) string {
	if id[0] == 'e' {
		return "person" + id[1:] + "@example.com"
	}
	return "+44770090000" + id[1:]
}

func member(row []string) (m list.Member) {
	for _, id := range row {
		switch id[0] {
		case 'e':
			m.Emails = append(m.Emails, value(id))
		case 'p':
			m.Phones = append(m.Phones, value(id))
		default:
			m.ExternalID = id
		}
	}
	return m
}

// drawRow draws a row that adds: different identifiers, one of them a contact's.
func drawRow(rnd *rand.Rand, kind list.Kind) []string {
	row := []string{fmt.Sprintf("%c%d", "ep"[rnd.IntN(2)], rnd.IntN(crowd))}
	for range rnd.IntN(3) {
		row = append(row, fmt.Sprintf("%c%d", "ep"[rnd.IntN(2)], rnd.IntN(crowd)))
	}
	if rnd.IntN(3) == 0 {
		row = append(row, fmt.Sprint("x", rnd.IntN(4)))
		if kind == list.Remove && rnd.IntN(2) == 0 {
			row = row[len(row)-1:]
		}
	}
	slices.Sort(row)
	return slices.Compact(row)
}

// who returns the members of an audience as words.
func (s *shop) who(t *testing.T) []string {
	t.Helper()
	b, err := s.Matcher.Members(t.Context(), anna, s.org.ID, s.audience, purpose.AdsMatchAdvertiser)
	must(t, err)
	var out []string
	must(t, s.People.Owners(t.Context(), anna, b, func(o contact.Owner) error {
		out = append(out, map[int]string{0: "e", 1: "p"}[o.GivenAt.Hour()]+o.PlatformID)
		return nil
	}))
	slices.Sort(out)
	return out
}

// TestMembersAreTheAlgebra does random things to an audience, and compares the
// members with those of the model, one by one.
func TestMembersAreTheAlgebra(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			p := newCrowd(t)
			s := p.shop(t, "Acme", org.Advertiser)
			m := &model{masked: map[string]bool{}}
			rnd := rand.New(rand.NewPCG(seed, 2026))
			done := map[string]int{}
			for n := range 60 {
				what := m.act(t, s, rnd)
				done[strings.Fields(what)[0]]++
				if diff := cmp.Diff(m.naive(p.clock.Now()), s.who(t), cmp.Transformer("set", func(a []string) string { return strings.Join(a, " ") })); diff != "" {
					t.Fatalf("after %d acts, the last %q: (-model +got)\n%s", n+1, what, diff)
				}
				done["members"] += len(m.naive(p.clock.Now()))
			}
			if done["members"] < 60 {
				t.Errorf("%v: the test sees too little", done)
			}
			audit, err := p.Audit(t.Context())
			must(t, err)
			if len(audit.Findings) > 0 || audit.Versions == 0 {
				t.Errorf("%d versions, %v", audit.Versions, audit.Findings)
			}
		})
	}
}

// act does one thing to the audience and to the model.
func (m *model) act(t *testing.T, s *shop, rnd *rand.Rand) string {
	t.Helper()
	now := s.clock.Now()
	switch k := rnd.IntN(20); {
	case k < 9:
		b := &step{kind: list.Add, came: now, from: now, until: now.Add(audience.ListLife)}
		if k > 4 {
			b.kind = list.Remove
		}
		if k > 7 {
			b.kind = list.Replace
		}
		for range 1 + rnd.IntN(3) {
			b.rows = append(b.rows, drawRow(rnd, b.kind))
		}
		return m.change(t, s, rnd, b)
	case k < 10:
		v := &step{kind: list.Add, rows: [][]string{{"e1", "p2"}, {"e" + fmt.Sprint(rnd.IntN(crowd))}}, from: now, until: now.Add(audience.ListLife)}
		open := m.open()
		m.lists = slices.DeleteFunc(m.lists, func(o *step) bool { return o.draft == 0 })
		m.lists = append(m.lists, v)
		m.seal()
		m.lists = append(m.lists, open...)
		s.upload(t, fmt.Sprintf("email,phone\n%s,%s\n%s,\n", value("e1"), value("p2"), value(v.rows[1][0])))
		return "upload"
	case k < 12:
		_, err := s.Audiences.Seal(t.Context(), s.actor, s.audience)
		must(t, err)
		m.seal()
		return "seal"
	case k < 14:
		who := fmt.Sprint(rnd.IntN(crowd))
		if m.masked[who] {
			must(t, s.People.LiftObjection(t.Context(), anna, who, contact.Objection{Scope: contact.ScopeAll}))
		} else {
			must(t, s.People.Object(t.Context(), anna, who, contact.Objection{Scope: contact.ScopeAll}))
		}
		m.masked[who] = !m.masked[who]
		return "mask"
	case k < 15:
		_, err := s.Rotate(t.Context(), anna)
		must(t, err)
		return "rotate"
	case k < 16:
		s.clock.Add(time.Duration(rnd.IntN(60*24)) * time.Hour)
	case k < 18:
		s.clock.Add(time.Duration(rnd.IntN(90)) * time.Second)
	}
	servertest.Drain(t, s.Server, s.clock)
	now = s.clock.Now()
	if open := m.open(); len(open) > 0 && !open[len(open)-1].came.Add(time.Minute).After(now) {
		m.match(now)
		m.seal()
	}
	m.match(now)
	return "drain"
}

// change sends a batch.
func (m *model) change(t *testing.T, s *shop, rnd *rand.Rand, b *step) string {
	t.Helper()
	r := audience.Request{Declaration: listtest.Granted(), Kind: b.kind}
	for _, row := range b.rows {
		r.Members = append(r.Members, member(row))
	}
	if open := m.open(); len(open) > 0 {
		b.until = open[0].came.Add(audience.ListLife)
	}
	if b.kind != list.Remove {
		if rnd.IntN(4) == 0 {
			b.until = b.came.Add(time.Duration(20+rnd.IntN(100)) * 24 * time.Hour)
			r.ExpiresAt = b.until
		}
		if rnd.IntN(5) == 0 {
			b.from = b.came.Add(time.Duration(1+rnd.IntN(15)) * 24 * time.Hour)
			r.EffectiveAt = b.from
		}
	}
	v, err := s.Audiences.Change(t.Context(), s.actor, s.audience, r)
	must(t, err)
	if len(v.Faults) > 0 || v.Report.Rows.Read != int64(len(b.rows)) || !v.ExpiresAt.Equal(b.until) && b.kind != list.Remove {
		t.Fatalf("%+v", v)
	}
	m.lists = append(m.lists, b)
	return fmt.Sprintf("%s %v", b.kind, b.rows)
}
