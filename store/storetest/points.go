package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/purpose"
)

func pointCases() map[string]func(*testing.T, *site) {
	return map[string]func(*testing.T, *site){
		"ComeBackAsTheyWere": pointsComeBack,
		"Identity":           pointIdentity,
		"SameEventAgain":     pointAgain,
		"Verified":           pointVerified,
		"WrongKind":          pointWrongKind,
		"ManyAtOnce":         pointsManyAtOnce,
	}
}

// pointsManyAtOnce brings more than fit one statement, among them known ones
// and one that stands twice: each is answered for itself.
func pointsManyAtOnce(t *testing.T, s *site) {
	const n = 230
	var ps []*contact.Point
	for i := range n {
		p := point(1, byte(i))
		p.GivenAt, p.VerifiedAt, p.VerifiedBy = start.Add(2*time.Nanosecond), start.Add(3*time.Nanosecond), "code"
		ps = append(ps, p)
	}
	known := point(1, 7)
	s.insertPoint(t, known)
	twice := point(1, 20)
	twice.Mask, twice.GivenAt = nil, start.Add(time.Nanosecond)
	ps = append(ps, twice)
	inserted := s.insertPoints(t, ps...)
	for i, p := range ps {
		if want := i != 7 && i != n; inserted[i] != want {
			t.Errorf("point %d: inserted %t", i, inserted[i])
		}
		if p.Handle[0] != byte(i) && i != n {
			t.Errorf("point %d comes back as another", i)
		}
	}
	if ps[7].ID != known.ID || ps[n].ID != ps[20].ID || len(ps[n].Mask) == 0 {
		t.Error("what was there before is not what comes back")
	}
	for _, kept := range s.points(t, 1) {
		if kept.ID == ps[n].ID {
			same(t, "the second of two", kept, *ps[n])
		}
	}
	if got := len(s.points(t, 1)); got != n {
		t.Errorf("%d points are kept, must be %d", got, n)
	}
	if none := s.insertPoints(t); len(none) != 0 {
		t.Errorf("nothing inserted, %d answers", len(none))
	}
}

// point returns an unverified contact point of an account.
func point(account selvedge.AccountID, handle byte) *contact.Point {
	return &contact.Point{
		Account: account, Kind: identifier.Email, Handle: contact.Handle{handle}, Prompt: 1, GivenAt: start,
		Purposes: purpose.Of(purpose.AdsSuppress), Mask: []byte{0, 0xff, handle}, Import: 1,
	}
}

func (s *site) insertPoint(t *testing.T, p *contact.Point) bool {
	t.Helper()
	return s.insertPoints(t, p)[0]
}

func (s *site) insertPoints(t *testing.T, ps ...*contact.Point) (inserted []bool) {
	t.Helper()
	s.update(t, func(ctx context.Context, tx selvedge.Tx) (err error) {
		inserted, err = s.Contacts.InsertPoints(ctx, tx, ps)
		return err
	})
	return inserted
}

func (s *site) points(t *testing.T, id selvedge.AccountID) []contact.Point {
	t.Helper()
	return read(t, s, func(ctx context.Context, tx selvedge.Tx) ([]contact.Point, error) {
		return s.Contacts.Points(ctx, tx, id)
	})
}

// pointsComeBack inserts them youngest first: they come back in the order in
// which they were given, and those of one moment in the order they came in.
func pointsComeBack(t *testing.T, s *site) {
	var want []contact.Point
	for i := range times {
		for j := range 2 {
			p := point(1, byte(2*i+j))
			p.GivenAt = times[len(times)-1-i]
			if j == 1 {
				p.Kind, p.Prompt, p.Import, p.Mask = identifier.Phone, 1<<40, 1<<40, nil
				p.VerifiedAt, p.VerifiedBy = times[i], "code"
				p.Purposes = purpose.Of(purpose.All()...)
			}
			if !s.insertPoint(t, p) || p.ID == 0 {
				t.Fatalf("point %d.%d: not inserted, or without ID", i, j)
			}
		}
	}
	s.insertPoint(t, point(2, 0))
	got := s.points(t, 1)
	for i := range times {
		for j := range 2 {
			k := len(times) - 1 - i
			p := *point(1, byte(2*k+j))
			p.GivenAt, p.ID = times[i], selvedge.ContactID(2*k+j+1)
			if j == 1 {
				p.Kind, p.Prompt, p.Import, p.Mask = identifier.Phone, 1<<40, 1<<40, nil
				p.VerifiedAt, p.VerifiedBy = times[k], "code"
				p.Purposes = purpose.Of(purpose.All()...)
			}
			want = append(want, p)
		}
	}
	for i := range min(len(got), len(want)) {
		got[i].ID = want[i].ID // the numbers are the store's own
	}
	same(t, "points", want, got)
	if n := len(s.points(t, 3)); n != 0 {
		t.Errorf("an account that holds nothing has %d points", n)
	}
}

