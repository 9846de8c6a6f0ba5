package audience_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/list/listtest"
	"github.com/selvedge/selvedge/org"
)

// batch is a batch of rows of words.
type batch struct {
	kind list.Kind
	rows []string
}

func add(rows ...string) batch    { return batch{list.Add, rows} }
func remove(rows ...string) batch { return batch{list.Remove, rows} }

// TestRemoval: what a removal takes out.
func TestRemoval(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		batches []batch // each a draft
		want    []string
	}{
		"by what was added":                   {[]batch{add("e0", "e1"), remove("e0")}, []string{"e1"}},
		"by another of the row":               {[]batch{add("e0 p1", "e2"), remove("p1")}, []string{"e2"}},
		"by the own id":                       {[]batch{add("e0 p1 x1", "e2 x2"), remove("x1")}, []string{"e2"}},
		"by an own id, of one address":        {[]batch{add("e0 x1", "e2 x2"), remove("x1")}, []string{"e2"}},
		"by an own id that nobody has":        {[]batch{add("e0 x1"), remove("x2")}, []string{"e0"}},
		"of rows in several lists":            {[]batch{add("e0 x1"), add("p0 x1"), add("e1"), remove("x1")}, []string{"e1"}},
		"wins over every list":                {[]batch{add("e0 p1"), add("e0", "p1"), remove("e0")}, nil},
		"of one step":                         {[]batch{add("e0 p1", "p1 e2"), remove("e0")}, []string{"e2"}},
		"of rows that came later":             {[]batch{remove("e0"), add("e0 p1")}, []string{"e0", "p1"}},
		"brought back":                        {[]batch{add("e0 p1"), remove("e0"), add("p1")}, []string{"p1"}},
		"a row of one address leaves nothing": {[]batch{add("e0", "p0"), remove("e0")}, []string{"p0"}},
		"by several of one row":               {[]batch{add("e0", "p1", "e2"), remove("e0 p1")}, []string{"e2"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newCrowd(t).shop(t, "Acme", org.Advertiser)
			for _, b := range c.batches {
				s.change(t, b.kind, b.rows...)
				s.seal(t)
				s.drain(t)
			}
			s.want(t, "one draft each", c.want...)

			o := s.shop(t, "Bolt", org.Advertiser)
			for _, b := range c.batches {
				o.change(t, b.kind, b.rows...)
			}
			o.seal(t)
			o.drain(t)
			o.want(t, "one draft for all", c.want...)
		})
	}
}

// TestRemovalLooksAtAll: who is masked when a removal comes is not back when the
// mask is lifted.
func TestRemovalLooksAtAll(t *testing.T) {
	t.Parallel()
	s := newCrowd(t).shop(t, "Acme", org.Advertiser)
	s.change(t, list.Add, "e0 p1", "e2")
	s.seal(t)
	s.drain(t)
	for _, who := range []string{"0", "1", "2"} {
		must(t, s.People.Object(t.Context(), anna, who, contact.Objection{Scope: contact.ScopeAll}))
	}
	s.change(t, list.Remove, "e0")
	s.seal(t)
	s.drain(t)
	for _, who := range []string{"0", "1", "2"} {
		must(t, s.People.LiftObjection(t.Context(), anna, who, contact.Objection{Scope: contact.ScopeAll}))
	}
	s.want(t, "lifted", "e2")
}

// TestOwnIDsAreTheOrgs: an id of one org says nothing about that of another.
func TestOwnIDsAreTheOrgs(t *testing.T) {
	t.Parallel()
	p := newCrowd(t)
	acme, bolt := p.shop(t, "Acme", org.Advertiser), p.shop(t, "Bolt", org.Advertiser)
	for _, s := range []*shop{acme, bolt} {
		s.change(t, list.Add, "e0 x1")
		s.seal(t)
	}
	acme.change(t, list.Remove, "x1")
	acme.seal(t)
	acme.drain(t)
	acme.want(t, "who removed")
	bolt.want(t, "who did not", "e0")
}

// TestRemovalFromUpload: the rows of a file are rows.
func TestRemovalFromUpload(t *testing.T) {
	t.Parallel()
	s := newCrowd(t).shop(t, "Acme", org.Advertiser)
	s.upload(t, "email,phone\n"+value("e0")+","+value("p1")+"\n"+value("e2")+",\n")
	s.change(t, list.Remove, "p1")
	s.seal(t)
	s.drain(t)
	s.want(t, "without the row", "e2")
}

