package audience_test

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/alert"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/list/listtest"
	"github.com/selvedge/selvedge/org"
)

// alerts are those that the office has, without what differs by the run.
func (p *platform) alerts(t *testing.T) (out []alert.Alert) {
	t.Helper()
	as, _, err := p.Alerts.Alerts(t.Context(), anna, 0, 9)
	must(t, err)
	for _, a := range as {
		a.ID, a.RaisedAt, a.Since = 0, p.clock.Now(), p.clock.Now()
		out = append(out, a)
	}
	return out
}

// TestCountedUpIsTold: nobody is looked up by numbers that were counted up, and
// the office is told.
func TestCountedUpIsTold(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 5)
	s := p.shop(t, "Acme", org.Advertiser)
	var text strings.Builder
	text.WriteString("phone\n")
	for i := range 3000 {
		fmt.Fprintf(&text, "+44770090%04d\n", i)
	}
	_, err := s.Audiences.Upload(t.Context(), s.actor, s.audience, strings.NewReader(text.String()), audience.Delivery{Options: list.Options{Declaration: listtest.Granted()}})
	if !list.CountedUp(err) || selvedge.CodeOf(err) != selvedge.CodeInvalid {
		t.Errorf("refused with %v", err)
	}
	if st := s.get(t).Status; st != audience.Empty {
		t.Errorf("the audience is %s", st)
	}
	if got := p.alerts(t); len(got) != 1 || got[0] != (alert.Alert{
		Kind: alert.Enumeration, RaisedAt: p.clock.Now(), Since: p.clock.Now(), Org: s.org.ID, Audience: s.audience,
	}) {
		t.Errorf("the office has %+v", got)
	}
}

// TestHardlyMatchesIsTold: a list of a million that nobody knows is told of to the
// office, and its org sees what anybody sees.
func TestHardlyMatchesIsTold(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 5)
	s := p.shop(t, "Acme", org.Advertiser)
	r, w := io.Pipe()
	go func() {
		b := bufio.NewWriter(w)
		_, _ = b.WriteString("email\n")
		for i := range 1_000_000 {
			sum := sha256.Sum256(fmt.Appendf(nil, "nobody%d@example.org", i))
			_, _ = b.WriteString(hex.EncodeToString(sum[:]) + "\n")
		}
		_ = w.CloseWithError(b.Flush())
	}()
	l, err := s.Audiences.Upload(t.Context(), s.actor, s.audience, r, audience.Delivery{Options: list.Options{Declaration: listtest.Granted()}})
	must(t, err)
	s.upload(t, "email\nperson1@example.com\n")
	p.drain(t)
	if got := p.alerts(t); len(got) != 1 || got[0] != (alert.Alert{
		Kind: alert.HardlyMatches, RaisedAt: p.clock.Now(), Since: p.clock.Now(), Org: s.org.ID, Audience: s.audience, List: l.ID, Rows: 1_000_000,
	}) {
		t.Errorf("the office has %+v", got)
	}
}
