package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/org"
)

func onceCases() map[string]func(*testing.T, *site) {
	return map[string]func(*testing.T, *site){
		"RequestsComeBack":   requestsComeBack,
		"RequestsForgotten":  requestsForgotten,
		"RequestsOfOneOrg":   requestsOfOneOrg,
		"RequestDropAbsent":  requestDropAbsent,
		"RequestTakesPlace":  requestTakesPlace,
		"RequestEmptyAnswer": requestEmptyAnswer,
	}
}

func (s *site) request(t *testing.T, of selvedge.OrgID, key byte) *org.Request {
	t.Helper()
	return read(t, s, func(ctx context.Context, tx selvedge.Tx) (*org.Request, error) {
		return s.Orgs.Request(ctx, tx, of, [16]byte{key})
	})
}

func (s *site) putRequest(t *testing.T, r org.Request) {
	t.Helper()
	s.update(t, func(ctx context.Context, tx selvedge.Tx) error { return s.Orgs.PutRequest(ctx, tx, r) })
}

func underWay(of selvedge.OrgID, key byte) org.Request {
	return org.Request{Org: of, Key: [16]byte{key}, What: [32]byte{9, key}, Until: start.Add(time.Hour)}
}

func requestsComeBack(t *testing.T, s *site) {
	a, b := underWay("org_a", 1), underWay("org_a", 2)
	b.Kept = &org.Kept{Body: [32]byte{7}, Status: 201, Answer: []byte("{\"id\":\"aud_x\"}\n")}
	s.putRequest(t, a)
	s.putRequest(t, b)
	same(t, "under way", &a, s.request(t, "org_a", 1))
	same(t, "answered", &b, s.request(t, "org_a", 2))
	same(t, "unknown", (*org.Request)(nil), s.request(t, "org_a", 3))
}

// requestTakesPlace: the later one of a key is the one that is kept.
func requestTakesPlace(t *testing.T, s *site) {
	r := underWay("org_a", 1)
	s.putRequest(t, r)
	r.What, r.Until = [32]byte{8}, start.Add(2*time.Hour)
	r.Kept = &org.Kept{Body: [32]byte{7}, Status: 200, Answer: []byte("x")}
	s.putRequest(t, r)
	same(t, "replaced", &r, s.request(t, "org_a", 1))
	again := underWay("org_a", 1)
	s.putRequest(t, again)
	same(t, "under way again", &again, s.request(t, "org_a", 1))
}

func requestEmptyAnswer(t *testing.T, s *site) {
	r := underWay("org_a", 1)
	r.Kept = &org.Kept{Status: 200, Answer: []byte{}}
	s.putRequest(t, r)
	if got := s.request(t, "org_a", 1); got == nil || got.Kept == nil || len(got.Kept.Answer) != 0 {
		t.Errorf("an empty answer came back as %+v", got)
	}
}

func requestsOfOneOrg(t *testing.T, s *site) {
	r := underWay("org_a", 1)
	s.putRequest(t, r)
	same(t, "another org's", (*org.Request)(nil), s.request(t, "org_b", 1))
	s.update(t, func(ctx context.Context, tx selvedge.Tx) error { return s.Orgs.DropRequest(ctx, tx, "org_b", r.Key) })
	same(t, "its own", &r, s.request(t, "org_a", 1))
	s.update(t, func(ctx context.Context, tx selvedge.Tx) error { return s.Orgs.DropRequest(ctx, tx, "org_a", r.Key) })
	same(t, "dropped", (*org.Request)(nil), s.request(t, "org_a", 1))
	r.Kept = &org.Kept{Status: 200, Answer: []byte("x")}
	s.putRequest(t, r)
	s.update(t, func(ctx context.Context, tx selvedge.Tx) error { return s.Orgs.DropRequest(ctx, tx, "org_a", r.Key) })
	same(t, "answered", &r, s.request(t, "org_a", 1))
}

func requestDropAbsent(t *testing.T, s *site) {
	s.update(t, func(ctx context.Context, tx selvedge.Tx) error {
		return s.Orgs.DropRequest(ctx, tx, "org_a", [16]byte{1})
	})
}

// requestsForgotten: a request whose time is over at now is forgotten, one that
// has a microsecond left is not.
func requestsForgotten(t *testing.T, s *site) {
	over, left := underWay("org_a", 1), underWay("org_b", 2)
	left.Until = over.Until.Add(time.Microsecond)
	s.putRequest(t, over)
	s.putRequest(t, left)
	s.update(t, func(ctx context.Context, tx selvedge.Tx) error { return s.Orgs.DropRequests(ctx, tx, over.Until) })
	same(t, "over", (*org.Request)(nil), s.request(t, "org_a", 1))
	same(t, "left", &left, s.request(t, "org_b", 2))
}