// TestAnswersAreAlike: whether somebody is there, is in the audience or is nobody,
// the answer to a batch is the same but for its id.
func TestAnswersAreAlike(t *testing.T) {
	t.Parallel()
	s := newCrowd(t).shop(t, "Acme", org.Advertiser)
	s.change(t, list.Add, "e0")
	s.seal(t)
	s.drain(t)
	for _, kind := range []list.Kind{list.Add, list.Remove, list.Replace} {
		var reports []list.Report
		for _, email := range []string{value("e0"), value("e1"), "nobody@example.com"} {
			v, err := s.Audiences.Change(t.Context(), s.actor, s.audience, audience.Request{Declaration: listtest.Granted(), Kind: kind, Members: []list.Member{{Emails: []string{email}}}})
			must(t, err)
			if len(v.Faults) > 0 || v.Status != audience.Processing {
				t.Errorf("%s: %+v", kind, v)
			}
			reports = append(reports, v.Report)
		}
		for _, r := range reports[1:] {
			if r.Rows != reports[0].Rows || r.Identifiers != reports[0].Identifiers {
				t.Errorf("%s: reports differ: %+v", kind, reports)
			}
		}
	}
}

// sidecars returns how many sidecars there are, as rows and as files.
func (s *shop) sidecars(t *testing.T) (rows, files int) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(s.cfg.Dir, "blobs", "sidecar", "*", "*"))
	must(t, err)
	return len(s.column(t, "SELECT id FROM list WHERE sidecar_key IS NOT NULL")), len(paths)
}

func (s *shop) wantSidecars(t *testing.T, what string, want int) {
	t.Helper()
	if rows, files := s.sidecars(t); rows != want || files != want {
		t.Errorf("%s: %d sidecars in rows, %d in files, want %d", what, rows, files, want)
	}
}

// TestSidecarsGo: a list's sidecar is destroyed when the list is over: when it
// expires, and when it is replaced.
func TestSidecarsGo(t *testing.T) {
	t.Parallel()
	s := newCrowd(t).shop(t, "Acme", org.Advertiser)
	s.change(t, list.Add, "e0")
	s.change(t, list.Remove, "e3 p3 x3")
	s.wantSidecars(t, "rows of one address, and a removal", 0)
	s.change(t, list.Add, "e0 p1")
	s.seal(t)
	s.drain(t)
	s.wantSidecars(t, "a row of two", 1)
	s.change(t, list.Replace, "e2 x1")
	s.wantSidecars(t, "before the replacement", 2)
	s.seal(t)
	s.drain(t)
	s.wantSidecars(t, "after it", 1)
	s.clock.Add(audience.ListLife)
	s.drain(t)
	s.wantSidecars(t, "expired", 0)
}

// TestSidecarsGoAfterARestart: also if the job that does it is lost.
func TestSidecarsGoAfterARestart(t *testing.T) {
	t.Parallel()
	s := newCrowd(t).shop(t, "Acme", org.Advertiser)
	s.change(t, list.Add, "e0 p1")
	s.seal(t)
	s.drain(t)
	s.sql(t, "DELETE FROM job")
	s.clock.Add(audience.ListLife + time.Hour)
	s.restart(t)
	s.drain(t)
	s.wantSidecars(t, "expired while nobody looked", 0)
}

// TestSidecarsAreRotated: a rotation rewrites them, and the batches that wait are
// matched all the same; older keys are not kept for them.
func TestSidecarsAreRotated(t *testing.T) {
	t.Parallel()
	s := newCrowd(t).shop(t, "Acme", org.Advertiser)
	s.change(t, list.Add, "e0 p1 x1", "e4 x2")
	s.seal(t)
	s.drain(t)
	s.change(t, list.Add, "e2 p3")
	s.change(t, list.Remove, "p1")
	before := s.column(t, "SELECT hex(sidecar_sum) FROM list WHERE sidecar_sum IS NOT NULL ORDER BY seq")
	_, err := s.Rotate(t.Context(), anna)
	must(t, err)
	after := s.column(t, "SELECT hex(sidecar_sum) FROM list WHERE sidecar_epoch = 2 ORDER BY seq")
	if len(before) != 2 || len(after) != 2 || before[0] == after[0] || before[1] == after[1] {
		t.Errorf("sidecars before %v, after %v", before, after)
	}
	s.change(t, list.Remove, "p3")
	s.change(t, list.Remove, "x2")
	s.seal(t)
	s.drain(t)
	s.want(t, "after the rotation")
	must(t, s.Rotation.Retire(t.Context()))
	if got := s.column(t, "SELECT DISTINCT CAST(epoch AS TEXT) FROM token_key"); len(got) != 1 || got[0] != "2" {
		t.Errorf("keys of the epochs %v are kept", got)
	}
	s.wantSidecars(t, "in the end", 2)
}

// TestSidecarsAreResealed: with another key-encryption key they are read.
func TestSidecarsAreResealed(t *testing.T) {
	t.Parallel()
	s := newCrowd(t).shop(t, "Acme", org.Advertiser)
	s.change(t, list.Add, "e0 p1")
	s.seal(t)
	s.drain(t)
	_, err := s.Reseal(t.Context(), anna)
	must(t, err)
	s.restart(t)
	s.change(t, list.Remove, "p1")
	s.seal(t)
	s.drain(t)
	s.want(t, "removed")
}