func pointIdentity(t *testing.T, s *site) {
	s.insertPoint(t, point(1, 1))
	for what, vary := range map[string]func(*contact.Point){
		"account":         func(p *contact.Point) { p.Account = 2 },
		"handle":          func(p *contact.Point) { p.Handle[15] = 1 },
		"prompt":          func(p *contact.Point) { p.Prompt = 2 },
		"one microsecond": func(p *contact.Point) { p.GivenAt = p.GivenAt.Add(time.Microsecond) },
	} {
		p := point(1, 1)
		vary(p)
		if !s.insertPoint(t, p) {
			t.Errorf("%s: taken for the same", what)
		}
	}
	for what, vary := range map[string]func(*contact.Point){
		"time zone": func(p *contact.Point) { p.GivenAt = p.GivenAt.In(time.FixedZone("", 3600)) },
		"kind":      func(p *contact.Point) { p.Kind = identifier.Phone },
		"purposes":  func(p *contact.Point) { p.Purposes = 0 },
		"mask":      func(p *contact.Point) { p.Mask = nil },
		"import":    func(p *contact.Point) { p.Import = 9 },
		"verified":  func(p *contact.Point) { p.VerifiedAt, p.VerifiedBy = start, "code" },
	} {
		p := point(1, 1)
		vary(p)
		if s.insertPoint(t, p) {
			t.Errorf("%s: taken for another", what)
		}
	}
}

// pointAgain brings the same event with other content: nothing changes, and the
// caller is told what is kept.
func pointAgain(t *testing.T, s *site) {
	first := point(1, 1)
	s.insertPoint(t, first)
	again := point(1, 1)
	again.Kind, again.Purposes, again.Mask, again.Import = identifier.Phone, purpose.Of(purpose.Sec2FA), []byte("other"), 2
	again.VerifiedAt, again.VerifiedBy = start, "code"
	if s.insertPoint(t, again) {
		t.Error("inserted twice")
	}
	same(t, "what the caller is told", first, again)
	same(t, "what is kept", []contact.Point{*first}, s.points(t, 1))
}

func pointVerified(t *testing.T, s *site) {
	p, other := point(1, 1), point(1, 2)
	s.insertPoint(t, p)
	s.insertPoint(t, other)
	verify := func(at time.Time, by string) func(context.Context, selvedge.Tx) error {
		return func(ctx context.Context, tx selvedge.Tx) error { return s.Contacts.SetVerified(ctx, tx, p.ID, at, by) }
	}
	s.update(t, verify(start.Add(time.Microsecond), "link"))
	wantCode(t, "verified twice", s.refused(t, "verified twice", verify(start, "code")), selvedge.CodeConflict)
	p.VerifiedAt, p.VerifiedBy = start.Add(time.Microsecond), "link"
	same(t, "points", []contact.Point{*p, *other}, s.points(t, 1))
	wantCode(t, "no such point", s.refused(t, "no such point", func(ctx context.Context, tx selvedge.Tx) error {
		return s.Contacts.SetVerified(ctx, tx, other.ID+100, start, "code")
	}), selvedge.CodeConflict)
}

func pointWrongKind(t *testing.T, s *site) {
	for _, k := range []identifier.Kind{0, 3} {
		p := point(1, 1)
		p.Kind = k
		s.refused(t, "a point of no kind", func(ctx context.Context, tx selvedge.Tx) error {
			_, err := s.Contacts.InsertPoints(ctx, tx, []*contact.Point{p})
			return err
		})
	}
	if len(s.points(t, 1)) != 0 {
		t.Error("a point of no kind is kept")
	}
}
